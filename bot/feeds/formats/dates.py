"""Dates as feeds write them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

OLDEST_YEAR = 1990
"""No feed entry is older; epoch zeros and year 1 are errors of the publishing system."""

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?"
    r"(?:(?:[T ]|\s+)\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,:]\d+)?)?\s*"
    r"([A-Z]{1,5}|[+-]\d{2}:?(?:\d{2})?)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2}):?(\d{2})(?::?(\d{2}))?(Z)?)?")
# Day, month, year and time, as in RFC 822, with what publishers make of it.
_MAIL = re.compile(
    r"(?:[A-Z]{3,9}[.,]{0,2}\s+)?(\d{1,2})[\s-]+([A-Z]{3})[A-Z]{0,6}[.,]?[\s-]+(\d{4})[,]?"
    r"(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?"
    r"\s*(?:(?:GMT|UTC)?([+-]\d{1,2}:?\d{2})|([A-Z]{1,5})|)(?:\s*\([^)]*\))?",
    re.IGNORECASE,
)
# Month, day, year: "March 1, 2024", and as C's asctime has it with the year behind the time.
_MONTH_FIRST = re.compile(
    r"(?:[A-Z]{3,9}[.,]{0,2}\s+)?([A-Z]{3})[A-Z]{0,6}[.,]?\s+(\d{1,2}),?\s+(\d{4})[,]?"
    r"(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(?:(?:GMT|UTC)?([+-]\d{2}:?\d{2})|([A-Z]{1,5})|)",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    r"[A-Z]{3},?\s+([A-Z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+"
    r"(?:([+-]\d{4})\s+|([A-Z]{1,5})\s+|)(\d{4})",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
# In minutes. Names that mean several zones (IST, BST in part) are not in it, but for those of RFC
# 822; an unknown name is taken for UTC, as feedparser does.
_ZONES = {
    "ast": -240, "adt": -180, "at": -240, "est": -300, "edt": -240, "et": -300, "cst": -360,
    "cdt": -300, "ct": -360, "mst": -420, "mdt": -360, "mt": -420, "pst": -480, "pdt": -420,
    "pt": -480, "met": 60, "mest": 120, "cet": 60, "cest": 120, "eet": 120, "eest": 180,
    "bst": 60, "wet": 0, "west": 60, "msk": 180, "jst": 540, "kst": 540, "hkt": 480, "aest": 600,
    "aedt": 660, "nzst": 720, "nzdt": 780, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip


def parse_date(text: str) -> datetime | None:
    """Read an RFC 822 or ISO 8601 date; None if it is neither or cannot be. The result is UTC.

    A date without a zone is taken as UTC.
    """
    text = text.strip()[:100]
    if not text or " -0001 " in text:  # WordPress's date of what was never published
        return None
    try:
        moment = _read(text)
        if moment.tzinfo is not UTC:
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.year >= OLDEST_YEAR else None


def _read(text: str) -> datetime:
    """Read a date in any of the forms. Raise ValueError and others for what is none."""
    if found := _MAIL.fullmatch(text):
        day, month, year, hour, minute, second, offset, name = found.groups()
    elif found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        year, number, day, hour, minute, second, zone = found.groups()
        offset, name = (zone, None) if zone and zone[0] in "+-" else (None, zone)
        return _moment((year, int(number), day), (hour, minute, second), offset, name)
    elif found := _MONTH_FIRST.fullmatch(text):
        month, day, year, hour, minute, second, offset, name = found.groups()
    elif found := _ASCTIME.fullmatch(text):
        month, day, hour, minute, second, offset, name, year = found.groups()
    else:
        return parsedate_to_datetime(text)
    number = _MONTHS.get(month.lower(), 0)
    return _moment((year, number, day), (hour, minute, second), offset, name)


def _moment(
    date: tuple[str, int, str | None],
    time: tuple[str | None, str | None, str | None],
    offset: str | None,
    name: str | None,
) -> datetime:
    year, month, day = date
    hour, minute, second = (int(each or 0) for each in time)
    moment = datetime(  # noqa: DTZ001 - the zone comes next
        int(year), month, int(day or 1), hour % 24 if minute == second == 0 else hour, minute,
        min(second, 59),
    )  # fmt: skip
    if hour == 24 and minute == second == 0:
        moment += timedelta(days=1)
    if not offset:
        return (moment - timedelta(minutes=_ZONES.get((name or "").lower(), 0))).replace(tzinfo=UTC)
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "").zfill(2)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    zone = timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
    return moment.replace(tzinfo=zone)
