"""What follows from a failure, and how long to wait."""

from datetime import timedelta
from random import Random

import pytest

from bot.delivery.outcome import MOST_CRASHES, SETTLED, Again, Doubtful, GivenUp, after, backoff
from bot.errors import DeliveryError

RNG = Random(1)  # noqa: S311 - waits need no secret


@pytest.mark.parametrize(
    ("attempts", "ceiling"),
    [(0, 1), (1, 2), (2, 4), (5, 32), (9, 512), (10, 600), (11, 600), (5000, 600)],
)
def test_the_wait_is_between_a_second_and_a_ceiling_that_doubles(
    attempts: int, ceiling: float
) -> None:
    waits = [backoff(attempts, RNG).total_seconds() for _ in range(300)]
    assert min(waits) >= 1
    assert max(waits) <= ceiling
    assert max(waits) - min(waits) >= (ceiling - 1) * 0.8


@pytest.mark.parametrize(
    ("asked", "given"), [(0.0, 0), (7.5, 7.5), (-3.0, 0), (1e9, 86400), (float("inf"), 86400)]
)
def test_what_the_platform_asks_for_is_granted_up_to_a_day(asked: float, given: float) -> None:
    assert backoff(3, RNG, asked) == timedelta(seconds=given)


def test_a_wait_that_is_no_number_is_not_granted() -> None:
    assert backoff(1, RNG, float("nan")) >= timedelta(seconds=1)


def test_a_refusal_for_now_is_tried_again() -> None:
    error = DeliveryError("slow down", retry_after=7)
    assert after(error, 1, RNG) == Again("slow down", timedelta(seconds=7))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DeliveryError("no such room", permanent=True), GivenUp("no such room")),
        (DeliveryError("cut off", uncertain=True), Doubtful("cut off", SETTLED)),
        (
            DeliveryError("both", permanent=True, uncertain=True),
            Doubtful("both", SETTLED),
        ),
        (TimeoutError(), Doubtful("the platform did not answer in time", SETTLED)),
    ],
)
def test_what_cannot_be_mended_by_trying_is_given_up_or_asked_for(
    error: Exception, outcome: GivenUp | Doubtful
) -> None:
    assert after(error, 1, RNG) == outcome


def test_an_unforeseen_error_is_tried_again_for_a_while_and_its_words_are_not_kept() -> None:
    error = ValueError("cannot draw: Acme is on a list")
    again = after(error, MOST_CRASHES - 1, RNG)
    assert isinstance(again, Doubtful)
    assert again.reason == "the adapter failed with ValueError"
    last = after(error, MOST_CRASHES, RNG)
    assert last == GivenUp("the adapter failed with ValueError")
