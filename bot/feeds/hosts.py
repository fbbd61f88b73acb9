"""Hosts are spared: one request at a time for each, a breath between two, rest when they ask it.

A host is known while somebody waits for it, its pause lasts or it rests, and no longer.

What a feed is told holds for the whole host: it is asked seldom, and what wears a server out is not
its feed. What a page is told holds for the host's pages alone. `Retry-After` speaks of the resource
that was asked for (RFC 9110, 10.2.3), and 429 of whoever asks, be it for one resource or for all
(RFC 6585, 4); a feed that is meant as well says so itself when it is next due, at the cost of one
request. To rest it unasked would cost every feed of a large site its news for one article's limit.
"""

import asyncio
import re
from datetime import datetime, timedelta
from types import TracebackType

from bot.feeds.links import origin_host
from bot.feeds.schedule import LONGEST_RETRY_AFTER

_PAGES = "pages of "
"""Before the name of a host of which only the pages rest."""

_FEWEST = 1_000
"""Hosts that are kept before any is looked for that could be forgotten."""

MOST_RESTING = 10_000
"""Rests that are kept at least; with twice as many, those that end first are forgotten."""

# An address as nearly all are. To take one to pieces takes ten times as long.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?::\d+)?(?:[/?#]|\Z)")


def host_of(url: str) -> str:
    """Give the host that an address is asked at, as `Hosts` knows it: in lower case, or empty."""
    plain = _PLAIN.match(url)
    return plain[1] if plain else origin_host(url)


class _Host:
    """The turns at one host: whoever enters holds it until they leave."""

    __slots__ = ("free_at", "lock", "pause", "waiting")

    def __init__(self, pause: float) -> None:
        self.lock = asyncio.Lock()
        self.pause = pause
        self.waiting = 0
        self.free_at = 0.0

    async def __aenter__(self) -> None:
        self.waiting += 1
        try:
            await self.lock.acquire()
            try:
                if self.pause:
                    await self._breathe()
            except BaseException:
                self.lock.release()
                raise
        except BaseException:
            self.waiting -= 1
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.pause:
            self.free_at = asyncio.get_running_loop().time() + self.pause
        self.lock.release()
        self.waiting -= 1

    async def _breathe(self) -> None:
        left = self.free_at - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)


class Hosts:
    """Who may ask which host now. `pause` is in seconds, between two requests to one host."""

    def __init__(self, pause: float = 1.0) -> None:
        self._pause = pause
        self._hosts: dict[str, _Host] = {}
        self._most = _FEWEST
        self._resting: dict[str, datetime] = {}
        self._most_resting = _FEWEST

    def __len__(self) -> int:
        """Count the hosts that are known."""
        return len(self._hosts) + len(self._resting)

    def at(self, host: str) -> _Host:
        """Wait for this host's turn and hold it: `async with hosts.at(host)`, entered at once.

        A rest is not waited for; see `rests_until`, again once inside: whoever was there before
        may have been told to stay away.
        """
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= self._most:
                self._forget()
            known = self._hosts[host] = _Host(self._pause)
        return known

    def rest(self, host: str, now: datetime, seconds: float, *, page: bool = False) -> None:
        """Leave a host alone for so long, as it asked, up to a week; a longer rest stands.

        Only its pages rest where it was a `page` that was asked for.
        """
        until = now + min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)
        name = _PAGES + host if page else host
        if until > self._resting.get(name, now):
            self._resting[name] = until
            if len(self._resting) > self._most_resting:
                self._wake(now)

    def rests_until(self, host: str, now: datetime, *, page: bool = False) -> datetime | None:
        """Give the end of a host's rest, or of its pages'; None if it may be asked now."""
        if not self._resting:
            return None
        own = self._until(host, now)
        pages = self._until(_PAGES + host, now) if page else None
        return max(own, pages) if own and pages else own or pages

    def _until(self, name: str, now: datetime) -> datetime | None:
        until = self._resting.get(name)
        if until is not None and until <= now:
            del self._resting[name]
            return None
        return until

    def _forget(self) -> None:
        """Drop hosts that nobody waits for; looked at again once as many have come as were left."""
        now = asyncio.get_running_loop().time()
        self._hosts = {
            name: host for name, host in self._hosts.items() if host.waiting or host.free_at > now
        }
        self._most = max(_FEWEST, 2 * len(self._hosts))

    def _wake(self, now: datetime) -> None:
        left = sorted(
            ((name, until) for name, until in self._resting.items() if until > now),
            key=lambda each: each[1],
        )
        self._resting = dict(left[-MOST_RESTING:])
        self._most_resting = max(_FEWEST, 2 * len(self._resting))
