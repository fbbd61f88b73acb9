"""What comes of an attempt to deliver. Pure: randomness is an argument."""

import math
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TypeAlias

from bot.core.mention import Receipt
from bot.errors import DeliveryError

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(minutes=10)
# A platform that asks for more than this is asking for a person to look.
LONGEST_ASKED = timedelta(days=1)
# An adapter that fails in a way nobody foresaw does not get better by waiting for ever, and the
# channel's later documents wait behind this one. With the back-off, some ten minutes.
MOST_CRASHES = 10
# What was on its way when nobody answered has arrived by then or never does.
SETTLED = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sent:
    """It was posted."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Again:
    """It was not posted; try again after the pause."""

    reason: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Nobody knows whether it was posted; after the pause the platform is asked."""

    reason: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It was not posted and is not tried again."""

    reason: str


Outcome: TypeAlias = Sent | Again | Doubtful | GivenUp


def after(
    error: Exception, attempts: int, rng: Random, settled: timedelta = SETTLED
) -> Again | Doubtful | GivenUp:
    """Say what follows from an error of the adapter at the given attempt, counted from 1.

    A time-out means that the platform may have posted it all the same; it is not asked before
    `settled` has passed.
    """
    match error:
        case DeliveryError(uncertain=True):
            return Doubtful(str(error), max(settled, backoff(attempts, rng, error.retry_after)))
        case DeliveryError(permanent=True):
            return GivenUp(str(error))
        case DeliveryError():
            return Again(str(error), backoff(attempts, rng, error.retry_after))
        case TimeoutError():
            reason = "the platform did not answer in time"
            return Doubtful(reason, max(settled, backoff(attempts, rng)))
    # The words of an unforeseen error may quote the document, so only its kind is kept. It may
    # have come after the post.
    reason = f"the adapter failed with {type(error).__name__}"
    if attempts >= MOST_CRASHES:
        return GivenUp(reason)
    return Doubtful(reason, max(settled, backoff(attempts, rng)))


def backoff(attempts: int, rng: Random, retry_after: float | None = None) -> timedelta:
    """Give the time to wait after `attempts` failures in a row.

    Anything between one second and a ceiling that doubles with each failure up to ten minutes, so
    that many who failed together do not come back together. `retry_after` (seconds), what the
    platform asked for, is taken as it is, up to a day.
    """
    if retry_after is not None and not math.isnan(retry_after):
        return timedelta(seconds=min(max(retry_after, 0.0), LONGEST_ASKED.total_seconds()))
    shortest = SHORTEST.total_seconds()
    # Past 2**10 seconds the limit holds anyway, and powers grow out of a float.
    ceiling = min(shortest * 2.0 ** min(max(attempts, 0), 10), LONGEST.total_seconds())
    return timedelta(seconds=rng.uniform(shortest, ceiling))
