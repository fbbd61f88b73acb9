"""Lists of feeds that are followed: read, changed, broken, taken out of the configuration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import following
from bot.core.feed import Route
from bot.core.mention import Channel
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.formats import opml
from bot.following import FollowedList, Following
from bot.storage.store import Store
from tests.emptied import empty
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
NEWS = Channel("console", "#news")
COUNCIL = Channel("console", "#council")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(await empty(tmp_path / "bot.db"))
    yield opened
    await opened.close()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT) as opened:
        yield opened


def names(*feeds: str) -> bytes:
    return opml.write([opml.Listed(f"https://{each}.example/") for each in feeds], "Feeds", NOW)


def follows(store: Store, fetcher: Fetcher, *lists: FollowedList) -> tuple[Following, list[int]]:
    changes: list[int] = []
    return Following(lists, store, fetcher, lambda: NOW, lambda: changes.append(1)), changes


async def followed(store: Store) -> list[tuple[str, str]]:
    subscribed = await store.feeds.subscriptions()
    return [(each.feed.split("/")[2].split(".")[0], each.channel.id) for each in subscribed]


async def test_a_file_is_followed_as_it_changes(
    tmp_path: Path, store: Store, fetcher: Fetcher
) -> None:
    file = tmp_path / "newsroom.opml"
    file.write_bytes(names("a", "b"))
    lists, changes = follows(store, fetcher, FollowedList(str(file), (NEWS, COUNCIL)))
    assert await lists.once() == ({str(file): 2}, [])
    both = [("a", "#council"), ("a", "#news"), ("b", "#council"), ("b", "#news")]
    assert sorted(await followed(store)) == both
    await lists.once()
    assert len(changes) == 1
    file.write_bytes(names("b"))
    await lists.once()
    assert sorted(await followed(store)) == both[2:]
    assert len(changes) == 2


async def test_an_address_is_followed(store: Store, fetcher: Fetcher) -> None:
    async with FeedServer() as server:
        server.put("/list.opml", names("a").decode())
        lists, _ = follows(store, fetcher, FollowedList(server.url("/list.opml"), (NEWS,)))
        counts, problems = await lists.once()
        assert (list(counts.values()), problems) == ([1], [])
        assert await followed(store) == [("a", "#news")]


@pytest.mark.parametrize(
    "broken", [b"", b"<opml><body/></opml>", b"<html>log in</html>", names("a", "b")[:-40], None]
)
async def test_a_list_that_cannot_be_read_or_is_empty_changes_nothing(
    tmp_path: Path, store: Store, fetcher: Fetcher, broken: bytes | None
) -> None:
    file = tmp_path / "newsroom.opml"
    file.write_bytes(names("a", "b"))
    lists, changes = follows(store, fetcher, FollowedList(str(file), (NEWS,)))
    await lists.once()
    if broken is None:
        file.unlink()
    else:
        file.write_bytes(broken)
    counts, [problem] = await lists.once()
    assert counts == {}
    assert problem.startswith(f"{file}: ")
    assert await followed(store) == [("a", "#news"), ("b", "#news")]
    assert len(changes) == 1


async def test_one_broken_list_keeps_no_other_from_being_read(
    tmp_path: Path, store: Store, fetcher: Fetcher
) -> None:
    good = tmp_path / "good.opml"
    good.write_bytes(names("a"))
    missing = str(tmp_path / "missing.opml")
    lists, _ = follows(
        store, fetcher, FollowedList(missing, (NEWS,)), FollowedList(str(good), (NEWS,))
    )
    counts, problems = await lists.once()
    assert counts == {str(good): 1}
    assert problems == [f"{missing}: cannot be read: No such file or directory"]


async def test_what_somebody_else_wishes_for_stays(
    tmp_path: Path, store: Store, fetcher: Fetcher
) -> None:
    file = tmp_path / "newsroom.opml"
    file.write_bytes(names("a", "b"))
    await store.feeds.subscribe("default", "cli", [Route("https://a.example/", NEWS)], "cli", NOW)
    lists, _ = follows(store, fetcher, FollowedList(str(file), (NEWS,)))
    await lists.once()
    file.write_bytes(names("b"))
    await lists.once()
    assert sorted(await followed(store)) == [("a", "#news"), ("b", "#news")]


async def test_a_list_that_is_not_configured_any_more_ends(
    tmp_path: Path, store: Store, fetcher: Fetcher
) -> None:
    old, new = tmp_path / "old.opml", tmp_path / "new.opml"
    old.write_bytes(names("a", "b"))
    await follows(store, fetcher, FollowedList(str(old), (NEWS,)))[0].once()
    # While the one in its place cannot be read, what there was is better than nothing.
    lists, changes = follows(store, fetcher, FollowedList(str(new), (NEWS,)))
    await lists.once()
    assert await followed(store) == [("a", "#news"), ("b", "#news")]
    new.write_bytes(names("b", "c"))
    await lists.once()
    assert await followed(store) == [("b", "#news"), ("c", "#news")]
    assert changes
    async with asyncio.timeout(5):
        await follows(store, fetcher)[0].run()  # no list at all: it ends what was left, and itself
    assert await followed(store) == []


async def test_it_goes_on_through_trouble_and_says_the_same_once(
    tmp_path: Path, store: Store, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AFTER_FAILURE_S", 0.0)
    file = tmp_path / "newsroom.opml"
    changed, asked = asyncio.Event(), asyncio.Event()
    rounds = 0

    def clock() -> datetime:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            asked.set()
        return NOW

    good = tmp_path / "good.opml"
    good.write_bytes(names("g"))
    lists = [FollowedList(str(good), (NEWS,)), FollowedList(str(file), (NEWS,))]
    with capture_logs() as logged:
        follow = Following(lists, store, fetcher, clock, changed.set)
        task = asyncio.create_task(follow.run())
        async with asyncio.timeout(10):
            await asked.wait()
            changed.clear()
            file.write_bytes(names("a"))
            await changed.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert ("a", "#news") in await followed(store)
    events = [each["event"] for each in logged]
    assert events.count("list of feeds not read") == 1
    assert "hunter2" not in str(logged)


async def test_what_a_list_names_without_an_address_is_logged_once_until_it_changes(
    tmp_path: Path, store: Store, fetcher: Fetcher
) -> None:
    file = tmp_path / "newsroom.opml"
    lists, _ = follows(store, fetcher, FollowedList(str(file), (NEWS,)))
    told: list[list[str]] = []
    for titles in ("", "Mirror", "Mirror", "Mirror Bookmark", ""):
        bad = "".join(f"<outline text='{each}' xmlUrl='ftp://x/'/>" for each in titles.split())
        file.write_bytes(names("a").replace(b"</body>", f"{bad}</body>".encode()))
        with capture_logs() as logged:
            await lists.once()
        told.append([each["reason"] for each in logged if "not followed whole" in each["event"]])
    assert told == [
        [],
        ["1 outline left out, as it has no web address: Mirror"],
        [],
        ["2 outlines left out, as they have no web address: Mirror, Bookmark"],
        [],
    ]
    assert await followed(store) == [("a", "#news")]


async def test_secrets_of_an_address_are_in_no_problem(store: Store, fetcher: Fetcher) -> None:
    url = "http://bea:hunter2@127.0.0.1:9/list.opml?token=abc"
    lists, _ = follows(store, fetcher, FollowedList(url, (NEWS,)))
    _, [problem] = await lists.once()
    assert "hunter2" not in problem
    assert "abc" not in problem
