"""What every reader of a feed format gives, before it becomes entries."""

from dataclasses import dataclass
from datetime import datetime

MOST_ITEMS = 2_000
"""Items past these, in the feed's own order, are not read."""


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as the feed gives it. Texts are words already, a line for each block.

    `link` may be relative to `base`; `guid` is whatever the feed calls the item's identity.
    """

    guid: str
    link: str
    base: str
    title: str
    summary: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as it came, in its own order."""

    title: str
    items: tuple[RawItem, ...]


class UnreadableError(Exception):
    """The bytes cannot be used. The message goes after the feed's address: "is empty"."""
