"""When to ask a feed again, and when its silence is news. Pure: time and chance are passed in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from bot.core.feed import Feed

LONGEST_WAIT = timedelta(hours=24)
"""No feed waits longer, after a good answer or after errors, unless its server said Retry-After."""

LONGEST_RETRY_AFTER = timedelta(days=7)
SHORTEST_RETRY_AFTER = timedelta(minutes=1)

QUIET = timedelta(days=30)
"""A feed without anything new for so long is asked less and less."""

STALE_UNKNOWN = timedelta(days=90)
"""How long a feed of which nothing is known may be silent before that is told."""

_JITTER = 0.1
_ASKS_A_GAP = 8
"""How often a feed is asked between two entries: on average one waits a sixteenth of the gap."""

_WEIGHT = 1 / 8
"""What one new entry counts for in the running mean."""

_OUTLIER = 4
"""One arrival counts at most as this many times the mean, and at least as that part of it."""

_MOST_DATES = 20
_SHORTEST_GAP = timedelta(minutes=1)
_STALE_GAPS = 10
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often feeds are asked.

    `slowest` is for feeds that bring news now and then, `quiet` for those that have brought none
    for months, `unknown` for those of which nothing is known yet.
    """

    fastest: timedelta = timedelta(minutes=5)
    slowest: timedelta = timedelta(hours=1)
    quiet: timedelta = timedelta(hours=6)
    unknown: timedelta = timedelta(minutes=15)


def after_success(  # noqa: PLR0913 - the feed's wishes are its own, hours and days apart
    feed: Feed,
    floor: timedelta | None,
    now: datetime,
    rng: Random,
    limits: Limits,
    *,
    skip_hours: Collection[int] = frozenset(),
    skip_days: Collection[int] = frozenset(),
) -> timedelta:
    """Give the wait after a good poll: an eighth of the usual gap, 10 % more or less.

    `floor` is the longest of what the feed and its server want (ttl, sy, max-age), and is never
    undercut. `skip_hours` and `skip_days` (UTC, Monday is 0) are left out, as far as a day reaches.
    Never less than `limits.fastest`, never more than 24 hours.
    """
    wait = max(_usual(feed, now, limits) * _jitter(rng), limits.fastest)
    if floor is not None:
        wait = max(wait, floor * rng.uniform(1, 1 + _JITTER))
    if skip_hours or skip_days:
        wait = _past_skipped(now, wait, skip_hours, skip_days, rng)
    return min(wait, LONGEST_WAIT)


def _usual(feed: Feed, now: datetime, limits: Limits) -> timedelta:
    slowest = max(limits.slowest, limits.fastest)
    silent = timedelta() if feed.newest_at is None else now - feed.newest_at
    if silent > QUIET:
        return min(slowest * (silent / QUIET), max(limits.quiet, slowest))
    wait = limits.unknown if feed.gap is None else feed.gap / _ASKS_A_GAP
    return min(max(wait, limits.fastest), slowest)


def _past_skipped(
    now: datetime, wait: timedelta, hours: Collection[int], days: Collection[int], rng: Random
) -> timedelta:
    """Push a check to the next hour that is not skipped, or to the end of the day it may wait."""
    # Who skips every hour or every day says nothing by it.
    hours = hours if len(hours) < 24 else ()
    days = days if len(days) < 7 else ()
    at = now + wait
    while at.hour in hours or at.weekday() in days:
        # Not on the hour: many feeds skip the same ones.
        at = at.replace(minute=0, second=0, microsecond=0) + _HOUR * rng.uniform(1, 1 + _JITTER)
        if at - now > LONGEST_WAIT:
            return LONGEST_WAIT
    return at - now


def after_failure(
    interval: timedelta, failures: int, retry_after: float | None, rng: Random
) -> timedelta:
    """Give the wait after this many errors in a row: doubled each time, at most a day.

    `retry_after`, in seconds, is a floor: the server is never asked sooner, up to a week.
    """
    backoff = min(interval * (1 << min(failures, 20)), LONGEST_WAIT)
    wait = min(backoff * _jitter(rng), LONGEST_WAIT)
    if retry_after is None:
        return wait
    asked = timedelta(seconds=min(retry_after, LONGEST_RETRY_AFTER.total_seconds()))
    floor = max(asked, SHORTEST_RETRY_AFTER)
    return max(wait, floor * rng.uniform(1, 1 + _JITTER))


def gap_after(feed: Feed, arrivals: Sequence[datetime | None], now: datetime) -> timedelta | None:
    """Give the usual time between two new entries, now that these have come.

    `arrivals` are the dates of the new entries, as far as they have one. The first poll goes by
    them; later ones by when entries came in, several at once as that many. None while unknown.
    """
    if not arrivals:
        return feed.gap
    if not feed.seeded:
        return _gap_of(each for each in arrivals if each is not None and each < now)
    if feed.newest_at is None:
        return feed.gap
    gap = max((now - feed.newest_at) / len(arrivals), _SHORTEST_GAP)
    if feed.gap is None:
        return gap
    # A long outage or a flood is an outlier, not a new habit.
    gap = min(max(gap, feed.gap / _OUTLIER), feed.gap * _OUTLIER)
    return feed.gap + (gap - feed.gap) * (1 - (1 - _WEIGHT) ** len(arrivals))


def _gap_of(dates: Iterable[datetime]) -> timedelta | None:
    """Give the mean gap between the newest of these; the oldest quarter may be pinned or strays."""
    newest = sorted(dates, reverse=True)[:_MOST_DATES]
    kept = newest[: max(2, len(newest) - len(newest) // 4)]
    gaps = [later - earlier for later, earlier in pairwise(kept)]
    return max(sum(gaps, timedelta()) / len(gaps), _SHORTEST_GAP) if gaps else None


def is_stale(feed: Feed, now: datetime) -> bool:
    """Whether a feed has been silent for unusually long: 30 days, and ten times its usual gap.

    Without a known gap 90 days; one that has never brought anything is not expected to.
    """
    if feed.newest_at is None:
        return False
    usual = STALE_UNKNOWN if feed.gap is None else max(QUIET, feed.gap * _STALE_GAPS)
    return now - feed.newest_at > usual


def _jitter(rng: Random) -> float:
    return rng.uniform(1 - _JITTER, 1 + _JITTER)
