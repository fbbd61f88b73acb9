"""A reader process: reads feeds and pages for a parent that may kill it at any time.

It has little memory, no environment and nothing to write to, ends when its parent does, and ends by
itself when a job has had its processor time, goes on for long after the parent's limit, or has left
much memory behind.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import BinaryIO

from bot.errors import FeedError
from bot.feeds.reading import frames
from bot.feeds.reading.frames import Frame
from bot.feeds.reading.packing import pack_article, pack_reading, unpack_feed, unpack_page

MOST_DATA = 216 * 1024 * 1024
"""Bytes of its own memory. With what is mapped of libraries, 25 MB, it stays under 256 MB."""

GRACE = 1.0
"""Seconds over a job's limit by the clock until the child ends itself, without its parent."""

_FILES = 32

Job = Callable[[Frame], Iterator[Frame]]


def main() -> None:
    """Answer jobs from standard input on standard output until its end.

    The arguments are the limits of a job in seconds, of processor time and by the clock, and the
    `rest` of `Readers`.
    """
    limits, rest = (float(sys.argv[1]), float(sys.argv[2])), int(sys.argv[3])
    _confine()
    source = os.fdopen(os.dup(0), "rb", buffering=64 * 1024)
    sink = os.fdopen(os.dup(1), "wb", buffering=64 * 1024)
    # Whatever a library prints must not get between the frames.
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    try:
        _serve(source, sink, limits, rest)
    except (OSError, KeyboardInterrupt):
        os._exit(0)


def _confine() -> None:
    """Set the limits. Signals meant for the parent are its business; it closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        import resource  # noqa: PLC0415 - not every system has such limits
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_DATA, MOST_DATA),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _serve(source: BinaryIO, sink: BinaryIO, limits: tuple[float, float], rest: int) -> None:
    work, wall = limits
    loaded: dict[bytes, Job] = {}
    while (frame := frames.read(source)) is not None:
        job = loaded.get(frame.kind)
        if job is None:
            job = loaded[frame.kind] = _JOBS[frame.kind]()
            frames.write(sink, Frame(frames.LOADED, ""))
        # Both end it, whatever it is at: nobody handles their signals.
        signal.setitimer(signal.ITIMER_PROF, work)
        signal.setitimer(signal.ITIMER_REAL, wall + GRACE)
        goes_on = _answer(job, frame, sink)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if not goes_on or _resident() > rest:
            frames.write(sink, Frame(frames.LEAVING, ""))
            return


def _answer(job: Job, frame: Frame, sink: BinaryIO) -> bool:
    """Do a job and write its answer. False: memory ran out, and who knows what is left of it."""
    try:
        for part in job(frame):
            frames.write(sink, part)
    except FeedError as error:
        frames.write(sink, Frame(frames.REFUSED, json.dumps(str(error))))
    except MemoryError:
        frames.write(sink, Frame(frames.TOO_LARGE, ""))
        return False
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - libraries let anything through on hostile input
        frames.write(sink, Frame(frames.BUG, json.dumps(_told(error))))
    return True


def _told(error: Exception) -> list[str]:
    """Say what broke and where in our code. The error's own words may hold the feed's."""
    ours = Path(__file__).parents[2]
    places = [
        f"{Path(each.filename).relative_to(ours.parent)}:{each.lineno}"
        for each in traceback.extract_tb(error.__traceback__)[-50:]
        if Path(each.filename).is_relative_to(ours)
    ]
    return [type(error).__name__, *places[-3:]]


@cache
def _statm() -> int:
    """Open what tells of this process's memory; it stays open, as it is read after each job."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return -1


def _resident() -> int:
    """Give the bytes of memory in use; 0 where the system does not say."""
    if (statm := _statm()) < 0:
        return 0
    return int(os.pread(statm, 100, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --------------------------------------------------------------------------------- the jobs
# Each imports what it needs only when it is first asked for: trafilatura is as large again as all
# that a feed takes.


def _feeds() -> Job:
    from bot.feeds.listing import read  # noqa: PLC0415 - see above

    return lambda frame: pack_reading(read(unpack_feed(frame)))


def _pages() -> Job:
    from bot.feeds.extraction.extract import extract  # noqa: PLC0415 - see above

    def read(frame: Frame) -> Iterator[Frame]:
        job = unpack_page(frame)
        return pack_article(extract(job.body, job.url, job.charset, job.content_type))

    return read


_JOBS: Mapping[bytes, Callable[[], Job]] = {frames.FEED: _feeds, frames.PAGE: _pages}


if __name__ == "__main__":
    main()
