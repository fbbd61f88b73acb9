"""However somebody asks, they get so many at once and then a steady rate, and no more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core import limits
from bot.core.limits import Allowance

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REFILL = 3 * SECOND


def asks(allowance: Allowance, times: int, now: datetime = NOON, asker: str = "anna") -> int:
    """Ask so often; give how many were allowed."""
    return sum(allowance.wait(asker, now) is None for _ in range(times))


def test_twenty_at_once_and_then_one_every_three_seconds() -> None:
    allowance = Allowance()
    assert asks(allowance, 25) == 20
    assert asks(allowance, 25, NOON + REFILL - SECOND) == 0
    assert asks(allowance, 25, NOON + REFILL) == 1
    assert asks(allowance, 25, NOON + 11 * REFILL) == 10
    assert asks(allowance, 25, NOON + timedelta(days=1)) == 20


def test_nobody_pays_for_another() -> None:
    allowance = Allowance(burst=2)
    assert [asks(allowance, 5, asker=each) for each in ("anna", "bea", "anna")] == [2, 2, 0]


def test_the_wait_that_is_told_is_long_enough_and_no_longer() -> None:
    allowance = Allowance(burst=1, refill=REFILL)
    asks(allowance, 1)
    now = NOON + SECOND
    wait = allowance.wait("anna", now)
    assert wait == 2 * SECOND
    assert allowance.wait("anna", now + wait - timedelta(microseconds=1)) is not None
    assert allowance.wait("anna", now + wait) is None


def test_after_the_clock_was_set_back_nobody_waits_longer_than_one_refill() -> None:
    allowance = Allowance()
    asks(allowance, 25)
    wait = allowance.wait("anna", NOON - timedelta(days=400))
    assert wait == REFILL
    assert allowance.wait("anna", NOON - timedelta(days=400) + REFILL) is None


def test_whoever_asked_longest_ago_is_forgotten_first() -> None:
    allowance = Allowance(burst=1)
    for number in range(limits.MOST_ASKERS):
        allowance.wait(f"a{number}", NOON)
    assert allowance.wait("a0", NOON) is not None  # refused, and asked just now
    allowance.wait("one more", NOON)
    assert len(allowance._spent) == limits.MOST_ASKERS
    assert allowance.wait("a0", NOON) is not None
    assert allowance.wait("a1", NOON) is None


@given(
    burst=st.integers(1, 8),
    refill=st.integers(1, 10),
    steps=st.lists(st.tuples(st.integers(-30, 30), st.integers(1, 6)), max_size=30),
)
def test_never_more_than_the_burst_and_what_the_time_since_has_refilled(
    burst: int, refill: int, steps: list[tuple[int, int]]
) -> None:
    allowance = Allowance(burst, refill * SECOND)
    now, gone, allowed = NOON, 0, 0
    for moved, times in steps:
        now += moved * SECOND
        gone += max(moved, 0)  # what a clock that is set back takes away is no time that passed
        allowed += asks(allowance, times, now)
        assert allowed <= burst + gone / refill


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), min_size=1, max_size=30))
def test_whoever_keeps_to_the_rate_is_never_refused_whatever_came_before(
    steps: list[tuple[int, int]],
) -> None:
    allowance = Allowance(4, REFILL)
    now = NOON
    for moved, times in steps:
        now += moved * SECOND
        asks(allowance, times, now)
    for _ in range(10):
        now += REFILL
        assert allowance.wait("anna", now) is None
