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
    """What is known of a channel; `listening` is None where nobody decided."""

    private: bool
    external: bool
    listening: Listening | None


def listens(channel: Channel, decided: Listening | None, watch: Watch) -> bool:
    """Say whether what is said in a channel is looked at.

    A channel that another organisation shares is not, unless somebody switched it on there: its
    people never agreed to be read.
    """
    if decided is not None:
        return decided is Listening.ON
    return watch is Watch.ON_INVITE and not channel.external
