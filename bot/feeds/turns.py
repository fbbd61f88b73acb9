"""One request at a time for each host, with a breath between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_MOST_HOSTS = 1_000


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0


class Turns:
    """Who may ask which host now. `pause` is in seconds, between two requests to one host."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Wait for this host's turn and hold it."""
        self._forget()
        turn = self._hosts.setdefault(host, _Host())
        turn.waiting += 1
        try:
            async with turn.lock:
                now = asyncio.get_running_loop().time()
                if turn.free_at > now:
                    await asyncio.sleep(turn.free_at - now)
                try:
                    yield
                finally:
                    turn.free_at = asyncio.get_running_loop().time() + self._pause
        finally:
            turn.waiting -= 1

    def _forget(self) -> None:
        """Drop hosts that nobody waits for, once there are many."""
        if len(self._hosts) < _MOST_HOSTS:
            return
        now = asyncio.get_running_loop().time()
        self._hosts = {
            name: host for name, host in self._hosts.items() if host.waiting or host.free_at > now
        }
