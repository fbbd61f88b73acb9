"""Where the bot listens: who decided it for a channel, and what holds where nobody did. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.mention import Channel


class Watch(StrEnum):
    """When the bot begins to listen: once it is invited, or once an admin has approved."""

    ON_INVITE = "on_invite"
    ON_APPROVAL = "on_approval"


class Listening(StrEnum):
    """What was decided about a channel."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a channel; `listening` is None where nobody decided.

    It was decided `knowing` that the channel is encrypted, or not. `moved_to` is the key of the
    channel that it goes on as.
    """

    private: bool
    external: bool
    listening: Listening | None
    encrypted: bool = False
    knowing: bool = False
    moved_to: str | None = None


def holds(listening: Listening | None, *, encrypted: bool, knowing: bool) -> Listening | None:
    """Give what was decided and holds: to listen in an encrypted channel only if that was known."""
    return None if listening is Listening.ON and encrypted and not knowing else listening


def listens(channel: Channel, decided: Listening | None, watch: Watch) -> bool:
    """Say whether what is said in a channel is looked at.

    A channel that another organisation shares is not, nor an encrypted one, unless somebody
    switched it on there: its people never agreed to be read. `decided` is what `holds`.
    """
    if decided is not None:
        return decided is Listening.ON
    return watch is Watch.ON_INVITE and not (channel.external or channel.encrypted)
