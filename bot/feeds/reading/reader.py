"""One reader process as its parent sees it: a queue of jobs, a clock, and an end."""

import asyncio
import os
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog

from bot.feeds.reading import frames
from bot.feeds.reading.frames import MOST_TEXT, Frame, Received
from bot.feeds.reading.packing import Pieces

log: structlog.stdlib.BoundLogger = structlog.get_logger()

START_LIMIT = 30.0
"""Seconds for a child to start, or to import what a kind of job needs."""

_MOST_ANSWER = 2 * MOST_TEXT
_AT_ONCE = 64 * 1024
"""Bytes of a job that are put together into one write; a larger one goes in pieces of this."""

_ANSWERED = frozenset((frames.DONE, frames.REFUSED, frames.TOO_LARGE, frames.BUG))
_SECOND_LOOK = 0.05
_TOO_LONG = (-signal.SIGPROF, -signal.SIGALRM)
"""How a child ends itself when a job has had its time."""


class Ended(Enum):
    """How a job ended that has no answer: by what it did, or before the child had begun with it."""

    SLOW = auto()
    BROKEN = auto()
    UNBEGUN = auto()
    UNLOADED = auto()


@dataclass(slots=True, eq=False)
class _Asked:
    kind: bytes
    answer: "asyncio.Future[list[Frame] | Ended]"
    parts: list[Frame] = field(default_factory=list)
    size: int = 0
    whole: bool = False


class Child(asyncio.SubprocessProtocol):
    """A running reader process. `limit` is in seconds by the clock, for a job.

    `loaded` is what it is ready for.
    `ending`: it takes no more jobs. `gone`: it has ended and was reaped.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        self.loaded: set[bytes] = set()
        self.ending = False
        self.gone = asyncio.Event()
        self._loop = loop
        self._limit = limit
        self._transport: asyncio.SubprocessTransport | None = None
        self._pipe: asyncio.WriteTransport | None = None
        self._received = Received()
        self._asked: deque[_Asked] = deque()
        self._writing = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._looked = False

    @property
    def waiting(self) -> int:
        """How many jobs it has, with the one that it is at."""
        return len(self._asked)

    @property
    def pid(self) -> int:
        """The process."""
        return self._transport.get_pid() if self._transport else 0

    async def ask(self, job: Pieces) -> list[Frame] | Ended:
        """Have a job done; give all frames of the answer."""
        asked = _Asked(job[0], self._loop.create_future())
        async with self._writing:
            await self._room.wait()
            if self.ending:
                return Ended.UNBEGUN
            self._asked.append(asked)
            await self._write(job)
            asked.whole = True
            if self._asked and self._asked[0] is asked:
                self._begin()
        return await asked.answer

    async def _write(self, job: Pieces) -> None:
        """Write a job whole, unless the child ends meanwhile; a large one without copies of it."""
        assert self._pipe is not None  # noqa: S101 - for mypy
        kind, text, blobs = job
        size = sum(map(len, blobs))
        start = frames.head(kind, text, size)
        if size <= _AT_ONCE:
            self._pipe.write(b"".join((start, *blobs)))
            return
        self._pipe.write(start)
        for blob in blobs:
            whole = memoryview(blob)
            for at in range(0, len(whole), _AT_ONCE):
                self._pipe.write(whole[at : at + _AT_ONCE])
                try:
                    await self._room.wait()
                except asyncio.CancelledError:
                    # Nothing can follow half a job.
                    self.kill()
                    raise
                if self.ending:
                    return

    def kill(self) -> None:
        """End it at once. Jobs that it still has were not begun, as far as anybody knows."""
        self._stop()
        # Not the transport's own kill, which may reap the process before its watcher does.
        if self._transport is not None and self._transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.kill(self._transport.get_pid(), signal.SIGKILL)

    def _stop(self) -> None:
        """Take no more jobs, and give back those that it has."""
        self.ending = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._asked:
            self._finish(Ended.UNBEGUN)
        self._room.set()

    def _finish(self, answer: list[Frame] | Ended) -> None:
        asked = self._asked.popleft()
        if not asked.answer.done():  # its caller may have been cancelled
            asked.answer.set_result(answer)

    def _blame(self, how: Ended) -> None:
        """End the job that the child is at, and the child. Not the job's fault: loading for it."""
        if self._at_work:
            self._finish(how if self._asked[0].kind in self.loaded else Ended.UNLOADED)
        self.kill()

    @property
    def _at_work(self) -> bool:
        return bool(self._asked) and self._asked[0].whole

    # ------------------------------------------------------------------------- the clock

    def _begin(self) -> None:
        """Start the clock: the child begins now with the first job it has, or loads for it."""
        ready = self._asked[0].kind in self.loaded
        self._due = self._loop.time() + (self._limit if ready else START_LIMIT)
        self._looked = False
        # One timer for many jobs: setting one for each would cost more than the rest.
        if self._timer is None or self._timer.when() > self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._at_work:
            return
        now = self._loop.time()
        if now < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
        elif not self._looked:
            # This loop may have been held up itself, with the answer waiting in the pipe.
            self._looked = True
            self._timer = self._loop.call_at(now + _SECOND_LOOK, self._look)
        else:
            self._blame(Ended.SLOW)

    # ---------------------------------------------------------------- what the child says

    def _take(self, frame: Frame) -> None:
        """Take a frame. Raise ValueError if nobody waits for it."""
        if frame.kind == frames.LEAVING:
            self._stop()
            if self._pipe is not None:
                self._pipe.close()
            return
        if not self._at_work:
            raise ValueError("an answer to no question")
        asked = self._asked[0]
        asked.parts.append(frame)
        asked.size += len(frame.text) + len(frame.blob)
        if asked.size > _MOST_ANSWER:
            raise ValueError("an answer of more than 32 MiB")
        if frame.kind == frames.LOADED:
            asked.parts.clear()
            self.loaded.add(asked.kind)
            self._begin()
        elif frame.kind in _ANSWERED:
            self._finish(asked.parts)
            if self._at_work:
                self._begin()
        elif frame.kind != frames.PART:
            raise ValueError("a frame of no kind")

    # ------------------------------------------------------------- what asyncio tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the pipes."""
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101 - for mypy
        pipe = transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)  # noqa: S101 - for mypy
        self._transport, self._pipe = transport, pipe

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        """Take what the child writes."""
        if self.ending:
            return
        try:
            for frame in self._received.add(data):
                self._take(frame)
        except ValueError:
            self._blame(Ended.BROKEN)

    def pipe_connection_lost(self, fd: int, _exc: Exception | None) -> None:
        """See to it that a child that says nothing more ends as well."""
        if fd == 1 and self._transport is not None and self._transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.kill(self._transport.get_pid(), signal.SIGKILL)

    def pause_writing(self) -> None:
        """Have writers wait."""
        if not self.ending:
            self._room.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._room.set()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Put the child's end on the job that it was at; everything it said has been taken."""
        assert self._transport is not None  # noqa: S101 - for mypy
        code = self._transport.get_returncode()
        if not self.ending and code not in _TOO_LONG:
            log.warning("reader ended", code=code, loaded=bool(self.loaded))
        self._blame(Ended.SLOW if code in _TOO_LONG else Ended.BROKEN)
        self._transport.close()
        self.gone.set()
