"""What stands on many pages of a host is known as such; a page's own words are not."""

from datetime import datetime, timedelta

from bot.storage import paragraphs
from bot.storage.rows import Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import FEED, NOW, Policy, configure, page, poll

HOST = "gazette.example"
FOOT, ABOUT, NEWS = -(2**63), 2**63 - 1, 12345


async def read(store: Store, *names: str, prints: tuple[int, ...], now: datetime = NOW) -> None:
    """Let a poll see pages of the host, all with the same paragraphs."""
    seen = tuple(page(name, *prints) for name in names)
    await store.feeds.finish_poll(poll(seen=seen), [], Policy(now).hearing())


async def known(store: Store, name: str = "new", host: str = HOST) -> frozenset[int]:
    return await store.feeds.known_paragraphs(host, (FOOT, ABOUT, NEWS), page(name).page)


async def test_what_three_other_pages_have_is_no_news(store: Store) -> None:
    await configure(store, [FEED])
    await read(store, "a", "b", prints=(FOOT, ABOUT))
    assert await known(store) == frozenset()
    await read(store, "c", prints=(FOOT,))
    assert await known(store) == {FOOT}
    await read(store, "d", prints=(NEWS, ABOUT))
    assert await known(store) == {FOOT, ABOUT}


async def test_a_page_is_not_known_by_itself_however_often_it_is_read(store: Store) -> None:
    await configure(store, [FEED])
    for _ in range(4):
        await read(store, "a", "b", prints=(NEWS,))
    await read(store, "c", prints=(NEWS, NEWS))
    assert await known(store, "a") == frozenset()
    assert await known(store, "d") == {NEWS}


async def test_what_a_page_said_before_is_not_held_against_it(store: Store) -> None:
    await configure(store, [FEED])
    await read(store, "a", "b", "c", prints=(NEWS,))
    await read(store, "c", prints=(FOOT,))
    assert await known(store) == frozenset()


async def test_a_host_is_not_judged_by_another(store: Store) -> None:
    await configure(store, [FEED])
    await read(store, "a", "b", "c", prints=(FOOT,))
    assert await known(store, host="other.example") == frozenset()


async def test_of_a_host_the_newest_pages_are_remembered(store: Store, behind: Behind) -> None:
    await configure(store, [FEED])
    await read(store, "a", "b", "c", prints=(ABOUT,))
    for number in range(60):
        many = range(number * 1000, number * 1000 + 400)
        await read(store, f"p{number}", prints=(FOOT, *many))
    assert await known(store) == {FOOT}
    ((size,),) = behind("SELECT length(pages) FROM paragraph")
    assert int(str(size)) <= paragraphs.MOST


async def test_a_host_of_which_nothing_was_read_for_two_months_is_forgotten(store: Store) -> None:
    await configure(store, [FEED])
    await read(store, "a", "b", "c", prints=(FOOT,))
    await read(store, "d", prints=(FOOT,), now=NOW + timedelta(days=1))
    while await store.purge(NOW + timedelta(days=61), Retention()):
        pass
    assert await known(store) == {FOOT}
    while await store.purge(NOW + timedelta(days=61, seconds=1), Retention()):
        pass
    assert await known(store) == frozenset()
