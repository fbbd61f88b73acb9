"""How hosts are spared: turns, pauses and rests."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.hosts import MOST_RESTING, Hosts, host_of
from bot.feeds.links import origin_host

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("pause", [0, 0.001])
async def test_one_host_serves_one_at_a_time_and_others_meanwhile(pause: float) -> None:
    hosts = Hosts(pause)
    inside: list[str] = []
    most: dict[str, int] = {}
    both = asyncio.Barrier(2)

    async def ask(host: str) -> None:
        async with hosts.at(host):
            inside.append(host)
            most[host] = max(most.get(host, 0), inside.count(host))
            await both.wait()
            inside.remove(host)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for host in ("a.example", "b.example") * 3:
            tasks.create_task(ask(host))
    assert most == {"a.example": 1, "b.example": 1}


@pytest.mark.parametrize(
    "url",
    [
        "https://paper.example/feed.xml",
        "http://paper.example",
        "http://127.0.0.1:8080/feed?a=b#c",
        "http://paper.example:80?x",
        "HTTPS://Paper.Example/feed",
        "https://bea:secret@paper.example:444/feed",
        "https://bea@paper.example/",
        "http://[::1]:8080/feed",
        "https://müller.example/feed",
        "https://paper.example\\@other.example/",
        "https://paper.example:port@other.example/",
        "ftp://paper.example/",
        "http://[",
        "nowhere",
        "",
    ],
)
def test_whose_turn_it_is_goes_by_the_host_that_an_address_names(url: str) -> None:
    assert host_of(url) == origin_host(url)


async def test_a_host_gets_a_breath_between_two_requests() -> None:
    hosts = Hosts(0.05)
    loop = asyncio.get_running_loop()
    async with hosts.at("a.example"):
        pass
    left = loop.time()
    async with hosts.at("b.example"):
        assert loop.time() - left < 0.04
    async with hosts.at("a.example"):
        assert loop.time() - left >= 0.045


async def test_a_request_that_breaks_gives_its_turn_on_after_the_same_breath() -> None:
    hosts = Hosts(0.05)
    with pytest.raises(ConnectionError):
        async with hosts.at("a.example"):
            raise ConnectionError
    left = asyncio.get_running_loop().time()
    async with asyncio.timeout(5), hosts.at("a.example"):
        assert asyncio.get_running_loop().time() - left >= 0.045


@pytest.mark.parametrize("held", [True, False])
async def test_who_gives_up_waiting_does_not_keep_others_waiting(held: bool) -> None:
    hosts = Hosts(0.02)
    async with hosts.at("a.example"):
        if held:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001), hosts.at("a.example"):
                    pass
    if not held:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001), hosts.at("a.example"):
                pass
    async with asyncio.timeout(5), hosts.at("a.example"):
        pass


@pytest.mark.parametrize("pause", [0, 0.0001])
async def test_hosts_are_forgotten_in_the_end(pause: float) -> None:
    hosts = Hosts(pause)
    for number in range(3_000):
        async with hosts.at(f"{number}.example"):
            pass
        if number % 500 == 0:
            await asyncio.sleep(pause)
    assert len(hosts) <= 2_001


async def test_a_host_in_use_is_never_forgotten() -> None:
    hosts = Hosts(0)
    async with hosts.at("busy.example"):
        for number in range(3_000):
            async with hosts.at(f"{number}.example"):
                pass
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001), hosts.at("busy.example"):
                pass


def test_a_host_rests_as_long_as_it_asked() -> None:
    hosts = Hosts(1)
    hosts.rest("a.example", NOW, 600)
    assert hosts.rests_until("a.example", NOW) == NOW + 10 * MINUTE
    assert hosts.rests_until("a.example", NOW + 9 * MINUTE) == NOW + 10 * MINUTE
    assert hosts.rests_until("b.example", NOW) is None
    assert hosts.rests_until("a.example", NOW + 10 * MINUTE) is None
    assert len(hosts) == 0


def test_a_shorter_rest_does_not_end_a_longer_one() -> None:
    hosts = Hosts(1)
    for seconds in (600, 60, 0):
        hosts.rest("a.example", NOW, seconds)
    assert hosts.rests_until("a.example", NOW) == NOW + 10 * MINUTE
    hosts.rest("a.example", NOW + MINUTE, 1200)
    assert hosts.rests_until("a.example", NOW + MINUTE) == NOW + 21 * MINUTE


def test_pages_rest_by_themselves_or_with_their_host() -> None:
    hosts = Hosts(1)
    hosts.rest("a.example", NOW, 600, page=True)
    assert hosts.rests_until("a.example", NOW) is None
    assert hosts.rests_until("a.example", NOW, page=True) == NOW + 10 * MINUTE
    hosts.rest("a.example", NOW, 300)
    assert hosts.rests_until("a.example", NOW) == NOW + 5 * MINUTE
    assert hosts.rests_until("a.example", NOW, page=True) == NOW + 10 * MINUTE
    hosts.rest("a.example", NOW, 1200)
    assert hosts.rests_until("a.example", NOW, page=True) == NOW + 20 * MINUTE
    assert hosts.rests_until("a.example", NOW + 20 * MINUTE, page=True) is None
    assert len(hosts) == 0


def test_no_rest_is_longer_than_a_week() -> None:
    hosts = Hosts(1)
    hosts.rest("a.example", NOW, 1e12)
    assert hosts.rests_until("a.example", NOW) == NOW + timedelta(days=7)


def test_rests_that_are_over_are_forgotten_and_long_ones_kept() -> None:
    hosts = Hosts(1)
    for number in range(25_000):
        hosts.rest(f"{number}.example", NOW, 60 + number / 100)
    assert MOST_RESTING <= len(hosts) <= 2 * MOST_RESTING
    assert hosts.rests_until("24999.example", NOW) is not None
    later = NOW + timedelta(days=1)
    for number in range(20_001):
        hosts.rest(f"new{number}.example", later + number * MINUTE, 60)
    assert len(hosts) <= 2 * MOST_RESTING
