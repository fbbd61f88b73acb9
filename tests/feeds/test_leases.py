"""How long a feed is nobody else's: for as long as it is being read, and little longer."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.errors import StorageError
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.leases import Leases
from bot.feeds.poller import Pace, Poller
from tests.fakes import Clock
from tests.feeds.inline import Inline
from tests.feeds.memory import Memory
from tests.feeds.server import FeedServer

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_what_a_killed_process_had_begun_is_due_again_in_two_minutes(
    server: FeedServer, fetcher: Fetcher
) -> None:
    memory, url = Memory(), server.url("/feed.xml")
    memory.add(url, NOW)
    go_on = server.hang("/feed.xml")
    first = asyncio.create_task(_poller(fetcher, memory).poll_once(NOW))
    await server.wait_for("/feed.xml")
    first.cancel()  # nothing is committed, as if it had been killed
    await asyncio.wait([first])
    go_on.set()
    assert await memory.lease_feeds(NOW + 2 * MINUTE - timedelta(seconds=1), MINUTE, 9) == ()
    assert len(await memory.lease_feeds(NOW + 2 * MINUTE, MINUTE, 9)) == 1


async def test_a_feed_that_takes_long_is_nobody_elses_meanwhile(
    server: FeedServer, fetcher: Fetcher
) -> None:
    memory, clock, url = Memory(), Clock(), server.url("/feed.xml")
    memory.add(url, clock())
    go_on = server.hang("/feed.xml")
    poller = _poller(fetcher, memory, clock)
    task = asyncio.create_task(poller.poll_once(clock()))
    await server.wait_for("/feed.xml")
    for _ in range(10):
        clock.pass_(seconds=45)
        await poller._leases.renew()
        assert await memory.lease_feeds(clock() + MINUTE, MINUTE, 9) == ()
    go_on.set()
    await task
    assert memory.leases == {}
    await poller._leases.renew()
    assert memory.leases == {}


async def test_a_poller_renews_as_long_as_it_runs(server: FeedServer, fetcher: Fetcher) -> None:
    memory, clock, url = Memory(), Clock(), server.url("/feed.xml")
    memory.add(url, clock())
    go_on = server.hang("/feed.xml")
    length = timedelta(seconds=0.04)
    polling = asyncio.create_task(_poller(fetcher, memory, clock, length).run())
    async with asyncio.timeout(10):
        await server.wait_for("/feed.xml")
        first = memory.leases[url]
        clock.time += length / 2
        while memory.leases[url] == first:  # noqa: ASYNC110 - no event is set by it
            await asyncio.sleep(0.001)
    assert memory.leases[url] == first + length / 2
    polling.cancel()
    await asyncio.wait([polling])
    go_on.set()


async def test_renewing_goes_on_through_trouble() -> None:
    memory = Memory()
    memory.add("https://a.example/", NOW)
    length = timedelta(seconds=0.01)
    [feed] = await memory.lease_feeds(NOW, length, 1)
    passed = iter(NOW + n * length for n in range(10**6))
    leases = Leases(memory, lambda: next(passed), length)
    memory.broken = StorageError("the disk is full")
    stop = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        renewing = tasks.create_task(leases.run())
        working = tasks.create_task(leases.during(stop.wait(), feed.url, NOW))
        await memory.raised.wait()
        memory.broken = None
        while memory.leases[feed.url] == NOW + length:  # noqa: ASYNC110 - no event is set by it
            await asyncio.sleep(0)
        stop.set()
        assert await working
        renewing.cancel()


@pytest.mark.parametrize("passed", [timedelta(0), MINUTE / 5])
async def test_what_was_leased_just_now_is_left_as_it_is(passed: timedelta) -> None:
    memory = Memory()
    memory.add("https://a.example/", NOW)
    [feed] = await memory.lease_feeds(NOW, MINUTE, 1)
    leases = Leases(memory, lambda: NOW + passed, MINUTE)
    await leases.during(leases.renew(), feed.url, NOW)
    assert memory.leases == {feed.url: NOW + MINUTE}


def _poller(
    fetcher: Fetcher,
    memory: Memory,
    clock: Callable[[], datetime] = lambda: NOW,
    lease: timedelta = 2 * MINUTE,
) -> Poller:
    rng = Random(1)  # noqa: S311 - jitter, no secret
    pace = Pace() if lease == 2 * MINUTE else Pace(lease)
    assert pace.lease == lease
    return Poller(fetcher, Inline(), memory, memory, clock, rng, hosts=Hosts(0.0), pace=pace)
