"""A feed is polled as long as anybody wants it, and every wish is known by whose it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.feed import Feed, Poll, Route, Subscription
from bot.core.mention import Channel, MatchKind
from bot.core.routes import EVERYTHING, Filter, RouteChange, Terms
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import FEED, HALL, LEASE, NOW, Policy, configure, document

OTHER = "https://other.example/feed.xml"
BOARD = Channel("fake", "#board", private=True, encrypted=True)
LATER = NOW + timedelta(hours=1)
WEEK = timedelta(days=7)
ACME = Terms(Filter(vendors=frozenset({"acme"}), minimum=MatchKind.EXACT), WEEK)
TAGGED = Terms(Filter(tags=frozenset({"cameras"})))


async def polled(store: Store) -> list[str]:
    """Give the feeds that are polled."""
    return [each.url for each in await store.feeds.active()]


async def wishes(store: Store, team: str | None = None) -> list[tuple[str, str, str]]:
    """Give feed, channel and origin of each subscription."""
    there = await store.feeds.subscriptions(team)
    return [(each.feed, each.channel.id, each.origin) for each in there]


async def test_a_subscription_is_kept_with_whose_it_is_and_since_when(store: Store) -> None:
    assert await store.feeds.subscribe("blue", "chat", [Route(FEED, BOARD, WEEK)], "bea", NOW) == 1
    (kept,) = await store.feeds.subscriptions()
    assert kept == Subscription(FEED, BOARD, "chat", "bea", NOW, WEEK)
    assert kept.channel.team == "blue"


async def test_subscribing_again_changes_what_is_asked_and_not_who_asked_first(
    store: Store,
) -> None:
    await store.feeds.subscribe("default", "chat", [Route(FEED, HALL)], "bea", NOW)
    again = [Route(FEED, HALL, WEEK), Route(OTHER, HALL)]
    assert await store.feeds.subscribe("default", "chat", again, "ann", LATER) == 1
    assert await store.feeds.subscriptions("default") == (
        Subscription(FEED, HALL, "chat", "bea", NOW, WEEK),
        Subscription(OTHER, HALL, "chat", "ann", LATER),
    )
    assert await store.feeds.active() == (Feed(FEED, NOW), Feed(OTHER, LATER))


async def test_a_feed_is_polled_until_nobody_wants_it_any_more(store: Store) -> None:
    await configure(store, [FEED])
    await store.feeds.subscribe("blue", "chat", [Route(FEED, BOARD), Route(FEED, HALL)], "b", NOW)
    await configure(store, [])
    assert await polled(store) == [FEED]
    assert await store.feeds.unsubscribe("red", FEED, None, ["chat"]) == 0
    assert await store.feeds.unsubscribe("blue", FEED, BOARD, ["chat", "cli"]) == 1
    assert await polled(store) == [FEED]
    assert await store.feeds.unsubscribe("blue", FEED, None, ["config", "cli"]) == 0
    assert await store.feeds.unsubscribe("blue", FEED, None, ["chat"]) == 1
    assert await polled(store) == []


async def test_following_makes_exactly_these_the_origins_and_touches_no_other(
    store: Store,
) -> None:
    paper = "https://paper.example/feed"
    await store.feeds.subscribe("default", "chat", [Route(FEED, HALL)], "bea", NOW)
    await store.feeds.subscribe("blue", "list:press", [Route(FEED, HALL)], "bea", NOW)
    both = [Route(FEED, HALL), Route(OTHER, HALL)]
    assert await store.feeds.follow("default", "list:press", both, "bea", NOW) == (2, 0)
    one = [Route(OTHER, HALL), Route(paper, BOARD)]
    assert await store.feeds.follow("default", "list:press", one, "bea", LATER) == (1, 1)
    assert await wishes(store, "default") == [
        (FEED, "#hall", "chat"),
        (OTHER, "#hall", "list:press"),
        (paper, "#board", "list:press"),
    ]
    assert await wishes(store, "blue") == [(FEED, "#hall", "list:press")]
    assert await store.feeds.follow("default", "list:press", [], "bea", LATER) == (0, 2)
    assert await polled(store) == [FEED]


async def test_a_feed_that_was_gone_is_asked_anew_when_somebody_adds_it_again(
    store: Store,
) -> None:
    await configure(store, [FEED, OTHER])
    known = Feed(FEED, NOW, "Gazette", seeded=True, listed=b"8 bytes.", newest_at=NOW)
    there = replace(known, etag="e", address=OTHER, told=frozenset({"gone", "moved"}))
    for gone in (replace(there, gone=True, failures=1), Feed(OTHER, NOW, gone=True)):
        await store.feeds.finish_poll(Poll(gone), [], Policy().hearing())
    assert await store.feeds.lease_feeds(LATER, LEASE, 9) == ()
    await store.feeds.subscribe("default", "chat", [Route(FEED, HALL)], "bea", LATER)
    # What it listed is known, so nothing of it is news; all else begins anew.
    assert await store.feeds.lease_feeds(LATER, LEASE, 9) == (replace(known, next_check_at=LATER),)


async def test_what_a_channel_subscribed_to_goes_on_where_the_channel_does(store: Store) -> None:
    new = Channel("fake", "#new", private=True)
    await store.feeds.subscribe(
        "default", "chat", [Route(FEED, HALL, WEEK), Route(OTHER, HALL)], "bea", NOW
    )
    await store.feeds.subscribe("default", "chat", [Route(OTHER, new)], "ann", NOW)
    await store.move(HALL, new, "e1", document("We moved"), LATER)
    assert await store.feeds.subscriptions() == (
        Subscription(FEED, new, "chat", "bea", NOW, WEEK),
        Subscription(OTHER, new, "chat", "ann", NOW),
    )
    assert (await store.feeds.subscriptions())[0].channel.private


async def test_of_a_team_that_is_erased_nothing_is_polled(store: Store) -> None:
    await configure(store, [FEED])
    await store.feeds.subscribe("blue", "chat", [Route(FEED, BOARD), Route(OTHER, HALL)], "b", NOW)
    await store.erase("fake", "blue")
    assert await wishes(store) == [(FEED, "#hall", "config")]
    assert await polled(store) == [FEED]


async def test_a_route_is_put_with_its_terms_and_says_what_was(store: Store) -> None:
    feeds = store.feeds
    assert await feeds.put(HALL, {FEED: ACME.text}, "bea", NOW) == (
        RouteChange(FEED, HALL.key, None, ACME.text),
    )
    assert await feeds.put(HALL, {FEED: TAGGED.text}, "ann", LATER) == (
        RouteChange(FEED, HALL.key, ACME.text, TAGGED.text),
    )
    assert await feeds.subscriptions() == (
        Subscription(FEED, HALL, "chat", "bea", NOW, filter=TAGGED.filter),
    )
    assert await feeds.put(HALL, {FEED: None}, "ann", LATER) == (
        RouteChange(FEED, HALL.key, TAGGED.text, None),
    )
    assert await feeds.put(HALL, {FEED: None}, "ann", LATER) == (
        RouteChange(FEED, HALL.key, None, None),
    )
    assert await polled(store) == []


async def test_whatever_was_done_to_routes_is_undone_by_putting_what_was(store: Store) -> None:
    await store.feeds.put(HALL, {FEED: ACME.text}, "bea", NOW)
    before = [each.terms for each in await store.feeds.subscriptions()]
    wanted = {OTHER: "{}", FEED: None}
    changes = await store.feeds.put(HALL, wanted, "bea", NOW)
    assert [each.feed for each in changes] == [OTHER, FEED]
    assert await polled(store) == [OTHER]
    undone = await store.feeds.put(HALL, {each.feed: each.old for each in changes}, "bea", LATER)
    assert [(each.old, each.new) for each in undone] == [(e.new, e.old) for e in changes]
    assert [each.terms for each in await store.feeds.subscriptions()] == before
    assert await polled(store) == [FEED]


async def test_a_route_by_chat_is_of_one_channel_and_touches_no_other_wish(store: Store) -> None:
    await configure(store, [FEED])
    blue = replace(BOARD, team="blue")
    await store.feeds.put(blue, {FEED: ACME.text}, "bea", NOW)
    await store.feeds.put(HALL, {FEED: TAGGED.text}, "bea", NOW)
    (change,) = await store.feeds.put(HALL, {FEED: None}, "bea", NOW)
    assert change.old == TAGGED.text
    left = [
        (each.channel.id, each.origin, each.terms) for each in await store.feeds.subscriptions()
    ]
    assert left == [("#board", "chat", ACME), ("#hall", "config", Terms())]


async def test_two_who_change_a_route_at_once_are_each_told_what_the_other_left(
    store: Store, other: Store
) -> None:
    await store.feeds.put(HALL, {FEED: "{}"}, "bea", NOW)
    texts = [Terms(Filter(tags=frozenset({f"t{n}"}))).text for n in range(6)]
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        done = [
            tasks.create_task((store, other)[n % 2].feeds.put(HALL, {FEED: text}, "bea", NOW))
            for n, text in enumerate(texts)
        ]
    changes = {change.old: change.new for each in done for change in each.result()}
    # Each took the place of another one, from the first to the one that is kept.
    told, now = [], "{}"
    while (new := changes.get(now)) is not None:
        told.append(new)
        now = new
    assert sorted(told) == sorted(texts)
    (kept,) = await store.feeds.subscriptions()
    assert kept.terms.text == now


async def test_terms_that_nobody_can_read_are_not_kept(store: Store) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are for nobody
        await store.feeds.put(HALL, {FEED: '{"colour":"red"}'}, "bea", NOW)
    assert await store.feeds.subscriptions() == ()


async def test_a_filter_that_nobody_can_read_keeps_no_news_back(
    store: Store, behind: Behind
) -> None:
    await store.feeds.put(HALL, {FEED: ACME.text}, "bea", NOW)
    behind("UPDATE subscription SET filter = '{\"colour\": 1}' RETURNING 1")
    (kept,) = await store.feeds.subscriptions()
    assert kept.filter == EVERYTHING


async def test_a_filter_goes_on_where_its_channel_does(store: Store) -> None:
    new = Channel("fake", "#new", private=True)
    await store.feeds.put(HALL, {FEED: ACME.text}, "bea", NOW)
    await store.move(HALL, new, "e1", document("We moved"), LATER)
    (kept,) = await store.feeds.subscriptions()
    assert (kept.channel, kept.terms) == (new, ACME)


async def test_who_subscribes_without_a_filter_gets_everything(store: Store) -> None:
    await store.feeds.put(HALL, {FEED: ACME.text}, "bea", NOW)
    await store.feeds.subscribe("default", "chat", [Route(FEED, HALL)], "cli", NOW)
    (kept,) = await store.feeds.subscriptions()
    assert kept.terms == Terms()
