"""When a feed is asked again, and how hosts are spared."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from bot.feeds.schedule import after_failure, after_success
from bot.feeds.turns import Turns

QUARTER = timedelta(minutes=15)


def chance(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 - jitter, no secret


def test_the_wait_after_a_good_poll_is_the_interval_ten_percent_more_or_less() -> None:
    waits = [after_success(QUARTER, chance(seed)) for seed in range(200)]
    assert min(waits) >= QUARTER * 0.9
    assert max(waits) <= QUARTER * 1.1
    assert max(waits) - min(waits) > QUARTER * 0.15


def test_errors_double_the_wait_up_to_a_day_for_ever() -> None:
    rng = chance()
    for failures, hours in ((1, 0.5), (2, 1), (3, 2), (6, 16)):
        wait = after_failure(QUARTER, failures, None, rng)
        assert wait / timedelta(hours=hours) == pytest.approx(1, abs=0.1)
    for failures in (8, 100, 10_000):
        wait = after_failure(QUARTER, failures, None, rng)
        assert timedelta(hours=21.6) <= wait <= timedelta(hours=24)


def test_the_server_is_never_asked_before_it_wants_to_be() -> None:
    for seed in range(50):
        asked = after_failure(QUARTER, 1, 5 * 3600, chance(seed))
        assert timedelta(hours=5) <= asked <= timedelta(hours=5.5)
    longer = after_failure(QUARTER, 8, 60, chance())
    assert longer >= timedelta(hours=21)


def test_what_the_server_wants_is_kept_within_a_minute_and_a_week() -> None:
    tiny = timedelta(seconds=1)
    assert after_failure(tiny, 1, 0, chance()) >= timedelta(minutes=1)
    assert after_failure(QUARTER, 1, 1e12, chance()) <= timedelta(days=7.7)


async def test_one_host_serves_one_at_a_time_and_others_meanwhile() -> None:
    turns = Turns(0)
    inside: list[str] = []
    most: dict[str, int] = {}
    both = asyncio.Barrier(2)

    async def ask(host: str) -> None:
        async with turns.at(host):
            inside.append(host)
            most[host] = max(most.get(host, 0), inside.count(host))
            await both.wait()
            inside.remove(host)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for host in ("a.example", "b.example") * 3:
            tasks.create_task(ask(host))
    assert most == {"a.example": 1, "b.example": 1}


async def test_a_host_gets_a_breath_between_two_requests() -> None:
    turns = Turns(0.05)
    loop = asyncio.get_running_loop()
    async with turns.at("a.example"):
        pass
    left = loop.time()
    async with turns.at("b.example"):
        assert loop.time() - left < 0.04
    async with turns.at("a.example"):
        assert loop.time() - left >= 0.045


async def test_hosts_are_forgotten_in_the_end() -> None:
    turns = Turns(0)
    for number in range(3_000):
        async with turns.at(f"{number}.example"):
            pass
    assert len(turns._hosts) <= 1_001
