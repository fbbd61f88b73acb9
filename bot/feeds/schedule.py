"""When to ask a feed again. Pure: chance is passed in."""

from datetime import timedelta
from random import Random

LONGEST_WAIT = timedelta(hours=24)
"""Errors in a row never put a feed off for longer, unless the server asks for it."""

LONGEST_RETRY_AFTER = timedelta(days=7)
SHORTEST_RETRY_AFTER = timedelta(minutes=1)

_JITTER = 0.1


def after_success(interval: timedelta, rng: Random) -> timedelta:
    """Give the wait after a good poll: the interval, 10 % more or less."""
    return interval * _jitter(rng)


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


def _jitter(rng: Random) -> float:
    return rng.uniform(1 - _JITTER, 1 + _JITTER)
