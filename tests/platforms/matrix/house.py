"""An account of the bot's at the scripted homeserver, what it hands in, and people beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_bytes

import aiohttp

from bot.core.mention import Channel, Invocation, Message
from bot.core.places import Place
from bot.core.sealed import Sealed
from bot.platforms.matrix import api
from bot.platforms.matrix.account import Account, Online
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.crosssign import Account as Signatory
from bot.platforms.matrix.crosssign import Standing, establish
from bot.platforms.matrix.folder import Folder, Login
from bot.platforms.matrix.hearing import Hearing
from bot.platforms.matrix.identity import Identity, Me
from bot.platforms.matrix.machine import Machine, Opened, Rotation, open_olm
from bot.platforms.matrix.reader import Reader
from bot.platforms.matrix.settings import AccountSettings, Trust
from tests.fakes import Clock
from tests.platforms.matrix.homeserver import Homeserver, Object, message

BOT, ANNA, CARL = "@bot:a.example", "@anna:a.example", "@carl:b.example"
HALL, DEN = "!hall:a.example", "!den:a.example"
KEY = "a key of sixteen or more"
ALGORITHM = "m.megolm.v1.aes-sha2"


@dataclass(slots=True)
class Inbox:
    """Keeps what is handed in, as short words in order; fails as often as a test says.

    `failing` has the names of methods and what each raises at its next call.
    """

    kept: list[tuple[str, ...]] = field(default_factory=list)
    commands: list[Invocation] = field(default_factory=list)
    failing: list[tuple[str, Exception]] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def _keep(self, method: str, *words: str) -> None:
        async with self.changed:
            for each in self.failing:
                if each[0] == method:
                    self.failing.remove(each)
                    self.changed.notify_all()
                    raise each[1]
            self.kept.append((method, *words))
            self.journal.append(" ".join((method, *words)))
            self.changed.notify_all()

    async def on_message(self, message: Message) -> None:
        """Keep what was said."""
        await self._keep("message", message.channel.id, message.id, message.text)

    async def on_edit(self, message: Message) -> None:
        """Keep an edit."""
        await self._keep("edit", message.channel.id, message.id, message.text)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Keep a deletion."""
        await self._keep("delete", channel.id, message_id)

    async def on_command(self, invocation: Invocation) -> None:
        """Keep a command."""
        await self._keep("command", invocation.channel.id, invocation.id, invocation.line)
        self.commands.append(invocation)

    async def on_pressed(self, invocation: Invocation, sign: str) -> None:
        """Keep a reaction."""
        await self._keep("pressed", invocation.channel.id, str(invocation.on), sign)

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Keep where the bot is."""
        del event
        how = "encrypted" if channel.encrypted else "open"
        await self._keep("joined", channel.id, how, str(by))

    async def on_left(self, channel: Channel) -> None:
        """Keep where it is no more."""
        await self._keep("left", channel.id)

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Keep where a room goes on."""
        del event
        await self._keep("moved", old.id, new.id)

    async def asks(self, invocation: Invocation) -> None:
        """Ask for nothing: no command here has a form."""

    async def tries(self, invocation: Invocation) -> tuple[()]:
        """Find nothing wrong."""
        del invocation
        return ()

    async def on_removed(self, platform: str, team: str) -> None:
        """Never happens on Matrix."""
        raise AssertionError((platform, team))

    async def has(self, *words: str) -> None:
        """Wait until something was handed in."""
        async with self.changed, asyncio.timeout(5):
            await self.changed.wait_for(lambda: words in self.kept)

    def texts(self) -> list[str]:
        """Give what was said, in order."""
        return [each[3] for each in self.kept if each[0] == "message"]


@dataclass(slots=True)
class Vault:
    """Keeps cursors and what waits for keys; fails as often as a test says."""

    cursors: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Sealed] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    encrypted: set[str] = field(default_factory=set)
    failing: list[tuple[str, Exception]] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)

    def _try(self, method: str) -> None:
        for each in self.failing:
            if each[0] == method:
                self.failing.remove(each)
                raise each[1]

    async def cursor(self, platform: str, account: str) -> str | None:
        """Give how far an account has read."""
        assert platform == "matrix"
        return self.cursors.get(account)

    async def move_cursor(self, platform: str, account: str, value: str, now: datetime) -> None:
        """Note it."""
        del platform, now
        self._try("move_cursor")
        self.cursors[account] = value
        self.journal.append(f"cursor {value}")

    async def keep_sealed(self, events: Sequence[Sealed]) -> int:
        """Keep what cannot be read, as a database would take it."""
        self._try("keep_sealed")
        for each in events:
            for value in (each.event, each.session, each.data, each.channel):
                assert "\x00" not in value
                value.encode()
            self.waiting.setdefault(each.event, each)
        return len(events)

    async def sealed(
        self, platform: str, account: str, sessions: Iterable[str] | None = None
    ) -> tuple[Sealed, ...]:
        """Give what waits."""
        del platform
        self._try("sealed")
        wanted = None if sessions is None else set(sessions)
        ours = [each for each in self.waiting.values() if each.account == account]
        return tuple(each for each in ours if wanted is None or each.session in wanted)

    async def forget_sealed(self, platform: str, account: str, events: Iterable[str]) -> int:
        """Forget what could be read."""
        del platform, account
        self._try("forget_sealed")
        return len([self.waiting.pop(each) for each in events])

    async def places(self) -> dict[tuple[str, str], Place]:
        """Give the channels that are known."""
        return {
            ("default", f"matrix:{room}"): Place(
                private=True, external=False, listening=None, encrypted=room in self.encrypted
            )
            for room in self.known
        }


@dataclass(slots=True)
class Person:
    """Somebody, or the bot, with one device."""

    server: Homeserver
    user: str
    machine: Machine
    standing: Standing | None
    _sent: int = 0

    async def encrypted(self, room: str, users: Iterable[str], content: Object | str) -> Object:
        """Give a message of theirs as it stands in an encrypted room."""
        inner = {"msgtype": "m.text", "body": content} if isinstance(content, str) else content
        return await self.sealed(room, users, "m.room.message", inner)

    async def sealed(self, room: str, users: Iterable[str], kind: str, content: Object) -> Object:
        """Give anything of theirs as it stands in an encrypted room."""
        self._sent += 1
        made = await self.machine.encrypt(room, frozenset(users), kind, content, Rotation())
        return message(made, self.user, f"${self.user[1:5]}{self._sent}", "m.room.encrypted")

    async def opens(self, event: Object, room: str) -> Opened | None:
        """Take what came to their device, and read an event."""
        device = self.machine.olm.device_id
        came = self.server.inbox[self.user, device]
        await self.machine.absorb({"to_device": {"events": came[:]}})
        came.clear()
        sent = {"sender": BOT, "event_id": "$x", "origin_server_ts": 1, **event}
        await self.machine.meet(str(sent["sender"]))
        return self.machine.open(sent, room)

    async def can_read(self, event: Object, room: str) -> str | None:
        """Give the words of an event that they can read."""
        opened = await self.opens(event, room)
        content = opened.event["content"] if opened is not None else None
        return str(content.get("body")) if isinstance(content, dict) else None


async def person(
    server: Homeserver,
    connections: aiohttp.ClientSession,
    folder: Path,
    user: str,
    *,
    device: str = "PHONE",
    signed: bool = True,
    trust: Trust = Trust.CROSS_SIGNED,
) -> Person:
    """Log somebody in, with keys of their own; `signed` by an identity of their own."""
    login = Login(user, device, server.login(user, device))
    homeserver = api.Homeserver(server.base, connections, login.token)
    Folder(folder, KEY).make()
    machine = Machine(open_olm(folder, login, KEY), homeserver, trust)
    await machine.publish()
    standing = None
    if signed:

        async def keep(_: Identity) -> None:
            pass

        me = Me(user, device, machine.sign)
        standing = await establish(Signatory(homeserver.call, me, keep, token_bytes), None)
        assert standing.ok, standing.problem
    return Person(server, user, machine, standing)


@dataclass(slots=True)
class House:
    """The bot as one account of it: what it reads with, and what it handed in."""

    server: Homeserver
    account: Account
    inbox: Inbox
    vault: Vault
    hearing: Hearing
    reader: Reader
    clock: Clock

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read for the length of a block."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.reader.run()),
                group.create_task(self.hearing.run_errands()),
            ]
            yield
            for each in tasks:
                each.cancel()

    async def read(self) -> None:
        """Wait until all is read that there is."""
        await self.server.read(BOT)


def account_settings(server: Homeserver, folder: Path, **more: object) -> AccountSettings:
    """Set an account up."""
    given: dict[str, object] = {"user": BOT, "password": "hunter2", **more}
    store = folder / str(given["user"]).strip("@").replace(":", "_")
    return AccountSettings(homeserver=server.base, store=store, pickle_key=KEY, **given)  # type: ignore[arg-type]  # a test's own words


async def house(
    server: Homeserver,
    connections: aiohttp.ClientSession,
    folder: Path,
    *,
    leads: Callable[[str], bool] = lambda _: True,
    again: "House | None" = None,
    **more: object,
) -> House:
    """Give an account that is logged in and has read nothing; `again` as after a restart."""
    settings = account_settings(server, folder, **more)
    if again is None:
        me = await person(server, connections, settings.store, BOT, device="BOT")
        assert me.standing is not None
        login = Login(BOT, "BOT", server.login(BOT, "BOT"))
        online = Online(login, me.machine.homeserver, me.machine, me.standing)
        inbox, vault, clock = Inbox(), Vault(), Clock()
        vault.journal = inbox.journal
    else:
        assert again.account.online is not None
        online, inbox, vault = again.account.online, again.inbox, again.vault
        clock = again.clock
    account = Account(settings, Folder(settings.store, KEY), online)
    own = Own(frozenset({BOT}), BOT, ("bot",), frozenset({"vendor", "watchlist"}))
    hearing = Hearing(account, inbox, own, leads, lambda _: False)
    return House(
        server, account, inbox, vault, hearing, Reader(account, vault, hearing, clock), clock
    )
