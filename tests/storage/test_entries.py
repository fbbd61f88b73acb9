"""What feeds brought can be searched again, in order, until it is forgotten."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.mention import Entry
from bot.storage import upkeep
from bot.storage.entries import Kept
from bot.storage.rows import Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import FEED, NOW, Policy, configure, entry, poll

DAY = timedelta(days=1)
OTHER = "https://other.example/feed.xml"
KEEP = Retention()


async def brought(
    store: Store, *entries: Entry, now: datetime = NOW, listed: bytes = b"listed 8"
) -> None:
    """Let a poll bring entries, all of one feed."""
    one = poll(*entries, url=entries[0].feed)
    told = replace(one, feed=replace(one.feed, listed=listed))
    await store.feeds.finish_poll(told, [], Policy(now).hearing())


async def forget(store: Store, days: float, keep: Retention = KEEP) -> None:
    while await store.purge(NOW + timedelta(days=days), keep):
        pass


async def test_entries_are_paged_in_one_order_and_each_comes_once(store: Store) -> None:
    await configure(store, [FEED, OTHER])
    for number in range(7):
        for feed in (OTHER, FEED):
            # Two polls share their time with those of another feed.
            now = NOW + timedelta(hours=number // 2)
            await brought(store, entry(f"e{number}", feed=feed), now=now)
    pages: list[tuple[Kept, ...]] = []
    after = None
    while page := await store.feeds.entries_since(NOW + timedelta(hours=1), after, 3):
        pages.append(page)
        after = page[-1].key
    got = [each.key for page in pages for each in page]
    hours = [NOW + timedelta(hours=number // 2) for number in range(2, 7)]
    assert sorted(got) == sorted(
        (hour, feed, f"e{number}")
        for number, hour in enumerate(hours, start=2)
        for feed in (FEED, OTHER)
    )
    assert [at for at, _, _ in got] == sorted(at for at, _, _ in got)
    assert max(map(len, pages)) == 3


async def test_an_entry_comes_back_as_it_was_kept(store: Store) -> None:
    await configure(store, [FEED])
    bare = Entry(FEED, "e2", "Title", "", None, None)
    await brought(store, entry(), bare)
    assert await store.feeds.entries_since(NOW, None, 9) == (Kept(entry(), NOW), Kept(bare, NOW))


async def test_what_lost_its_words_is_not_searched_again(store: Store) -> None:
    await configure(store, [FEED])
    await brought(store, entry("e1"))
    await brought(store, entry("e2"), now=NOW + DAY)
    await forget(store, 30.5)
    assert [each.entry.id for each in await store.feeds.entries_since(NOW, None, 9)] == ["e2"]


async def test_ids_are_forgotten_after_half_a_year(store: Store, behind: Behind) -> None:
    await configure(store, [FEED])
    await brought(store, entry("e1"), entry("e2"))
    await brought(store, entry("e3"), now=NOW + DAY)
    await forget(store, 180)
    assert await store.feeds.unseen(FEED, ["e1", "e2", "e3"]) == set()
    await forget(store, 180.01)
    assert behind("SELECT id FROM entry") == [("e3",)]


async def test_ids_of_a_feed_that_has_nothing_else_to_be_known_by_are_never_forgotten(
    store: Store,
) -> None:
    await configure(store, [FEED, OTHER])
    await brought(store, entry("e1"), listed=b"")
    await brought(store, entry("e1", feed=OTHER))
    await forget(store, 1000)
    assert await store.feeds.unseen(FEED, ["e1"]) == set()
    assert await store.feeds.unseen(OTHER, ["e1"]) == {"e1"}


async def test_words_that_are_to_be_kept_for_long_keep_their_ids(store: Store) -> None:
    await configure(store, [FEED])
    await brought(store, entry("e1"))
    await forget(store, 300, Retention(entries=365 * DAY))
    assert len(await store.feeds.entries_since(NOW, None, 9)) == 1


async def test_entries_are_forgotten_in_steps(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_AT_ONCE", 3)
    await configure(store, [FEED])
    await brought(store, *(entry(f"e{number}") for number in range(10)))
    assert await store.purge(NOW + 31 * DAY, KEEP) == 3
    await forget(store, 400)
    assert behind("SELECT count(*) FROM entry") == [(0,)]
