"""The forgiving reader, for feeds that are broken or have a DTD: feedparser, kept on a lead."""

import io
import re
from functools import partial
from itertools import islice

import feedparser

from bot.feeds import plain
from bot.feeds.formats.charset import is_plainly_utf8
from bot.feeds.formats.dates import parse_date
from bot.feeds.formats.raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError, Wishes
from bot.feeds.formats.wishes import wishes
from bot.feeds.links import best_link

_START = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)

MOST_TAGS = 30_000
"""What comes after these is not read: feedparser needs a second for every ten thousand."""


def read(
    body: bytes, base: str, content_type: str | None, *, most_tags: int | None = MOST_TAGS
) -> RawFeed:
    """Read a feed that the strict reader refuses. Raise UnreadableError.

    The stream is not for convenience: feedparser takes bytes for a file name first, and would
    open /etc/passwd for a server whose whole answer is those eleven characters.
    """
    if content_type and is_plainly_utf8(body):  # feedparser would believe the server
        content_type = content_type.partition(";")[0]
    headers = {"content-type": content_type} if content_type else {}
    try:
        found = feedparser.parse(
            io.BytesIO(_bounded(body, most_tags)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        cut = _breaks_off(body)
        entries = found.get("entries", [])[: -1 if cut else None][:MOST_ITEMS]
        head = found.get("feed", {})
        title = plain.of_markup(_member(head, "title"))
        items = tuple(_item(entry, base) for entry in entries)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - its parsers let anything through on hostile input
        raise UnreadableError(f"cannot be read ({type(error).__name__})") from None
    if not items and not found.get("version"):
        raise UnreadableError("is not a feed: it is neither RSS, Atom, RDF nor JSON Feed")
    return RawFeed(title, items, _wishes(head), cut=cut)


def _breaks_off(body: bytes) -> bool:
    """Whether a body ends within an item, of which half a guid or link would be another's."""
    start = end = -1
    for start in (each.start() for each in _START.finditer(body)):  # noqa: B007 - the last counts
        pass
    for end in (each.start() for each in _END.finditer(body)):  # noqa: B007 - as above
        pass
    # Where no item is ever ended, that is the feed's way to write them.
    return -1 < end < start


def _wishes(head: dict[str, object]) -> Wishes:
    """Read what feedparser keeps of a feed's hints: of hours and days to skip only the last."""
    return wishes(
        ttl=_member(head, "ttl"),
        period=_member(head, "sy_updateperiod"),
        frequency=_member(head, "sy_updatefrequency"),
    )


def _bounded(body: bytes, most_tags: int | None) -> bytes:
    if most_tags is None:
        return body
    last = next(islice(re.finditer(b"<", body), most_tags, None), None)
    return body if last is None else body[: last.start()]


def _item(entry: dict[str, object], base: str) -> RawItem:
    dates = (_member(entry, key) for key in ("published", "updated", "created"))
    return RawItem(
        guid=plain.fold(plain.clean(_member(entry, "id"))),
        link=best_link(_member(entry, "link"), _links(entry)),
        base=base,
        title=plain.of_markup(_member(entry, "title")),
        published=next(filter(None, (parse_date(date) for date in dates if date)), None),
        tell=partial(_longest, _texts(entry)),
    )


def _texts(entry: dict[str, object]) -> tuple[str, ...]:
    content = dict.get(entry, "content")
    blocks = content if isinstance(content, list) else []
    return _member(entry, "summary"), *(_member(block, "value") for block in blocks)


def _longest(texts: tuple[str, ...]) -> str:
    return plain.longest(*map(plain.of_markup, dict.fromkeys(texts)))


def _links(entry: dict[str, object]) -> list[tuple[str, str]]:
    links = dict.get(entry, "links")
    rows = [row for row in links if isinstance(row, dict)] if isinstance(links, list) else []
    return [(_member(row, "rel"), _member(row, "href")) for row in rows]


def _member(entry: dict[str, object], key: str) -> str:
    """Read past feedparser's own look-up, which warns and guesses other keys."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) else ""
