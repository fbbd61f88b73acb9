"""Wires everything together and lets messages, entries and commands flow through it.

A mention becomes an alert row in the same transaction that makes its source safe to forget;
posting is the outbox worker's. The app decides nothing itself: it brings the pure decisions and
the rooms that touch the world together.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, repeat

import structlog

from bot.clerk import Clerk
from bot.commands.context import Context
from bot.core.addresses import links
from bot.core.cards import Desk
from bot.core.commands import CommandTable
from bot.core.feed import Poll
from bot.core.judge import WatchlistJudge
from bot.core.mention import Cause, Channel, Entry, Invocation, Match, Mention, Message
from bot.core.policy import Decision, Hold, Join, Skip
from bot.core.settings import Settings
from bot.core.stories import Fingerprint, fingerprint
from bot.current import Compiled, CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.errors import BotError, StorageError
from bot.feeds.poller import Poller
from bot.platforms.base import Platform
from bot.storage.rows import Hearing, Retention, Ruling
from bot.storage.store import Store
from bot.upkeep import Upkeep

log = structlog.get_logger()
DRAIN = timedelta(seconds=6)
"""With the few seconds that cancelled work has, an orderly end takes ten at most."""
KEEP = Retention()


@dataclass(frozen=True, slots=True)
class Routes:
    """Which channels each feed goes to, and how a channel that chose nothing wants its alerts."""

    settings: Settings
    feeds: Mapping[str, tuple[Channel, ...]]


@dataclass(slots=True)
class App:
    """The bot at work: an Inbox for the platforms, a sink for the poller."""

    store: Store
    current: CurrentWatchlist
    platforms: Mapping[str, Platform]
    worker: Worker
    commands: CommandTable
    routes: Routes
    clock: Callable[[], datetime]
    corrections: str | None = None
    retention: Retention = KEEP
    clerk: Clerk = field(init=False)
    upkeep: Upkeep = field(init=False)
    _kept: tuple[Compiled, Desk] | None = field(init=False, default=None)
    _stop: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        nudge = self.worker.nudge
        self.clerk = Clerk(self.store, self.commands, self._context, self.clock, nudge)
        self.upkeep = Upkeep(
            self.store,
            lambda: self.current.compiled.watchlist,
            self.clock,
            nudge,
            self.retention,
        )

    async def on_message(self, message: Message) -> None:
        """Look for vendors in a message; on return its mentions are recorded."""
        await self._hear(message, frozenset())

    async def on_edit(self, message: Message) -> None:
        """Look for vendors that a message names now and did not before."""
        if self.current.compiled.matcher.find(message.text):
            known = await self.store.named_before(message.channel, message.id)
            await self._hear(message, known)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Take back what a deleted message brought, if its channel wants that."""
        hearing = self._hearing(self.current.compiled)
        if await self.store.withdraw_for(channel, message_id, hearing):
            self.worker.nudge()

    async def _hear(self, message: Message, known: frozenset[str]) -> None:
        compiled = self.current.compiled
        matches = compiled.matcher.find(message.text)
        mentions = [
            Mention(
                channel=message.channel,
                vendor=match.vendor,
                match=match,
                cause=Cause.MESSAGE,
                cause_id=message.id,
                at=message.at,
                thread=message.thread or message.id,
                links=links(message.text),
            )
            for match in _one_a_vendor(matches)
            if match.vendor not in known
        ]
        if mentions:
            self._tell(await self.store.record(mentions, self._hearing(compiled)))

    async def on_poll(self, poll: Poll) -> None:
        """Look for vendors in a poll's entries; on return everything of it is committed."""
        compiled = self.current.compiled
        mentions: list[Mention] = []
        prints: dict[str, Fingerprint] = {}
        for entry in () if poll.silent else poll.entries:
            found = list(self._entry_mentions(compiled, entry))
            if found:
                prints[entry.id] = fingerprint(entry.url, entry.title, entry.text)
                mentions += found
        self._tell(await self.store.finish_poll(poll, mentions, self._hearing(compiled, prints)))

    def _entry_mentions(self, compiled: Compiled, entry: Entry) -> Iterable[Mention]:
        matches = _one_a_vendor(compiled.matcher.find(entry.text))
        for channel in self.routes.feeds.get(entry.feed, ()) if matches else ():
            for match in matches:
                yield Mention(
                    channel=channel,
                    vendor=match.vendor,
                    match=match,
                    cause=Cause.ENTRY,
                    cause_id=entry.id,
                    at=entry.published or self.clock(),
                    title=entry.title,
                    link=entry.url,
                    feed=entry.feed,
                )

    def _hearing(self, compiled: Compiled, prints: dict[str, Fingerprint] | None = None) -> Hearing:
        now = self.clock()
        judge = WatchlistJudge(compiled.watchlist, self._desk(compiled), compiled.revision, now)
        return Hearing(judge, now, self.routes.settings, fingerprints=prints or {})

    def _desk(self, compiled: Compiled) -> Desk:
        """Give the day's desk for this watchlist: what it has written once it need not again."""
        desk = Desk(compiled.watchlist.programs, self.clock().date(), self.corrections)
        if self._kept is None or self._kept[0] is not compiled or self._kept[1] != desk:
            self._kept = (compiled, desk)
        return self._kept[1]

    def _tell(self, rulings: Iterable[Ruling]) -> None:
        """Log each decision with its reason, never with a text; wake the worker."""
        for ruling in rulings:
            mention, decision = ruling.mention, ruling.decision
            place = "private" if mention.channel.private else mention.channel.key
            log.info(
                _outcome(decision),
                vendor=mention.vendor,
                channel=place,
                cause=str(mention.cause),
                reason=str(decision.reason),
            )
        self.worker.nudge()

    async def on_command(self, invocation: Invocation) -> None:
        """Take a command; on return it is kept and will be answered."""
        if await self.store.receive(invocation, self.clock()):
            self.clerk.nudge()

    def _context(self, invocation: Invocation) -> Context:
        compiled = self.current.compiled
        return Context(
            invocation=invocation,
            watchlist=compiled.watchlist,
            matcher=compiled.matcher,
            desk=self._desk(compiled),
            settings=self.routes.settings,
            status=lambda: self.store.status(self.clock(), invocation.channel.key),
            now=self.clock(),
        )

    async def run(self, poller: Poller) -> None:
        """Run until `stop` is called or the last conversation has ended; then drain the outbox."""
        async with asyncio.TaskGroup() as group:
            works = (self.worker, self.clerk, self.upkeep, self.current, poller)
            background = [group.create_task(work.run()) for work in works]
            talking = group.create_task(self._talk())
            await self._stop.wait()
            for task in (talking, *background):
                task.cancel()
        with suppress(StorageError):  # what is waiting goes on waiting
            await self.settle(DRAIN.total_seconds())

    async def settle(self, deadline_s: float) -> None:
        """Answer, release and deliver all that is due, within `deadline_s` seconds or so."""
        while await self.clerk.answer_one():
            pass
        await self.upkeep.once()
        await self.worker.drain(deadline_s)

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stop.set()

    async def _talk(self) -> None:
        """Run every platform; when all their conversations have ended, stop."""
        async with asyncio.TaskGroup() as group:
            for platform in self.platforms.values():
                group.create_task(self._keep_up(platform))
        self.stop()

    async def _keep_up(self, platform: Platform) -> None:
        """Run one platform and start it again when it fails: none may take the others down."""
        for pause in chain((1, 5, 15), repeat(60)):
            try:
                await platform.run(self)
                break
            except BotError as error:
                log.error("platform failed", platform=platform.name, error=str(error), again=pause)
            except Exception:
                log.exception("platform failed", platform=platform.name, again=pause)
            await asyncio.sleep(pause)


def _one_a_vendor(matches: Iterable[Match]) -> list[Match]:
    """Keep the first match of each vendor, in order."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.vendor, match)
    return list(first.values())


def _outcome(decision: Decision) -> str:
    match decision:
        case Skip():
            return "alert skipped"
        case Hold():
            return "alert waits"
        case Join():
            return "alert joined to an earlier one"
    return "alert recorded"
