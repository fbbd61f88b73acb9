"""How far an account has read is known after a restart, to that account alone."""

from datetime import timedelta

from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import NOW

LATER = NOW + timedelta(seconds=30)


async def test_an_account_that_never_read_has_no_place_and_then_the_last_one_told(
    store: Store, other: Store
) -> None:
    assert await store.cursor("matrix", "@bot:a.example") is None
    await store.move_cursor("matrix", "@bot:a.example", "s1", NOW)
    await store.move_cursor("matrix", "@bot:a.example", "s2", LATER)
    assert await other.cursor("matrix", "@bot:a.example") == "s2"


async def test_accounts_and_platforms_do_not_move_each_other(store: Store) -> None:
    await store.move_cursor("matrix", "@bot:a.example", "s1", NOW)
    await store.move_cursor("matrix", "@two:a.example", "t1", NOW)
    await store.move_cursor("fake", "@bot:a.example", "f1", NOW)
    await store.move_cursor("matrix", "@two:a.example", "t2", LATER)
    assert await store.cursor("matrix", "@bot:a.example") == "s1"
    assert await store.cursor("matrix", "@two:a.example") == "t2"
    assert await store.cursor("fake", "@bot:a.example") == "f1"


async def test_it_is_noted_when_it_moved_and_standing_still_writes_nothing(
    store: Store, behind: Behind
) -> None:
    await store.move_cursor("matrix", "@bot:a.example", "s1", NOW)
    await store.move_cursor("matrix", "@bot:a.example", "s1", LATER)
    (first,) = behind("SELECT at FROM cursor")
    await store.move_cursor("matrix", "@bot:a.example", "s2", LATER)
    (second,) = behind("SELECT at FROM cursor")
    assert str(first[0]).startswith("2024-04-01 12:00:00")
    assert str(second[0]).startswith("2024-04-01 12:00:30")
