"""Wires everything together and lets messages, entries and commands flow through it.

What is heard goes to `mentions`, `clerk` or `arrivals`; posting is the outbox worker's. The app
decides nothing itself: it brings the pure decisions and the rooms that touch the world together.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Protocol

import structlog

from bot.appointments import Appointments, TeamPeople
from bot.arrivals import Arrivals
from bot.asking import Asking
from bot.backsearches import Backsearches, CommandBacksearch
from bot.channelfeeds import ChannelFeeds, LooksAtFeed
from bot.clerk import Clerk
from bot.commands.context import Context
from bot.core.commands import CommandTable
from bot.core.document import Document
from bot.core.editing.tree import Fault
from bot.core.feed import Paragraphs, Poll, Unread
from bot.core.forms import Form
from bot.core.limits import Patience
from bot.core.mention import Channel, Entry, Invocation, Message
from bot.core.page import PageText
from bot.core.places import Watch
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.signs import is_mark, meant
from bot.current import CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.editing import Editing
from bot.errors import BotError, StorageError, UsageError
from bot.mentions import Mentions
from bot.places import Places
from bot.platforms.base import Platform
from bot.recordtexts import RecordTexts
from bot.rights import Rights
from bot.storage.answers import event_of
from bot.storage.rows import Retention
from bot.storage.store import Store
from bot.subscriptions import Subscriptions, tellable
from bot.upkeep import Upkeep

log = structlog.get_logger()
DRAIN = timedelta(seconds=6)
"""With the few seconds that cancelled work has, an orderly end takes ten at most."""
KEEP = Retention()
NOBODY = Roles()


def _nothing() -> None:
    return


class Work(Protocol):
    """Something that goes on beside the conversations."""

    async def run(self) -> None:
        """Work until cancelled."""


class ReadsPage(Protocol):
    """Reads a page that somebody asks about."""

    async def read(self, url: str, near: Iterable[str] = ()) -> PageText:
        """Read it, as those beside the feeds in `near` are. Raise FeedError or StorageError."""


@dataclass(slots=True)
class App:
    """The bot at work: an Inbox for the platforms, a sink for the poller."""

    store: Store
    current: CurrentWatchlist
    platforms: Mapping[str, Platform]
    worker: Worker
    commands: CommandTable
    settings: Settings
    clock: Callable[[], datetime]
    corrections: str | None = None
    retention: Retention = KEEP
    admins: tuple[Channel, ...] = ()
    roles: Roles = NOBODY
    watch: Mapping[str, Watch] = field(default_factory=dict)
    rng: Random = field(default_factory=SystemRandom)
    reads: ReadsPage | None = None
    looks: LooksAtFeed | None = None
    poll_now: Callable[[], None] = _nothing
    approval: bool = False
    appointments: Appointments = field(init=False)
    rights: Rights = field(init=False)
    editing: Editing = field(init=False)
    places: Places = field(init=False)
    subscriptions: Subscriptions = field(init=False)
    mentions: Mentions = field(init=False)
    arrivals: Arrivals = field(init=False)
    clerk: Clerk = field(init=False)
    upkeep: Upkeep = field(init=False)
    backsearches: Backsearches = field(init=False)
    _stop: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        nudge, settings = self.worker.nudge, self.settings
        self.appointments = Appointments(
            self.store.people, self.roles, self.platforms, self.clock, self.rng
        )
        self.rights = Rights(self.roles, self.platforms, self.clock, self.appointments.appointed)
        self.places = Places(self.store, self.clock, self.watch)
        self.subscriptions = Subscriptions(self.store, self.clock)
        self.backsearches = Backsearches(
            self.store,
            self.current,
            self.places,
            self.subscriptions,
            self.platforms,
            self.clock,
            nudge,
            self.retention.entries,
        )
        self.worker.known = self.places.known
        self.mentions = Mentions(
            self.store,
            self.current,
            self.places,
            settings,
            self.subscriptions,
            self.clock,
            nudge,
            self.corrections,
            self.admins,
        )
        self.editing = Editing(
            self.store,
            self.current,
            self.clock,
            self.approval,
            nudge,
            self.mentions.desk,
            settings,
            self.backsearches.sought,
        )
        self.arrivals = Arrivals(
            self.store, self.current, self.places, settings, self.admins, self.clock, nudge
        )
        self.clerk = Clerk(
            self.store,
            self.commands,
            self._context,
            self.clock,
            self._answered,
            self._pages,
            self._aside,
            rng=self.rng,
        )
        self.upkeep = Upkeep(
            self.store,
            lambda team: self.current.of(team).watchlist,
            self.clock,
            nudge,
            self.retention,
            settings,
        )

    async def on_message(self, message: Message) -> None:
        """Look for vendors in a message; on return its mentions are recorded."""
        await self.mentions.of_message(message)

    async def on_edit(self, message: Message) -> None:
        """Look for vendors that a message names now and did not before."""
        await self.mentions.of_edit(message)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Take back what a deleted message brought, if its channel wants that."""
        await self.mentions.withdraw(channel, message_id)

    def wants_page(self, entry: Entry) -> bool:
        """Say whether an entry's page is worth fetching."""
        return self.mentions.wants_page(entry)

    async def on_poll(self, poll: Poll) -> None:
        """Look for vendors in a poll's entries; on return everything of it is committed."""
        await self.mentions.of_poll(poll)

    async def on_page(self, unread: Unread, seen: Paragraphs) -> None:
        """Look for vendors in an entry whose article came later; on return that is committed."""
        await self.mentions.of_page(unread, seen)

    async def on_command(self, invocation: Invocation) -> None:
        """Take a command; on return it is kept and will be answered."""
        if await self.store.receive(invocation, self.clock()):
            self.clerk.nudge()

    async def asks(self, invocation: Invocation) -> Form | None:
        """Give the form by which the command of a line asks for what is not there yet."""
        return await Asking(self.commands, self._context).form(invocation)

    async def tries(self, invocation: Invocation) -> tuple[Fault, ...]:
        """Say what would keep a command that has a form from being carried out, and where."""
        return await Asking(self.commands, self._context).faults(invocation)

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
            await self._explain(replace(invocation, line="vendor explain"))

    async def _explain(self, invocation: Invocation) -> None:
        """Show what a mark stands for to whoever touched it; marks of others are passed by."""
        on, channel = invocation.on, invocation.channel
        if on is not None and await self.store.named_before(channel, on, channel.team):
            await self.on_command(invocation)

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Say what the bot does there, once."""
        await self.arrivals.joined(channel, event, by)

    async def on_left(self, channel: Channel) -> None:
        """Keep nothing back for a channel that cannot be posted to."""
        await self.arrivals.left(channel)

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Let a channel go on in the one that follows it."""
        await self.arrivals.moved(old, new, event)

    async def on_removed(self, platform: str, team: str) -> None:
        """Stop at once for a team that has taken the bot out."""
        await self.arrivals.removed(platform, team)

    def _pages(self, channel: Channel, document: Document) -> tuple[Document, ...]:
        platform = self.platforms.get(channel.platform)
        return (document,) if platform is None else platform.pages(document)

    def _aside(self, channel: Channel, *, anew: bool) -> str | None:
        platform = self.platforms.get(channel.platform)
        return None if platform is None else platform.aside(channel, anew=anew)

    def _answered(self) -> None:
        """Let what was just decided about listening hold at once; deliver the answer, go on."""
        self.places.forget()
        self.worker.nudge()
        self.backsearches.nudge()

    async def _context(self, invocation: Invocation) -> Context:
        await self.places.look()
        await self.subscriptions.look()
        await self.current.look()
        known = self.places.known
        channel = self.places.shared(invocation.channel)
        compiled = self.current.of(channel.team)
        invocation = replace(invocation, channel=channel)
        platform = self.platforms.get(channel.platform)
        private = platform is None or platform.private_answers
        desk = self.mentions.desk(channel.team)
        routes = {feed: tuple(map(known, to)) for feed, to in self.subscriptions.channels.items()}

        async def page(url: str) -> PageText:
            if self.reads is None:
                raise UsageError("Pages cannot be fetched here.")
            # What only a private channel or another team follows, nobody finds out elsewhere.
            return await self.reads.read(url, tellable(routes, channel))

        return Context(
            invocation=invocation,
            watchlist=compiled.watchlist,
            matcher=compiled.matcher,
            desk=desk.but(entries=desk.entries) if channel.external else desk,
            settings=self.settings,
            records=self.store,
            feeds=ChannelFeeds(
                channel,
                event_of(channel, f"{invocation.id} routes"),
                self.store.feeds,
                self.subscriptions,
                known,
                self.looks,
                self.poll_now,
            ),
            edits=self.editing.by(invocation, public=not private),
            people=TeamPeople(invocation, self.appointments, self.retention.mentions),
            backsearch=CommandBacksearch(self.backsearches, invocation),
            texts=RecordTexts(),
            role=lambda: self.rights.role(invocation),
            private_keys=lambda: self.rights.private_keys(invocation),
            now=self.clock(),
            moderates=lambda: self.rights.moderates(invocation),
            known=known,
            watch=self.places.policy(channel.platform),
            private_answers=private,
            alone=platform is not None and platform.is_direct(channel),
            facts=tuple if platform is None else platform.facts,
            reports_go_to=tuple(map(known, self.admins)),
            routes=routes,
            page=page,
            person=lambda text: None if platform is None else platform.person(text),
        )

    async def run(self, feeding: Work) -> None:
        """Run until `stop` is called or the last conversation has ended; then drain the outbox."""
        async with asyncio.TaskGroup() as group:
            works: tuple[Work, ...] = (
                self.worker,
                self.clerk,
                self.upkeep,
                self.backsearches,
                self.current,
                feeding,
            )
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
