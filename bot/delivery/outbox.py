"""Delivers what is in the outbox: claims, carries, writes down how it went.

What may have been posted without being written down is asked for, or posted again with the same
key, once its lease has run out. No text of a document is logged.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog

from bot.core.compact import channel_failed
from bot.core.mention import Channel
from bot.delivery.errand import carry
from bot.delivery.outcome import (
    SETTLED,
    Again,
    Doubtful,
    GivenUp,
    Outcome,
    Sent,
    after,
    backoff,
)
from bot.errors import DeliveryError, StorageError
from bot.platforms.base import Platform
from bot.storage.rows import ANSWERS, Kind, Outgoing
from bot.storage.store import Store

# Long enough to post and write it down, short enough that a crash is made good within 30 s.
LEASE = timedelta(seconds=25)
TIME_LIMIT_S = 20.0
# How long another process's new documents wait for somebody to look.
LONGEST_SLEEP_S = 2.0
# A database that is back is found within so much, however long it was gone.
LONGEST_REST_S = 10.0
# What a cancelled worker leaves its posts to come to an end.
GRACE_S = 4.0
# Looks at the outbox are at least this far apart where something is due that cannot be had.
BETWEEN_LOOKS = timedelta(milliseconds=100)


class Worker:
    """Delivers documents, in order within a channel, at most one a channel every `pace`.

    At most `concurrency` are on their way at a time. Whatever goes wrong with the store, a
    platform or an adapter is logged, and the work goes on. `admins` are told once of a channel
    that takes nothing any more. A claim holds for `lease`, which must be longer than posting may
    take (`time_limit_s`, seconds); a post of unknown outcome is asked for after `settled`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - its four surroundings; the rest has defaults
        self,
        store: Store,
        platforms: Mapping[str, Platform],
        clock: Callable[[], datetime],
        rng: Random,
        pace: timedelta = timedelta(seconds=1),
        concurrency: int = 16,
        time_limit_s: float = TIME_LIMIT_S,
        admins: tuple[Channel, ...] = (),
        lease: timedelta = LEASE,
        settled: timedelta = SETTLED,
    ) -> None:
        self._store = store
        self._platforms = platforms
        self._clock = clock
        self._rng = rng
        self._pace = pace
        self._concurrency = concurrency
        self._time_limit_s = time_limit_s
        self._lease = lease
        self._settled = settled
        self._admins = admins
        self.known: Callable[[Channel], Channel] = lambda channel: channel
        """Gives a channel of the configuration as it goes on; the app knows."""
        self._log = structlog.stdlib.get_logger(__name__)
        self._under_way: set[str] = set()
        self._rests: dict[str, datetime] = {}
        self._claiming = asyncio.Lock()
        self._loops: set[asyncio.Event] = set()

    def nudge(self) -> None:
        """Say that there may be something new to deliver."""
        for woken in self._loops:
            woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is on its way then has a few seconds to arrive."""
        await self._deliver_until(None, grace_s=GRACE_S)

    async def drain(self, deadline_s: float) -> None:
        """Deliver what can be delivered within `deadline_s` seconds, as before a shutdown.

        Returns as soon as nothing is on its way and nothing comes due in time. What is left stays
        in the outbox. `run` may be running or not.
        """
        until = self._clock() + timedelta(seconds=deadline_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                await self._deliver_until(until, grace_s=0.0)

    async def _deliver_until(self, until: datetime | None, grace_s: float) -> None:
        woken = asyncio.Event()
        self._loops.add(woken)
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    await self._loop(group, woken, until)
                except asyncio.CancelledError:
                    await self._let_arrive(woken, grace_s)
                    raise
        finally:
            self._loops.discard(woken)

    async def _loop(
        self, group: asyncio.TaskGroup, woken: asyncio.Event, until: datetime | None
    ) -> None:
        failures = 0
        while True:
            woken.clear()
            try:
                due = await self._start_due(group)
            except Exception as error:  # noqa: BLE001 - a bug here must not end all delivery
                failures += 1
                # Not woken early: a full disk is not to be asked again at every message.
                await self._rest(error, failures)
                continue
            failures = 0
            # What came to an end while the store was asked may have made another document due.
            idle = not self._under_way and not woken.is_set()
            if until is not None and idle and (due is None or due > until):
                return
            left = LONGEST_SLEEP_S
            if due is not None:
                left = min(left, (due - self._clock()).total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await woken.wait()

    async def _start_due(self, group: asyncio.TaskGroup) -> datetime | None:
        """Start what is due and say when to look again; None: not before a nudge."""
        async with self._claiming:
            now = self._clock()
            # A rest longer than the pace is one from before the clock was set back.
            self._rests = {
                lane: end for lane, end in self._rests.items() if now < end <= now + self._pace
            }
            free = self._concurrency - len(self._under_way)
            if free <= 0:
                return None
            resting = self._under_way | self._rests.keys()
            claiming = group.create_task(self._claim(now, free, resting))
            try:
                claimed = await asyncio.shield(claiming)
            except asyncio.CancelledError:
                # What is claimed by now nobody else may have for the length of a lease.
                self._start(group, await claiming)
                raise
            if isinstance(claimed, Exception):
                raise claimed
            self._start(group, claimed)
            if len(claimed) == free:
                return None  # the next one that arrives says to look again
            due = await self._store.next_due(now, self._under_way)
            if due is None or due > now:
                return due
            # Due, yet not to be had: its channel rests, or somebody else is just claiming it.
            return max(min(self._rests.values(), default=now), now + BETWEEN_LOOKS)

    async def _claim(
        self, now: datetime, free: int, resting: Collection[str]
    ) -> Sequence[Outgoing] | Exception:
        """Claim, or give the error: one that is raised in a task of a group ends the group."""
        try:
            return await self._store.claim(now, self._lease, free, resting)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            return error

    def _start(self, group: asyncio.TaskGroup, claimed: Sequence[Outgoing] | Exception) -> None:
        for outgoing in () if isinstance(claimed, Exception) else claimed:
            self._under_way.add(outgoing.lane)
            task = group.create_task(self._deliver(outgoing))
            # Not in the task itself, which may be cancelled before it has begun.
            task.add_done_callback(partial(self._done, outgoing))

    async def _deliver(self, outgoing: Outgoing) -> None:
        """Post one document and write down how it went; raise nothing but cancellation."""
        private = outgoing.channel.private
        log = self._log.bind(
            outbox=outgoing.id,
            kind=outgoing.kind.value,
            vendor=None if private else outgoing.vendor,
            channel="private" if private else outgoing.channel.key,
            attempt=outgoing.attempts,
        )
        try:
            outcome = await self._post(outgoing, log)
            await self._write_down(outgoing, outcome)
            _report(outcome, log)
        except Exception:
            log.exception("delivery broke off; it is tried again when its lease has run out")

    def _done(self, outgoing: Outgoing, task: asyncio.Task[None]) -> None:
        del task
        self._under_way.discard(outgoing.lane)
        if self._pace and outgoing.kind not in {*ANSWERS, Kind.REVISE}:
            self._rests[outgoing.lane] = self._clock() + self._pace
        self.nudge()

    async def _post(self, outgoing: Outgoing, log: structlog.stdlib.BoundLogger) -> Outcome:
        platform = self._platforms.get(outgoing.channel.platform)
        if platform is None:
            reason = f"platform {outgoing.channel.platform} is not set up; add it to the config"
            return GivenUp(reason)
        try:
            async with asyncio.timeout(self._time_limit_s):
                receipt = await carry(platform, outgoing)
        except Exception as error:
            outcome = after(error, outgoing.attempts, self._rng, self._settled)
            if outgoing.channel.private:
                # A platform's words may name the channel, and they are shown to others.
                reason = outcome.reason.replace(outgoing.channel.id, "the channel")
                outcome = replace(outcome, reason=reason)
            if not isinstance(error, DeliveryError | TimeoutError):
                log.exception("an adapter failed in a way it should not")
            return outcome
        return Sent(receipt)

    async def _write_down(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Try until it is written: a document forgotten here would be posted twice."""
        now = self._clock()
        failures = 0
        while True:
            try:
                match outcome:
                    case Sent(receipt):
                        await self._store.sent(outgoing.id, receipt, now)
                    case Again(reason, pause):
                        await self._store.put_back(outgoing.id, reason, now + pause)
                    case Doubtful(reason, pause):
                        await self._store.doubt(outgoing.id, reason, now + pause)
                    case GivenUp(reason):
                        await self._park(outgoing, reason, now)
            except StorageError as error:
                failures += 1
                await self._rest(error, failures)
            else:
                return

    async def _park(self, outgoing: Outgoing, reason: str, now: datetime) -> None:
        channel = outgoing.channel
        place = f"a private channel on {channel.platform}" if channel.private else channel.key
        notice = channel_failed(place, reason)
        notices = [(self.known(admin), notice) for admin in self._admins]
        if await self._store.park(outgoing.id, reason, now, notices):
            self.nudge()

    async def _rest(self, error: Exception, failures: int) -> None:
        """Wait for the database to recover; say so in the log."""
        pause = min(backoff(failures, self._rng).total_seconds(), LONGEST_REST_S)
        # A StorageError says all in its line; anything else is a bug and needs its traceback.
        trace = None if isinstance(error, StorageError) else error
        self._log.error("outbox out of reach", reason=str(error), retry_in_s=pause, exc_info=trace)
        await asyncio.sleep(pause)

    async def _let_arrive(self, woken: asyncio.Event, grace_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._under_way:
                    woken.clear()
                    await woken.wait()


def _report(outcome: Outcome, log: structlog.stdlib.BoundLogger) -> None:
    match outcome:
        case Sent():
            log.info("delivered")
        case Again(reason, pause):
            log.warning("not delivered", reason=reason, retry_in_s=pause.total_seconds())
        case Doubtful(reason, pause):
            log.warning("perhaps delivered", reason=reason, asked_in_s=pause.total_seconds())
        case GivenUp(reason):
            log.error("not delivered and given up", reason=reason)
