"""When a feed is asked again, and when it has been silent for too long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.feed import Feed
from bot.feeds.schedule import Limits, after_failure, after_success, gap_after, is_stale

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LIMITS = Limits()
FEED = Feed("https://paper.example/feed", NOW, seeded=True)


def chance(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 - jitter, no secret


def waits(
    feed: Feed = FEED,
    *,
    floor: timedelta | None = None,
    limits: Limits = LIMITS,
    now: datetime = NOW,
    hours: frozenset[int] = frozenset(),
    days: frozenset[int] = frozenset(),
) -> list[timedelta]:
    """Give a good poll's wait by many chances."""
    return [
        after_success(feed, floor, now, chance(seed), limits, skip_hours=hours, skip_days=days)
        for seed in range(100)
    ]


def known(gap: timedelta, newest: timedelta = HOUR) -> Feed:
    return replace(FEED, gap=gap, newest_at=NOW - newest)


@pytest.mark.parametrize(
    ("feed", "usual"),
    [
        (FEED, QUARTER),
        (known(4 * HOUR), 30 * MINUTE),
        (known(MINUTE), 5 * MINUTE),
        (known(7 * DAY), HOUR),
        (known(7 * DAY, 29 * DAY), HOUR),
        (known(7 * DAY, 60 * DAY), 2 * HOUR),
        (known(7 * DAY, 4_000 * DAY), 6 * HOUR),
        (known(HOUR, 4_000 * DAY), 6 * HOUR),
    ],
)
def test_a_feed_is_asked_as_often_as_it_has_news_give_or_take(feed: Feed, usual: timedelta) -> None:
    found = waits(feed)
    assert min(found) >= max(usual * 0.9, 5 * MINUTE)
    assert max(found) <= usual * 1.1
    assert max(found) - min(found) > usual * 0.08


def test_the_limits_are_a_setting() -> None:
    limits = Limits(slowest=12 * HOUR, fastest=timedelta(seconds=1), unknown=timedelta(seconds=2))
    assert max(waits(known(7 * DAY), limits=limits)) > 10 * HOUR
    assert max(waits(known(7 * DAY, 90 * DAY), limits=limits)) > 10 * HOUR
    assert max(waits(limits=limits)) < timedelta(seconds=3)


def test_what_the_feed_and_its_server_want_is_never_undercut() -> None:
    found = waits(known(HOUR), floor=3 * HOUR)
    assert min(found) >= 3 * HOUR
    assert max(found) <= 3.3 * HOUR
    assert max(found) - min(found) > QUARTER
    assert set(waits(known(HOUR), floor=9 * DAY)) == {DAY}
    assert max(waits(known(HOUR), floor=MINUTE)) < 10 * MINUTE


def test_skipped_hours_are_slept_through() -> None:
    nights = frozenset(range(13, 20))
    found = [NOW + wait for wait in waits(known(7 * DAY), hours=nights)]
    assert {at.hour for at in found} <= {12, 20}
    late = [at for at in found if at.hour == 20]
    assert late
    assert max(late) <= NOW.replace(hour=20, minute=6)
    assert len(set(late)) > 5


def test_skipped_days_are_slept_through_as_far_as_a_day_reaches() -> None:
    sunday = NOW - timedelta(hours=13)
    assert {(sunday + wait).weekday() for wait in waits(now=sunday, days=frozenset({6}))} == {0}
    friday = NOW - 3 * DAY + 11.5 * HOUR
    assert set(waits(known(7 * DAY), now=friday, days=frozenset({4, 5, 6}))) == {DAY}


@pytest.mark.parametrize("hours", [frozenset(range(24)), frozenset[int]()])
def test_who_skips_always_is_not_listened_to(hours: frozenset[int]) -> None:
    assert max(waits(hours=hours, days=frozenset(range(7)))) < HOUR


durations = st.timedeltas(timedelta(), timedelta(days=400))


@given(
    gap=st.none() | durations,
    silent=st.none() | durations,
    floor=st.none() | durations,
    hours=st.frozensets(st.integers(0, 23)),
    days=st.frozensets(st.integers(0, 6)),
    seed=st.integers(),
    at=durations,
)
def test_a_good_poll_is_followed_by_another_in_five_minutes_to_a_day(
    *,
    gap: timedelta | None,
    silent: timedelta | None,
    floor: timedelta | None,
    hours: frozenset[int],
    days: frozenset[int],
    seed: int,
    at: timedelta,
) -> None:
    now = NOW + at
    feed = replace(FEED, gap=gap, newest_at=None if silent is None else now - silent)
    wait = after_success(feed, floor, now, chance(seed), LIMITS, skip_hours=hours, skip_days=days)
    assert 5 * MINUTE <= wait <= DAY
    assert wait >= min(floor or DAY, DAY) or floor is None
    then = now + wait
    meant = len(hours) < 24 and len(days) < 7
    skipped = then.hour in hours or then.weekday() in days
    assert not (meant and skipped) or wait == DAY


# ------------------------------------------------------------------------- usual gaps


def dates(*ago: timedelta) -> list[datetime | None]:
    return [NOW - each for each in ago]


def test_the_first_poll_learns_the_gap_from_what_is_listed() -> None:
    new = replace(FEED, seeded=False)
    assert gap_after(new, dates(*(HOUR * n for n in range(1, 11))), NOW) == HOUR
    assert gap_after(new, [*dates(HOUR, 3 * HOUR), None, NOW, NOW], NOW) == 2 * HOUR
    assert gap_after(new, dates(HOUR), NOW) is None
    assert gap_after(new, [None, None], NOW) is None
    assert gap_after(new, [], NOW) is None
    assert gap_after(new, dates(HOUR, HOUR, HOUR), NOW) == MINUTE


def test_a_pinned_old_entry_does_not_make_a_feed_slow() -> None:
    pinned = dates(*(HOUR * n for n in range(1, 8)), 3_000 * DAY)
    assert gap_after(replace(FEED, seeded=False), pinned, NOW) == HOUR


def test_without_anything_new_the_gap_stays() -> None:
    assert gap_after(known(4 * HOUR), [], NOW) == 4 * HOUR


def test_a_feed_without_dates_is_known_by_when_its_entries_came() -> None:
    silent = replace(FEED, newest_at=NOW - 6 * HOUR)
    assert gap_after(silent, [None], NOW) == 6 * HOUR
    assert gap_after(silent, [None, None, None], NOW) == 2 * HOUR
    assert gap_after(FEED, [None], NOW) is None


def test_the_gap_follows_a_feed_that_changes_its_pace() -> None:
    feed = known(DAY)
    now = NOW
    for _ in range(40):
        feed = replace(feed, gap=gap_after(feed, [now], now), newest_at=now)
        now += HOUR
    assert feed.gap is not None
    assert HOUR <= feed.gap < 2 * HOUR
    for _ in range(40):
        feed = replace(feed, gap=gap_after(feed, [now], now), newest_at=now)
        now += DAY
    assert feed.gap is not None
    assert 20 * HOUR < feed.gap <= DAY


def test_several_entries_at_once_count_as_that_many() -> None:
    one = gap_after(known(4 * HOUR, 4 * HOUR), [None], NOW)
    four = gap_after(known(4 * HOUR, 4 * HOUR), [None] * 4, NOW)
    assert one == 4 * HOUR
    assert four is not None
    assert 2 * HOUR < four < 3 * HOUR


def test_neither_a_flood_nor_an_outage_turns_the_gap_over() -> None:
    flood = gap_after(known(4 * HOUR, MINUTE), [NOW] * 500, NOW)
    outage = gap_after(known(4 * HOUR, 90 * DAY), [NOW], NOW)
    assert flood is not None
    assert outage is not None
    assert flood >= HOUR
    assert outage <= 6 * HOUR


# ------------------------------------------------------------------------------- stale


@pytest.mark.parametrize(
    ("gap", "silent", "stale"),
    [
        (HOUR, 29 * DAY, False),
        (HOUR, 31 * DAY, True),
        (7 * DAY, 69 * DAY, False),
        (7 * DAY, 71 * DAY, True),
        (None, 89 * DAY, False),
        (None, 91 * DAY, True),
        (HOUR, None, False),
        (None, None, False),
    ],
)
def test_a_feed_is_stale_once_it_is_silent_for_unusually_long(
    gap: timedelta | None, silent: timedelta | None, stale: bool
) -> None:
    newest = None if silent is None else NOW - silent
    assert is_stale(replace(FEED, gap=gap, newest_at=newest), NOW) == stale


# ------------------------------------------------------------------------------ errors


def test_errors_double_the_wait_up_to_a_day_for_ever() -> None:
    rng = chance()
    for failures, hours in ((1, 0.5), (2, 1), (3, 2), (6, 16)):
        wait = after_failure(QUARTER, failures, None, rng)
        assert wait / timedelta(hours=hours) == pytest.approx(1, abs=0.1)
    for failures in (8, 100, 10_000):
        wait = after_failure(QUARTER, failures, None, rng)
        assert timedelta(hours=21.6) <= wait <= timedelta(hours=24)


def test_the_server_is_never_asked_before_it_wants_to_be() -> None:
    for seed in range(50):
        asked = after_failure(QUARTER, 1, 5 * 3600, chance(seed))
        assert timedelta(hours=5) <= asked <= timedelta(hours=5.5)
    longer = after_failure(QUARTER, 8, 60, chance())
    assert longer >= timedelta(hours=21)


def test_what_the_server_wants_is_kept_within_a_minute_and_a_week() -> None:
    tiny = timedelta(seconds=1)
    assert after_failure(tiny, 1, 0, chance()) >= timedelta(minutes=1)
    assert after_failure(QUARTER, 1, 1e12, chance()) <= timedelta(days=7.7)
