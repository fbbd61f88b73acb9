"""Feed bytes to entries. Pure: nothing is fetched, nothing is remembered, the clock is passed in.

Never a feed without entries where there was no feed: that would look like a quiet week.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from lxml import etree
from lxml.html import document_fromstring

from bot.core.mention import Entry
from bot.errors import FeedError
from bot.feeds import jsonfeed, loosefeed, plain, xmlfeed
from bot.feeds.boilerplate import cut
from bot.feeds.links import clean_link, redact
from bot.feeds.raw import RawFeed, RawItem, UnreadableError

MOST_TEXT = 64_000
"""Characters kept of an entry's summary."""

_MOST_TITLE = 2_000
_LONGEST_ID = 500
_FUTURE = timedelta(hours=24)

_SPACE = b" \t\r\n"
_PAGE = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_FEED_LINK = (
    "//link[contains(concat(' ', @rel, ' '), ' alternate ') and @href and (@type='application/"
    "rss+xml' or @type='application/atom+xml' or @type='application/feed+json')]/@href"
)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's title and entries, oldest first where every entry has a date."""

    title: str
    entries: tuple[Entry, ...]


def parse(
    body: bytes, url: str, content_type: str | None, now: datetime, *, base: str | None = None
) -> ParsedFeed:
    """Read RSS 0.9x to 2.0, Atom, RDF or JSON Feed. Raise FeedError if it is none of them.

    `url` is the feed's name in its entries; relative links are resolved against `base`, the
    address the bytes came from in the end, if that is another. At most 2,000 items are read.
    Without dates the order is the document's, reversed, as feeds put the newest first.
    """
    try:
        raw = _read(body, base or url, content_type)
    except UnreadableError as error:
        raise FeedError(f"{redact(url)} {error}") from None
    items = [_Item(item) for item in reversed(raw.items)]
    items = [item for item in items if item.title or item.summary or item.link]
    entries = [
        Entry(
            feed=url,
            id=identity,
            title=item.title,
            summary=item.summary,
            url=item.link,
            published=_not_future(item.raw.published, now),
        )
        for identity, item in _identify(items)
    ]
    dated = [entry.published for entry in entries if entry.published is not None]
    if len(dated) == len(entries):
        by_date = sorted(zip(dated, range(len(entries)), strict=True))
        entries = [entries[index] for _, index in by_date]
    return ParsedFeed(plain.fold(raw.title)[:_MOST_TITLE], tuple(entries))


def _read(body: bytes, base: str, content_type: str | None) -> RawFeed:
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    if not start:
        raise UnreadableError("is not a feed: it is empty")
    if start.startswith(b"{"):
        return jsonfeed.read(body, base)
    if _PAGE.match(start):
        raise UnreadableError(f"is not a feed: it is an HTML page{_hint(body, base)}")
    try:
        return xmlfeed.read(body.lstrip(_SPACE), base)
    except xmlfeed.NotStrictError:
        return loosefeed.read(body, base, content_type)


def _hint(page: bytes, base: str) -> str:
    """Name the feed that a page says it has."""
    try:
        found = document_fromstring(page[:200_000]).xpath(_FEED_LINK)
    except (etree.LxmlError, ValueError):
        return ""
    links = found if isinstance(found, list) else []
    link = clean_link(str(links[0]), base) if links else None
    return f"; its feed is {redact(link)}" if link else ""


class _Item:
    """A raw item with what its entry needs."""

    __slots__ = ("keys", "link", "raw", "summary", "title")

    def __init__(self, raw: RawItem) -> None:
        self.raw = raw
        self.link = clean_link(raw.link, raw.base) if raw.link else None
        self.title = plain.fold(raw.title)[:_MOST_TITLE]
        self.summary = plain.fold(cut(raw.summary))[:MOST_TEXT]
        published = raw.published.isoformat() if raw.published else ""
        digest = sha256(f"{self.title}\n{published}".encode()).hexdigest()
        # A guid that is a link is compared as one, so that both readers agree on it.
        guid = clean_link(raw.guid) or raw.guid
        self.keys = tuple(filter(None, (guid, self.link, digest)))


def _identify(items: list[_Item]) -> Iterable[tuple[str, _Item]]:
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
        identity = " ".join(parts)
        if len(identity) > _LONGEST_ID:
            identity = "sha256:" + sha256(identity.encode()).hexdigest()
        if identity not in seen:
            seen.add(identity)
            yield identity, item


def _not_future(published: datetime | None, now: datetime) -> datetime | None:
    """Take a date more than a day ahead for an error of the feed: the entry is of now."""
    if published is None or published - now <= _FUTURE:
        return published
    return now
