"""What the store hands out: rulings, documents to deliver, past alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.core.document import Document
from bot.core.mention import Channel, Mention
from bot.core.policy import Alert, History, Skip

Judge: TypeAlias = Callable[[Mention, History], Alert | Skip]
"""A pure function: it runs inside a transaction and may run again for the same mention."""


class State(StrEnum):
    """Where a document is on its way: pending, sending, then one of the other three."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about a mention. An Alert among these is in the outbox."""

    mention: Mention
    decision: Alert | Skip


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who judges, when, for which team, and the feed's address if the mentions are from one."""

    judge: Judge
    now: datetime
    team: str
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be queued. `key` names it for good: the same key is queued once."""

    key: str
    team: str
    channel: Channel
    document: Document
    thread: str | None = None
    alert_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document claimed for delivery. `key` is the same at every attempt.

    `attempts` counts this one. `alert_id` and `vendor` are None where it is no alert.
    """

    id: int
    key: str
    team: str
    channel: Channel
    thread: str | None
    document: Document
    attempts: int
    alert_id: int | None = None
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
