"""What is new in a feed. Pure: what it listed lately comes in and goes out as a string of prints.

People forgive an entry told twice, not one never told: in doubt an entry is new. Prints are eight
bytes of BLAKE2b; a feed's are of all its bodies lately, so that one that lists too little (cut
off, or from a server with a hiccup) makes nothing new that is old.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

from bot.core.addresses import canonical
from bot.feeds.formats.marks import MOST_MARKED
from bot.feeds.formats.parse import Item, Listed, lengthened, read_raw, sort_items, title_of
from bot.feeds.formats.raw import RawFeed
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.remembered import PRINT, Known, Remembered

_FLOOD = 10
_SCHEME = re.compile(r"https?://(?:www\.)?")


def read(job: FeedJob) -> Reading:
    """Read a feed's body and tell what it lists that it did not list before. Raise FeedError.

    An item is known by its guid, or by link and title under another guid. A guid that comes back
    with another link and another title is a new item, and its id has the link added. Where so
    many are new that all guids must have changed, a link of its own or title and date will do.
    """
    before = Remembered(job.listed)
    feed = _raw(job, before.by_mark)
    body = _partly(feed, before) if feed.skipped else _wholly(feed)
    if body is None:
        body = _wholly(_raw(job, ()))
    found = _Sorted(body, before)
    return Reading(
        title=title_of(feed),
        entries=tuple(row.item.entry(job.url, row.identity, job.now) for row in found.news),
        known=len(body.rows) + len(body.same) - len(found.news),
        listed=_joined(body, found.news, before),
        churned=found.churned,
        floor=feed.wishes.floor,
        skip_hours=feed.wishes.skip_hours,
        skip_days=feed.wishes.skip_days,
        cut=feed.cut,
    )


def _raw(job: FeedJob, known: Collection[bytes]) -> RawFeed:
    return read_raw(job.body, job.url, job.content_type, base=job.base, known=known)


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

    def known(self) -> Known:
        """Give what is remembered of it if its guid is its alone."""
        raw = self.item.raw
        at = round(raw.published.timestamp()) if raw.published else 0
        return Known(raw.mark, at, self.guid, self.link, self.title, self.page, self.day)

    @property
    def alike(self) -> bytes:
        """What another guid's item has in common if it is the same article."""
        return self.page or self.day


def rows_of(feed: Listed) -> list[Row]:
    """Give a feed's items with their prints."""
    return [_row(identity, item) for identity, item in feed.items]


@dataclass(frozen=True, slots=True)
class _Body:
    """What a body lists: `rows` were read, oldest first; `same` are as they were in the last one.

    `table` has all of them, newest first. It is empty where marks are missing, or where ids are
    more than guids.
    """

    rows: list[Row]
    same: list[Known]
    table: list[Known]


def _wholly(feed: RawFeed) -> _Body:
    rows = rows_of(sort_items(feed))
    table = [row.known() for row in reversed(rows)]
    plainly = all(each.mark for each in table) and all(row.full == row.guid for row in rows)
    if not plainly or len(rows) > MOST_MARKED or _is_shared(table):
        table = []
    return _Body(rows, [], table)


def _partly(feed: RawFeed, before: Remembered) -> _Body | None:
    """Put what was read among what was not; None if that matters for the ids of some."""
    rows: dict[bytes, Row] = {}
    table: list[Known | None] = []
    for raw in feed.items:
        item = Item(raw)
        row = _row(item.identity, item)
        table.append(row.known() if item.says_anything else None)
        rows[raw.mark] = row
    for place, mark in feed.skipped:
        table.insert(place, before.by_mark[mark])
    said = [each for each in table if each is not None]
    if _is_shared(said) or any(row.full != row.guid for row in rows.values()):
        return None
    if all(each.at for each in said):
        said.sort(key=lambda each: each.at, reverse=True)
    same = [each for each in said if each.mark not in rows]
    return _Body([rows[each.mark] for each in reversed(said) if each.mark in rows], same, said)


def _is_shared(table: list[Known]) -> bool:
    """Whether some guid is that of several items: then ids depend on all of them."""
    return len({each.guid for each in table}) < len(table)


class _Sorted:
    """The items of a body, told apart by what was listed before."""

    def __init__(self, body: _Body, before: Remembered) -> None:
        rows = body.rows
        self._has = before.asked(len(rows))
        self._links = Counter(row.link for row in rows)
        self._links.update(row.link for row in body.same)
        self._days = Counter(row.day for row in rows)
        self._days.update(row.day for row in body.same)
        self._pairs = Counter((row.guid, row.link) for row in rows)
        known = {id(row) for row in rows if self._is_known(row)}
        # What is there under its old guid has not come under a new one.
        held = {row.alike for row in rows if id(row) in known}
        held.update(row.alike for row in body.same)
        new = [row for row in rows if id(row) not in known]
        fresh = [row for row in new if row.alike in held or not self._is_alike(row)]
        if len(fresh) > max(_FLOOD, (len(rows) + len(body.same)) // 2):
            fresh = [row for row in fresh if not self._is_probably_alike(row)]
        self.churned = len(new) - len(fresh)
        self.news = [self._named(row) for row in fresh]

    def _is_known(self, row: Row) -> bool:
        """Whether its guid was there, and not for another article."""
        if row.full == row.guid:
            return self._has(row.full) and not self._is_reused(row)
        if self._has(row.full):
            return True
        alone = self._pairs[row.guid, row.link] == 1
        return alone and self._has(row.guid) and self._has(row.link)

    def _is_reused(self, row: Row) -> bool:
        return bool(row.link) and not self._has(row.link) and not self._has(row.title)

    def _is_alike(self, row: Row) -> bool:
        """Whether an article of the same link and title was there under another guid.

        Where many items have one link, as a homepage, their date has to be the same too.
        """
        if row.page and not self._has(row.page):
            return False
        if self._has(row.day):
            return True
        return bool(row.page) and (self._links[row.link] == 1 or not row.day)

    def _is_probably_alike(self, row: Row) -> bool:
        by_link = self._has(row.link) and self._links[row.link] == 1
        return by_link or (self._has(row.day) and self._days[row.day] == 1)

    def _named(self, row: Row) -> Row:
        """Give an item with a guid that was another's an id of its own."""
        if row.full != row.guid or not self._has(row.full):
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
    return blake2b(f"{kind} {text}".encode(errors="replace"), digest_size=PRINT).digest()


def _joined(body: _Body, news: list[Row], before: Remembered) -> bytes:
    """Put the prints of a body before the older ones, those first that are missed most."""
    newest = news[::-1] if body.table else [*body.rows, *news][::-1]
    kinds = ("full", "guid", "link", "title", "page", "day")
    prints = [getattr(row, kind) for kind in kinds for row in newest]
    return before.after(body.table, prints, len(body.rows) + len(body.same))
