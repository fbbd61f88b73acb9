"""How jobs and their answers travel between the bot and its reader process: JSON and raw bytes.

Answers are checked to the last member: they come from a process that has read strangers' bytes.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.mention import Entry
from bot.feeds.extraction.article import Article, Note
from bot.feeds.jobs import FeedJob, PageJob, Reading
from bot.feeds.reading.frames import DONE, FEED, PAGE, PART, Frame

_PART = 100_000
"""Characters of entries in a frame: decoding one must not hold the event loop up."""

Pieces: TypeAlias = tuple[bytes, str, tuple[bytes, ...]]
"""A job to be sent: kind, JSON, and raw bytes that need no copy."""


def pack_feed(job: FeedJob) -> Pieces:
    """Make a feed's job ready to be sent."""
    row = (job.url, job.base, job.content_type, job.now.isoformat(), len(job.listed))
    return FEED, _dump(row), (job.listed, job.body)


def unpack_feed(frame: Frame) -> FeedJob:
    """Read a feed's job. Raise ValueError."""
    match json.loads(frame.text):
        case [str(url), str(base), None | str() as content_type, str(now), int(listed)]:
            moment = datetime.fromisoformat(now)
            body, before = frame.blob[listed:], frame.blob[:listed]
            return FeedJob(body, url, base, content_type, moment, before)
    raise ValueError("no feed to read")


def pack_page(job: PageJob) -> Pieces:
    """Make a page's job ready to be sent."""
    return PAGE, _dump((job.url, job.charset, job.content_type)), (job.body,)


def unpack_page(frame: Frame) -> PageJob:
    """Read a page's job. Raise ValueError."""
    match json.loads(frame.text):
        case [str(url), None | str() as charset, None | str() as content_type]:
            return PageJob(frame.blob, url, charset, content_type)
    raise ValueError("no page to read")


def pack_reading(reading: Reading) -> Iterator[Frame]:
    """Make the answer about a feed ready: its entries in parts, at last the rest."""
    rows: list[object] = []
    size = 0
    for entry in reading.entries:
        published = entry.published and entry.published.isoformat()
        rows.append((entry.id, entry.title, entry.summary, entry.url, published))
        size += len(entry.summary) + len(entry.title)
        if size > _PART:
            yield Frame(PART, _dump(rows))
            rows, size = [], 0
    floor = reading.floor and reading.floor.total_seconds()
    hours, days = sorted(reading.skip_hours), sorted(reading.skip_days)
    row = (reading.title, rows, reading.known, reading.churned, floor, hours, days, reading.cut)
    yield Frame(DONE, _dump(row), reading.listed)


def unpack_entries(frame: Frame, feed: str) -> list[Entry]:
    """Read a part of a feed's entries. Raise ValueError or TypeError."""
    return _entries(json.loads(frame.text), feed)


def unpack_reading(frame: Frame, feed: str, before: Sequence[Entry] = ()) -> Reading:
    """Read the end of the answer about a feed; `before` came in parts.

    Raise ValueError, TypeError or OverflowError.
    """
    match json.loads(frame.text):
        case [
            str(title),
            list(rows),
            int(known),
            int(churned),
            None | int() | float() as floor,
            list(hours),
            list(days),
            bool(cut),
        ]:
            return Reading(
                title,
                (*before, *_entries(rows, feed)),
                known,
                frame.blob,
                churned,
                None if floor is None else timedelta(seconds=floor),
                _whole(hours),
                _whole(days),
                cut,
            )
    raise ValueError("no reading of a feed")


def pack_article(article: Article) -> Iterator[Frame]:
    """Make the answer about a page ready."""
    row = (article.title, article.lead, article.body, article.aside, article.prints, article.note)
    yield Frame(DONE, _dump(row))


def unpack_article(frame: Frame) -> Article:
    """Read the answer about a page. Raise ValueError."""
    match json.loads(frame.text):
        case [str(title), str(lead), str(body), str(aside), list(prints), str(note)]:
            return Article(title, lead, body, aside, tuple(_signed(prints)), Note(note))
    raise ValueError("no article")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _entries(rows: object, feed: str) -> list[Entry]:
    match rows:
        case list():
            return [_entry(row, feed) for row in rows]
    raise ValueError("no entries")


def _entry(row: object, feed: str) -> Entry:
    """Read an entry; a match statement would take five times as long."""
    if isinstance(row, list) and len(row) == 5:
        id_, title, summary, url, published = row
        if (
            isinstance(id_, str)
            and isinstance(title, str)
            and isinstance(summary, str)
            and (url is None or isinstance(url, str))
        ):
            moment = None if published is None else datetime.fromisoformat(published)
            if moment is None or moment.tzinfo is not None:
                return Entry(feed, id_, title, summary, url, moment)
    raise ValueError("no entry")


def _signed(prints: Sequence[object]) -> Iterator[int]:
    for each in prints:
        if not isinstance(each, int) or not -(1 << 63) <= each < 1 << 63:
            raise ValueError("no prints")
        yield each


def _whole(numbers: Sequence[object]) -> frozenset[int]:
    found = frozenset(number for number in numbers if isinstance(number, int))
    if len(found) != len(numbers):
        raise ValueError("no numbers")
    return found
