"""Which workspaces installed the bot, and installations under way, on both engines."""

from datetime import timedelta

import pytest

from bot.storage import installations
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import NOW

SOON = NOW + timedelta(minutes=10)


async def test_what_a_workspace_gave_is_found_again_and_another_finds_nothing(
    store: Store,
) -> None:
    await store.install("slack", "T1", "sealed", "U1", NOW)
    await store.install("slack", "T2", "other", None, NOW)
    assert await store.installed("slack", "T1") == "sealed"
    assert await store.installed("slack", "T3") is None
    assert await store.installed("matrix", "T1") is None
    assert await store.installations("slack") == {"T1": "sealed", "T2": "other"}


async def test_a_new_installation_takes_the_place_of_the_old_one(
    store: Store, behind: Behind
) -> None:
    await store.install("slack", "T1", "old", "U1", NOW)
    await store.install("slack", "T1", "new", "U2", SOON)
    assert await store.installations("slack") == {"T1": "new"}
    assert behind('SELECT "by" FROM installation') == [("U2",)]


async def test_a_workspace_that_took_the_bot_out_gave_nothing_until_it_installs_again(
    store: Store, behind: Behind
) -> None:
    await store.install("slack", "T1", "sealed", "U1", NOW)
    await store.remove("slack", "T1", SOON)
    assert await store.installed("slack", "T1") is None
    assert await store.installations("slack") == {}
    assert "sealed" not in str(behind("SELECT * FROM installation"))
    await store.install("slack", "T1", "again", "U1", SOON)
    assert await store.installed("slack", "T1") == "again"
    assert behind("SELECT removed_at FROM installation") == [(None,)]


async def test_a_workspace_whose_token_works_again_is_not_erased(
    store: Store, behind: Behind
) -> None:
    assert not await store.returned("slack", "default")
    await store.remove("slack", "default", NOW)
    assert await store.returned("slack", "default")
    assert behind("SELECT removed_at FROM installation") == [(None,)]
    assert await store.installations("slack") == {}


async def test_what_is_sealed_anew_replaces_only_what_it_was_made_of(store: Store) -> None:
    await store.install("slack", "T1", "one", "U1", NOW)
    assert await store.reseal("slack", "T1", "one", "two")
    assert not await store.reseal("slack", "T1", "one", "three")
    assert await store.installed("slack", "T1") == "two"


async def test_a_state_counts_once(store: Store, behind: Behind) -> None:
    assert await store.begin_install("state", SOON, NOW)
    assert "state" not in str(behind("SELECT state FROM oauth_state"))
    assert not await store.end_install("another", NOW)
    assert await store.end_install("state", NOW)
    assert not await store.end_install("state", NOW)


async def test_a_state_counts_for_its_time_only_and_is_forgotten_then(
    store: Store, behind: Behind
) -> None:
    await store.begin_install("late", SOON, NOW)
    assert not await store.end_install("late", SOON)
    await store.begin_install("next", SOON + timedelta(minutes=10), SOON)
    assert len(behind("SELECT state FROM oauth_state")) == 1


async def test_no_more_are_begun_than_there_is_room_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "MOST_BEGUN", 2)
    begun = [await store.begin_install(f"{number}", SOON, NOW) for number in range(3)]
    assert begun == [True, True, False]
    assert await store.begin_install("later", SOON + timedelta(minutes=10), SOON)
