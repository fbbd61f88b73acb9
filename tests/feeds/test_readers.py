"""What becomes of feeds and pages in a process of their own, and of that process."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.mention import Entry
from bot.errors import FeedError
from bot.feeds.extraction.extract import extract
from bot.feeds.formats.parse import parse
from bot.feeds.jobs import FeedJob, PageJob, Reading
from bot.feeds.reading import child as child_process
from bot.feeds.reading import frames
from bot.feeds.reading.frames import Frame, Received
from bot.feeds.reading.packing import pack_reading, unpack_article, unpack_entries, unpack_reading
from bot.feeds.reading.reader import Child
from bot.feeds.reading.readers import Readers
from tests.bench.hostile import FEEDS, item, rss

URL = "https://news.example/feed.xml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def broken(items: int) -> bytes:
    """Give a feed that takes feedparser about a millisecond for each item."""
    return rss(*(item(number, "<p>&nbsp;" * 40) for number in range(items)))[:-20]


SLOW = broken(2_000)
"""Takes seconds."""

# Processes are started, starved and killed.
pytestmark = pytest.mark.proof

needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")


def job(body: bytes, listed: bytes = b"", url: str = URL) -> FeedJob:
    return FeedJob(body, url, url, None, NOW, listed)


def numbered(number: int) -> FeedJob:
    return job(rss(item(number)), url=f"https://news{number}.example/feed.xml")


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    async with Readers(limit=20.0) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Readers]:
    """Give readers whose child goes on from test to test, as it takes a moment to start."""
    async with Readers(limit=20.0) as running:
        yield running


together = pytest.mark.asyncio(loop_scope="module")


async def until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 - the readers have no events for what only a test asks
        await asyncio.sleep(0.001)


async def the_child(readers: Readers) -> Child:
    """Give the one child that lives, once it has begun with something."""

    def living() -> list[Child]:
        return [child for child in readers._children if child.loaded and not child.ending]

    await until(living)
    return living()[0]


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@asynccontextmanager
async def busy(
    readers: Readers, body: bytes = SLOW
) -> AsyncIterator[tuple[Child, "asyncio.Future[Reading]"]]:
    """Have a child at work on a feed that takes long."""
    await readers.feed(numbered(0))
    child = await the_child(readers)
    task = asyncio.ensure_future(readers.feed(job(body)))
    try:
        await until(lambda: child.waiting)
        yield child, task
    finally:
        task.cancel()
        await asyncio.wait((task,))


@together
async def test_a_feed_reads_as_it_does_without_a_process(shared: Readers) -> None:
    body = rss(item(1), item(2, "<![CDATA[<p>Caf\xe9 \u6d77\u5eb7\u5a01\u89c6</p>]]>"))
    found = await shared.feed(job(body))
    expected = parse(body, URL, None, NOW)
    assert (found.title, found.entries) == (expected.title, expected.entries)


@together
async def test_only_entries_that_were_not_listed_before_come_back(shared: Readers) -> None:
    before = await shared.feed(job(rss(item(1), item(2))))
    after = await shared.feed(job(rss(item(3), item(1), item(2)), before.listed))
    assert [entry.title for entry in after.entries] == ["Story 3"]
    assert after.known == 2


@together
async def test_a_page_reads_as_it_does_without_a_process(shared: Readers) -> None:
    words = "The council of the city bought two hundred cameras, as its own minutes say. "
    page = f"<h1>Cameras bought</h1><article><p>{words * 3}</p><p>{words * 2}</p></article>"
    found = await shared.page(PageJob(page.encode(), URL, None, "text/html"))
    assert found.text == extract(page, URL).text


@together
async def test_what_cannot_be_read_is_refused_in_the_same_words(shared: Readers) -> None:
    with pytest.raises(FeedError) as expected:
        parse(b"<html>", URL, None, NOW)
    with pytest.raises(FeedError) as told:
        await shared.feed(job(b"<html>"))
    assert str(told.value) == str(expected.value)


@together
async def test_megabytes_of_entries_come_over_whole_and_in_order(shared: Readers) -> None:
    body = rss(*(item(number, f"{number} {'word ' * 400}") for number in range(300)))
    found = await shared.feed(job(body))
    assert found.entries == parse(body, URL, None, NOW).entries
    assert len(found.entries) == 300


@pytest.mark.parametrize("children", [1, 2])
async def test_many_jobs_at_once_each_get_their_own_answer(children: int) -> None:
    async with Readers(children=children, most_waiting=8) as readers:
        readings = await asyncio.gather(*(readers.feed(numbered(n)) for n in range(100)))
        assert [reading.entries[0].title for reading in readings] == [
            f"Story {n}" for n in range(100)
        ]
        assert len(readers._children) == children


async def test_a_feed_that_takes_too_long_is_given_up_and_those_behind_it_are_read() -> None:
    async with Readers(limit=0.5) as readers:
        await readers.feed(numbered(0))
        start = time.monotonic()
        slow, *others = await asyncio.gather(
            readers.feed(job(SLOW)),
            *(readers.feed(numbered(n)) for n in range(5)),
            return_exceptions=True,
        )
    assert str(slow) == f"{URL} took over 0.5 seconds to read"
    assert [other.entries[0].title for other in others if isinstance(other, Reading)] == [
        f"Story {n}" for n in range(5)
    ]
    assert time.monotonic() - start < 10


async def test_a_feed_has_its_processor_time_and_no_more_of_it() -> None:
    async with Readers(limit=0.5, patience=1_000) as readers:
        with pytest.raises(FeedError, match=r"took over 0\.5 seconds to read"):
            async with asyncio.timeout(60):
                await readers.feed(job(SLOW))


async def test_a_feed_is_not_blamed_for_a_machine_that_is_busy_with_other_things() -> None:
    body = broken(100)
    start = time.process_time()
    parse(body, URL, None, NOW)
    limit = 3 * (time.process_time() - start)
    async with (
        Readers(limit=limit, patience=1_000) as readers,
        busy(readers, body) as (child, task),
    ):
        await until(lambda: child._at_work)
        os.kill(child.pid, signal.SIGSTOP)
        await asyncio.sleep(2 * limit)
        os.kill(child.pid, signal.SIGCONT)
        assert (await task).entries


async def test_a_child_that_gets_nowhere_is_given_up_by_the_clock() -> None:
    async with Readers(limit=0.3, patience=2) as readers, busy(readers) as (child, task):
        await until(lambda: child._at_work)
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(FeedError, match=r"took over 0\.3 seconds to read"):
            await task


async def test_a_feed_behind_one_that_takes_nearly_as_long_as_it_may_is_not_blamed() -> None:
    body = broken(100)
    start = time.monotonic()
    parse(body, URL, None, NOW)
    once = time.monotonic() - start
    async with Readers(limit=2.5 * once) as readers:
        found = await asyncio.gather(*(readers.feed(job(body)) for _ in range(4)))
    assert all(len(reading.entries) for reading in found)


@needs_proc
@together
async def test_a_feed_that_needs_too_much_memory_is_refused_and_the_next_is_read(
    shared: Readers,
) -> None:
    with pytest.raises(FeedError, match="needs more memory than a feed may have"):
        await shared.feed(job(FEEDS["JSON, 8 MiB of items"]()))
    assert (await shared.feed(numbered(1))).entries


@pytest.mark.parametrize(
    "case", ["billion laughs", "200,000 elements deep", "JSON, 8 MiB of lists"]
)
@together
async def test_a_bomb_is_refused_for_a_reason(shared: Readers, case: str) -> None:
    with pytest.raises(FeedError, match=r"nesting or entities beyond all reason|broken JSON"):
        await shared.feed(job(FEEDS[case]()))


@together
async def test_a_child_that_is_killed_costs_the_job_it_was_at_and_no_other(
    shared: Readers,
) -> None:
    async with busy(shared) as (child, task):
        others = [asyncio.ensure_future(shared.feed(numbered(n))) for n in range(5)]
        await until(lambda: child.waiting == 6)
        os.kill(child.pid, signal.SIGSEGV)
        readings = await asyncio.gather(*others)
        with pytest.raises(FeedError, match="broke the reader"):
            await task
    assert [reading.entries[0].title for reading in readings] == [f"Story {n}" for n in range(5)]


@together
async def test_a_child_that_dies_without_work_costs_nothing(shared: Readers) -> None:
    await shared.feed(numbered(1))
    first = await the_child(shared)
    os.kill(first.pid, signal.SIGKILL)
    await first.gone.wait()
    assert (await shared.feed(numbered(2))).entries


@together
async def test_a_caller_that_goes_away_does_not_disturb_the_others(shared: Readers) -> None:
    async with busy(shared, broken(200)) as (child, task):
        behind = asyncio.ensure_future(shared.feed(numbered(1)))
        await until(lambda: child.waiting == 2)
        task.cancel()
        assert (await behind).entries[0].title == "Story 1"
        assert await the_child(shared) is child


@together
async def test_a_caller_that_goes_away_halfway_in_does_not_disturb_the_others(
    shared: Readers,
) -> None:
    async with busy(shared, broken(200)) as (child, task):
        large = asyncio.ensure_future(shared.feed(job(rss(item(1, "word " * 1_000_000)))))
        await until(lambda: child.waiting == 2)
        behind = asyncio.ensure_future(shared.feed(numbered(1)))
        await asyncio.sleep(0)
        large.cancel()
        async with asyncio.timeout(15):
            assert (await behind).entries[0].title == "Story 1"
            assert (await task).entries


@needs_proc
async def test_a_child_that_has_grown_makes_room_for_another() -> None:
    async with Readers(rest=1) as readers:
        pids = set()
        for n in range(3):
            reading, _ = await asyncio.gather(readers.feed(numbered(n)), readers.feed(numbered(9)))
            assert reading.entries[0].title == f"Story {n}"
            pids |= {child.pid for child in readers._children}
    assert len(pids) > 2


@together
async def test_the_loop_goes_on_while_a_child_chews(shared: Readers) -> None:
    async with busy(shared, broken(700)) as (_, task):
        longest = 0.0
        while not task.done():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)
    # Reading it here would hold the loop up for a second.
    assert longest < 0.25


async def test_closing_ends_the_child_in_the_middle_of_its_work() -> None:
    async with Readers() as readers:
        tasks = [asyncio.ensure_future(readers.feed(job(SLOW))) for _ in range(2)]
        child = await the_child(readers)
        for task in tasks:
            task.cancel()
    assert child.gone.is_set()
    assert not is_there(child.pid)


@needs_proc
@pytest.mark.parametrize("at_work", [False, True])
def test_a_child_ends_when_its_parent_is_killed(at_work: bool) -> None:
    script = (
        "import asyncio\n"
        "from bot.feeds.reading.readers import Readers\n"
        "from tests.feeds.test_readers import SLOW, job, numbered, the_child, until\n"
        "async def main():\n"
        "    async with Readers(limit=0.5) as readers:\n"
        "        await readers.feed(numbered(1))\n"
        "        child = await the_child(readers)\n"
        f"        work = {at_work} and asyncio.ensure_future(readers.feed(job(SLOW)))\n"
        f"        await until(lambda: child.waiting == {at_work})\n"
        "        print(child.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )
    with parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([child], [], [], 20)[0]
    finally:
        os.close(child)


@needs_proc
async def test_a_child_knows_nothing_of_the_bots_environment(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDORWATCH_SLACK__BOT_TOKEN", "xoxb-1")
    await readers.feed(numbered(1))
    child = await the_child(readers)
    assert b"xoxb" not in environment(child.pid)


@pytest.mark.parametrize(
    ("program", "reason"), [("/no/python", "cannot be started"), ("/bin/false", "does not start")]
)
async def test_a_reader_that_does_not_start_is_told_as_that(
    readers: Readers, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(FeedError, match=f"was not read: the reader process {reason}"):
        async with asyncio.timeout(15):
            await readers.feed(numbered(1))
    monkeypatch.undo()
    assert (await readers.feed(numbered(1))).entries


def test_a_bug_is_told_by_its_place_and_without_the_feeds_words() -> None:
    def broken(_: Frame) -> list[Frame]:
        return [Frame(frames.DONE, str(int("the feed's words")))]

    sink = BytesIO()
    assert child_process._answer(lambda frame: iter(broken(frame)), Frame(frames.FEED, ""), sink)
    (told,) = Received().add(sink.getvalue())
    assert told.kind == frames.BUG
    assert "ValueError" in told.text
    assert "bot/feeds/reading/child.py:" in told.text
    assert "words" not in told.text


def test_frames_come_together_from_pieces_of_any_size() -> None:
    sink = BytesIO()
    sent = [Frame(frames.PART, '"é"', b"\0\1"), Frame(frames.DONE, ""), Frame(frames.DONE, "[]")]
    for frame in sent:
        frames.write(sink, frame)
    for size in (1, 3, 10, 1_000):
        received = Received()
        data = sink.getvalue()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [frame for piece in pieces for frame in received.add(piece)] == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        "[" * 100_000,
        '["t",[1],0,0,null,[],[]]',
        '["t",[],0,0,null,["x"],[]]',
        '["t",[],"0",0,null,[],[]]',
        '["t",[["id","t","s",null,"yesterday"]],0,0,null,[],[]]',
        '["t",[["id","t","s",null,5]],0,0,null,[],[]]',
        '["t",[["id","t",null,null,null]],0,0,null,[],[]]',
        '["t",[["id","t","s",null,"2026-01-01T00:00:00"]],0,0,null,[],[]]',
    ],
)
def test_an_answer_that_no_reader_gives_is_not_believed(text: str) -> None:
    frame = Frame(frames.DONE, text)
    for read in (lambda: unpack_reading(frame, URL), lambda: unpack_article(frame)):
        with pytest.raises((ValueError, TypeError, RecursionError)):
            read()


def test_a_reading_is_the_same_after_the_journey() -> None:
    entries = tuple(Entry(URL, str(n), "Title", "word " * 20_000, None, NOW) for n in range(5))
    hours, days = frozenset((0, 23)), frozenset((6,))
    sent = Reading("News", entries, 3, b"12345678", 1, None, hours, days)
    *parts, end = pack_reading(sent)
    assert len(parts) > 1
    before = [entry for part in parts for entry in unpack_entries(part, URL)]
    assert unpack_reading(end, URL, before) == sent
