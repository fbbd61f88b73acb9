"""What goes to the process that reads feeds and pages, and what comes back of a feed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.mention import Entry


@dataclass(frozen=True, slots=True)
class FeedJob:
    """A feed's bytes to read. `base` is where they came from in the end, `url` the feed's name.

    `listed` is what its bodies listed lately, from the last `Reading`; empty at the first poll.
    """

    body: bytes
    url: str
    base: str
    content_type: str | None
    now: datetime
    listed: bytes = b""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed has to say. `entries` are those that `listed` did not know, oldest first.

    `known` counts the others; `churned` those of them that came under another guid. `listed` is
    for the next job. `floor` is the shortest wait the feed asks for, at most 24 hours; it is not
    to be asked in `skip_hours` (UTC) and on `skip_days` (Monday is 0). `cut`: the body breaks off,
    so that there may be more.
    """

    title: str
    entries: tuple[Entry, ...]
    known: int
    listed: bytes
    churned: int
    floor: timedelta | None
    skip_hours: frozenset[int]
    skip_days: frozenset[int]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class PageJob:
    """A page's bytes to reduce to its article. `charset` and `content_type` are the server's."""

    body: bytes
    url: str
    charset: str | None
    content_type: str | None
