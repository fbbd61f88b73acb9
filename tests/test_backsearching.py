"""Searching many stored entries: others are served meanwhile."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.core.feed import Feed, Poll
from bot.core.mention import Entry
from bot.core.settings import Settings
from tests.bench.searcher import CURATORS, kept
from tests.dialogs.conftest import ACME, FEED, Bot, a_bot
from tests.fakes import NOON, Clock

MANY = 20_000
AT_ONCE = 1_000
LONGEST_STEP_S = 0.05
WORDS = "The council met on Monday and heard of nothing that anybody would watch for. " * 26


def entries(numbers: range) -> Iterator[Entry]:
    """Give entries of two thousand characters each; every hundredth names the vendor."""
    for number in numbers:
        named = "It asked about Gizmo Eye." if number % 100 == 0 else ""
        url = f"https://gazette.example/{number}"
        yield Entry(FEED, f"e{number}", f"News {number}", named, url, NOON, WORDS)


async def brought(bot: Bot, count: int) -> None:
    """Let a feed bring entries before anybody watches for what they name."""
    state = Feed(FEED, NOON, seeded=True)
    for start in range(0, count, AT_ONCE):
        poll = Poll(state, quiet=tuple(entries(range(start, start + AT_ONCE))))
        await bot.app.on_poll(poll)


async def steps_of_others(bot: Bot) -> tuple[list[float], list[float]]:
    """Search; give how long others waited for their turns, and for what the loop itself did."""
    waited: list[float] = []
    worked: list[float] = []

    async def ticks() -> None:
        while True:
            began, before = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            waited.append(time.perf_counter() - began)
            worked.append(time.thread_time() - before)

    ticking = asyncio.ensure_future(ticks())
    assert await bot.app.backsearches.once()
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    return waited, worked


@pytest.mark.proof
async def test_twenty_thousand_entries_are_searched_and_the_event_loop_is_free(
    tmp_path: Path,
) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), roles=CURATORS) as bot:
        await brought(bot, MANY)
        await bot.answers("watchlist add Gizmo Eye", "dana")
        waited, worked = await steps_of_others(bot)
        await bot.settle()
    told = bot.platform.replies[-1][1]
    assert "200 stored entries of 1 feed name Gizmo Eye" in told
    assert len(waited) > 100
    assert max(worked) < LONGEST_STEP_S
    # The machine may be busy with something else for a moment.
    assert sorted(waited)[-5] < LONGEST_STEP_S


@pytest.mark.proof
async def test_a_bot_that_is_killed_again_and_again_while_it_searches_answers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each goes on where the one before was killed; none begins anew."""
    clock = Clock()
    async with a_bot(tmp_path, [ACME], Settings(), clock, roles=CURATORS) as bot:
        await brought(bot, 3 * AT_ONCE)
        await bot.answers("watchlist add Gizmo Eye", "dana")
    searched = [0]
    for turn in range(2):
        command = [sys.executable, "-m", "tests.bench.searcher", str(tmp_path), str(31 * turn)]
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        assert child.stdout is not None
        said = [await asyncio.wait_for(child.stdout.readuntil(b"\n"), 60) for _ in range(4)]
        child.kill()
        await child.communicate()
        assert searched[-1] <= int(said[0])
        searched += map(int, said)
    clock.pass_(seconds=31 * 2)
    monkeypatch.setattr("tests.dialogs.conftest.empty", kept)
    async with a_bot(tmp_path, [ACME], Settings(), clock, roles=CURATORS) as bot:
        assert await bot.app.backsearches.once()
        assert not await bot.app.backsearches.once()
        await bot.settle()
        told = [text for _, text in bot.platform.replies]
    assert len(told) == 1
    assert "30 stored entries of 1 feed name Gizmo Eye" in told[0]
