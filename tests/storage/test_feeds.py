"""Feeds are polled in turn, and an entry, its mentions and the feed's state are kept together."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.feed import Feed, Poll
from bot.core.policy import Form, Post, PostReason, Skip, SkipReason
from bot.core.status import State
from bot.errors import StorageError
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    FEED,
    LEASE,
    NOW,
    Faulty,
    Policy,
    document,
    entry,
    mention_in_entry,
    poll,
)

OTHER = "https://other.example/feed.xml"
SOON = NOW + timedelta(minutes=15)
LONG_LEASE = timedelta(hours=1)


async def leased(store: Store, url: str = FEED) -> Feed:
    """Configure one feed and lease it."""
    await store.configure_feeds([url], NOW)
    feed = await store.lease_feed(NOW, LONG_LEASE)
    assert feed is not None
    return feed


async def test_a_new_feed_is_due_at_once_and_not_seeded(store: Store) -> None:
    assert await leased(store) == Feed(FEED, NOW)
    assert await store.feeds() == (Feed(FEED, NOW),)


async def test_a_leased_feed_is_nobody_elses_until_its_lease_has_run_out(store: Store) -> None:
    await leased(store)
    end = NOW + LONG_LEASE
    assert await store.lease_feed(end - timedelta(seconds=1), LEASE) is None
    assert await store.next_feed_due(NOW) == end
    assert await store.lease_feed(end, LEASE) is not None


async def test_two_processes_never_lease_the_same_feed(store: Store, other: Store) -> None:
    await store.configure_feeds([f"https://{n}.example/feed" for n in range(6)], NOW)
    taken = await asyncio.gather(
        *(each.lease_feed(NOW, LEASE) for _ in range(4) for each in (store, other))
    )
    urls = [feed.url for feed in taken if feed is not None]
    assert len(urls) == len(set(urls)) == 6


async def test_the_most_overdue_feed_comes_first(store: Store) -> None:
    await store.configure_feeds([OTHER], NOW - timedelta(hours=1))
    await store.configure_feeds([OTHER, FEED], NOW)
    first = await store.lease_feed(NOW, LEASE)
    second = await store.lease_feed(NOW, LEASE)
    assert first is not None
    assert second is not None
    assert (first.url, second.url) == (OTHER, FEED)


async def test_a_feed_that_is_no_longer_configured_rests_and_is_remembered(store: Store) -> None:
    feed = await leased(store)
    await store.finish_poll(
        Poll(replace(feed, etag="e", next_check_at=SOON)), [], Policy().hearing()
    )
    await store.configure_feeds([OTHER], NOW)
    assert [each.url for each in await store.feeds()] == [OTHER]
    await store.configure_feeds([], NOW)
    assert await store.next_feed_due(NOW) is None
    assert await store.lease_feed(SOON, LEASE) is None
    await store.configure_feeds([FEED], SOON)
    (back,) = await store.feeds()
    assert (back.etag, back.seeded, back.next_check_at) == ("e", True, SOON)


async def test_configuring_the_same_feeds_again_changes_nothing(store: Store) -> None:
    await store.configure_feeds([FEED, FEED], NOW)
    await store.configure_feeds([FEED], NOW + timedelta(hours=1))
    assert await store.feeds() == (Feed(FEED, NOW),)


async def test_a_finished_poll_is_kept_and_frees_the_feed(store: Store) -> None:
    feed = await leased(store)
    after = replace(
        feed,
        next_check_at=SOON,
        title="Gazette",
        etag="e1",
        last_modified="Mon",
        body_hash="h",
        checked_at=NOW,
    )
    await store.finish_poll(Poll(after, (entry(),)), [], Policy().hearing())
    assert await store.feeds() == (replace(after, seeded=True),)
    assert await store.next_feed_due(NOW) == SOON
    assert await store.lease_feed(SOON, LEASE) is not None


async def test_a_failed_poll_is_kept_and_frees_the_feed(store: Store) -> None:
    feed = await leased(store)
    after = replace(feed, next_check_at=SOON, failures=1, last_error="404")
    await store.fail_poll(after)
    assert await store.feeds() == (after,)
    assert await store.next_feed_due(NOW) == SOON


async def test_an_entry_is_unseen_until_its_poll_is_finished(store: Store) -> None:
    await leased(store)
    assert await store.unseen(FEED, ["e1", "e2"]) == {"e1", "e2"}
    await store.finish_poll(poll(entry("e1"), entry("e1", "again")), [], Policy().hearing())
    assert await store.unseen(FEED, ["e1", "e2"]) == {"e2"}
    assert await store.unseen(OTHER, ["e1"]) == {"e1"}
    assert await store.unseen(FEED, []) == set()


async def test_a_feed_may_have_any_number_of_entries(store: Store) -> None:
    await leased(store)
    await store.finish_poll(poll(entry("e7")), [], Policy().hearing())
    many = [f"e{number}" for number in range(40_000)]
    assert await store.unseen(FEED, many) == set(many) - {"e7"}


async def test_entries_are_kept_whole(store: Store, behind: Behind) -> None:
    await leased(store)
    await store.finish_poll(poll(entry()), [], Policy().hearing())
    assert behind("SELECT title, summary, article, url FROM entry") == [
        ("Acme wins a tender", "A summary", "An article", "https://gazette.example/a")
    ]


async def test_a_mention_in_an_entry_is_queued_with_it(store: Store) -> None:
    await leased(store)
    (ruling,) = await store.finish_poll(poll(entry()), [mention_in_entry()], Policy().hearing())
    assert ruling.decision == Post(PostReason.FIRST, Form.CARD)
    (out,) = await store.claim(NOW, LEASE, 1)
    assert out.document == document("card about acme-cam")


async def test_an_entry_polled_twice_leads_to_one_alert(store: Store) -> None:
    await leased(store)
    decisions = []
    for _ in range(2):
        mentions = [mention_in_entry()]
        (ruling,) = await store.finish_poll(poll(entry()), mentions, Policy().hearing())
        decisions.append(ruling.decision)
    assert decisions == [Post(PostReason.FIRST, Form.CARD), Skip(SkipReason.DUPLICATE)]
    assert (await store.depth())[State.PENDING] == 1


async def test_entries_of_two_feeds_may_have_the_same_id(store: Store) -> None:
    await store.configure_feeds([FEED, OTHER], NOW)
    for url in (FEED, OTHER):
        mentions = [mention_in_entry(feed=url)]
        await store.finish_poll(poll(entry(), url=url), mentions, Policy().hearing())
    assert (await store.depth())[State.PENDING] == 2


async def test_nothing_of_a_poll_is_kept_if_judging_fails(store: Store) -> None:
    feed = await leased(store)
    two = [mention_in_entry("e1"), mention_in_entry("e2")]
    with pytest.raises(RuntimeError, match="a bug"):
        await store.finish_poll(poll(entry("e1"), entry("e2")), two, Faulty(at="e2").hearing())
    assert await store.unseen(FEED, ["e1", "e2"]) == {"e1", "e2"}
    assert await store.feeds() == (feed,)
    assert (await store.depth())[State.PENDING] == 0


async def test_a_poll_of_a_feed_that_was_never_configured_is_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="is not in the database; configure it"):
        await store.finish_poll(poll(entry(), url=OTHER), [], Policy().hearing())
