"""The forgiving reader, for feeds that are broken or have a DTD: feedparser, kept on a lead."""

import calendar
import io
import re
from datetime import UTC, datetime
from itertools import islice

import feedparser

from bot.feeds import plain
from bot.feeds.dates import OLDEST_YEAR
from bot.feeds.raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError

MOST_TAGS = 30_000
"""What comes after these is not read: feedparser needs a second for every ten thousand."""


def read(body: bytes, base: str, content_type: str | None) -> RawFeed:
    """Read a feed that the strict reader refuses. Raise UnreadableError.

    The stream is not for convenience: feedparser takes bytes for a file name first, and would
    open /etc/passwd for a server whose whole answer is those eleven characters.
    """
    headers = {"content-type": content_type} if content_type else {}
    try:
        found = feedparser.parse(
            io.BytesIO(_bounded(body)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        entries = found.get("entries", [])[:MOST_ITEMS]
        title = plain.of_markup(_member(found.get("feed", {}), "title"))
        items = tuple(_item(entry, base) for entry in entries)
    except Exception as error:  # noqa: BLE001 - its parsers let anything through on hostile input
        raise UnreadableError(f"cannot be read ({type(error).__name__})") from None
    if not items and not found.get("version"):
        raise UnreadableError("is not a feed: it is neither RSS, Atom, RDF nor JSON Feed")
    return RawFeed(title, items)


def _bounded(body: bytes) -> bytes:
    last = next(islice(re.finditer(b"<", body), MOST_TAGS, None), None)
    return body if last is None else body[: last.start()]


def _item(entry: dict[str, object], base: str) -> RawItem:
    content = dict.get(entry, "content")
    blocks = content if isinstance(content, list) else []
    link, guid = _member(entry, "link"), _member(entry, "id")
    return RawItem(
        guid=plain.fold(plain.clean(guid)),
        link=link,
        base=base,
        title=plain.of_markup(_member(entry, "title")),
        summary=plain.longest(
            plain.of_markup(_member(entry, "summary")),
            *(plain.of_markup(_member(block, "value")) for block in blocks),
        ),
        published=_moment(entry, "published_parsed") or _moment(entry, "updated_parsed"),
    )


def _member(entry: dict[str, object], key: str) -> str:
    """Read past feedparser's own look-up, which warns and guesses other keys."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) else ""


def _moment(entry: dict[str, object], key: str) -> datetime | None:
    value = dict.get(entry, key)
    if not isinstance(value, tuple):
        return None
    try:
        moment = datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year >= OLDEST_YEAR else None
