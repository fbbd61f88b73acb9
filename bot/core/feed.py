"""A feed between two polls, what one poll brought, and who it is for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.core.mention import Channel, Entry
from bot.core.routes import EVERYTHING, Filter, Terms

CONFIGURED = "config"
"""The origin of subscriptions that the configuration makes."""
CHAT = "chat"
"""The origin of subscriptions that people make by command."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known of a feed. All times are UTC.

    `url` is its name, as it was given; `address` is where it has moved to for good, None where that
    is `url` itself. `moving_to` is where the last answers sent us for good, `moves` how often in a
    row. `gone`: its server said so, and it is not asked any more.

    `etag`, `last_modified` and `body_hash` are of the last good body. `listed` holds prints of what
    its bodies listed lately (`bot/feeds/remembered.py`). `seeded` is false until the first good
    poll has been committed; a feed that is seeded and has nothing `listed` is known by the ids of
    its entries.

    `failures` counts errors in a row, `good_at` is when it was last read. `newest_at` is when
    something new last came in, `gap` the usual time between two entries, `floor` how long the feed
    itself wants to be left alone; both to the second. In `skip_hours` (UTC) and on `skip_days`
    (Monday is 0) it does not want to be asked. `told` are the notices that were given and still
    hold.
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
    good_at: datetime | None = None
    address: str | None = None
    moving_to: str | None = None
    moves: int = 0
    gone: bool = False
    listed: bytes = b""
    newest_at: datetime | None = None
    gap: timedelta | None = None
    floor: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    told: frozenset[str] = frozenset()

    @property
    def at(self) -> str:
        """Where it is asked for now."""
        return self.address or self.url


class NoticeKind(StrEnum):
    """What those who look after the bot are told about a feed, once each time."""

    GONE = "gone"
    MOVED = "moved"
    STALE = "stale"
    FAILING = "failing"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know about a feed. `detail` is an address, or an error."""

    kind: NoticeKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """What a page is made of: signed 64-bit prints of its paragraphs, and which page of which host.

    What stands on several pages of a host is nobody's article.
    """

    host: str
    page: str
    prints: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """An entry whose page could not be had for now, by its id, and when that is tried again."""

    entry: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry without its page, which is due again. `tries` counts those after its poll.

    `flood`: it came with so many others that they are told together.
    """

    entry: Entry
    tries: int = 0
    flood: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll's result: the feed's new state, and the entries not seen before, oldest first.

    `quiet` ones are remembered and not searched: all of a first poll, and what is too old to be
    news. `flood`: so many came at once that they make one summary, not a card each. `later` are
    those of the entries that are searched again once their pages are there. A poll that failed
    brings its state alone. `steady`: of the state, nothing has changed but `next_check_at`,
    `checked_at` and `good_at`, so that no more of it need be kept.
    """

    feed: Feed
    entries: tuple[Entry, ...] = ()
    quiet: tuple[Entry, ...] = ()
    flood: bool = False
    notices: tuple[Notice, ...] = ()
    seen: tuple[Paragraphs, ...] = ()
    later: tuple[Later, ...] = ()
    steady: bool = False


class Route(NamedTuple):
    """A feed and a channel that it goes to.

    With `backfill`, the first poll also alerts for entries no older than that. `filter` says which
    vendors it brings there.
    """

    feed: str
    channel: Channel
    backfill: timedelta | None = None
    filter: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Subscription:
    """That a feed goes to a channel of a team, `channel.team`; whose wish it is, and since when.

    `origin` is `config`, `chat`, `cli`, or `list:<name>` for a list of feeds that is followed. The
    same feed may be wished for in one channel by several of them.
    """

    feed: str
    channel: Channel
    origin: str
    by: str
    added_at: datetime
    backfill: timedelta | None = None
    filter: Filter = EVERYTHING

    @property
    def terms(self) -> Terms:
        """On which terms the feed comes."""
        return Terms(self.filter, self.backfill)
