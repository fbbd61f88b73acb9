"""Wires everything together and lets messages, entries and commands flow through it.

A mention becomes an alert row in the same transaction that makes its source safe to forget;
posting is the outbox worker's. The app decides nothing itself: it brings the pure decisions and
the rooms that touch the world together.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random, SystemRandom

import structlog

from bot.clerk import Clerk
from bot.commands.context import Context
from bot.core.about import about, awaits_approval, went_on
from bot.core.addresses import links
from bot.core.cards import Desk
from bot.core.commands import CommandTable
from bot.core.document import Document
from bot.core.feed import Poll
from bot.core.judge import WatchlistJudge
from bot.core.limits import Patience
from bot.core.mention import (
    DEFAULT_TEAM,
    Cause,
    Channel,
    Entry,
    Invocation,
    Match,
    Mention,
    Message,
)
from bot.core.places import Watch, listens
from bot.core.policy import Decision, Hold, Join, Skip
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.signs import is_mark, meant
from bot.core.stories import Fingerprint, fingerprint
from bot.current import Compiled, CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.errors import BotError, StorageError
from bot.feeds.poller import Poller
from bot.places import Places
from bot.platforms.base import Platform
from bot.rights import Rights
from bot.storage.rows import Hearing, Retention, Ruling
from bot.storage.store import Store
from bot.upkeep import Upkeep

log = structlog.get_logger()
DRAIN = timedelta(seconds=6)
"""With the few seconds that cancelled work has, an orderly end takes ten at most."""
KEEP = Retention()
NOBODY = Roles()


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
    admins: tuple[Channel, ...] = ()
    roles: Roles = NOBODY
    watch: Mapping[str, Watch] = field(default_factory=dict)
    rng: Random = field(default_factory=SystemRandom)
    rights: Rights = field(init=False)
    places: Places = field(init=False)
    clerk: Clerk = field(init=False)
    upkeep: Upkeep = field(init=False)
    _kept: tuple[Compiled, Desk] | None = field(init=False, default=None)
    _stop: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        nudge = self.worker.nudge
        self.rights = Rights(self.roles, self.platforms, self.clock)
        self.places = Places(self.store, self.clock, self.watch)
        self.worker.known = self.places.known
        self.clerk = Clerk(
            self.store,
            self.commands,
            self._context,
            self.clock,
            self._answered,
            self._pages,
            rng=self.rng,
        )
        self.upkeep = Upkeep(
            self.store,
            lambda: self.current.compiled.watchlist,
            self.clock,
            nudge,
            self.retention,
            self.routes.settings,
        )

    async def on_message(self, message: Message) -> None:
        """Look for vendors in a message; on return its mentions are recorded."""
        await self._hear(message, frozenset())

    async def on_edit(self, message: Message) -> None:
        """Look for vendors that a message names now and did not before."""
        channel = message.channel
        if not await self.places.listens(channel):
            return
        if self.current.compiled.matcher.find(message.text):
            known = await self.store.named_before(channel, message.id, channel.team)
            await self._hear(message, known)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Take back what a deleted message brought, if its channel wants that."""
        hearing = self._hearing(self.current.compiled, team=channel.team)
        if await self.store.withdraw_for(channel, message_id, hearing):
            self.worker.nudge()

    async def _hear(self, message: Message, known: frozenset[str]) -> None:
        if not await self.places.listens(message.channel):
            return
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
            hearing = self._hearing(compiled, team=message.channel.team)
            self._tell(await self.store.record(mentions, hearing))

    async def on_poll(self, poll: Poll) -> None:
        """Look for vendors in a poll's entries; on return everything of it is committed."""
        await self.places.look()
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
                    channel=self.places.known(channel),
                    vendor=match.vendor,
                    match=match,
                    cause=Cause.ENTRY,
                    cause_id=entry.id,
                    at=entry.published or self.clock(),
                    title=entry.title,
                    link=entry.url,
                    feed=entry.feed,
                )

    def _hearing(
        self,
        compiled: Compiled,
        prints: dict[str, Fingerprint] | None = None,
        team: str = DEFAULT_TEAM,
    ) -> Hearing:
        now = self.clock()
        judge = WatchlistJudge(compiled.watchlist, self._desk(compiled), compiled.revision, now)
        return Hearing(judge, now, self.routes.settings, team, prints or {})

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
            private = mention.channel.private
            log.info(
                _outcome(decision),
                vendor=None if private else mention.vendor,
                channel="private" if private else mention.channel.key,
                cause=str(mention.cause),
                reason=str(decision.reason),
            )
        self.worker.nudge()

    async def on_command(self, invocation: Invocation) -> None:
        """Take a command; on return it is kept and will be answered."""
        if await self.store.receive(invocation, self.clock()):
            self.clerk.nudge()

    async def on_marked(self, invocation: Invocation) -> None:
        """Show what a mark stands for to whoever touched it; other marks are passed by."""
        on, channel = invocation.on, invocation.channel
        if on is not None and await self.store.named_before(channel, on, channel.team):
            await self.on_command(invocation)

    async def on_pressed(self, invocation: Invocation, sign: str) -> None:
        """Carry out what a reaction stands for: a button of the bot's, or the mark that it set."""
        on = invocation.on
        shown = None if on is None else await self.store.shown(invocation.channel, on)
        button = None if shown is None else meant(shown.document, sign)
        if shown is not None and button is not None:
            given = replace(
                invocation,
                channel=shown.channel,
                line=button.line,
                thread=shown.thread,
                reply_to=shown.reply_to or invocation.reply_to,
            )
            await self.on_command(given)
        elif is_mark(sign):
            await self.on_marked(replace(invocation, line="vendor explain"))

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Say what the bot does there, once; where it needs approval, ask for that."""
        decided = await self.store.listening(channel)
        await self.places.look()
        policy = self.places.policy(channel.platform)
        vendors = len(self.current.compiled.watchlist.vendors)
        posts = [(channel, about(channel, decided, policy, self.routes.settings, vendors))]
        # What an encrypted channel says is decided about in it, not elsewhere.
        closed = channel.private or channel.encrypted
        if not (closed or listens(channel, decided, policy)):
            # An admin elsewhere could not approve: the button is a command of this chat and team.
            near = [self.places.known(each) for each in self.admins if _is_near(each, channel)]
            posts += [(admin, awaits_approval(channel, by)) for admin in near]
        if await self.store.join(channel, by, event, posts, self.clock()):
            self.places.forget()
            self.worker.nudge()

    async def on_left(self, channel: Channel) -> None:
        """Keep nothing back for a channel that cannot be posted to."""
        await self.store.leave(channel, self.clock())

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Let a channel's settings, and what waits for it, go on in the one that follows it."""
        await self.places.look()
        old = self.places.shared(old)
        listened = await self.places.listens(old)
        lost = listened and new.encrypted and not old.encrypted
        if await self.store.move(old, new, event, went_on(listening_lost=lost), self.clock()):
            self.places.forget()
            self.worker.nudge()

    async def on_removed(self, platform: str, team: str) -> None:
        """Stop at once for a team that has taken the bot out; what is kept of it goes later."""
        await self.store.remove(platform, team, self.clock())
        log.warning("taken out of a workspace", platform=platform, team=team)

    def _pages(self, channel: Channel, document: Document) -> tuple[Document, ...]:
        platform = self.platforms.get(channel.platform)
        return (document,) if platform is None else platform.pages(document)

    def _answered(self) -> None:
        """Let what was just decided about listening hold at once; deliver the answer."""
        self.places.forget()
        self.worker.nudge()

    async def _context(self, invocation: Invocation) -> Context:
        await self.places.look()
        known, compiled = self.places.known, self.current.compiled
        channel = self.places.shared(invocation.channel)
        invocation = replace(invocation, channel=channel)
        platform = self.platforms.get(channel.platform)
        return Context(
            invocation=invocation,
            watchlist=compiled.watchlist,
            matcher=compiled.matcher,
            desk=self._desk(compiled),
            settings=self.routes.settings,
            records=self.store,
            role=lambda: self.rights.role(invocation),
            private_keys=lambda: self.rights.private_keys(invocation),
            now=self.clock(),
            moderates=lambda: self.rights.moderates(invocation),
            known=known,
            watch=self.places.policy(channel.platform),
            private_answers=platform is None or platform.private_answers,
            alone=platform is not None and platform.is_direct(channel),
            facts=tuple if platform is None else platform.facts,
            reports_go_to=tuple(map(known, self.admins)),
            routes={feed: tuple(map(known, to)) for feed, to in self.routes.feeds.items()},
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
        patience = Patience()
        while True:
            began = self.clock()
            try:
                await platform.run(self)
                break
            except BotError as error:
                failed, trace = str(error), None
            except Exception as error:  # noqa: BLE001 - a bug here must not end the others
                failed, trace = f"{type(error).__name__}", error
            pause = patience.pause(self.clock() - began)
            log.error(
                "platform failed",
                platform=platform.name,
                error=failed,
                again=pause,
                exc_info=trace,
            )
            await asyncio.sleep(pause)


def _is_near(one: Channel, other: Channel) -> bool:
    return (one.platform, one.team) == (other.platform, other.team)


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
