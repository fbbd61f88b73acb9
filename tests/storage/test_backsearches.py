"""Searches of stored entries: each is carried out by one, goes on after a crash, and tells once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.core.commands import Answer
from bot.core.editing.change import Change
from bot.core.mention import Channel, Invocation, Receipt
from bot.storage.backsearches import NEWEST, Leased, Reached, Search
from bot.storage.revisions import Wanted
from bot.storage.rows import Kind, Outgoing, Retention
from bot.storage.store import Store
from tests.storage.sample import (
    FEED,
    NOW,
    Policy,
    configure,
    document,
    entry,
    mention_in_entry,
    poll,
)

DESK = Channel("fake", "#desk")
BOARD = Channel("fake", "#board", private=True)
LENGTH = timedelta(seconds=30)
MONTH = timedelta(days=30)
RECEIPT = Receipt("m9")
ADD = Change((), None, {"name": "Gizmo", "names": {"Gizmo": {"value": "Gizmo"}}})


def asked(id_: str = "c1", channel: Channel = DESK) -> Invocation:
    return Invocation(channel, id_, "dana", "watchlist add Gizmo", "t1", "r1")


def search(id_: str = "c1", vendor: str = "gizmo", channel: Channel = DESK) -> Search:
    return Search(replace(asked(id_, channel), line=""), (vendor,), NOW - MONTH, NOW)


async def lease(store: Store, after: float = 0) -> Leased | None:
    return await store.backsearches.lease(NOW + timedelta(seconds=after), LENGTH)


async def leased(store: Store, after: float = 0) -> Leased:
    got = await lease(store, after)
    assert got is not None
    return got


async def told(store: Store) -> list[Outgoing]:
    """Give what goes out, each document as soon as the one before has arrived."""
    found: list[Outgoing] = []
    while got := await store.claim(NOW, LENGTH, 9):
        for each in got:
            await store.sent(each.id, RECEIPT, NOW)
        found += got
    return found


async def test_a_search_is_queued_with_the_revision_once(store: Store) -> None:
    wanted = Wanted("e1", DESK, "gizmo", "dana", NOW, (ADD,), search=search())
    assert await store.revisions.write(wanted, 5) is None
    assert await lease(store) is None, "nothing was written, so nothing is searched"
    for _ in range(2):
        assert await store.revisions.write(wanted, 0) is not None
    got = await leased(store)
    assert (got.search, got.reached, got.attempts) == (search(), Reached(), 1)
    assert await store.backsearches.of_command(asked()) == search()
    assert await lease(store) is None


async def test_a_search_is_queued_with_the_approval_of_a_proposal(store: Store) -> None:
    proposed = Wanted("e1", DESK, "gizmo", "dana", NOW, (ADD,), proposed=True)
    await store.revisions.write(proposed, 0)
    for _ in range(2):
        await store.revisions.decide("default", 1, (ADD,), "eli", NOW, 0, search=search("c2"))
    assert (await leased(store)).search == search("c2")
    assert await lease(store) is None


async def test_what_one_command_adds_is_one_search(store: Store) -> None:
    for vendor in ("gizmo", "acme", "gizmo"):
        await store.backsearches.queue(search(vendor=vendor))
    assert (await leased(store)).search.vendors == ("gizmo", "acme")
    assert await lease(store) is None


async def test_a_search_waits_until_its_command_was_answered(store: Store) -> None:
    await store.receive(asked(), NOW)
    command = await store.take_command(NOW, LENGTH)
    assert command is not None
    await store.backsearches.queue(search())
    assert await lease(store) is None
    await store.answer(command, Answer(document("Added")), NOW)
    assert await lease(store) is not None


async def test_of_two_processes_one_searches(store: Store, other: Store) -> None:
    await store.backsearches.queue(search())
    got = await asyncio.gather(*(lease(each) for each in (store, other, store, other)))
    assert sum(each is not None for each in got) == 1


async def test_who_takes_over_goes_on_where_the_other_was_and_it_is_told_once(
    store: Store, other: Store
) -> None:
    await store.backsearches.queue(search())
    first = await leased(store)
    keys = [(NOW + timedelta(microseconds=number), FEED, f"e{number}") for number in range(25)]
    reached = Reached()
    for key in keys:
        reached = replace(reached.found(key), after=key, searched=reached.searched + 1)
    later = NOW + timedelta(seconds=10)
    first = replace(first, reached=reached)
    assert await store.backsearches.reach(first, later + LENGTH)
    assert not await store.backsearches.reach(first, later + LENGTH), "that lease is over"
    first = replace(first, until=later + LENGTH)
    assert await lease(other, 39) is None
    second = await leased(other, 41)
    assert (second.reached, second.attempts) == (reached, 1)
    assert second.reached.newest == tuple(keys[-NEWEST:])
    assert (second.reached.entries, second.reached.feeds) == (25, frozenset({FEED}))
    pages = (document("found"), document("more"))
    assert not await store.backsearches.finish(first, pages, None, NOW)
    assert await other.backsearches.finish(second, pages, None, NOW)
    assert not await other.backsearches.finish(second, pages, None, NOW)
    out = await told(store)
    assert [each.document.summary for each in out] == ["found", "more"]
    assert {(each.kind, each.actor, each.thread, each.reply_to, each.message) for each in out} == {
        (Kind.REPLY, "dana", "t1", "r1", "c1")
    }
    assert await lease(store, 100) is None
    found = await store.backsearches.find("default", second.id)
    assert found == (search(), reached)
    assert await store.backsearches.find("blue", second.id) is None


async def test_a_search_that_gets_nowhere_is_counted(store: Store) -> None:
    await store.backsearches.queue(search())
    assert [(await leased(store, 31 * turn)).attempts for turn in range(3)] == [1, 2, 3]


async def test_how_far_it_is_is_said_in_one_message(store: Store) -> None:
    await store.backsearches.queue(search())
    got = await leased(store)
    await store.backsearches.show(got, document("one"), NOW)
    await store.backsearches.show(got, document("two"), NOW)
    assert [(each.kind, each.document.summary) for each in await told(store)] == [
        (Kind.REPLY, "two")
    ], "what was not posted yet says the newest"
    await store.backsearches.show(got, document("three"), NOW)
    await store.backsearches.finish(got, (document("found"),), document("all"), NOW)
    out = await told(store)
    assert [(each.kind, each.document.summary) for each in out] == [
        (Kind.REVISE, "all"),
        (Kind.REPLY, "found"),
    ]
    assert out[0].message == "m9"


async def test_where_a_message_cannot_be_changed_nothing_is_queued_to_change_it(
    store: Store,
) -> None:
    await store.backsearches.queue(search())
    got = await leased(store)
    await store.backsearches.show(got, document("one"), NOW)
    (out,) = await store.claim(NOW, LENGTH, 9)
    await store.sent(out.id, Receipt(""), NOW)
    await store.backsearches.show(got, document("two"), NOW)
    assert await told(store) == []


async def test_what_alerted_before_is_known_where_it_may_be(store: Store) -> None:
    await configure(store, [FEED])
    open_, secret = mention_in_entry("e1"), mention_in_entry("e2", channel=BOARD)
    entries = (entry("e1"), entry("e2"), entry("e3"))
    await store.feeds.finish_poll(poll(*entries), [open_, secret], Policy().hearing())
    asked_about = [(FEED, each.id) for each in entries]

    async def known(channel: Channel) -> set[str]:
        got = await store.backsearches.judged(channel, ["acme-cam"], asked_about)
        return {id_ for _, _, id_ in got.told}

    assert await known(DESK) == {"e1"}
    assert await known(BOARD) == {"e1", "e2"}
    assert await known(replace(DESK, team="blue")) == set()


async def test_entries_are_counted_by_feed_and_given_by_their_keys(store: Store) -> None:
    await configure(store, [FEED])
    entries = (entry("e1"), entry("e2"))
    await store.feeds.finish_poll(poll(*entries), [], Policy().hearing())
    assert await store.backsearches.counted(NOW) == {FEED: 2}
    assert await store.backsearches.counted(NOW + LENGTH) == {}
    keys = [(NOW, FEED, "e2"), (NOW, FEED, "gone"), (NOW, FEED, "e1")]
    assert [each.entry.id for each in await store.backsearches.entries(keys)] == ["e2", "e1"]
    assert await store.backsearches.entries([]) == ()


async def test_a_search_is_forgotten_with_the_entries(store: Store) -> None:
    await store.backsearches.queue(search())
    got = await leased(store)
    await store.backsearches.finish(got, (), None, NOW)
    await store.purge(NOW + timedelta(days=29), Retention())
    assert await store.backsearches.find("default", got.id) is not None
    await store.purge(NOW + timedelta(days=31), Retention())
    assert await store.backsearches.find("default", got.id) is None
