"""Feed bytes to entries. Pure: nothing is fetched, nothing is remembered, the clock is passed in.

Never a feed without entries where there was no feed: that would look like a quiet week.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from bot.core.addresses import redact
from bot.core.mention import Entry
from bot.errors import FeedError
from bot.feeds import plain
from bot.feeds.extraction.boilerplate import cut
from bot.feeds.formats import jsonfeed, loosefeed, xmlfeed
from bot.feeds.formats.discovery import feeds_of_page
from bot.feeds.formats.raw import NotStrictError, RawFeed, RawItem, UnreadableError, Wishes
from bot.feeds.links import clean_link

MOST_TEXT = 64_000
"""Characters kept of an entry's summary."""

_MOST_TITLE = 2_000
_LONGEST_ID = 500
_FUTURE = timedelta(hours=24)

_SPACE = b" \t\r\n"
_PAGE = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's title and entries, oldest first where every entry has a date."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed whose items have their ids but no entries yet: those cost most. Oldest first."""

    title: str
    items: "tuple[tuple[str, Item], ...]"
    wishes: Wishes


def parse(
    body: bytes, url: str, content_type: str | None, now: datetime, *, base: str | None = None
) -> ParsedFeed:
    """Read RSS 0.9x to 2.0, Atom, RDF or JSON Feed. Raise FeedError if it is none of them.

    `url` is the feed's name in its entries; relative links are resolved against `base`, the
    address the bytes came from in the end, if that is another. At most 2,000 items are read.
    Without dates the order is the document's, reversed, as feeds put the newest first.
    """
    listed = read_items(body, url, content_type, base=base)
    return ParsedFeed(
        listed.title, tuple(item.entry(url, identity, now) for identity, item in listed.items)
    )


def read_items(
    body: bytes, url: str, content_type: str | None, *, base: str | None = None
) -> Listed:
    """Do what `parse` does, but for the entries themselves."""
    return sort_items(read_raw(body, url, content_type, base=base))


def read_raw(
    body: bytes,
    url: str,
    content_type: str | None,
    *,
    base: str | None = None,
    known: Collection[bytes] | None = None,
) -> RawFeed:
    """Give a feed as it came, but for items whose marks are `known`. Raise FeedError."""
    try:
        return _read(body, base or url, content_type, known)
    except UnreadableError as error:
        raise FeedError(f"{redact(url)} {error}") from None


def sort_items(raw: RawFeed) -> Listed:
    """Give what a feed lists its ids and its order; items without any content are left out."""
    items = [Item(item) for item in reversed(raw.items)]
    rows = list(identify([item for item in items if item.says_anything]))
    dated = [item.raw.published for _, item in rows if item.raw.published is not None]
    if len(dated) == len(rows):
        by_date = sorted(zip(dated, range(len(rows)), strict=True))
        rows = [rows[index] for _, index in by_date]
    return Listed(title_of(raw), tuple(rows), raw.wishes)


def title_of(raw: RawFeed) -> str:
    """Give a feed's title on one line, of bounded length."""
    return plain.fold(raw.title)[:_MOST_TITLE]


def _read(
    body: bytes, base: str, content_type: str | None, known: Collection[bytes] | None
) -> RawFeed:
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    if not start:
        raise UnreadableError("is not a feed: it is empty")
    if start.startswith(b"{"):
        return jsonfeed.read(body, base)
    body = body.lstrip(_SPACE)  # feedparser finds no declaration behind blank lines
    if _PAGE.match(start):
        raise UnreadableError(f"is not a feed: it is an HTML page{_hint(body, base)}")
    try:
        return xmlfeed.read(body, base, content_type, known)
    except NotStrictError:
        return loosefeed.read(body, base, content_type)


def _hint(page: bytes, base: str) -> str:
    """Name the feed that a page says it has."""
    found = feeds_of_page(page, base)
    return f"; its feed is {redact(found[0].address)}" if found and found[0].declared else ""


class Item:
    """A raw item with what tells it from others. `keys` are its guid, link, and a hash."""

    __slots__ = ("date", "keys", "link", "raw", "title")

    def __init__(self, raw: RawItem) -> None:
        self.raw = raw
        self.link = clean_link(raw.link, raw.base) if raw.link else None
        self.title = plain.fold(raw.title)[:_MOST_TITLE]
        self.date = raw.published.isoformat() if raw.published else ""
        digest = sha256(f"{self.title}\n{self.date}".encode()).hexdigest()
        # A guid that is a link is compared as one, so that both readers agree on it.
        guid = clean_link(raw.guid) or raw.guid
        self.keys = tuple(filter(None, (guid, self.link, digest)))

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self.title or self.link or self.summary)

    @property
    def identity(self) -> str:
        """Its id in a feed where no other item has the same first key."""
        return _joined(self.keys[:1])

    @property
    def summary(self) -> str:
        """The item's own words; made anew each time."""
        return plain.fold(cut(self.raw.summary))[:MOST_TEXT]

    def entry(self, feed: str, identity: str, now: datetime) -> Entry:
        """Give the item as an entry of this feed."""
        return Entry(
            feed=feed,
            id=identity,
            title=self.title,
            summary=self.summary,
            url=self.link,
            published=_not_future(self.raw.published, now),
        )


def identify(items: list[Item]) -> Iterable[tuple[str, Item]]:
    """Give each item an id that is stable from poll to poll and its own in the feed.

    It is the guid, else the link, else a hash of title and date. All holders of the same id get
    the next of these added, whichever comes first in the document, so that a new item can never
    take over the id of an old one. What is alike in all of them is one item.
    """
    plainly = Counter(item.keys[0] for item in items)
    seen: set[str] = set()
    linked = Counter(item.keys[:2] for item in items)
    for item in items:
        parts = item.keys[:1]
        if plainly[item.keys[0]] > 1:
            parts = item.keys if linked[item.keys[:2]] > 1 else item.keys[:2]
        identity = _joined(parts)
        if identity not in seen:
            seen.add(identity)
            yield identity, item


def lengthened(identity: str, item: Item) -> str:
    """Give the id of an item whose guid was another's before: with its link, as if both stood."""
    return _joined((identity, item.link or ""))


def _joined(parts: Iterable[str]) -> str:
    identity = " ".join(parts)
    if len(identity) > _LONGEST_ID:
        return "sha256:" + sha256(identity.encode()).hexdigest()
    return identity


def _not_future(published: datetime | None, now: datetime) -> datetime | None:
    """Take a date more than a day ahead for an error of the feed: the entry is of now."""
    if published is None or published - now <= _FUTURE:
        return published
    return now
