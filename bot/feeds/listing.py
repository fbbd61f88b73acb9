"""What is new in a feed. Pure: what it listed lately comes in and goes out as a string of prints.

People forgive an entry told twice, not one never told: in doubt an entry is new. Prints are eight
bytes of BLAKE2b; a feed's are of all its bodies lately, so that one that lists too little (cut
off, or from a server with a hiccup) makes nothing new that is old.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from bot.core.addresses import canonical
from bot.feeds.formats.parse import Item, Listed, lengthened, read_items
from bot.feeds.jobs import FeedJob, Reading

MOST_LISTED = 64 * 1024
"""Bytes of prints that are remembered for a feed."""

_PRINT = 8
_OF_AN_ITEM = 5 * _PRINT
_FEWEST_ITEMS = 400
_BODIES = 4
_FLOOD = 10
_SCHEME = re.compile(r"https?://(?:www\.)?")


def read(job: FeedJob) -> Reading:
    """Read a feed's body and tell what it lists that it did not list before. Raise FeedError.

    An item is known by its guid, or by link and title under another guid. A guid that comes back
    with another link and another title is a new item, and its id has the link added. Where so
    many are new that all guids must have changed, a link of its own or title and date will do.
    """
    feed = read_items(job.body, job.url, job.content_type, base=job.base)
    before = frozenset(_split(job.listed))
    rows = rows_of(feed)
    found = _Sorted(rows, before)
    return Reading(
        title=feed.title,
        entries=tuple(row.item.entry(job.url, row.identity, job.now) for row in found.news),
        known=len(rows) - len(found.news),
        listed=_joined([*rows, *found.news], len(rows), job.listed),
        churned=found.churned,
        floor=feed.wishes.floor,
        skip_hours=feed.wishes.skip_hours,
        skip_days=feed.wishes.skip_days,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An item and its prints; empty ones are of what it has not.

    `full` is of its whole id, `guid` of the part that is its own; they differ where several items
    have the same guid. `page` is of link and title, `day` of title and date.
    """

    identity: str
    item: Item
    full: bytes
    guid: bytes
    page: bytes
    link: bytes
    title: bytes
    day: bytes

    @property
    def prints(self) -> tuple[bytes, ...]:
        """All but those of its identity."""
        return tuple(filter(None, (self.page, self.link, self.title, self.day)))

    @property
    def alike(self) -> bytes:
        """What another guid's item has in common if it is the same article."""
        return self.page or self.day


def rows_of(feed: Listed) -> list[Row]:
    """Give a feed's items with their prints."""
    return [_row(identity, item) for identity, item in feed.items]


class _Sorted:
    """The items of a body, told apart by what was listed before."""

    def __init__(self, rows: list[Row], before: frozenset[bytes]) -> None:
        self._before = before
        self._links = Counter(row.link for row in rows)
        self._days = Counter(row.day for row in rows)
        self._pairs = Counter((row.guid, row.link) for row in rows)
        known = {id(row) for row in rows if self._is_known(row)}
        # What is there under its old guid has not come under a new one.
        held = {row.alike for row in rows if id(row) in known}
        new = [row for row in rows if id(row) not in known]
        fresh = [row for row in new if row.alike in held or not self._is_alike(row)]
        if len(fresh) > max(_FLOOD, len(rows) // 2):
            fresh = [row for row in fresh if not self._is_probably_alike(row)]
        self.churned = len(new) - len(fresh)
        self.news = [self._named(row) for row in fresh]

    def _is_known(self, row: Row) -> bool:
        """Whether its guid was there, and not for another article."""
        if row.full == row.guid:
            return row.full in self._before and not self._is_reused(row)
        if row.full in self._before:
            return True
        alone = self._pairs[row.guid, row.link] == 1
        return alone and row.guid in self._before and row.link in self._before

    def _is_reused(self, row: Row) -> bool:
        return bool(row.link) and self._before.isdisjoint((row.link, row.title))

    def _is_alike(self, row: Row) -> bool:
        """Whether an article of the same link and title was there under another guid.

        Where many items have one link, as a homepage, their date has to be the same too.
        """
        if row.page and row.page not in self._before:
            return False
        if row.day in self._before:
            return True
        return bool(row.page) and (self._links[row.link] == 1 or not row.day)

    def _is_probably_alike(self, row: Row) -> bool:
        by_link = row.link in self._before and self._links[row.link] == 1
        return by_link or (row.day in self._before and self._days[row.day] == 1)

    def _named(self, row: Row) -> Row:
        """Give an item with a guid that was another's an id of its own."""
        if row.full != row.guid or row.full not in self._before:
            return row
        return _row(lengthened(row.identity, row.item), row.item)


def _row(identity: str, item: Item) -> Row:
    link = (canonical(item.link) or item.link) if item.link else ""
    return Row(
        identity=identity,
        item=item,
        full=_print("id", _plain_id(identity)),
        guid=_print("id", _plain_id(item.keys[0])),
        page=_print("page", f"{link} {item.title}") if link and item.title else b"",
        link=_print("link", link) if link else b"",
        title=_print("title", item.title) if item.title else b"",
        day=_print("day", f"{item.date} {item.title}") if item.date and item.title else b"",
    )


def _plain_id(identity: str) -> str:
    """Leave out of an id what changes when a site gets a certificate, and nothing else."""
    return _SCHEME.sub("//", identity).rstrip("/")


def _print(kind: str, text: str) -> bytes:
    return blake2b(f"{kind} {text}".encode(errors="replace"), digest_size=_PRINT).digest()


def _split(listed: bytes) -> Iterable[bytes]:
    return (listed[at : at + _PRINT] for at in range(0, len(listed) - _PRINT + 1, _PRINT))


def _joined(rows: list[Row], items: int, listed: bytes) -> bytes:
    """Put the prints of a body before the older ones, those first that are missed most.

    It never gets shorter, so that a body that lists little makes nothing forgotten.
    """
    newest = rows[::-1]
    kinds = ("full", "guid", "link", "title", "page", "day")
    prints = [mark for kind in kinds for row in newest if (mark := getattr(row, kind))]
    room = max(_BODIES * items, _FEWEST_ITEMS) * _OF_AN_ITEM
    room = min(max(room, len(listed)), MOST_LISTED)
    return b"".join(dict.fromkeys((*prints, *_split(listed))))[:room]
