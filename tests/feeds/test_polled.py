"""What follows from an answer, without a server and without waiting."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.core.feed import Feed, NoticeKind, Poll
from bot.core.mention import Entry
from bot.errors import FeedError, GoneError
from bot.feeds.fetching.fetch import Fetched
from bot.feeds.jobs import Reading
from bot.feeds.polled import Asked, Rules, waits

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
URL = "https://paper.example.com/feed.xml"
KNOWN = Feed(
    URL, NOW, seeded=True, etag='"1"', last_modified="Mon", body_hash="h", listed=b"l" * 8,
    checked_at=NOW - HOUR, good_at=NOW - HOUR, newest_at=NOW - DAY, gap=8 * HOUR,
)  # fmt: skip


def asked(feed: Feed = KNOWN, now: datetime = NOW, rules: Rules | None = None) -> Asked:
    return Asked(feed, now, rules or Rules(), Random(1))  # noqa: S311 - jitter, no secret


def answer(body: bytes | None = b"new", **other: object) -> Fetched:
    values: dict[str, object] = {"etag": None, "last_modified": None, **other}
    return Fetched(url=URL, status=200, body=body, content_type=None, charset=None, **values)  # type: ignore[arg-type] # its own fields


def entry(name: str, published: datetime | None = NOW) -> Entry:
    return Entry(URL, name, name, "", None, published)


def reading(entries: Sequence[Entry] = (), known: int = 0, **other: object) -> Reading:
    values: dict[str, object] = {
        "title": "The Paper", "churned": 0, "listed": b"new", "floor": None,
        "skip_hours": frozenset(), "skip_days": frozenset(), **other,
    }  # fmt: skip
    return Reading(entries=tuple(entries), known=known, **values)  # type: ignore[arg-type] # its own fields


def read(one: Asked, *entries: Entry, known: int = 0) -> Poll:
    return one.read(answer(), "h2", reading(entries, known), {each.id for each in entries})


def kinds(poll: Poll) -> list[NoticeKind]:
    return [each.kind for each in poll.notices]


def failing(feed: Feed, times: int, error: FeedError, now: datetime = NOW) -> list[Poll]:
    """Let a feed fail, each time when it is next due."""
    polls = []
    for _ in range(times):
        polls.append(asked(feed, now).failed(error))
        feed = polls[-1].feed
        now = feed.next_check_at
    return polls


# ----------------------------------------------------------------------------- failures


def test_errors_back_off_to_a_day_and_never_give_up() -> None:
    polls = failing(KNOWN, 40, FeedError("answered 500"))
    pauses = [each.feed.next_check_at - (each.feed.checked_at or NOW) for each in polls]
    assert pauses[0] < timedelta(minutes=12)
    assert all(pause <= DAY for pause in pauses)
    assert min(pauses[10:]) > 20 * HOUR
    assert [each.feed.failures for each in polls] == list(range(1, 41))
    assert not polls[-1].feed.gone


def test_a_failure_keeps_all_that_is_known_of_the_feed() -> None:
    state = asked().failed(FeedError("no")).feed
    same = replace(
        KNOWN, failures=1, last_error="no", checked_at=NOW, next_check_at=state.next_check_at
    )
    assert state == same


def test_a_server_that_says_when_is_not_asked_sooner() -> None:
    poll = asked().failed(FeedError("busy", retry_after=7200))
    assert poll.feed.next_check_at - NOW >= 2 * HOUR


def test_failing_is_told_once_after_a_day_and_so_is_that_it_works_again() -> None:
    polls = failing(KNOWN, 30, FeedError("answered 500"))
    notices = [(each, notice) for each in polls for notice in each.notices]
    [(poll, notice)] = notices
    assert notice.kind is NoticeKind.FAILING
    assert notice.detail == "answered 500"
    assert (poll.feed.checked_at or NOW) - (KNOWN.good_at or NOW) >= DAY
    later = polls[-1].feed.next_check_at
    good = asked(polls[-1].feed, later).unchanged(answer(None))
    assert kinds(good)[0] is NoticeKind.RECOVERED
    assert (good.feed.failures, good.feed.last_error, good.feed.good_at) == (0, None, later)
    assert NoticeKind.RECOVERED not in kinds(asked(good.feed, later + HOUR).unchanged(answer(None)))


def test_a_short_outage_is_not_told() -> None:
    polls = failing(KNOWN, 4, FeedError("answered 500"))
    assert [kinds(each) for each in polls] == [[]] * 4
    assert kinds(asked(polls[-1].feed, NOW + HOUR).unchanged(answer(None))) == []


def test_a_feed_that_never_worked_is_told_within_some_hours() -> None:
    polls = failing(Feed(URL, NOW), 6, FeedError("is no feed"))
    told = [each.feed.checked_at for each in polls if each.notices]
    assert len(told) == 1
    assert told[0] is not None
    assert timedelta(minutes=30) < told[0] - NOW < 6 * HOUR


# --------------------------------------------------------------------------------- gone


def test_a_feed_whose_server_says_so_is_gone_and_told_once() -> None:
    poll = asked().failed(GoneError("answered 410 Gone"))
    assert poll.feed.gone
    assert kinds(poll) == [NoticeKind.GONE]


def test_a_feed_that_has_moved_is_not_gone_before_its_first_address_is() -> None:
    moved = replace(KNOWN, address="https://new.example/feed")
    *before, last = failing(moved, 4, GoneError("answered 410 Gone"))
    assert not any(each.feed.gone for each in before[:2])
    assert before[2].feed.address is None
    assert last.feed.gone or before[2].feed.gone


# ---------------------------------------------------------------------------- unchanged


def test_a_304_keeps_validators_wishes_and_skipped_hours() -> None:
    feed = replace(KNOWN, floor=6 * HOUR, skip_hours=frozenset({18, 19}), skip_days=frozenset({6}))
    after = asked(feed).unchanged(answer(None)).feed
    assert (after.etag, after.last_modified, after.floor) == ('"1"', "Mon", 6 * HOUR)
    assert (after.skip_hours, after.skip_days) == (frozenset({18, 19}), frozenset({6}))
    assert after.next_check_at >= NOW + 8 * HOUR  # past 18 and 19 o'clock
    assert after.next_check_at.hour == 20


@pytest.mark.parametrize(
    ("feed", "fetched", "steady"),
    [
        (KNOWN, answer(None), True),
        (KNOWN, answer(None, etag='"1"', last_modified="Mon"), True),
        (KNOWN, answer(None, etag='"2"'), False),
        (KNOWN, answer(b"same", etag='"1"'), False),
        (KNOWN, answer(None, moved_to="https://paper.example.com/new"), False),
        (replace(KNOWN, failures=1, last_error="404"), answer(None), False),
        (replace(KNOWN, newest_at=NOW - 200 * DAY), answer(None), False),
        (replace(KNOWN, seeded=False), answer(None), False),
    ],
)
def test_a_poll_says_that_nothing_but_its_times_has_changed_only_if_that_is_so(
    feed: Feed, fetched: Fetched, *, steady: bool
) -> None:
    poll = asked(feed).unchanged(fetched)
    assert poll.steady is steady
    after = poll.feed
    times = (after.next_check_at, after.checked_at, after.good_at)
    names = ("next_check_at", "checked_at", "good_at")
    same = after == replace(feed, **dict(zip(names, times, strict=True)))  # type: ignore[arg-type] # its times
    assert same is steady


def test_a_good_poll_keeps_all_that_is_known_of_the_feed() -> None:
    feed = replace(
        KNOWN, title="The Paper", address="https://paper.example.com/new", floor=HOUR,
        skip_hours=frozenset({3}), skip_days=frozenset({6}), newest_at=NOW - 200 * DAY,
        told=frozenset({NoticeKind.STALE}),
    )  # fmt: skip
    after = asked(feed).unchanged(answer(None)).feed
    ended = {"failures", "last_error", "moving_to", "moves", "gone"}  # by any good poll
    times = {"next_check_at", "checked_at", "good_at"}
    for name in {each.name for each in fields(Feed)} - ended - times:
        assert getattr(feed, name) != getattr(Feed("", NOW), name), f"{name} is to be filled here"
        assert getattr(after, name) == getattr(feed, name), name


def test_what_was_read_or_failed_or_waits_is_kept_whole() -> None:
    polls = (read(asked()), asked().failed(FeedError("answered 500")), waits(KNOWN, NOW + HOUR))
    assert not any(each.steady for each in polls)


def test_new_validators_of_an_unchanged_body_replace_the_old_ones() -> None:
    same = asked().unchanged(answer(b"same", etag='"2"')).feed
    assert (same.etag, same.last_modified) == ('"2"', None)
    assert asked().unchanged(answer(None, etag='"3"')).feed.etag == '"3"'


def test_the_longest_wish_counts() -> None:
    feed = replace(KNOWN, floor=2 * HOUR)
    fresh = asked(feed).unchanged(answer(None, fresh_for=3 * HOUR)).feed
    assert 3 * HOUR <= fresh.next_check_at - NOW <= 3.4 * HOUR
    floor = asked(feed).unchanged(answer(None, fresh_for=HOUR)).feed
    assert 2 * HOUR <= floor.next_check_at - NOW <= 2.3 * HOUR


# --------------------------------------------------------------------------------- stale


def test_silence_is_told_once_until_something_comes() -> None:
    silent = replace(KNOWN, newest_at=NOW - 90 * DAY, gap=DAY)
    first = asked(silent).unchanged(answer(None))
    assert kinds(first) == [NoticeKind.STALE]
    again = asked(first.feed, NOW + DAY).unchanged(answer(None))
    assert kinds(again) == []
    news = read(asked(again.feed, NOW + 2 * DAY), entry("a"))
    assert kinds(news) == []
    assert NoticeKind.STALE not in news.feed.told
    silent_again = asked(news.feed, NOW + 400 * DAY).unchanged(answer(None))
    assert kinds(silent_again) == [NoticeKind.STALE]


# ---------------------------------------------------------------------------------- moved


def test_a_move_to_another_site_is_told_once_and_one_on_the_site_is_just_followed() -> None:
    feed, told = KNOWN, list[NoticeKind]()
    for _ in range(6):
        poll = asked(feed).unchanged(answer(None, moved_to="https://other.example/f"))
        feed, told = poll.feed, [*told, *kinds(poll)]
    assert told == [NoticeKind.MOVED]
    assert feed.at == URL
    feed = KNOWN
    for _ in range(3):
        poll = asked(feed).unchanged(answer(None, moved_to="https://news.example.com/f"))
        feed = poll.feed
        assert poll.notices == ()
    assert feed.at == "https://news.example.com/f"


# ------------------------------------------------------------------------------ what is new


def test_only_what_the_database_does_not_know_is_new() -> None:
    entries = (entry("a"), entry("b"))
    poll = asked().read(answer(), "h2", reading(entries), {"b"})
    assert [each.id for each in poll.entries] == ["b"]
    assert (poll.feed.body_hash, poll.feed.listed, poll.feed.newest_at) == ("h2", b"new", NOW)


def test_the_first_poll_only_remembers() -> None:
    poll = read(asked(Feed(URL, NOW)), *(entry(str(n)) for n in range(60)))
    assert poll.entries == ()
    assert len(poll.quiet) == 60
    assert not poll.flood
    assert poll.feed.seeded


def test_a_first_poll_with_a_backfill_searches_what_is_young_and_dated() -> None:
    rules = Rules(backfill={URL: 7 * DAY}.get)
    entries = (entry("old", NOW - 8 * DAY), entry("young", NOW - 6 * DAY), entry("undated", None))
    poll = read(asked(Feed(URL, NOW), rules=rules), *entries)
    assert [each.id for each in poll.entries] == ["young"]
    assert {each.id for each in poll.quiet} == {"old", "undated"}
    later = read(asked(poll.feed, rules=rules), entry("late", NOW - 8 * DAY))
    assert [each.id for each in later.entries] == ["late"]  # a backfill is of the first poll only


def test_what_is_too_old_to_be_news_is_remembered_and_the_undated_is_searched() -> None:
    entries = (
        entry("ancient", NOW - 31 * DAY),
        entry("old", NOW - 29 * DAY),
        entry("undated", None),
        entry("ahead", NOW + HOUR),
    )
    poll = read(asked(), *entries)
    assert [each.id for each in poll.entries] == ["old", "undated", "ahead"]
    assert [each.id for each in poll.quiet] == ["ancient"]


def test_a_future_date_is_not_when_the_newest_came() -> None:
    poll = read(asked(Feed(URL, NOW)), entry("a", NOW + 20 * HOUR))
    assert poll.feed.newest_at == NOW


@pytest.mark.parametrize(
    ("new", "known", "flood"),
    [(10, 0, False), (11, 0, True), (11, 11, False), (12, 11, True), (60, 0, True)],
)
def test_a_flood_is_more_than_ten_and_more_than_half_of_what_is_listed(
    new: int, known: int, *, flood: bool
) -> None:
    poll = read(asked(), *(entry(str(n)) for n in range(new)), known=known)
    assert poll.flood is flood
    assert len(poll.entries) == new  # each is searched all the same


def test_old_entries_that_turn_up_again_are_no_flood() -> None:
    entries = (entry(str(n), NOW - 60 * DAY) for n in range(60))
    assert not read(asked(), *entries).flood


def test_a_feed_keeps_its_title_when_a_body_has_none() -> None:
    feed = replace(KNOWN, title="The Paper")
    assert asked(feed).read(answer(), "h2", reading(title=""), ()).feed.title == "The Paper"


def test_to_wait_for_a_host_is_no_failure() -> None:
    poll = waits(KNOWN, NOW + HOUR)
    assert poll == Poll(replace(KNOWN, next_check_at=NOW + HOUR))


def test_a_body_that_breaks_off_is_asked_for_whole_the_next_time() -> None:
    """With its validators a server would say that nothing changed, and the rest would not come."""
    given = answer(etag='"1"', last_modified="then")
    for cut, kept in ((False, ('"1"', "then", "h2")), (True, (None, None, None))):
        feed = asked().read(given, "h2", reading([entry("a")], cut=cut), {"a"}).feed
        assert (feed.etag, feed.last_modified, feed.body_hash) == kept
