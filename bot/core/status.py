"""How things stand with what the bot has to say: for operators, telling nothing private."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a document is on its way.

    pending, sending, then one of the others. `uncertain`: nobody knows whether it was posted, so
    the platform is asked before it is sent again. `withdrawn`: it was taken back in time.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Pause:
    """Who stopped all posting, and when."""

    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """A document that was given up. A private channel is not named."""

    id: int
    place: str
    reason: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand. `oldest_open` is when the oldest document not yet delivered was queued.

    `proposals` are changes of the watchlist that wait for somebody to approve them, `policy` is the
    team's own note, empty if it has none.
    """

    outbox: Mapping[State, int]
    waiting: int
    mutes: int
    paused: Pause | None
    oldest_open: datetime | None
    troubles: int
    parked: tuple[Parked, ...]
    proposals: int = 0
    policy: str = ""
