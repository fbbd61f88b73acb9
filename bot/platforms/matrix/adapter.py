"""Matrix as a chat platform: several accounts, each one device, one store and one stream of news.

Which account speaks in a room: the first of the configuration that is in it. The others that are in
it too say and hear nothing there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

import aiohttp
import structlog

from bot.core.commands import Role
from bot.core.document import Document
from bot.core.limits import Patience
from bot.core.mention import Channel, Invocation, Receipt
from bot.errors import BotError
from bot.platforms.base import Inbox, Redelivery
from bot.platforms.matrix.account import DIRECT, DIRECT_IF_ANY, PLATFORM, Account, Online
from bot.platforms.matrix.api import Homeserver, path, session
from bot.platforms.matrix.calls import Own, mentioned
from bot.platforms.matrix.checks import account_problems
from bot.platforms.matrix.crosssign import establish
from bot.platforms.matrix.device import Entrance, find_homeserver
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Folder
from bot.platforms.matrix.hearing import Hearing
from bot.platforms.matrix.identity import Me
from bot.platforms.matrix.login import kept_identity, signs
from bot.platforms.matrix.people import People
from bot.platforms.matrix.reader import Reader, Vault
from bot.platforms.matrix.render import parts
from bot.platforms.matrix.settings import MatrixSettings
from bot.platforms.matrix.voice import Voice

log = structlog.get_logger()


@dataclass(slots=True)
class MatrixPlatform:
    """Matrix, on as many accounts as are configured."""

    settings: MatrixSettings
    clock: Callable[[], datetime]
    random: Callable[[int], bytes] = field(repr=False)
    name: str = PLATFORM
    redelivery: Redelivery = Redelivery.KEYED
    private_answers: bool = False
    accounts: tuple[Account, ...] = field(init=False)
    _vault: Vault | None = field(init=False, default=None)
    _voice: Voice = field(init=False)
    _people: People = field(init=False)
    _ending: list[AsyncExitStack] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        given = self.settings
        self.accounts = tuple(
            Account(each, Folder(each.store, each.pickle_key)) for each in given.accounts
        )
        self._voice = Voice(self.account_in, given.manner)
        self._people = People(self.accounts, self.account_in, given.management, given.moderators)

    def account_in(self, room_id: str) -> Account:
        """Give the account that speaks in a room. Raise MatrixError if none is there."""
        for account in self.accounts:
            if room_id in account.rooms:
                return account
        if not all(each.known for each in self.accounts):
            raise MatrixError("not all accounts are connected to their homeservers", retry_after=2)
        raise MatrixError("the bot is not in that room; invite it", permanent=True)

    async def keep_in(self, vault: Vault) -> None:
        """Take the place where it is kept how far each account has read."""
        self._vault = vault

    async def run(self, inbox: Inbox) -> None:
        """Connect every account and hand in what is heard, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._voice.offer())
            for account in self.accounts:
                group.create_task(self._keep_up(account, inbox))

    async def _keep_up(self, account: Account, inbox: Inbox) -> None:
        """Run one account and start it again when it fails: none may take the others down."""
        patience = Patience()
        while True:
            began = self.clock()
            told = log.bind(account=account.user_id)
            try:
                await self._run(account, inbox)
            except* BotError as failed:
                for error in failed.exceptions:
                    told.error("matrix: an account failed", error=str(error))
            except* Exception as failed:  # noqa: BLE001 - a bug here must not end the others
                told.error("matrix: an account failed", exc_info=failed)
            account.online = None
            account.begin()
            await asyncio.sleep(patience.pause(self.clock() - began))

    async def _run(self, account: Account, inbox: Inbox) -> None:
        if self._vault is None:
            raise BotError("matrix: there is no database to note down what was read")
        async with AsyncExitStack() as stack:
            stack.enter_context(account.folder.held())
            connections = await stack.enter_async_context(session())
            account.online = await self._connect(account, connections)
            stack.callback(account.online.machine.close)
            hearing = await self._hearing(account, inbox)
            try:
                await _read(Reader(account, self._vault, hearing, self.clock), hearing)
            except asyncio.CancelledError:
                # What was decided is still to be said: `close` ends it.
                self._ending.append(stack.pop_all())
                raise

    async def close(self) -> None:
        """Let go of the stores and connections; until then the bot may speak, though it is deaf."""
        while self._ending:
            await self._ending.pop().aclose()
        for account in self.accounts:
            account.online = None

    async def _connect(self, account: Account, connections: aiohttp.ClientSession) -> Online:
        """Log in, publish the device's keys and see that it is signed."""
        given = account.settings
        base = await find_homeserver(given.homeserver, connections)
        homeserver = Homeserver(base, connections)
        login, machine = await Entrance(given, account.folder, homeserver).enter()
        me = Me(given.user, login.device_id, machine.sign)
        signatory = signs(given, account.folder, homeserver, me, self.random)
        standing = await establish(signatory, kept_identity(account.folder))
        for_log = {"account": given.user, "device": login.device_id}
        if standing.problem is not None:
            log.error(
                "matrix: others may not see what the bot says", **for_log, why=standing.problem
            )
        else:
            log.info("matrix: connected", **for_log, identity=standing.fingerprint)
        return Online(login, homeserver, machine, standing)

    async def _hearing(self, account: Account, inbox: Inbox) -> Hearing:
        me = account.user_id
        name = await _display_name(account)
        localpart = me.partition(":")[0].removeprefix("@")
        own = Own(
            user_ids=frozenset(each.user_id for each in self.accounts),
            user_id=me,
            names=tuple(each for each in (name, localpart) if each),
            command_words=self.settings.command_words,
        )
        return Hearing(
            account,
            inbox,
            own,
            leads=lambda room_id: self._leads(account, room_id),
            others=lambda room_id: any(
                room_id in each.rooms for each in self.accounts if each is not account
            ),
        )

    def _leads(self, account: Account, room_id: str) -> bool:
        return next((each for each in self.accounts if room_id in each.rooms), None) is account

    # What is said

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Give as many messages as a document takes."""
        return parts(document)

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Say something."""
        return await self._voice.post(channel, document, key=key, thread=thread)

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Find nothing: the server itself knows what it was given before."""
        del channel, key, thread
        return None

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a message say something else."""
        await self._voice.edit(channel, message_id, document, key=key)

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Redact a message of the bot's."""
        await self._voice.withdraw(channel, message_id, key=key)

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """React to a message."""
        del document
        await self._voice.mark(channel, message_id, key=key)

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> Receipt | None:
        """Answer in the command's thread; what is for the asker alone goes to their direct room."""
        channel = invocation.channel
        room_id = None if shared else await self._people.aside(invocation)
        if room_id is None:
            return await self._voice.post(channel, document, key=key, thread=invocation.thread)
        there = self.account_in(room_id).channel(room_id)
        told = await self._voice.post(there, document, key=key, thread=None)
        return replace(told, channel=room_id)

    def aside(self, channel: Channel, *, anew: bool) -> str | None:
        """Give the direct room; where one would have to be made, only if it is to be made.

        Whoever is refused would get an invitation to be told no, and could have the bot make a room
        for everybody who types what they may not. The command stood in the room for all to see, and
        the refusal says no more than it did. An answer that tells of people is worth a room.
        """
        if self.is_direct(channel):
            return None
        return DIRECT if anew else DIRECT_IF_ANY

    # Who may what

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Take members of a management room for curators, its moderators for admins."""
        del channel
        return await self._people.role(actor, groups)

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Say whether somebody has the power to decide for a room."""
        return await self._people.moderates(channel.id, actor)

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Give the private rooms that the person and the bot share."""
        del team
        return await self._people.private_rooms(actor)

    def managers(self) -> str:
        """Say what `role` goes by; without a management room nothing."""
        if not self.settings.management:
            return ""
        return "Members of the management room are curators here, its moderators admins."

    def person(self, text: str) -> str | None:
        """Read a user's whole id, or a mention as clients write it that send Markdown."""
        return mentioned(text)

    def is_direct(self, channel: Channel) -> bool:
        """Say whether a room is for one person and the bot."""
        return self._people.is_direct(channel.id)

    def facts(self) -> Sequence[str]:
        """Say of each account whether it is connected, and by which keys others know it."""
        return [_fact(each) for each in self.accounts]

    async def check(self) -> list[str]:
        """Say what is wrong with homeservers, logins, stores, the chain of signatures and rooms."""
        problems: list[str] = []
        rooms: set[str] = set()
        async with session() as connections:
            for account in self.accounts:
                found, joined = await account_problems(
                    account, connections, self.settings.management
                )
                problems += [f"{account.user_id}: {each}" for each in found]
                rooms |= joined
        if not problems:
            missing = [each for each in self.settings.rooms if each not in rooms]
            problems += [f"no account is in {each}; invite one" for each in missing]
        return problems


async def _read(reader: Reader, hearing: Hearing) -> None:
    """Read an account's rooms, with all that goes on beside that, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(hearing.run_errands())
        group.create_task(reader.keep_house())
        await reader.run()


async def _display_name(account: Account) -> str:
    try:
        where = path("profile", account.user_id, "displayname")
        told = await account.now().homeserver.call("GET", where)
    except MatrixError:
        return ""
    name = told.get("displayname")
    return name if isinstance(name, str) else ""


def _fact(account: Account) -> str:
    if account.online is None:
        return f"Matrix {account.user_id}: not connected"
    standing = account.online.standing
    device = account.online.login.device_id
    if standing.problem is not None:
        return f"Matrix {account.user_id}, device {device}: {standing.problem}"
    return f"Matrix {account.user_id}, device {device}, identity {standing.fingerprint}"
