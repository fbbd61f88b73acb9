"""What has to be done from time to time: digests when they are due, forgetting what is old."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.core.digest import Held, digest, trial
from bot.core.document import Document
from bot.core.policy import HoldReason
from bot.core.settings import DEFAULTS, Settings
from bot.core.watchlist import Watchlist
from bot.errors import StorageError
from bot.storage.rows import Retention
from bot.storage.store import Store

log = structlog.get_logger()
LONGEST_SLEEP_S = 20.0
"""A digest is late by so much at most, whoever put its alerts aside."""
KEEP = Retention()
MOST_PURGES = 1000
"""Transactions that one hour's forgetting takes at most."""
BETWEEN_PURGES = timedelta(hours=1)
AFTER_FAILURE_S = 10.0
_LEADS = {
    HoldReason.DIGEST: "Alerts since the last digest",
    HoldReason.QUIET: "Alerts from the quiet hours",
    HoldReason.PAUSE: "Alerts from while posting was stopped",
    HoldReason.FLOOD: "A feed brought unusually many entries at once, so they are told together",
}


@dataclass(slots=True)
class Upkeep:
    """Releases digests and forgets. `released` is called when a digest has been queued.

    `watchlist` gives that of a team; `settings` are those of channels that chose none.
    """

    store: Store
    watchlist: Callable[[str], Watchlist]
    clock: Callable[[], datetime]
    released: Callable[[], None]
    retention: Retention = KEEP
    settings: Settings = DEFAULTS
    _woken: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _purged_at: datetime | None = field(init=False, default=None)

    def nudge(self) -> None:
        """Say that something may be due, as after a pause."""
        self._woken.set()

    async def run(self) -> None:
        """Do what is due until cancelled."""
        while True:
            self._woken.clear()
            left = LONGEST_SLEEP_S
            try:
                await self.once()
                due = await self.store.next_digest_due()
                if due is not None:
                    left = min(left, max((due - self.clock()).total_seconds(), 0.2))
            except StorageError as error:
                log.error("upkeep failed", reason=str(error), retry_in_s=AFTER_FAILURE_S)
                left = AFTER_FAILURE_S
            except Exception:
                log.exception("upkeep stumbled", retry_in_s=AFTER_FAILURE_S)
                left = AFTER_FAILURE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._woken.wait()

    async def once(self) -> None:
        """Release what is due now and forget what is old enough, once an hour."""
        now = self.clock()
        while await self.store.release_digests(now, self._write, self.settings):
            self.released()
        purged = self._purged_at
        if purged is None or not timedelta(0) <= now - purged < BETWEEN_PURGES:
            for _ in range(MOST_PURGES):
                if not await self.store.purge(now, self.retention):
                    break
            self._purged_at = now

    def _write(self, team: str, hold: HoldReason, waited: Sequence[Held]) -> Document:
        vendors = self.watchlist(team).vendors
        named = [
            replace(each, name=vendors[each.vendor].name) if each.vendor in vendors else each
            for each in waited
        ]
        if hold is HoldReason.TRIAL:
            return trial(named)
        return digest(named, lead=_LEADS[hold])
