"""What cannot be decrypted yet waits for its key: once, within bounds, for a week at most."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.sealed import Sealed
from bot.storage import sealed
from bot.storage.rows import Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import NOW

BOT = "@bot:a.example"
DAY = timedelta(days=1)


def event(number: int = 1, session: str = "k1", data: str = "{}") -> Sealed:
    """Give an event; a higher number came later."""
    at = NOW + timedelta(seconds=number)
    return Sealed("matrix", BOT, "!room:a.example", f"${number}", session, data, at)


async def ids(store: Store, account: str = BOT) -> list[str]:
    return [each.event for each in await store.sealed("matrix", account)]


async def test_what_waits_comes_back_as_it_was_kept_oldest_first(store: Store) -> None:
    late, early = event(2, data='{"ciphertext":"Ä"}'), event(1)
    assert await store.keep_sealed([late, early]) == 2
    assert await store.sealed("matrix", BOT) == (early, late)


async def test_of_one_time_the_one_that_was_handed_in_first_comes_first(store: Store) -> None:
    first, second = replace(event(2), kept_at=NOW), replace(event(1), kept_at=NOW)
    await store.keep_sealed([first, second])
    assert await ids(store) == ["$2", "$1"]


async def test_a_key_gives_only_what_it_opens(store: Store) -> None:
    events = [event(1, "k1"), event(2, "k2"), event(3, "k1"), event(4, "k3")]
    await store.keep_sealed(events)
    assert await store.sealed("matrix", BOT, {"k1"}) == (events[0], events[2])
    assert await store.sealed("matrix", BOT, {"k3", "k2"}) == (events[1], events[3])
    assert await store.sealed("matrix", BOT, ()) == ()
    assert await store.sealed("matrix", BOT, {"k9"}) == ()


async def test_many_keys_at_once_are_no_more_than_a_statement_may_ask_for(store: Store) -> None:
    # The order of the keys is not that of the events, and their lists are longer than one.
    events = [event(number, f"k{9999 - number}") for number in range(900)]
    await store.keep_sealed(events)
    assert await store.sealed("matrix", BOT, {each.session for each in events}) == tuple(events)
    assert await store.forget_sealed("matrix", BOT, {each.event for each in events}) == 900
    assert await ids(store) == []


async def test_the_same_event_twice_is_kept_once_with_its_first_time(store: Store) -> None:
    await store.keep_sealed([event(1)])
    again = replace(event(1), kept_at=NOW + DAY)
    assert await store.keep_sealed([again, event(2)]) == 1
    assert await store.sealed("matrix", BOT) == (event(1), event(2))


async def test_each_account_waits_for_its_own_key(store: Store) -> None:
    other = replace(event(1), account="@two:a.example")
    await store.keep_sealed([event(1), other])
    assert await store.forget_sealed("matrix", BOT, ["$1"]) == 1
    assert await ids(store) == []
    assert await store.sealed("matrix", "@two:a.example") == (other,)


async def test_what_could_be_read_is_forgotten_and_nothing_else(
    store: Store, behind: Behind
) -> None:
    await store.keep_sealed([event(1, data="cipher-one"), event(2), event(3)])
    assert await store.forget_sealed("matrix", BOT, ["$1", "$3", "$9"]) == 2
    assert await ids(store) == ["$2"]
    assert "cipher-one" not in str(behind("SELECT * FROM sealed_event"))


async def test_when_there_is_no_more_room_the_oldest_of_that_account_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "MOST_KEPT", 3)
    other = replace(event(0), account="@two:a.example")
    await store.keep_sealed([other, event(3), event(1), event(2)])
    await store.keep_sealed([event(5), event(4)])
    assert await ids(store) == ["$3", "$4", "$5"]
    assert await ids(store, "@two:a.example") == ["$0"]


async def test_what_is_larger_than_an_event_can_be_is_not_kept(store: Store) -> None:
    fits, too_large = event(1, data="ä" * 32_768), event(2, data="ä" * 32_768 + "x")
    assert await store.keep_sealed([too_large, fits]) == 1
    assert await ids(store) == ["$1"]


async def test_nothing_waits_longer_than_a_week(store: Store) -> None:
    await store.keep_sealed([event(0), replace(event(1), kept_at=NOW + DAY)])
    left = []
    for days in (7, 7.01, 8.01):
        while await store.purge(NOW + days * DAY, Retention()):
            pass
        left.append(await ids(store))
    assert left == [["$0", "$1"], ["$1"], []]
