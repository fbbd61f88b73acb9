"""A whole bot in memory: somebody says something, time passes, the bot posts or does not.

Everything is real but the platform, which keeps what it is given instead of sending it.
"""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.app import App
from bot.commands import table
from bot.core.choices import Mute, Report
from bot.core.document import Actions, Button, Document
from bot.core.feed import Feed, Poll, Route
from bot.core.mention import Channel, Entry, Invocation, Message
from bot.core.places import Watch
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.signs import MARK
from bot.core.vendor import Vendor
from bot.current import CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.storage.store import Store
from tests.build import full_vendor, name, vendor, write_pack
from tests.emptied import empty
from tests.fakes import Clock, FakePlatform

FEED = "https://gazette.example/feed.xml"
ACME = full_vendor(tags=["cameras"], names=[name("Acme Cam"), name("acme.example", role="domain")])
ROAD = vendor("road-runner", names=[name("Road Runner"), name("Runner OEM", role="oem")])


@dataclass(slots=True)
class Bot:
    """What a dialog is written with."""

    app: App
    platform: FakePlatform
    clock: Clock
    pack: Path
    _ids: "count[int]" = field(default_factory=count)
    _seen: int = 0

    async def hears(
        self,
        channel: str | Channel,
        text: str,
        *,
        message_id: str | None = None,
        thread: str | None = None,
        author: str = "anna",
    ) -> None:
        """Let somebody say something, and let the outbox empty itself."""
        message_id = message_id or f"m{next(self._ids)}"
        heard = Message(place(channel), message_id, author, text, self.clock(), thread)
        await self.app.on_message(heard)
        await self.settle()

    async def edits(self, channel: str | Channel, message_id: str, text: str) -> None:
        """Let somebody change a message."""
        now = Message(place(channel), message_id, "anna", text, self.clock())
        await self.app.on_edit(now)
        await self.settle()

    async def deletes(self, channel: str | Channel, message_id: str) -> None:
        """Let somebody delete a message."""
        await self.app.on_delete(place(channel), message_id)
        await self.settle()

    async def reads(
        self,
        *entries: tuple[str, str, str],
        silent: bool = False,
        flood: bool = False,
        feed: str = FEED,
        url: str | None = None,
        entry_id: str | None = None,
    ) -> None:
        """Let a poll bring entries: (title, summary, article) each."""
        made = []
        for title, summary, article in entries:
            number = next(self._ids)
            address = url or f"https://gazette.example/{number}"
            id_ = entry_id or f"e{number}"
            made.append(Entry(feed, id_, title, summary, address, self.clock(), article))
        state = Feed(feed, self.clock() + timedelta(minutes=15), seeded=True)
        poll = Poll(state, quiet=tuple(made)) if silent else Poll(state, tuple(made), flood=flood)
        await self.app.on_poll(poll)
        await self.settle()

    async def settle(self) -> None:
        """Let everything that is due happen."""
        await self.app.settle(4)

    async def answers(
        self,
        line: str,
        actor: str = "anna",
        channel: str | Channel = "#hall",
        *,
        on: str | None = None,
        confirm: bool = True,
    ) -> str:
        """Give a command, perhaps on a message, confirm it if asked to, and get the answer."""
        given = Invocation(place(channel), f"c{next(self._ids)}", actor, line, on=on)
        await self.app.on_command(given)
        await self.settle()
        for button in buttons(self.platform.answered[-1]) if confirm else ():
            if button.label == "Confirm":
                return await self.answers(button.line, actor, channel, on=on)
        return self.platform.replies[-1][1]

    async def reacts(
        self, sign: str, on: str, actor: str = "anna", channel: str | Channel = "#hall"
    ) -> None:
        """Let somebody react to a message."""
        given = Invocation(place(channel), f"r{next(self._ids)}", actor, "", on=on)
        await self.app.on_pressed(given, sign)
        await self.settle()

    async def moves(self, old: Channel, new: Channel, event: str = "t1") -> None:
        """Let a channel go on as another one."""
        await self.app.on_moved(old, new, event)
        await self.settle()

    async def presses(
        self, label: str, actor: str = "anna", channel: str | Channel | None = None
    ) -> str:
        """Press a button of the last answer, or else of the newest message; get the answer."""
        for document, message, where in self._with_buttons():
            for button in buttons(document):
                if button.label == label:
                    there = channel or where
                    return await self.answers(button.line, actor, there, on=message)
        raise AssertionError(f"nobody was shown a button {label!r}")

    def _with_buttons(self) -> list[tuple[Document, str | None, str]]:
        newest = [(self.platform.answered[-1], None, "#hall")] if self.platform.answered else []
        shown = [(each.document, id_, each.channel) for id_, each in self.platform.shown.items()]
        return [*newest, *shown[-1:]]

    async def touches(self, message_id: str, actor: str = "anna", channel: str = "#hall") -> None:
        """Let somebody touch the mark on a message."""
        id_ = f"c{next(self._ids)}"
        touched = Invocation(place(channel), id_, actor, "", on=message_id)
        await self.app.on_pressed(touched, MARK)
        await self.settle()

    async def joins(
        self,
        channel: str | Channel,
        *,
        external: bool = False,
        by: str | None = "carl",
        event: str | None = None,
    ) -> None:
        """Let somebody invite the bot into a channel."""
        there = replace(place(channel), external=external)
        await self.app.on_joined(there, event or f"j{next(self._ids)}", by)
        await self.settle()

    async def leaves(self, channel: str | Channel) -> None:
        """Let somebody throw the bot out of a channel."""
        await self.app.on_left(place(channel))
        await self.settle()

    async def decides(self, line: str, channel: str | Channel, actor: str = "ada") -> str:
        """Give a command about listening, and let its news reach everybody."""
        answer = await self.answers(line, actor, channel)
        self.clock.pass_(seconds=5)
        return answer

    def posted(self) -> list[tuple[str, str | None, str]]:
        """Give what has been posted since the last time this was asked, as it reads now."""
        new = self.platform.posted[self._seen :]
        self._seen = len(self.platform.posted)
        return [(each.channel, each.thread, each.text) for each in new]

    async def alerts(self, channel: str | Channel, **choices: str | None) -> None:
        """Change a channel's settings, each as people write it."""
        await self.app.store.choose(place(channel).key, choices, "bea", self.clock())

    async def mutes(
        self,
        vendor: str | None,
        channel: str | Channel | None,
        until: datetime | None = None,
        reason: str = "",
    ) -> Mute:
        """Let somebody mute a vendor or all, in a channel or everywhere."""
        where = None if channel is None else place(channel).key
        private = channel is not None and place(channel).private
        new = Mute(0, vendor, where, until, reason, "bea", self.clock(), private)
        return await self.app.store.mute(new)

    async def calls_wrong(
        self,
        channel: str | Channel,
        message_id: str,
        vendor: str | None = None,
        *,
        everywhere: bool = False,
    ) -> int:
        """Let somebody say that an alert is a wrong match; give how many messages change."""
        report = Report(place(channel), message_id, "bea", vendor, everywhere)
        changed = await self.app.store.wrong_match(report, self.clock())
        await self.settle()
        return changed

    def last_id(self) -> str:
        """Give the id of the newest message of the bot's that is still shown."""
        return next(reversed(self.platform.shown))

    def shown(self, channel: str) -> list[str]:
        """Give what a channel shows of the bot's now."""
        there = self.platform.shown.values()
        return [each.text for each in there if each.channel == channel]


def place(channel: str | Channel) -> Channel:
    """Give a channel; one that is only named is open to all."""
    return channel if isinstance(channel, Channel) else Channel("fake", channel)


def buttons(document: Document) -> list[Button]:
    """Give the buttons of a document."""
    rows = [block for block in document.blocks if isinstance(block, Actions)]
    return [button for row in rows for button in row.buttons]


async def make(  # noqa: PLR0917 - what a bot is made of
    folder: Path,
    vendors: Sequence[Vendor],
    settings: Settings,
    clock: Clock,
    routes: Mapping[str, tuple[Channel, ...]] | None = None,
    admins: tuple[Channel, ...] = (),
    *,
    roles: Roles | None = None,
    watch: Watch = Watch.ON_INVITE,
    corrections: str | None = None,
    platform: FakePlatform | None = None,
    approval: bool = False,
) -> AsyncIterator[Bot]:
    pack = write_pack(folder / "pack", *vendors)
    store = await Store.open(await empty(folder / "bot.db"))
    platform = platform or FakePlatform()
    try:
        current = CurrentWatchlist([pack])
        await current.follow(store.revisions)
        chance = random.Random(1)  # noqa: S311 - jitter
        worker = Worker(store, {"fake": platform}, clock, chance, pace=timedelta(0), admins=admins)
        app = App(
            store=store,
            current=current,
            platforms={"fake": platform},
            worker=worker,
            commands=table,
            settings=settings,
            clock=clock,
            corrections=corrections,
            admins=admins,
            roles=roles or Roles(),
            watch={"fake": watch},
            approval=approval,
        )
        routes = routes or {FEED: (Channel("fake", "#news"),)}
        wished = [Route(each, to) for each, channels in routes.items() for to in channels]
        await store.feeds.follow("default", "config", wished, "config", clock())
        yield Bot(app, platform, clock, pack)
    finally:
        await store.close()


a_bot = asynccontextmanager(make)
"""The same for `async with`, which ends it in time when a test fails."""


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that watches two invented vendors, with the default settings."""
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock()):
        yield made
