"""Dates as feeds write them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

OLDEST_YEAR = 1990
"""No feed entry is older; epoch zeros and year 1 are errors of the publishing system."""

_ISO = re.compile(
    r"(\d{4})-(\d{2})(?:-(\d{2}))?"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)?",
    re.IGNORECASE,
)


def parse_date(text: str) -> datetime | None:
    """Read an RFC 822 or ISO 8601 date; None if it is neither or cannot be. The result is UTC.

    A date without a zone is taken as UTC.
    """
    text = text.strip()[:100]
    if " -0001 " in text:  # WordPress's date of what was never published; email reads 2000
        return None
    try:
        found = _ISO.fullmatch(text)
        moment = _from_iso(found) if found else parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.year >= OLDEST_YEAR else None


def _from_iso(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, zone = found.groups()
    zone = (zone or "").upper()
    if zone in ("", "Z", "UTC", "GMT"):
        zone = "+00:00"
    return datetime.fromisoformat(
        f"{year}-{month}-{day or '01'}T{int(hour or 0):02d}:{minute or '00'}:"
        f"{min(int(second or 0), 59):02d}{zone}"
    )
