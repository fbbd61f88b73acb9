"""Reading in a process of its own: what a stranger's bytes do to it, they do not do to the bot.

Jobs go to a child one after another, several on their way at a time, and are answered in order. A
child that takes too long is killed. Whatever ends a child is put on the job that it had begun,
which is never run again; the jobs behind that one are, in the next child.
"""

import asyncio
import json
import os
import sys
from types import TracebackType
from typing import Self

import structlog

from bot.core.addresses import redact
from bot.errors import FeedError
from bot.feeds.extraction.article import Article
from bot.feeds.jobs import FeedJob, PageJob, Reading
from bot.feeds.reading import frames
from bot.feeds.reading.frames import Frame
from bot.feeds.reading.packing import (
    Pieces,
    pack_feed,
    pack_page,
    unpack_article,
    unpack_entries,
    unpack_reading,
)
from bot.feeds.reading.reader import Child, Ended

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_MOST_STARTS = 3
"""Children in a row that end before they have begun with a job; then it is not the feeds."""

REST = 150 * 1024 * 1024
"""Bytes of memory after a job with which a child goes on: what is freed may be in small pieces."""

_NO_ANSWER = (ValueError, TypeError, OverflowError, RecursionError)
"""What reading something that is no answer may raise."""

_KINDS = {frames.FEED: "feed", frames.PAGE: "page"}


class Readers:
    """Up to `children` reader processes, started when there is something to read.

    `limit` is in seconds of processor time, for each job; by the clock it may take `patience` times
    that from when a child begins with it, since a machine that is busy with other things is not the
    feed's fault. At most `most_waiting` jobs are on their way at once; callers wait until there is
    room. A child that holds more than `rest` bytes of memory after a job makes room for another.
    """

    def __init__(
        self,
        *,
        children: int = 1,
        limit: float = 5.0,
        patience: float = 3.0,
        most_waiting: int = 64,
        rest: int = REST,
    ) -> None:
        self._most = children
        self._limit = limit
        self._wall = limit * patience
        self._rest = rest
        self._room = asyncio.Semaphore(most_waiting)
        self._starting = asyncio.Lock()
        self._children: list[Child] = []
        self._open = False

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        async with self._starting:  # one may be on its way
            for child in self._children:
                child.kill()
        for child in self._children:
            await child.gone.wait()

    async def feed(self, job: FeedJob) -> Reading:
        """Read a feed. Raise FeedError."""
        *parts, end = await self._run(pack_feed(job), job.url)
        try:
            entries = []
            for part in parts:
                entries += unpack_entries(part, job.url)
                # Let others in between: a first poll may bring megabytes.
                await asyncio.sleep(0)
            return unpack_reading(end, job.url, entries)
        except _NO_ANSWER:
            raise self._distrust(job.url) from None

    async def page(self, job: PageJob) -> Article:
        """Reduce a page to its article. Raise FeedError."""
        *_, end = await self._run(pack_page(job), job.url)
        try:
            return unpack_article(end)
        except _NO_ANSWER:
            raise self._distrust(job.url) from None

    async def _run(self, job: Pieces, url: str) -> list[Frame]:
        """Give the frames of a job's answer. Raise FeedError."""
        name = _KINDS[job[0]]
        async with self._room:
            answer = await self._ask(job, url)
        if answer is Ended.SLOW:
            raise FeedError(f"{redact(url)} took over {self._limit:g} seconds to read")
        if answer is Ended.BROKEN:
            raise FeedError(f"{redact(url)} broke the reader")
        if isinstance(answer, Ended):
            raise FeedError(f"{redact(url)} was not read: the reader process does not start")
        end = answer[-1]
        if end.kind == frames.TOO_LARGE:
            raise FeedError(f"{redact(url)} needs more memory than a {name} may have")
        if end.kind in (frames.REFUSED, frames.BUG):
            raise self._refused(end, url)
        return answer

    async def _ask(self, job: Pieces, url: str) -> list[Frame] | Ended:
        """Have a job done, by the next child where one has ended that had not begun with it."""
        unstarted = 0
        while unstarted < _MOST_STARTS:
            try:
                child = await self._child()
            except OSError as error:
                reason = f"the reader process cannot be started: {error.strerror}"
                raise FeedError(f"{redact(url)} was not read: {reason}") from None
            answer = await child.ask(job)
            if answer not in (Ended.UNBEGUN, Ended.UNLOADED):
                return answer
            unstarted += answer is Ended.UNLOADED or not child.loaded
        return Ended.UNLOADED

    async def _child(self) -> Child:
        """Give the child with the least to do, a new one where all are busy. Raise OSError."""
        child = self._least_busy()
        if child is None:
            async with self._starting:
                child = self._least_busy() or await self._start()
        return child

    def _least_busy(self) -> Child | None:
        if not self._open:
            raise RuntimeError("Readers work inside their async with block")
        living = [child for child in self._children if not child.ending]
        least = min(living, key=lambda child: child.waiting, default=None)
        return least if least and (not least.waiting or len(living) >= self._most) else None

    async def _start(self) -> Child:
        """Start a child, which has nothing of ours but the code and the two pipes."""
        self._children = [child for child in self._children if not child.gone.is_set()]
        # As the parent finds its modules, and never in a folder that it happens to stand in.
        path = map(os.path.abspath, sys.path)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        loop = asyncio.get_running_loop()
        _, child = await loop.subprocess_exec(
            lambda: Child(loop, self._wall),
            *(sys.executable, "-P", "-X", "utf8", "-m", "bot.feeds.reading.child"),
            *map(str, (self._limit, self._wall, self._rest)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": os.pathsep.join(path)},
        )
        self._children.append(child)
        return child

    def _refused(self, end: Frame, url: str) -> FeedError:
        try:
            match json.loads(end.text):
                case str(reason):
                    return FeedError(reason)
                case [str(error), *places]:
                    log.error("reader broke", url=redact(url), error=error, at=places)
                    return FeedError(
                        f"{redact(url)} broke the reader ({error}); the log says where"
                    )
        except _NO_ANSWER:
            pass
        return self._distrust(url)

    def _distrust(self, url: str) -> FeedError:
        """Be rid of all children: one of them has said what no reader says."""
        for child in self._children:
            child.kill()
        return FeedError(f"{redact(url)} broke the reader")


_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""What a child gets of the environment; the rest may hold secrets."""
