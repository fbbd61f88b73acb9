"""When a channel wants to be left alone, and when it wants its digest, by its own clock.

Rules are by the clock on the wall; what comes out is UTC. Where the clock is put forward, a time
that it skips means the moment it is put forward; where it is put back and shows a time twice,
quiet begins with the first and ends with the second, and a digest comes with the first.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_QUIET = re.compile(r"(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2}) ([^ ]+)", re.ASCII)
_PLAN = re.compile(
    r"(?:(?P<daily>daily)|weekly (?P<day>[a-z]+)) (?P<hour>\d{1,2})(?::00)?(?: (?P<zone>[^ ]+))?",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_LONGEST_ZONE = 64
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_QUIET_EXAMPLE = "write for example 22:00-07:00 Europe/Berlin"
_PLAN_EXAMPLE = "write for example daily 9 Europe/Berlin or weekly mon 9 UTC"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of every day, over midnight where `end` is before `start`; `zone` is an IANA name.

    Raises ValueError where the two are equal or the zone is not known.
    """

    start: time
    end: time
    zone: str

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError(
                f"quiet hours that begin and end at {self.start:%H:%M} have no length; "
                "to hear nothing at all turn alerts off"
            )
        _zone(self.zone)

    @classmethod
    def parse(cls, text: str) -> "QuietHours":
        """Read `22:00-07:00 Europe/Berlin`; raise ValueError with one line for anything else."""
        found = _QUIET.fullmatch(" ".join(text.split()))
        if found is None:
            raise ValueError(f"{_shown(text)} are no quiet hours; {_QUIET_EXAMPLE}")
        try:
            start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        except ValueError:
            raise ValueError(f"{_shown(text)} holds no time of day; {_QUIET_EXAMPLE}") from None
        return cls(start, end, found[5])

    def __str__(self) -> str:
        """Give what `parse` reads back to the minute."""
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone}"

    def until(self, now: datetime) -> datetime | None:
        """Give the end, in UTC, of the quiet time that `now` lies in, or None if it lies in none.

        The end itself is not quiet. `now` has a time zone, else ValueError is raised.
        """
        zone = _zone(self.zone)
        overnight = timedelta(days=self.end < self.start)
        end: datetime | None = None
        for day in _days(now, zone, -3, 3):
            begins = _moment(day, self.start, zone)
            ends = _moment(day + overnight, self.end, zone, last=True)
            # Where the calendar skips a day, one night's quiet runs on into the next's.
            if begins <= (end or now) < ends:
                end = ends
        return end


class Every(StrEnum):
    """How often a digest comes."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When a digest comes: at a full hour (0 to 23) by the clock of an IANA zone.

    `weekday` is 0 for Monday to 6 for Sunday and counts for weekly ones alone. Raises ValueError
    for an hour, a weekday or a zone that does not exist.
    """

    every: Every
    hour: int
    weekday: int = 0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not 0 <= self.hour <= 23:
            raise ValueError(f"{self.hour} is no hour of the day; give 0 to 23")
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"{self.weekday} is no day of the week; give 0 (Monday) to 6 (Sunday)")
        _zone(self.zone)

    @classmethod
    def parse(cls, text: str) -> "DigestPlan":
        """Read `daily 9 Europe/Berlin` or `weekly mon 9`; raise ValueError for anything else.

        The zone is UTC where none is given.
        """
        found = _PLAN.fullmatch(" ".join(text.split()))
        if found is None:
            raise ValueError(f"{_shown(text)} is no plan for a digest; {_PLAN_EXAMPLE}")
        every = Every.DAILY if found["daily"] else Every.WEEKLY
        weekday = _weekday(found["day"]) if found["day"] else 0
        return cls(every, int(found["hour"]), weekday, found["zone"] or "UTC")

    def __str__(self) -> str:
        """Give what `parse` reads back."""
        day = f" {_WEEKDAYS[self.weekday][:3]}" if self.every is Every.WEEKLY else ""
        return f"{self.every}{day} {self.hour} {self.zone}"

    def next_after(self, now: datetime) -> datetime:
        """Give the first time for a digest after `now`, in UTC; never `now` itself.

        `now` has a time zone, else ValueError is raised.
        """
        zone = _zone(self.zone)
        return min(
            moment
            for day in _days(now, zone, -1, 9)
            if self.every is Every.DAILY or day.weekday() == self.weekday
            if (moment := _moment(day, time(self.hour), zone)) > now
        )


def _zone(name: str) -> ZoneInfo:
    """Give a time zone; raise ValueError where there is none of that name."""
    try:
        if len(name) <= _LONGEST_ZONE and _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a folder of zones, such as "Europe", is an OSError
        pass
    raise ValueError(f"{_shown(name)} is no time zone; write for example Europe/Berlin or UTC")


def _weekday(word: str) -> int:
    for number, name in enumerate(_WEEKDAYS):
        if len(word) >= 3 and name.startswith(word.lower()):
            return number
    raise ValueError(f"{_shown(word)} is no day of the week; {_PLAN_EXAMPLE}")


def _days(now: datetime, zone: ZoneInfo, first: int, last: int) -> Iterator[date]:
    if now.utcoffset() is None:
        raise ValueError("a time without a zone says no moment")
    today = now.astimezone(zone).date()
    return (today + timedelta(days=offset) for offset in range(first, last + 1))


def _moment(day: date, clock: time, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Give the moment, in UTC, when a clock there shows a time: the first or the last such.

    Where none shows it, the moment the clock is put forward over it.
    """
    wall = datetime.combine(day, clock)
    moment = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # In a gap the two folds stand for the offsets before and after, and the change is in between.
    one, other = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    after, earliest = other.astimezone(zone).utcoffset(), one.replace(microsecond=0)

    def changed(seconds: int) -> bool:
        return (earliest + timedelta(seconds=seconds)).astimezone(zone).utcoffset() == after

    span = range(int((other - earliest).total_seconds()) + 1)
    return earliest + timedelta(seconds=bisect_left(span, True, key=changed))


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else f"{line[:60]}…")
