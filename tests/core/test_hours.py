import contextlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hours import DigestPlan, Every, QuietHours

NIGHT = QuietHours.parse("22:00-07:00 Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana")
SOME_DAY = datetime(2024, 5, 6, tzinfo=UTC)

moments = st.datetimes(datetime(1995, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants the bounds without zones
zones = st.sampled_from(ZONES)
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2024-01-15 20:59", None),  # 21:59 in Berlin
        ("2024-01-15 21:00", "2024-01-16 06:00"),
        ("2024-01-16 02:00", "2024-01-16 06:00"),
        ("2024-01-16 05:59", "2024-01-16 06:00"),
        ("2024-01-16 06:00", None),
        ("2024-07-15 20:00", "2024-07-16 05:00"),  # summer time
        ("2024-03-30 22:00", "2024-03-31 05:00"),  # the night is an hour shorter
        ("2024-10-26 22:00", "2024-10-27 06:00"),  # the night is an hour longer
    ],
)
def test_quiet_over_midnight_ends_in_the_morning_by_the_clock_there(
    now: str, end: str | None
) -> None:
    assert NIGHT.until(utc(now)) == (utc(end) if end else None)


def test_quiet_within_a_day_is_told_from_the_rest_of_it() -> None:
    lunch = QuietHours(time(12), time(13, 30), "UTC")
    assert lunch.until(utc("2024-05-06 12:00")) == utc("2024-05-06 13:30")
    assert lunch.until(utc("2024-05-06 13:30")) is None
    assert lunch.until(utc("2024-05-06 11:59")) is None


def test_an_end_that_the_clock_skips_is_the_moment_it_is_put_forward() -> None:
    quiet = QuietHours.parse("22:00-02:30 Europe/Berlin")
    assert quiet.until(utc("2024-03-31 00:59")) == utc("2024-03-31 01:00")
    assert quiet.until(utc("2024-03-31 01:00")) is None


def test_a_start_that_the_clock_skips_is_the_moment_it_is_put_forward() -> None:
    quiet = QuietHours.parse("02:30-05:00 Europe/Berlin")
    assert quiet.until(utc("2024-03-31 00:59")) is None
    assert quiet.until(utc("2024-03-31 01:00")) == utc("2024-03-31 03:00")


def test_an_end_that_the_clock_shows_twice_is_the_second() -> None:
    quiet = QuietHours.parse("22:00-02:30 Europe/Berlin")
    for now in ("2024-10-27 00:10", "2024-10-27 00:45", "2024-10-27 01:10"):
        assert quiet.until(utc(now)) == utc("2024-10-27 01:30")


def test_a_start_that_the_clock_shows_twice_is_the_first() -> None:
    quiet = QuietHours.parse("02:30-05:00 Europe/Berlin")
    assert quiet.until(utc("2024-10-27 00:29")) is None
    for now in ("2024-10-27 00:30", "2024-10-27 01:05"):
        assert quiet.until(utc(now)) == utc("2024-10-27 04:00")


def test_a_day_the_calendar_skips_makes_one_quiet_time_of_two_nights() -> None:
    night = QuietHours.parse("22:00-07:00 Pacific/Apia")  # 30 December 2011 did not happen there
    assert night.until(utc("2011-12-30 09:00")) == utc("2011-12-30 17:00")


@given(moments, zones, clocks, clocks)
def test_quiet_is_what_the_clock_says_unless_it_is_changed_that_day(
    now: datetime, zone: str, start: time, end: time
) -> None:
    if start == end:
        return
    there = now.astimezone(ZoneInfo(zone))
    around = {(there + timedelta(hours=h)).utcoffset() for h in range(-50, 51)}
    if len(around) > 1:
        return
    clock = there.time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    found = QuietHours(start, end, zone).until(now)
    assert (found is not None) == inside
    if found is not None:
        assert found.astimezone(ZoneInfo(zone)).time() == end


@given(moments, zones, clocks, clocks)
def test_quiet_ends_later_and_is_then_over(
    now: datetime, zone: str, start: time, end: time
) -> None:
    if start == end:
        return
    quiet = QuietHours(start, end, zone)
    found = quiet.until(now)
    if found is not None:
        assert now < found <= now + timedelta(hours=50)
        assert found.tzinfo is UTC
        assert quiet.until(found) is None
        assert quiet.until(found - timedelta(seconds=1)) == found


@given(clocks, clocks, zones)
def test_written_quiet_hours_read_back_the_same(start: time, end: time, zone: str) -> None:
    if start != end:
        quiet = QuietHours(start, end, zone)
        assert QuietHours.parse(str(quiet)) == quiet


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("22:00-22:00 UTC", "turn alerts off"),
        ("22:00-07:00", "write for example 22:00-07:00 Europe/Berlin"),
        ("24:00-07:00 UTC", "no time of day"),
        ("22:61-07:00 UTC", "no time of day"),
        ("22-07 UTC", "are no quiet hours"),
        ("22:00-07:00 Europe", "'Europe' is no time zone"),
        ("22:00-07:00 Europe/Berlln", "'Europe/Berlln' is no time zone"),
        ("22:00-07:00 ../../etc/passwd", "is no time zone"),
        ("22:00-07:00 /etc/passwd", "is no time zone"),
        ("22:00-07:00 " + "A" * 5000, "is no time zone"),
        ("", "are no quiet hours"),
    ],
)
def test_what_are_no_quiet_hours_is_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        QuietHours.parse(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.text(max_size=40) | st.text("0123456789:-/ UTCdailywekmon", max_size=30))
def test_no_text_makes_the_parsers_fail_in_another_way(text: str) -> None:
    for parse in (QuietHours.parse, DigestPlan.parse):
        with contextlib.suppress(ValueError):
            parse(text)
        with contextlib.suppress(ValueError):
            parse(f"22:00-07:00 {text}")
        with contextlib.suppress(ValueError):
            parse(f"daily 9 {text}")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        NIGHT.until(SOME_DAY.replace(tzinfo=None))
    with pytest.raises(ValueError, match="without a zone"):
        DigestPlan(Every.DAILY, 9).next_after(SOME_DAY.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("daily 9 Europe/Berlin", DigestPlan(Every.DAILY, 9, 0, "Europe/Berlin")),
        ("daily 0", DigestPlan(Every.DAILY, 0)),
        ("weekly mon 9 UTC", DigestPlan(Every.WEEKLY, 9, 0, "UTC")),
        (" Weekly  Sunday 09:00 ", DigestPlan(Every.WEEKLY, 9, 6)),
        ("weekly thurs 23 Asia/Tokyo", DigestPlan(Every.WEEKLY, 23, 3, "Asia/Tokyo")),
    ],
)
def test_a_plan_means_what_it_says(text: str, plan: DigestPlan) -> None:
    assert DigestPlan.parse(text) == plan
    assert DigestPlan.parse(str(plan)) == plan


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("daily", "is no plan for a digest"),
        ("daily 24", "24 is no hour"),
        ("daily 9:30", "is no plan"),
        ("daily mon 9", "is no plan"),
        ("weekly 9", "is no plan"),
        ("weekly m 9", "'m' is no day of the week"),
        ("weekly noday 9", "'noday' is no day of the week"),
        ("daily 9 Mars/Olympus", "'Mars/Olympus' is no time zone"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        DigestPlan.parse(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_for_a_day_or_hour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no day of the week"):
        DigestPlan(Every.WEEKLY, 9, 7)
    with pytest.raises(ValueError, match="no hour of the day"):
        DigestPlan(Every.DAILY, -1)


@pytest.mark.parametrize(
    ("plan", "now", "due"),
    [
        ("daily 9", "2024-05-06 08:59", "2024-05-06 09:00"),
        ("daily 9", "2024-05-06 09:00", "2024-05-07 09:00"),
        ("daily 9 Europe/Berlin", "2024-03-30 08:00", "2024-03-31 07:00"),
        ("daily 2 Europe/Berlin", "2024-03-30 12:00", "2024-03-31 01:00"),  # skipped: at once
        ("daily 2 Europe/Berlin", "2024-10-26 12:00", "2024-10-27 00:00"),  # twice: the first
        ("daily 2 Europe/Berlin", "2024-10-27 00:00", "2024-10-28 01:00"),  # and only that
        ("weekly mon 9", "2024-05-06 08:00", "2024-05-06 09:00"),
        ("weekly mon 9", "2024-05-06 09:00", "2024-05-13 09:00"),
        ("weekly sun 0 Asia/Tokyo", "2024-05-06 00:00", "2024-05-11 15:00"),
    ],
)
def test_the_next_digest_comes_at_its_hour_by_the_clock_there(
    plan: str, now: str, due: str
) -> None:
    assert DigestPlan.parse(plan).next_after(utc(now)) == utc(due)


@given(moments, zones, st.sampled_from(Every), st.integers(0, 23), st.integers(0, 6))
def test_the_next_digest_is_after_now_and_within_its_period(
    now: datetime, zone: str, every: Every, hour: int, weekday: int
) -> None:
    plan = DigestPlan(every, hour, weekday, zone)
    due = plan.next_after(now)
    longest = timedelta(days=1 if every is Every.DAILY else 7, hours=25)
    assert now < due <= now + longest
    assert due.tzinfo is UTC
    assert plan.next_after(due - timedelta(seconds=1)) == due
    assert plan.next_after(due) > due
