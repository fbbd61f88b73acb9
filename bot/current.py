"""The watchlists in use: packs loaded and compiled, and over them what each team has edited.

A broken file never takes the running watchlist away: the last good one stays, and the log says
what is wrong and where.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from bot import pack
from bot.core.editing.edition import Edition
from bot.core.editing.overlay import Overlay
from bot.core.editing.revision import Revision
from bot.core.matcher import Matcher
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.errors import InvalidFileError, StorageError

log = structlog.get_logger()
LOOK_EVERY = 2.0
"""Seconds between two looks at the files and at what other processes edited."""


class Revisions(Protocol):
    """Where edits are kept. May raise StorageError."""

    async def heads(self) -> dict[str, int]:
        """Give the `seq` of the last revision that holds, for each team that has any."""

    async def after(self, team: str, seq: int) -> tuple[Revision, ...]:
        """Give the revisions that hold, those after a `seq`, in order."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A watchlist and the matcher of its names: the two are swapped as one.

    `edition` is what they are made of.
    """

    watchlist: Watchlist
    matcher: Matcher
    edition: Edition
    _revisions: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def revision(self, vendor: Vendor) -> str:
        """Name the state of a vendor's record; worked out once, as it takes milliseconds."""
        known = self._revisions.get(vendor.id)
        if known is None:
            known = self._revisions[vendor.id] = self.watchlist.revision(vendor)
        return known


class CurrentWatchlist:
    """Holds the compiled watchlists that the bot works with at this moment."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Load and compile; raise InvalidFileError with every problem of every file.

        Every team has what the packs say, until `follow` is told of what was edited.
        """
        self._folders = tuple(folders)
        self._fingerprint = pack.fingerprint(self._folders)
        self._asked = asyncio.Event()
        self._revisions: Revisions | None = None
        self._turn = asyncio.Lock()
        self._teams: dict[str, Compiled] = {}
        self.packs = _compile(self._folders)

    def of(self, team: str) -> Compiled:
        """Give a team's watchlist."""
        return self._teams.get(team, self.packs)

    async def follow(self, revisions: Revisions) -> None:
        """Take in what was edited before and from now on. Raise StorageError."""
        self._revisions = revisions
        await self.look()

    async def look(self) -> None:
        """Take in what was edited, here or by another process. Raise StorageError."""
        if self._revisions is None:
            return
        for team, seq in (await self._revisions.heads()).items():
            if seq > self.of(team).edition.overlay.seq:
                async with self._turn:
                    await self._catch_up(team)

    async def _catch_up(self, team: str) -> None:
        if self._revisions is None:
            return
        edition = self.of(team).edition
        overlay = edition.overlay
        for revision in await self._revisions.after(team, overlay.seq):
            overlay = overlay.with_revision(revision)
        if overlay is not edition.overlay:
            self._teams[team] = await asyncio.to_thread(_laid, self.packs, overlay)

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
            packs = await asyncio.to_thread(_compile, self._folders)
        except InvalidFileError as error:
            log.error("watchlist kept: the changed files have problems", count=len(error.problems))
            for problem in error.problems:
                log.error("watchlist problem", problem=str(problem))
            return False
        if self.packs.watchlist.vendors and not packs.watchlist.vendors:
            # A folder that is being replaced is empty for a moment; nobody watches for nobody.
            log.error("watchlist kept: the changed folders hold no vendor")
            return False
        async with self._turn:
            overlays = {team: each.edition.overlay for team, each in self._teams.items()}
            teams = {
                team: await asyncio.to_thread(_laid, packs, overlay)
                for team, overlay in overlays.items()
            }
            self.packs, self._teams = packs, teams
        log.info("watchlist reloaded", vendors=len(packs.watchlist.vendors))
        return True

    def nudge(self) -> None:
        """Ask for a reload now, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Look for changed files and for edits until cancelled."""
        while True:
            asked = await self._wait()
            try:
                await (self.reload() if asked else self.reload_if_changed())
                await self.look()
            except StorageError as error:
                log.error("edits of the watchlist are out of reach", reason=str(error))
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
    return Compiled(watchlist, Matcher(watchlist.vendors.values()), Edition(watchlist))


def _laid(packs: Compiled, overlay: Overlay) -> Compiled:
    """Compile what a team has: its own words over those of the packs."""
    edition = Edition(packs.watchlist, overlay)
    laid = edition.laid
    for vendor, reason in laid.unfit.items():
        log.error("edits kept out: they do not fit the packs", vendor=vendor, reason=reason)
    if not laid.changed:
        return Compiled(packs.watchlist, packs.matcher, edition)
    own = [each for id_ in laid.changed if (each := laid.watchlist.vendors.get(id_))]
    matcher = Matcher(own, over=packs.matcher, without=laid.changed)
    return Compiled(laid.watchlist, matcher, edition)
