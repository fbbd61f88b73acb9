"""Lines from standard input without blocking the event loop, on every kind of input.

A daemon thread reads the descriptor: event loops cannot watch regular files, and a thread that
holds Python's own stdin buffer would keep the interpreter from ending.
"""

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator

CHUNK = 4096
LONGEST_LINE = 40_000
"""Characters; Slack's own limit for a message's text. What is longer is cut off."""


async def read_lines(descriptor: int = 0) -> AsyncIterator[str]:
    """Give each line that arrives, without its line end, until the input ends."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(16)

    def pump() -> None:
        while True:
            room.acquire()
            try:
                chunk = os.read(descriptor, CHUNK)
            except OSError:
                chunk = b""
            try:
                loop.call_soon_threadsafe(queue.put_nowait, chunk)
            except RuntimeError:  # the loop has closed: nobody listens any more
                return
            if not chunk:
                return

    threading.Thread(target=pump, name="stdin", daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pending = ""
    while True:
        chunk = await queue.get()
        room.release()
        pending += decoder.decode(chunk, final=not chunk)
        *lines, pending = pending.split("\n")
        for line in lines:
            yield line.rstrip("\r")[:LONGEST_LINE]
        pending = pending[:LONGEST_LINE]
        if not chunk:
            if pending:
                yield pending
            return
