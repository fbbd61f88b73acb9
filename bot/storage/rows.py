"""What the store takes and hands out: rulings, documents to deliver, mutes, what waits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.core.digest import Held
from bot.core.document import Document
from bot.core.mention import DEFAULT_TEAM, Channel, Mention
from bot.core.policy import Decision, HoldReason, Judge
from bot.core.settings import Settings
from bot.core.stories import Fingerprint


class Kind(StrEnum):
    """What is to be done with a document."""

    POST = "post"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    MARK = "mark"
    REPLY = "reply"
    SHARE = "share"
    REVISE = "revise"


ANSWERS = (Kind.REPLY, Kind.SHARE)
"""What answers a command; `REVISE` lets an answer say something else."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about a mention. A Post among these is in the outbox."""

    mention: Mention
    decision: Decision


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who judges, when and for which team. `settings` are those of channels that chose none.

    `fingerprints` tell stories apart: of entries, by id. `judges` are those of other teams, where
    what is judged concerns more than one.
    """

    judge: Judge
    now: datetime
    settings: Settings = field(default_factory=Settings)
    team: str = DEFAULT_TEAM
    fingerprints: Mapping[str, Fingerprint] = field(default_factory=dict)
    judges: Mapping[str, Judge] = field(default_factory=dict)

    def of_team(self, team: str) -> "Hearing":
        """Give the hearing of what concerns a team, before its own judge."""
        return replace(self, team=team, judge=self.judges.get(team, self.judge))


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be queued. `key` names it for good: the same key is queued once.

    What has the same `lane` goes out in order, one at a time; the channel's own by default.
    """

    key: str
    team: str
    channel: Channel
    document: Document
    thread: str | None = None
    kind: Kind = Kind.POST
    lane: str | None = None
    target_id: int | None = None
    message: str | None = None
    actor: str | None = None
    reply_to: str | None = None
    vendor: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document claimed for delivery. `key` is the same at every attempt.

    `attempts` counts this one; `unsure` says that an earlier one may have succeeded. `message` is
    the message that an edit or a withdrawal is about, that a mark is put on, or that is answered.
    """

    id: int
    key: str
    team: str
    lane: str
    channel: Channel
    thread: str | None
    document: Document
    attempts: int
    kind: Kind = Kind.POST
    unsure: bool = False
    message: str | None = None
    actor: str | None = None
    reply_to: str | None = None
    vendor: str | None = None


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert of the past. `channel` is its key; `link` leads to the message, once sent."""

    vendor: str
    channel: str
    cause: str
    matched: str
    match_kind: str
    reason: str
    form: str
    revision: str
    created_at: datetime
    sent_at: datetime | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command that waits for its answer. `line` is what was typed.

    `revises` is the id of the command that it replaces; with a `doubt` it is not carried out.
    """

    id: int
    event: str
    team: str
    channel: Channel
    message: str
    actor: str
    line: str
    thread: str | None
    reply_to: str | None
    on: str | None
    attempts: int
    revises: str | None = None
    doubt: str = ""


class Settled(StrEnum):
    """What became of a command that waited to be confirmed."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that its giver is asked to confirm; afterwards without its `line`.

    `used_by` is the event by which it was `settled`.
    """

    actor: str
    line: str
    expires_at: datetime
    settled: Settled | None = None
    used_by: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message of the bot's says now: of an answer only what can be pressed.

    `channel`, `thread` and `reply_to` are those of a command that is given by it.
    """

    document: Document
    channel: Channel
    thread: str | None
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept; of `documents` and `entries`, their words.

    What can be pressed under an answer goes after `answers`, what could not be decrypted after
    `sealed`. All of a team that took the bot out goes after `removed`. The `ids` of entries without
    words go so long after they came, `paragraphs` of a host so long after its last page.
    """

    mentions: timedelta = timedelta(days=365)
    encrypted_mentions: timedelta = timedelta(days=7)
    documents: timedelta = timedelta(days=30)
    entries: timedelta = timedelta(days=30)
    answers: timedelta = timedelta(days=1)
    removed: timedelta = timedelta(days=30)
    sealed: timedelta = timedelta(days=7)
    ids: timedelta = timedelta(days=180)
    paragraphs: timedelta = timedelta(days=60)


DigestWriter: TypeAlias = Callable[[str, HoldReason, Sequence[Held]], Document]
"""Words one channel's digest; pure, since it runs inside a transaction and may run again."""
