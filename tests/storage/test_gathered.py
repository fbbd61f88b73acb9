"""Calls that come together are done together, and none of them pays for another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.errors import StorageError
from bot.storage.gathered import MOST_AT_ONCE, Gathered
from bot.storage.store import Store
from tests.storage.sample import NOW, Faulty, Policy, mention


@dataclass(slots=True)
class Scribe:
    """Writes numbers down, all of a call or none; 13 is more than it can bear."""

    fault: Exception = field(default_factory=lambda: RuntimeError("a bug"))
    calls: list[list[int]] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        """Write them down; give the double of each."""
        self.calls.append(list(numbers))
        await self.go.wait()
        if 13 in numbers:
            raise self.fault
        self.written += numbers
        return [2 * number for number in numbers]


def of_a_value() -> StorageError:
    """Give what the store raises where one value cannot be kept."""
    error = StorageError("a value cannot be kept there")
    error.__cause__ = IntegrityError("INSERT", {}, Exception("not unique"))
    return error


def of_all() -> StorageError:
    """Give what the store raises where nothing can be kept."""
    error = StorageError("the disk is full")
    error.__cause__ = OperationalError("INSERT", {}, Exception("full"))
    return error


async def test_what_comes_while_one_is_at_work_is_done_in_one_go_and_in_order() -> None:
    scribe = Scribe()
    gathered = Gathered(scribe)
    async with asyncio.timeout(5):
        works = asyncio.gather(*map(gathered, range(5)))
        await asyncio.sleep(0)
        scribe.go.set()
        assert await works == [0, 2, 4, 6, 8]
    assert scribe.calls == [[0], [1, 2, 3, 4]]


async def test_more_than_one_go_takes_are_done_in_order() -> None:
    scribe = Scribe()
    gathered = Gathered(scribe)
    many = [number for number in range(MOST_AT_ONCE * 2 + 20) if number != 13]
    async with asyncio.timeout(5):
        works = asyncio.gather(*map(gathered, many))
        await asyncio.sleep(0)
        scribe.go.set()
        await works
    assert scribe.written == many
    assert max(map(len, scribe.calls)) <= MOST_AT_ONCE


async def test_with_a_pause_what_comes_soon_after_is_done_along_with_what_waits() -> None:
    scribe = Scribe()
    gathered = Gathered(scribe, pause=0.05)
    async with asyncio.timeout(5):
        first, second = map(asyncio.ensure_future, (gathered(0), gathered(1)))
        await asyncio.sleep(0)
        scribe.go.set()
        await first
        assert await gathered(2) == 4
        await second
    assert scribe.calls == [[0], [1, 2]]


async def test_there_is_no_pause_once_enough_wait_and_none_for_the_first() -> None:
    scribe = Scribe()
    gathered = Gathered(scribe, most=4, pause=3600)
    async with asyncio.timeout(5):
        works = asyncio.gather(*map(gathered, range(5)))
        await asyncio.sleep(0)
        scribe.go.set()
        await works
        assert await gathered(9) == 18
    assert scribe.calls == [[0], [1, 2, 3, 4], [9]]


async def test_who_is_cancelled_when_it_has_just_become_their_turn_hands_it_on() -> None:
    go = asyncio.Event()

    async def double(numbers: Sequence[int]) -> list[int]:
        if numbers == [0]:
            await go.wait()
            asyncio.get_running_loop().call_soon(tasks[1].cancel)
        return [2 * number for number in numbers]

    gathered = Gathered(double)
    async with asyncio.timeout(5):
        tasks = [asyncio.ensure_future(gathered(number)) for number in range(4)]
        await asyncio.sleep(0)
        go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results.pop(1), asyncio.CancelledError)
    assert results == [0, 4, 6]


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), of_a_value()])
async def test_one_that_fails_fails_alone(fault: Exception) -> None:
    scribe = Scribe(fault)
    gathered = Gathered(scribe)
    async with asyncio.timeout(5):
        works = asyncio.gather(*map(gathered, (1, 2, 13, 3)), return_exceptions=True)
        await asyncio.sleep(0)
        scribe.go.set()
        assert await works == [2, 4, fault, 6]
    assert scribe.written == [1, 2, 3]


async def test_what_is_wrong_with_the_database_is_met_once_by_all() -> None:
    fault = of_all()
    scribe = Scribe(fault)
    gathered = Gathered(scribe)
    async with asyncio.timeout(5):
        works = asyncio.gather(*map(gathered, (1, 13, 2, 3)), return_exceptions=True)
        await asyncio.sleep(0)
        scribe.go.set()
        assert await works == [2, fault, fault, fault]
    assert len(scribe.calls) == 2


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_one_that_is_cancelled_holds_nobody_up(which: int) -> None:
    scribe = Scribe()
    gathered = Gathered(scribe)
    async with asyncio.timeout(5):
        tasks = [asyncio.ensure_future(gathered(number)) for number in range(4)]
        await asyncio.sleep(0)
        tasks[which].cancel()
        await asyncio.sleep(0)
        scribe.go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results.pop(which), asyncio.CancelledError)
    assert results == [2 * number for number in range(4) if number != which]
    assert await gathered(9) == 18


async def test_of_messages_that_come_together_one_that_meets_a_bug_is_lost_alone(
    store: Store,
) -> None:
    judges = (Policy(), Faulty(), Policy())
    works = [
        store.record([mention(cause_id=f"m{number}")], judge.hearing())
        for number, judge in enumerate(judges, start=1)
    ]
    first, second, third = await asyncio.gather(*works, return_exceptions=True)
    assert isinstance(second, RuntimeError)
    assert not isinstance(first, BaseException)
    assert not isinstance(third, BaseException)
    assert {each.decision.reason for each in (*first, *third)} == {
        "first mention here",
        "inside the cooldown",
    }
    assert sum((await store.depth()).values()) == 1
    assert len(await store.claim(NOW, NOW - NOW, 9)) == 1
