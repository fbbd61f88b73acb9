"""A revision: what somebody changed in the watchlist at once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.editing.change import Change


class State(StrEnum):
    """What became of an edit. Only what is `applied` counts."""

    APPLIED = "applied"
    PROPOSED = "proposed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Revision:
    """An edit, in a team's log under a `number` of its own.

    `seq` says in which order those that are applied hold; a proposal has none yet. `vendor` is
    empty for what is the team's own. `channel` is the key of where it was made, `private` if that
    one is. `undoes` is the number of the revision that this one takes back.
    """

    number: int
    team: str
    vendor: str
    by: str
    at: datetime
    channel: str
    changes: tuple[Change, ...]
    reason: str = ""
    private: bool = False
    state: State = State.APPLIED
    seq: int | None = None
    undoes: int | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
