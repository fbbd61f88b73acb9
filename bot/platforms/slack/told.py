"""What Slack tells the bot: the kinds of events there are, and who the bot is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.core.mention import DEFAULT_TEAM, Channel, Invocation, Message


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in a workspace, which other bots it listens to, and what begins a command.

    `allowed_bots` are bot ids and app ids. `team` is whose the workspace's channels are.
    """

    user_id: str
    bot_id: str
    app_id: str
    allowed_bots: frozenset[str] = frozenset()
    command_words: frozenset[str] = frozenset()
    team: str = DEFAULT_TEAM


@dataclass(frozen=True, slots=True)
class Heard:
    """Something was said."""

    message: Message
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A message reads differently now; its id and time are those of when it was said."""

    message: Message
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message is gone."""

    channel: Channel
    message_id: str
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command was given: by slash, by mention, in a direct message, by button or shortcut.

    `trigger` lets a window open, once and within three seconds. `stacked`: it was given in a
    window, on top of which another opens. `at_home`: it was given in the Home tab.
    """

    invocation: Invocation
    event_id: str
    team: str
    trigger: str = ""
    stacked: bool = False
    at_home: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form was filled in: `values` by parameter. `invocation` has no line yet.

    `shown` is what stood in its fields when it was opened, as far as Slack says so.
    """

    invocation: Invocation
    begun: "Begun"
    view: str
    values: Mapping[str, str]
    team: str
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form is for: a command's words, and the arguments that were given before it.

    `own`: the form is the command's own, made when `seen` was the last revision of what it edits.
    """

    path: tuple[str, ...]
    given: Mapping[str, str]
    own: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """Somebody reacted with the mark's emoji to a message, which `invocation.on` names."""

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
    """The bot is out of a channel, or nobody can post there any more."""

    channel: Channel
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
    event_id: str
    team: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to do; `reason` says why, without a word of any message."""

    reason: str


Event: TypeAlias = (
    Heard
    | Edited
    | Deleted
    | Asked
    | Submitted
    | Marked
    | Joined
    | Left
    | Removed
    | Opened
    | Nothing
)
