"""The watchlist in use: loaded, compiled, and swapped when its files change.

A broken file never takes the running watchlist away: the last good one stays, and the log says
what is wrong and where.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot import pack
from bot.core.matcher import Matcher
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.errors import InvalidFileError

log = structlog.get_logger()
LOOK_EVERY = 2.0
"""Seconds between two looks at the files."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A watchlist and the matcher of its names: the two are swapped as one."""

    watchlist: Watchlist
    matcher: Matcher
    _revisions: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def revision(self, vendor: Vendor) -> str:
        """Name the state of a vendor's record; worked out once, as it takes milliseconds."""
        known = self._revisions.get(vendor.id)
        if known is None:
            known = self._revisions[vendor.id] = self.watchlist.revision(vendor)
        return known


class CurrentWatchlist:
    """Holds the compiled watchlist that the bot works with at this moment."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Load and compile; raise InvalidFileError with every problem of every file."""
        self._folders = tuple(folders)
        self._fingerprint = pack.fingerprint(self._folders)
        self._asked = asyncio.Event()
        self.compiled = _compile(self._folders)

    async def reload_if_changed(self) -> bool:
        """Load changed files; say whether a new watchlist is in use."""
        fingerprint = await asyncio.to_thread(pack.fingerprint, self._folders)
        if fingerprint == self._fingerprint:
            return False
        return await self.reload()

    async def reload(self) -> bool:
        """Load the files again, off the event loop; say whether a new watchlist is in use."""
        self._fingerprint = await asyncio.to_thread(pack.fingerprint, self._folders)
        try:
            compiled = await asyncio.to_thread(_compile, self._folders)
        except InvalidFileError as error:
            log.error("watchlist kept: the changed files have problems", count=len(error.problems))
            for problem in error.problems:
                log.error("watchlist problem", problem=str(problem))
            return False
        if self.compiled.watchlist.vendors and not compiled.watchlist.vendors:
            # A folder that is being replaced is empty for a moment; nobody watches for nobody.
            log.error("watchlist kept: the changed folders hold no vendor")
            return False
        self.compiled = compiled
        log.info("watchlist reloaded", vendors=len(self.compiled.watchlist.vendors))
        return True

    def nudge(self) -> None:
        """Ask for a reload now, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Look for changed files until cancelled."""
        while True:
            asked = await self._wait()
            try:
                await (self.reload() if asked else self.reload_if_changed())
            except Exception:
                log.exception("watchlist kept: it could not be loaded again")

    async def _wait(self) -> bool:
        """Wait for the next look; say whether somebody asked for it."""
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True


def _compile(folders: Sequence[Path]) -> Compiled:
    watchlist = pack.load(folders)
    return Compiled(watchlist, Matcher(watchlist.vendors.values()))
