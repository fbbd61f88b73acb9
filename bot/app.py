"""Wires everything together and lets messages, entries and commands flow through it.

A mention becomes an alert row in the same transaction that makes its source safe to forget;
posting is the outbox worker's. The app decides nothing itself: it brings the pure decisions and
the rooms that touch the world together.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, repeat

import structlog

from bot.commands.context import Context
from bot.core.cards import Desk, card, line
from bot.core.commands import CommandTable
from bot.core.document import Document, Paragraph, words
from bot.core.feed import Poll
from bot.core.mention import Cause, Channel, Entry, Invocation, Match, Mention, Message
from bot.core.policy import Alert, Form, History, Mode, Settings, Skip, decide
from bot.current import Compiled, CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.errors import BotError, DeliveryError, UsageError
from bot.feeds.poller import Poller
from bot.platforms.base import Platform
from bot.storage.rows import Ruling
from bot.storage.store import Store

log = structlog.get_logger()
DRAIN = timedelta(seconds=10)
REPLY_LIMIT = 30.0
"""Seconds a platform may take for a reply."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Which channels each feed goes to, and how each channel wants its alerts."""

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
    _stop: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    async def on_message(self, message: Message) -> None:
        """Look for vendors in a message; on return its mentions are recorded."""
        compiled = self.current.compiled
        matches = compiled.matcher.find(message.text)
        if not matches:
            return
        thread = message.thread or message.id
        mentions = [
            Mention(
                channel=message.channel,
                vendor=match.vendor,
                match=match,
                cause=Cause.MESSAGE,
                cause_id=message.id,
                at=message.at,
                thread=thread if self.routes.settings.mode is Mode.THREAD else None,
            )
            for match in _one_a_vendor(matches)
        ]
        self._tell(await self.store.record(mentions, self._judge(compiled), self.clock()))

    async def on_poll(self, poll: Poll) -> None:
        """Look for vendors in a poll's entries; on return everything of it is committed."""
        compiled = self.current.compiled
        mentions = (
            []
            if poll.silent
            else [
                mention
                for entry in poll.entries
                for mention in self._entry_mentions(compiled, entry)
            ]
        )
        now = self.clock()
        self._tell(await self.store.finish_poll(poll, mentions, self._judge(compiled), now))

    def _entry_mentions(self, compiled: Compiled, entry: Entry) -> Iterable[Mention]:
        for match in _one_a_vendor(compiled.matcher.find(entry.text)):
            for channel in self.routes.feeds.get(entry.feed, ()):
                yield Mention(
                    channel=channel,
                    vendor=match.vendor,
                    match=match,
                    cause=Cause.ENTRY,
                    cause_id=entry.id,
                    at=entry.published or self.clock(),
                    title=entry.title,
                    link=entry.url,
                )

    def _judge(self, compiled: Compiled) -> Callable[[Mention, History], Alert | Skip]:
        desk = self._desk(compiled)
        now = self.clock()

        def judge(mention: Mention, history: History) -> Alert | Skip:
            vendor = compiled.watchlist.get(mention.vendor)
            revision = compiled.revision(vendor)
            decision = decide(mention, self.routes.settings, history, revision, now)
            match decision:
                case Skip():
                    return decision
                case post if post.form is Form.CARD:
                    return Alert(post, card(vendor, desk, mention), revision)
                case post:
                    return Alert(post, line(vendor, desk, mention, history, revision), revision)

        return judge

    def _desk(self, compiled: Compiled) -> Desk:
        today: date = self.clock().date()
        return Desk(compiled.watchlist.programs, today, self.corrections)

    def _tell(self, rulings: Iterable[Ruling]) -> None:
        """Log each decision with its reason, never with a text; wake the worker."""
        for ruling in rulings:
            mention, decision = ruling.mention, ruling.decision
            place = "private" if mention.channel.private else mention.channel.key
            outcome = "alert skipped" if isinstance(decision, Skip) else "alert recorded"
            reason = decision.reason if isinstance(decision, Skip) else decision.post.reason
            log.info(
                outcome,
                vendor=mention.vendor,
                channel=place,
                cause=str(mention.cause),
                reason=str(reason),
            )
        self.worker.nudge()

    async def on_command(self, invocation: Invocation) -> None:
        """Carry out a command and answer it; whatever happens the asker gets an answer."""
        document = await self._answer(invocation)
        platform = self.platforms[invocation.channel.platform]
        try:
            async with asyncio.timeout(REPLY_LIMIT):
                await platform.reply(invocation, document)
        except (DeliveryError, TimeoutError) as error:
            log.warning("reply failed", platform=platform.name, error=str(error) or "timed out")

    async def _answer(self, invocation: Invocation) -> Document:
        compiled = self.current.compiled
        context = Context(
            invocation=invocation,
            watchlist=compiled.watchlist,
            matcher=compiled.matcher,
            desk=self._desk(compiled),
            settings=self.routes.settings,
        )
        try:
            call = self.commands.read(invocation.line)
            return await call.command.handler(context, **call.arguments)
        except UsageError as error:
            return _said(str(error))
        except BotError as error:
            log.error("command failed", error=str(error))
            return _said(f"That did not work: {error}")
        except Exception:
            log.exception("command failed")
            return _said("That did not work, and it is the bot's fault. Its log says why.")

    async def run(self, poller: Poller) -> None:
        """Run until `stop` is called or the last conversation has ended; then drain the outbox."""
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(self.worker.run())]
            background.append(group.create_task(self.current.run()))
            background.append(group.create_task(poller.run()))
            talking = group.create_task(self._talk())
            await self._stop.wait()
            for task in (talking, *background):
                task.cancel()
        await self.worker.drain(DRAIN.total_seconds())

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


def _said(text: str) -> Document:
    return Document(text, (Paragraph(words(text)),))
