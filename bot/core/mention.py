"""What comes in, what is made of it, and where an answer ended up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MatchKind(StrEnum):
    """How sure a match is. Alerts need `variant` or better; `possible` only ever asks."""

    EXACT = "exact"
    VARIANT = "variant"
    POSSIBLE = "possible"

    def reaches(self, minimum: "MatchKind") -> bool:
        """Whether this is at least as sure as `minimum`."""
        order = tuple(MatchKind)
        return order.index(self) <= order.index(minimum)


@dataclass(frozen=True, slots=True)
class Match:
    """A vendor found in a text. `start` and `end` are code points: text[start:end] == matched."""

    vendor: str
    matched: str
    start: int
    end: int
    kind: MatchKind
    score: float
    name: str
    reason: str


def one_a_vendor(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Keep the first match of each vendor, in order."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.vendor, match)
    return tuple(first.values())


DEFAULT_TEAM = "default"
"""The team that holds every account of the configuration."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A Slack channel, a Matrix room or a console channel. `id` is the platform's own.

    What comes from a `private` one shows nowhere else; of an `encrypted` one, no word is kept. An
    `external` one is shared with another organisation. `team` says whose the channel is: what one
    team chose and did is none of another's.
    """

    platform: str
    id: str
    private: bool = False
    encrypted: bool = False
    external: bool = field(default=False, compare=False)
    team: str = field(default=DEFAULT_TEAM, compare=False)

    @property
    def key(self) -> str:
        """The id across platforms: `console:#town-hall`."""
        return f"{self.platform}:{self.id}"

    @classmethod
    def at(cls, key: str) -> "Channel":
        """Give the channel with a key; one that may be private counts as such.

        `Places` knows better once the bot has been invited there.
        """
        platform, _, name = key.partition(":")
        return cls(platform, name, private=platform != "console")


@dataclass(frozen=True, slots=True)
class Message:
    """Something a person said in a channel. `text` lives in memory only."""

    channel: Channel
    id: str
    author: str
    text: str
    at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as somebody gave it. `line` starts with the command's first word.

    `reply_to` is where the platform wants the answer, if that is not the channel itself. `on` is
    the message that the command was given on: whose button was pressed, or that was reacted to.
    `revises` is the id of the command that this one, an edit, replaces. `doubt` says why the
    platform does not vouch for whoever gave it; then it is not carried out.
    """

    channel: Channel
    id: str
    actor: str
    line: str
    thread: str | None = None
    reply_to: str | None = None
    on: str | None = None
    revises: str | None = None
    doubt: str = ""

    @property
    def forgeable(self) -> bool:
        """Whether it was given on a message in an encrypted channel.

        What is done to a message there, as a reaction, is outside the encryption, so that whoever
        runs the server could have done it.
        """
        return self.on is not None and self.channel.encrypted


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed. `id` is stable within the feed; `article` is the page's own text."""

    feed: str
    id: str
    title: str
    summary: str
    url: str | None
    published: datetime | None
    article: str = ""

    @property
    def text(self) -> str:
        """All that is searched for vendors: title, summary, article."""
        return "\n\n".join(part for part in (self.title, self.summary, self.article) if part)


class Cause(StrEnum):
    """What a mention came from."""

    MESSAGE = "message"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Mention:
    """A match at a place and time, made ready to be judged.

    `cause_id` names the message or entry within its channel or feed; `title` and `link` are set
    for entries, which are public; a message's words other than the matched ones are not kept.
    `feed` is the address of the feed that an entry is from; `links` are the canonical addresses in
    a message. `flood`: the entry came with so many others that they are told together.
    """

    channel: Channel
    vendor: str
    match: Match
    cause: Cause
    cause_id: str
    at: datetime
    thread: str | None = None
    title: str | None = None
    link: str | None = None
    feed: str | None = None
    links: tuple[str, ...] = ()
    flood: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a document ended up. `link` leads a person there, if the platform has addresses.

    `channel` is the id of the channel where it stands, if that is not the one it was meant for: an
    answer that went to its asker alone.
    """

    message_id: str
    link: str | None = None
    channel: str | None = None
