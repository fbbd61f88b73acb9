"""A feed between two polls, and what one poll brought."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.mention import Entry


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known of a feed. `etag`, `last_modified` and `body_hash` are of the last good body.

    `seeded` is false until the first good poll has been committed. `failures` counts errors in a
    row; `next_check_at` is UTC.
    """

    url: str
    next_check_at: datetime
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    seeded: bool = False
    failures: int = 0
    last_error: str | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll's result: the feed's new state, and the entries not seen before, oldest first.

    `silent` means that they are remembered and not searched: the first poll only seeds.
    """

    feed: Feed
    entries: tuple[Entry, ...] = ()
    silent: bool = False
