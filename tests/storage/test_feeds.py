"""Feeds are polled in turn, and an entry, its mentions and the feed's state are kept together."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.feed import Feed, Notice, NoticeKind, Poll
from bot.core.policy import Form, Post, PostReason, Skip, SkipReason
from bot.core.status import State
from bot.errors import StorageError
from bot.storage.rows import Draft
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    FEED,
    HALL,
    LEASE,
    NOW,
    Faulty,
    Policy,
    change,
    configure,
    document,
    entry,
    mention_in_entry,
    page,
    poll,
    rows,
)

OTHER = "https://other.example/feed.xml"
SOON = NOW + timedelta(minutes=15)
LONG_LEASE = timedelta(hours=1)


async def leased(store: Store, url: str = FEED) -> Feed:
    """Configure one feed and lease it."""
    await configure(store, [url])
    (feed,) = await store.feeds.lease_feeds(NOW, LONG_LEASE, 9)
    return feed


async def test_a_new_feed_is_due_at_once_and_not_seeded(store: Store) -> None:
    await configure(store, [FEED])
    assert await store.feeds.active() == (Feed(FEED, NOW),)
    assert await store.feeds.lease_feeds(NOW, LEASE, 9) == (Feed(FEED, NOW),)


async def test_a_leased_feed_is_nobody_elses_until_its_lease_has_run_out(store: Store) -> None:
    await leased(store)
    end = NOW + LONG_LEASE
    assert await store.feeds.lease_feeds(end - timedelta(seconds=1), LEASE, 9) == ()
    assert await store.feeds.next_feed_due(NOW) == end
    assert [each.url for each in await store.feeds.lease_feeds(end, LEASE, 9)] == [FEED]


async def test_a_lease_that_is_renewed_ends_later(store: Store) -> None:
    await configure(store, [FEED, OTHER])
    await store.feeds.lease_feeds(NOW, LEASE, 9)
    later = NOW + LEASE + LONG_LEASE
    await store.feeds.renew_leases([FEED], NOW + LEASE, later)
    assert [each.url for each in await store.feeds.lease_feeds(NOW + LEASE, LEASE, 9)] == [OTHER]
    # The other's has run out and is somebody else's now.
    await store.feeds.renew_leases([OTHER], NOW + LEASE, later)
    assert await store.feeds.next_feed_due(NOW) == NOW + 2 * LEASE


async def test_what_is_finished_is_not_kept_by_a_renewal_that_comes_late(store: Store) -> None:
    feed = await leased(store)
    after = replace(feed, seeded=True, next_check_at=SOON)
    await store.feeds.finish_poll(Poll(after), [], Policy().hearing())
    await store.feeds.renew_leases([FEED], NOW + LONG_LEASE, NOW + 2 * LONG_LEASE)
    assert await store.feeds.next_feed_due(NOW) == SOON


async def test_two_processes_never_lease_the_same_feed(store: Store, other: Store) -> None:
    await configure(store, [f"https://{n}.example/feed" for n in range(10)])
    taken = await asyncio.gather(
        *(each.feeds.lease_feeds(NOW, LEASE, 2) for _ in range(4) for each in (store, other))
    )
    # A row that somebody is about to take is passed over: who comes again finds what is left.
    taken.append(await store.feeds.lease_feeds(NOW, LEASE, 10))
    urls = [feed.url for feeds in taken for feed in feeds]
    assert len(urls) == len(set(urls)) == 10


async def test_the_most_overdue_feeds_come_first_and_no_more_than_are_asked_for(
    store: Store,
) -> None:
    urls = [f"https://{n}.example/feed" for n in range(5)]
    for late, _ in enumerate(urls):
        await configure(store, urls[: late + 1], NOW - timedelta(hours=9 - late))
    first = await store.feeds.lease_feeds(NOW, LEASE, 2)
    second = await store.feeds.lease_feeds(NOW, LEASE, 9)
    assert [each.url for each in first + second] == urls
    assert len(first) == 2


async def test_any_number_of_feeds_can_be_leased_at_once(store: Store) -> None:
    await configure(store, [f"https://{n}.example/feed" for n in range(1200)])
    assert len(await store.feeds.lease_feeds(NOW, LEASE, 1100)) == 1100
    assert len(await store.feeds.lease_feeds(NOW, LEASE, 1100)) == 100


async def test_a_feed_that_is_no_longer_configured_rests_and_is_remembered(store: Store) -> None:
    feed = await leased(store)
    after = replace(feed, etag="e", seeded=True, next_check_at=SOON)
    await store.feeds.finish_poll(Poll(after), [], Policy().hearing())
    await configure(store, [OTHER])
    assert [each.url for each in await store.feeds.active()] == [OTHER]
    await configure(store, [])
    assert await store.feeds.next_feed_due(NOW) is None
    assert await store.feeds.lease_feeds(SOON, LEASE, 9) == ()
    await configure(store, [FEED], SOON)
    assert await store.feeds.active() == (after,)


async def test_configuring_the_same_feeds_again_changes_nothing(store: Store) -> None:
    await configure(store, [FEED, FEED])
    await configure(store, [FEED], NOW + timedelta(hours=1))
    assert await store.feeds.active() == (Feed(FEED, NOW),)


async def test_a_finished_poll_is_kept_with_all_of_the_feeds_state(store: Store) -> None:
    await leased(store)
    after = Feed(
        FEED,
        SOON,
        title="Gazette",
        etag="e1",
        last_modified="Mon",
        body_hash="h",
        seeded=True,
        failures=0,
        last_error=None,
        checked_at=NOW,
        address="https://gazette.example/new.xml",
        moving_to="https://gazette.example/newest.xml",
        moves=2,
        gone=False,
        listed=bytes(range(256)),
        newest_at=NOW - timedelta(days=2),
        gap=timedelta(hours=7, seconds=1),
        floor=timedelta(minutes=20),
        told=frozenset({"stale", "moved"}),
    )
    await store.feeds.finish_poll(Poll(after, (entry(),)), [], Policy().hearing())
    assert await store.feeds.active() == (after,)
    assert await store.feeds.next_feed_due(NOW) == SOON
    assert await store.feeds.lease_feeds(SOON, LEASE, 9) == (after,)


async def test_a_failed_poll_is_kept_and_frees_the_feed(store: Store) -> None:
    feed = await leased(store)
    after = replace(feed, next_check_at=SOON, failures=1, last_error="404")
    await store.feeds.finish_poll(Poll(after), [], Policy().hearing())
    assert await store.feeds.active() == (after,)
    assert await store.feeds.next_feed_due(NOW) == SOON


async def test_a_feed_that_is_gone_is_not_polled_any_more_and_is_shown(store: Store) -> None:
    feed = await leased(store)
    after = replace(feed, gone=True, told=frozenset({"gone"}))
    await store.feeds.finish_poll(Poll(after), [], Policy().hearing())
    assert await store.feeds.lease_feeds(SOON, LEASE, 9) == ()
    assert await store.feeds.next_feed_due(NOW) is None
    assert await store.feeds.active() == (after,)
    await configure(store, [FEED], SOON)
    assert await store.feeds.next_feed_due(NOW) is None, "the bot was only started anew"


async def test_a_poll_without_news_keeps_its_times_and_leaves_the_rest_as_it_was(
    store: Store,
) -> None:
    feed = await leased(store)
    known = replace(feed, etag="e", seeded=True, title="Gazette", listed=b"l" * 8, checked_at=NOW)
    await store.feeds.finish_poll(Poll(known), [], Policy().hearing())
    again = replace(known, next_check_at=SOON, checked_at=SOON, good_at=SOON)
    await store.feeds.finish_poll(Poll(again, steady=True), [], Policy().hearing())
    assert await store.feeds.active() == (again,)
    assert await store.feeds.lease_feeds(SOON, LEASE, 9) == (again,)


async def test_of_polls_of_a_feed_that_end_at_once_the_last_one_counts_with_or_without_news(
    store: Store,
) -> None:
    await configure(store, [FEED, OTHER])
    first, taken = await store.feeds.lease_feeds(NOW, LONG_LEASE, 9)
    states = [replace(first, next_check_at=SOON, title=title, seeded=True) for title in "abc"]
    polls = [
        Poll(replace(taken, next_check_at=SOON)),
        *(Poll(each, steady=each.title != "b") for each in states),
    ]
    hearing = Policy().hearing()
    await asyncio.gather(*(store.feeds.finish_poll(each, [], hearing) for each in polls))
    assert await store.feeds.states([first.url]) == (states[-1],)


async def test_what_a_feed_listed_can_change_and_be_forgotten(store: Store) -> None:
    feed = await leased(store)
    for listed in (b"12345678", b"12345678", b"8765432112345678", b""):
        after = replace(feed, listed=listed, seeded=True)
        await store.feeds.finish_poll(Poll(after), [], Policy().hearing())
        assert await store.feeds.active() == (after,)


async def test_many_polls_that_end_at_once_are_all_kept(store: Store) -> None:
    urls = [f"https://{n}.example/feed" for n in range(300)]
    await configure(store, urls)
    leased = await store.feeds.lease_feeds(NOW, LONG_LEASE, 300)
    after = [replace(each, seeded=True, title=each.url, next_check_at=SOON) for each in leased]
    polls = [Poll(each, (entry("e1", each.url, each.url),)) for each in after]
    found = {each: [mention_in_entry(feed=each, cause_id="e1")] for each in urls[::50]}
    rulings = await asyncio.gather(
        *(
            store.feeds.finish_poll(each, found.get(each.feed.url, []), Policy().hearing())
            for each in polls
        )
    )
    ruled = {each.feed.url for each, ruling in zip(polls, rulings, strict=True) if ruling}
    assert ruled == set(found)
    assert await store.feeds.active() == tuple(sorted(after, key=lambda each: each.url))
    assert len(await store.feeds.entries_since(NOW, None, 999)) == 300


async def test_of_polls_that_end_at_once_one_that_meets_a_bug_is_lost_alone(store: Store) -> None:
    urls = [f"https://{n}.example/feed" for n in range(5)]
    await configure(store, urls)
    judges = [Faulty(at="e1") if url == urls[3] else Policy() for url in urls]
    done = await asyncio.gather(
        *(
            store.feeds.finish_poll(
                poll(entry(feed=url), url=url), [mention_in_entry(feed=url)], judge.hearing()
            )
            for url, judge in zip(urls, judges, strict=True)
        ),
        return_exceptions=True,
    )
    assert [isinstance(each, RuntimeError) for each in done] == [url == urls[3] for url in urls]
    assert [each.url for each in await store.feeds.active() if not each.seeded] == [urls[3]]
    assert await store.feeds.unseen(urls[3], ["e1"]) == {"e1"}
    assert await store.feeds.unseen(urls[4], ["e1"]) == set()


async def test_an_entry_is_unseen_until_its_poll_is_finished(store: Store) -> None:
    await leased(store)
    assert await store.feeds.unseen(FEED, ["e1", "e2"]) == {"e1", "e2"}
    twice = poll(entry("e1"), entry("e1", "again"))
    await store.feeds.finish_poll(twice, [], Policy().hearing())
    assert await store.feeds.unseen(FEED, ["e1", "e2"]) == {"e2"}
    assert await store.feeds.unseen(OTHER, ["e1"]) == {"e1"}
    assert await store.feeds.unseen(FEED, []) == set()


async def test_who_asks_at_once_what_is_unseen_gets_an_own_answer(store: Store) -> None:
    await configure(store, [FEED, OTHER])
    for url, id_ in ((FEED, "e1"), (OTHER, "e2")):
        await store.feeds.finish_poll(poll(entry(id_, feed=url), url=url), [], Policy().hearing())
    asked = [(url, {"e1", "e2", f"e{n}"}) for n in range(3, 40) for url in (FEED, OTHER)]
    answers = await asyncio.gather(*(store.feeds.unseen(*each) for each in asked))
    known = {FEED: "e1", OTHER: "e2"}
    assert answers == [ids - {known[url]} for url, ids in asked]


async def test_a_feed_may_have_any_number_of_entries(store: Store) -> None:
    await leased(store)
    await store.feeds.finish_poll(poll(entry("e7")), [], Policy().hearing())
    many = [f"e{number}" for number in range(40_000)]
    assert await store.feeds.unseen(FEED, many) == set(many) - {"e7"}


async def test_entries_are_kept_whole(store: Store, behind: Behind) -> None:
    await leased(store)
    await store.feeds.finish_poll(poll(entry()), [], Policy().hearing())
    assert behind("SELECT title, summary, article, url FROM entry") == [
        ("Acme wins a tender", "A summary", "An article", "https://gazette.example/a")
    ]


async def test_a_mention_in_an_entry_is_queued_with_it(store: Store) -> None:
    await leased(store)
    policy = Policy()
    (ruling,) = await store.feeds.finish_poll(poll(entry()), [mention_in_entry()], policy.hearing())
    assert ruling.decision == Post(PostReason.FIRST, Form.CARD)
    (out,) = await store.claim(NOW, LEASE, 1)
    assert out.document == document("card about acme-cam")


async def test_an_entry_polled_twice_leads_to_one_alert(store: Store) -> None:
    await leased(store)
    decisions = []
    for _ in range(2):
        mentions = [mention_in_entry()]
        (ruling,) = await store.feeds.finish_poll(poll(entry()), mentions, Policy().hearing())
        decisions.append(ruling.decision)
    assert decisions == [Post(PostReason.FIRST, Form.CARD), Skip(SkipReason.DUPLICATE)]
    assert (await store.depth())[State.PENDING] == 1


async def test_entries_of_two_feeds_may_have_the_same_id(store: Store) -> None:
    await configure(store, [FEED, OTHER])
    for url in (FEED, OTHER):
        mentions = [mention_in_entry(feed=url)]
        one = poll(entry(feed=url), url=url)
        await store.feeds.finish_poll(one, mentions, Policy().hearing())
    assert (await store.depth())[State.PENDING] == 2


async def test_what_is_said_of_a_feed_itself_is_queued_with_its_poll_and_once(
    store: Store,
) -> None:
    feed = await leased(store)
    notice = Draft("gone 1", "default", HALL, document("It is gone"))
    gone = Poll(replace(feed, gone=True))
    for _ in range(2):
        assert await store.feeds.finish_poll(gone, [], Policy().hearing(), [notice]) == ()
    (out,) = await store.claim(NOW, LEASE, 9)
    assert out.document == document("It is gone")


async def test_nothing_of_a_poll_is_kept_if_judging_fails(store: Store, behind: Behind) -> None:
    feed = await leased(store)
    two = [mention_in_entry("e1"), mention_in_entry("e2")]
    notice = Draft("k1", "default", HALL, document("news"))
    whole = poll(entry("e1"), entry("e2"), seen=(page("a"),))
    with pytest.raises(RuntimeError, match="a bug"):
        await store.feeds.finish_poll(whole, two, Faulty(at="e2").hearing(), [notice])
    assert await store.feeds.unseen(FEED, ["e1", "e2"]) == {"e1", "e2"}
    # The lease is all that is left of it.
    assert await store.feeds.active() == (replace(feed, next_check_at=NOW + LONG_LEASE),)
    assert (await store.depth())[State.PENDING] == 0
    assert behind("SELECT count(*) FROM paragraph") == [(0,)]


@pytest.mark.parametrize("table", ["entry", "paragraph", "story", "mention", "outbox"])
async def test_wherever_writing_a_poll_fails_nothing_of_it_is_kept_and_it_can_come_again(
    store: Store, file: Path, table: str
) -> None:
    feed = await leased(store)
    everything = [entry("e1"), entry("e2")], [mention_in_entry("e1"), mention_in_entry("e2")]
    notice = Draft("k1", "default", HALL, document("news"))
    whole = replace(poll(*everything[0], seen=(page("a"),)), notices=(Notice(NoticeKind.MOVED),))
    change(
        file,
        f"CREATE TRIGGER full BEFORE INSERT ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    with pytest.raises(StorageError):
        await store.feeds.finish_poll(whole, everything[1], Policy().hearing(), [notice])
    for each in ("entry", "paragraph", "story", "mention", "outbox", "vendor_state"):
        assert rows(file, f"SELECT count(*) FROM {each}") == [(0,)], each  # noqa: S608 - our tables
    assert await store.feeds.active() == (replace(feed, next_check_at=NOW + LONG_LEASE),)
    change(file, "DROP TRIGGER full")
    await store.feeds.finish_poll(whole, everything[1], Policy().hearing(), [notice])
    assert await store.feeds.active() == (whole.feed,)
    assert (await store.depth())[State.PENDING] == 3


async def test_a_poll_of_a_feed_that_nobody_subscribed_to_is_refused_alone(store: Store) -> None:
    await configure(store, [FEED])
    urls = (FEED, OTHER, FEED)
    works = [
        store.feeds.finish_poll(
            poll(entry(f"e{number}", feed=url), url=url),
            [mention_in_entry(f"e{number}", feed=url)],
            Policy().hearing(),
            [Draft(f"k{number}", "default", HALL, document("news"))],
        )
        for number, url in enumerate(urls)
    ]
    first, second, third = await asyncio.gather(*works, return_exceptions=True)
    assert isinstance(second, StorageError)
    assert str(second) == f"feed {OTHER} is not in the database; subscribe to it first"
    assert isinstance(first, tuple)
    assert isinstance(third, tuple)
    assert await store.feeds.unseen(FEED, ["e0", "e2"]) == set()
    assert await store.feeds.unseen(OTHER, ["e1"]) == {"e1"}
    assert (await store.depth())[State.PENDING] == 4
