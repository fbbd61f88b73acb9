"""What the headers of an answer say: when it may be asked again, and what can be sent back. Pure.

Header names are found in any case by the mapping that is passed in.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

LONGEST_FRESH = timedelta(hours=24)
"""An answer is taken to be fresh for no longer, whatever its server says."""

PDF = "is a PDF, which is not read"

_LONGEST_VALIDATOR = 1_000
_LONGEST_NUMBER = 12
_AGE = re.compile(r'max-age\s*=\s*"?(\d+)"?\s*(?:,|$)', re.IGNORECASE)
_UNSTORED = re.compile(r"(?:^|,)\s*no-(?:cache|store)\b", re.IGNORECASE)
_READ = re.compile(
    r"text/|application/(?:[\w.+-]*\+)?(?:xml|json)\b|application/xhtml", re.IGNORECASE
)
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ODD = {
    204: ", which is an answer without content",
    206: ", which is a part though the whole was asked for",
    304: " though nothing was there to compare with",
}


def sendable(headers: Mapping[str, str], name: str) -> str | None:
    """Give a header that can be stored and sent back: short, and ASCII, as HTTP wants it."""
    value = headers.get(name)
    if value is None:
        return None
    value = value.strip()
    usable = len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()
    return value if value and usable else None


def status_in_words(status: int) -> str:
    """Say what was answered, in the standard's words: the server's own may be anything."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    return f"answered {status}{phrase}{_ODD.get(status, '')}"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3) in seconds: a number, or a date by the server's clock."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:_LONGEST_NUMBER])
    until = _http_date(value)
    if until is None:
        return None
    return max(until - (_http_date(headers.get("Date", "")) or now), timedelta()).total_seconds()


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read how much longer an answer holds (RFC 9111, 4.2), at most 24 hours.

    `max-age` counts, else `Expires` by the server's own clock; a cache on the way has used up
    `Age` of it. None where that is not said, or is over.
    """
    said = headers.get("Cache-Control", "")
    if not said and "Expires" not in headers:
        return None
    if _UNSTORED.search(said):
        return None
    found = _AGE.search(said)
    if found is not None:
        fresh = _seconds(found[1])
    else:
        until = _http_date(headers["Expires"]) if "Expires" in headers else None
        if until is None:
            return None
        fresh = until - (_http_date(headers.get("Date", "")) or now)
    age = headers.get("Age", "").strip()
    if age.isascii() and age.isdigit():
        fresh -= _seconds(age)
    return min(fresh, LONGEST_FRESH) if fresh > timedelta() else None


def why_not_read(content_type: str | None) -> str | None:
    """Say why a page of this type is not worth its body; None if it is, or has no type."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if not kind or _READ.match(kind):
        return None
    if kind in ("application/pdf", "application/x-pdf"):
        return PDF
    return f"is no text but {kind}" if _TYPE.fullmatch(kind) else "is no text"


def _seconds(number: str) -> timedelta:
    return timedelta(seconds=int(number[:_LONGEST_NUMBER]))


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
