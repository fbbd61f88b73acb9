"""What every reader of a feed format gives, before it becomes entries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_ITEMS = 2_000
"""Items past these, in the feed's own order, are not read."""


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as the feed gives it. Texts are words already, a line for each block.

    `link` may be relative to `base`; `guid` is whatever the feed calls the item's identity. The
    summary is made when it is asked for: most items of a poll are known by the rest of them. `mark`
    is the same as long as its bytes and all that decides about their reading are; empty without.
    """

    guid: str
    link: str
    base: str
    title: str
    published: datetime | None
    tell: Callable[[], str]
    mark: bytes = b""

    @property
    def summary(self) -> str:
        """The longest of the texts that the item has; made anew each time."""
        return self.tell()


@dataclass(frozen=True, slots=True)
class Wishes:
    """When a feed would like to be asked. `floor` is the shortest wait, at most 24 hours.

    Hours are of UTC, days begin with Monday as 0: not to be asked then.
    """

    floor: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as it came, in its own order.

    `skipped` are items that were not read, as their marks were known: each with its place among all
    of the feed's, in order. `cut`: the bytes break off, and what they broke off in is left out.
    """

    title: str
    items: tuple[RawItem, ...]
    wishes: Wishes = Wishes()
    skipped: tuple[tuple[int, bytes], ...] = ()
    cut: bool = False


class UnreadableError(Exception):
    """The bytes cannot be used. The message goes after the feed's address: "is empty"."""


class NotStrictError(Exception):
    """Not for the strict reader: not well-formed, or of a form whose reading is in doubt."""
