"""Entries wait for their pages in the database, and what these tell is kept all or nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.feed import Later, Poll, Unread
from bot.core.mention import Entry
from bot.core.policy import Hold, Post, Skip, SkipReason
from bot.core.status import State
from bot.errors import StorageError
from bot.storage.rows import Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    FEED,
    LEASE,
    NOW,
    Faulty,
    Policy,
    change,
    configure,
    entry,
    mention_in_entry,
    page,
    poll,
    rows,
)

SOON = NOW + timedelta(minutes=15)


def thin(id_: str = "e1") -> Entry:
    return replace(entry(id_), article="")


async def waiting(store: Store, *ids: str, flood: bool = False) -> Poll:
    """Let a poll bring entries that wait for their pages, each a second longer."""
    await configure(store, [FEED])
    later = tuple(Later(id_, SOON + timedelta(seconds=n)) for n, id_ in enumerate(ids))
    brought = replace(poll(*map(thin, ids)), later=later, flood=flood)
    await store.feeds.finish_poll(brought, [], Policy().hearing())
    return brought


async def leased(store: Store, *ids: str) -> Unread:
    await waiting(store, *(ids or ("e1",)))
    (unread,) = await store.feeds.lease_pages(SOON, LEASE, 1)
    return unread


async def test_an_entry_waits_with_its_own_words_until_it_is_due(store: Store) -> None:
    assert await store.feeds.next_page_due(NOW) is None
    await waiting(store, "e1", "e2")
    assert await store.feeds.next_page_due(NOW) == SOON
    assert await store.feeds.lease_pages(NOW, LEASE, 9) == ()
    assert await store.feeds.lease_pages(SOON, LEASE, 9) == (Unread(thin("e1")),)
    later = SOON + timedelta(seconds=1)
    assert await store.feeds.lease_pages(later, LEASE, 9) == (Unread(thin("e2")),)


async def test_a_leased_page_is_nobody_elses_until_its_lease_has_run_out(
    store: Store, other: Store
) -> None:
    ids = [f"e{number}" for number in range(10)]
    await waiting(store, *ids)
    then = SOON + timedelta(minutes=1)
    taken = await asyncio.gather(
        *(each.feeds.lease_pages(then, LEASE, 2) for _ in range(4) for each in (store, other))
    )
    taken.append(await store.feeds.lease_pages(then, LEASE, 10))
    given = [unread.entry.id for some in taken for unread in some]
    assert sorted(given) == ids
    assert await store.feeds.next_page_due(then) == then + LEASE
    assert len(await store.feeds.lease_pages(then + LEASE, LEASE, 99)) == 10


async def test_a_page_can_be_put_off_with_its_tries_and_given_up(store: Store) -> None:
    unread = await leased(store)
    await store.feeds.put_off(replace(unread, tries=2), SOON + LEASE)
    assert await store.feeds.next_page_due(SOON) == SOON + LEASE
    (again,) = await store.feeds.lease_pages(SOON + LEASE, LEASE, 9)
    assert again == Unread(thin(), tries=2)
    await store.feeds.put_off(again, None)
    assert await store.feeds.next_page_due(SOON) is None


async def test_an_article_that_comes_later_is_kept_with_its_entry_and_its_page(
    store: Store,
) -> None:
    unread = await leased(store, "e1", "e2")
    whole = replace(unread, entry=entry("e1"))
    print_ = 12345678901
    for name in "abc":
        (ruling,) = await store.feeds.finish_page(
            whole, page(name, print_), [mention_in_entry(vendor=f"v-{name}")], Policy().hearing()
        )
        assert isinstance(ruling.decision, Post)
    assert await store.feeds.known_paragraphs(page("d").host, (print_,), "other") == {print_}
    kept = {each.entry.id: each.entry for each in await store.feeds.entries_since(NOW, None, 9)}
    assert kept == {"e1": entry("e1"), "e2": thin("e2")}
    left = await store.feeds.lease_pages(SOON + 2 * LEASE, LEASE, 9)
    assert [each.entry.id for each in left] == ["e2"]


async def test_a_vendor_that_was_judged_with_the_poll_is_not_judged_again(store: Store) -> None:
    await configure(store, [FEED])
    brought = replace(poll(thin()), later=(Later("e1", SOON),))
    named = mention_in_entry(vendor="acme-cam")
    await store.feeds.finish_poll(brought, [named], Policy().hearing())
    (unread,) = await store.feeds.lease_pages(SOON, LEASE, 1)
    new = mention_in_entry(vendor="road-runner")
    whole = replace(unread, entry=entry())
    later = Policy(SOON)
    first, second = await store.feeds.finish_page(whole, page("a"), [named, new], later.hearing())
    assert first.decision == Skip(SkipReason.DUPLICATE)
    assert isinstance(second.decision, Post)
    # And whoever else had it, since the lease ran out, adds nothing.
    again = await store.feeds.finish_page(whole, page("a"), [named, new], later.hearing())
    assert {ruling.decision for ruling in again} == {Skip(SkipReason.DUPLICATE)}
    assert (await store.depth())[State.PENDING] == 2


async def test_what_was_part_of_a_flood_stays_so(store: Store) -> None:
    await waiting(store, "e1", flood=True)
    (unread,) = await store.feeds.lease_pages(SOON, LEASE, 1)
    assert unread.flood
    mention = replace(mention_in_entry(), flood=unread.flood)
    (ruling,) = await store.feeds.finish_page(unread, page("a"), [mention], Policy().hearing())
    assert isinstance(ruling.decision, Hold)


async def test_nothing_of_a_page_is_kept_if_judging_fails(store: Store, behind: Behind) -> None:
    unread = await leased(store)
    whole = replace(unread, entry=entry())
    hearing = Faulty(at="e1").hearing()
    with pytest.raises(RuntimeError, match="a bug"):
        await store.feeds.finish_page(whole, page("a"), [mention_in_entry()], hearing)
    assert behind("SELECT article FROM entry") == [("",)]
    assert behind("SELECT count(*) FROM paragraph") == [(0,)]
    assert await store.feeds.lease_pages(SOON + LEASE, LEASE, 9) == (unread,)


async def test_a_poll_is_not_kept_without_the_pages_that_it_waits_for(
    store: Store, file: Path
) -> None:
    change(
        file,
        "CREATE TRIGGER full BEFORE INSERT ON page "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    with pytest.raises(StorageError):
        await waiting(store, "e1")
    assert rows(file, "SELECT count(*) FROM entry") == [(0,)]


async def test_a_page_is_forgotten_with_its_entrys_words(store: Store, behind: Behind) -> None:
    await waiting(store, "e1")
    keep = Retention(entries=timedelta(days=1))
    assert await store.purge(NOW + timedelta(hours=23), keep) == 0
    while await store.purge(NOW + timedelta(hours=25), keep):
        pass
    assert behind("SELECT count(*) FROM page") == [(0,)]
    assert await store.feeds.next_page_due(NOW) is None
