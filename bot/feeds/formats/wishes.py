"""What feeds say of when to ask them: RSS's ttl, skipHours and skipDays, and the sy module."""

from collections.abc import Iterable
from datetime import timedelta

from bot.feeds.formats.raw import Wishes

LONGEST_FLOOR = timedelta(hours=24)
"""No feed puts itself off for longer."""

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_SAID_BY_ALL = timedelta(hours=1)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def wishes(
    ttl: str = "",
    period: str = "",
    frequency: str = "",
    hours: Iterable[str] = (),
    days: Iterable[str] = (),
) -> Wishes:
    """Read a feed's hints; what is none is left out. `ttl` is in minutes.

    Of `ttl` and period the longer counts; an hourly period is none. Hour 24 is 0, as in RSS 0.91.
    """
    minutes, often = _number(ttl), _number(frequency) or 1
    waits = [timedelta(minutes=minutes)] if minutes else []
    named = _PERIODS.get(period.strip().lower())
    # "hourly" is what publishing systems say of themselves whatever they bring.
    if named is not None and named / often > _SAID_BY_ALL:
        waits.append(named / often)
    numbers = (_number(hour) for hour in hours)
    names = (day.strip().lower() for day in days)
    return Wishes(
        floor=min(max(waits), LONGEST_FLOOR) if waits else None,
        skip_hours=frozenset(hour % 24 for hour in numbers if hour is not None and hour <= 24),
        skip_days=frozenset(_DAYS.index(day) for day in names if day in _DAYS),
    )


def _number(text: str) -> int | None:
    """Give a whole number of at most six digits, else nothing."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
