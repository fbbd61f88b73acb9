"""Stands in for the world at the bot's edges: a clock that a test moves, a platform that keeps."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.core.commands import Role
from bot.core.document import Document, plain, runs
from bot.core.mention import Channel, Invocation, Receipt
from bot.errors import DeliveryError
from bot.platforms.base import Inbox, Redelivery

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """The time, which passes when a test says so."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        """Give the time."""
        return self.time

    def pass_(self, **ago: float) -> None:
        """Let time pass: `clock.pass_(hours=1)`."""
        self.time += timedelta(**ago)


def said(document: Document) -> str:
    """Give the words of a document, a run a line."""
    return "\n".join(plain(run) for block in document.blocks for run in runs(block))


@dataclass(slots=True)
class Shown:
    """A message of the bot's as a channel shows it."""

    channel: str
    thread: str | None
    document: Document
    key: str

    @property
    def text(self) -> str:
        """Its words."""
        return said(self.document)


@dataclass(slots=True)
class FakePlatform:
    """A chat platform that keeps what it is given, by message id, as a channel would show it.

    Channels in `refuses` take nothing for good. Each of `failing` is raised at one attempt to
    speak, and with `loses` set only after the fact: the post is there and nobody is told. Who has
    which role, and is in which private channels, a test says in `roles` and `rooms`. An attempt
    waits while `open` is not set. `begun` counts attempts, finished or not; `posted` has each new
    message once, edited or taken back later. With `keeps_answers` answers are messages too, in the
    channel that `reply_to` names; `page` is how many blocks one takes.
    """

    name: str = "fake"
    redelivery: Redelivery = Redelivery.BLIND
    private_answers: bool = True
    shown: dict[str, Shown] = field(default_factory=dict)
    posted: list[Shown] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    replies: list[tuple[str, str]] = field(default_factory=list)
    answered: list[Document] = field(default_factory=list)
    roles: dict[str, Role] = field(default_factory=dict)
    rooms: dict[str, frozenset[str]] = field(default_factory=dict)
    failing: list[Exception] = field(default_factory=list)
    loses: bool = False
    refuses: set[str] = field(default_factory=set)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    asked: int = 0
    direct: set[str] = field(default_factory=set)
    keeps_answers: bool = False
    moderators: set[tuple[str, str]] = field(default_factory=set)
    page: int = 0
    rule: str = ""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.open.set()

    async def run(self, inbox: Inbox) -> None:
        """Hear nothing by itself."""

    def aside(self, channel: Channel, *, anew: bool) -> str | None:
        """Name a place by how it is asked for, where all see answers."""
        if self.private_answers or self.is_direct(channel):
            return None
        return "aside" if anew else "aside, if any"

    def is_direct(self, channel: Channel) -> bool:
        """Say whether a test said so."""
        return channel.id in self.direct

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Keep a post."""
        failure = await self._begin()
        if failure is not None and not self.loses:
            raise failure
        if channel.id in self.refuses:
            raise DeliveryError("archived", permanent=True)
        number = len(self.posted) + 1
        receipt = Receipt(f"p{number}", f"https://chat.example/p{number}")
        there = Shown(channel.id, thread, document, key)
        async with self._changed:
            if self.redelivery is Redelivery.KEYED and self._find(channel, key):
                there = self.shown[self._find(channel, key) or ""]
            else:
                self.shown[receipt.message_id] = there
                self.posted.append(there)
            self._changed.notify_all()
        if failure is not None:
            raise failure
        return receipt

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Look for a post."""
        del thread
        self.asked += 1
        found = self._find(channel, key)
        return Receipt(found, f"https://chat.example/{found}") if found else None

    def _find(self, channel: Channel, key: str) -> str | None:
        return next(
            (
                id_
                for id_, each in self.shown.items()
                if (each.channel, each.key) == (channel.id, key)
            ),
            None,
        )

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a post read otherwise."""
        del key
        failure = await self._begin()
        if failure is not None:
            raise failure
        assert self.shown[message_id].channel == channel.id
        self.shown[message_id].document = document

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Drop a post."""
        del key
        failure = await self._begin()
        if failure is not None:
            raise failure
        assert self.shown.pop(message_id).channel == channel.id

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Keep a mark."""
        del document, key
        failure = await self._begin()
        if failure is not None:
            raise failure
        self.marks.append((channel.id, message_id))

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Give so many blocks a page as a test said."""
        most = self.page or len(document.blocks) or 1
        parts = range(0, max(len(document.blocks), 1), most)
        return tuple(Document(document.summary, document.blocks[n : n + most]) for n in parts)

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> Receipt | None:
        """Keep a reply; where a test wants that, as a message that can be changed."""
        del key
        assert invocation.channel.platform == self.name
        failure = await self._begin()
        if failure is not None:
            raise failure
        to = invocation.channel.id if shared else invocation.actor
        self.replies.append((to, said(document)))
        self.answered.append(document)
        if not self.keeps_answers:
            return None
        id_ = f"a{len(self.replies)}"
        where = invocation.reply_to or invocation.channel.id
        self.shown[id_] = Shown(where, invocation.thread, document, invocation.id)
        return Receipt(id_, channel=invocation.reply_to)

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Say what a test said."""
        del channel, groups
        return self.roles.get(actor, Role.READER)

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Say what a test said."""
        return (channel.id, actor) in self.moderators

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Say what a test said."""
        del team
        return self.rooms.get(actor, frozenset())

    def managers(self) -> str:
        """Say what a test said."""
        return self.rule

    def person(self, text: str) -> str | None:
        """Take a name after an @."""
        return text.removeprefix("@") if text.startswith("@") else None

    def facts(self) -> Sequence[str]:
        """Tell nothing."""
        return ()

    async def check(self) -> list[str]:
        """Find nothing wrong."""
        return []

    async def _begin(self) -> Exception | None:
        async with self._changed:
            self.begun += 1
            self._changed.notify_all()
        await self.open.wait()
        return self.failing.pop(0) if self.failing else None

    async def has_begun(self, number: int) -> None:
        """Wait until so many attempts have begun."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: self.begun >= number)

    async def has(self, number: int) -> None:
        """Wait until so many posts have arrived."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: len(self.posted) >= number)

    def summaries(self) -> list[str]:
        """Give the summaries of what was posted, in order."""
        return [each.document.summary for each in self.posted]


def lost() -> DeliveryError:
    """Give the error of a connection that broke with a post on its way."""
    return DeliveryError("connection lost", uncertain=True)
