"""What Slack tells the bot: the kinds of events there are, and who the bot is. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.mention import Channel, Invocation, Message


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in a workspace, which other bots it listens to, and what begins a command.

    `allowed_bots` are bot ids and app ids.
    """

    user_id: str
    bot_id: str
    app_id: str
    allowed_bots: frozenset[str] = frozenset()
    command_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Heard:
    """Something was said; `external`: in a channel that another organisation shares."""

    message: Message
    event_id: str
    team: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message reads differently now; its id and time are those of when it was said."""

    message: Message
    event_id: str
    team: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message is gone."""

    channel: Channel
    message_id: str
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command was given: by slash, by mention, in a direct message, by button or shortcut."""

    invocation: Invocation
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot is in a channel now; `by` is who invited it, where Slack says so."""

    channel: Channel
    by: str | None
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Left:
    """The bot is out of a channel, or nobody can post there; `archived` may be undone."""

    channel: Channel
    event_id: str
    team: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Renamed:
    """A channel has another name."""

    channel: Channel
    name: str
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Removed:
    """The app is out of a workspace: uninstalled, or the bot's token revoked."""

    team: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody looks at the app's Home tab."""

    user: str
    team: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to do; `reason` says why, without a word of any message."""

    reason: str


Event: TypeAlias = (
    Heard | Edited | Deleted | Asked | Joined | Left | Renamed | Removed | Opened | Nothing
)
