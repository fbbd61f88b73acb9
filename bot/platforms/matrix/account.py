"""One account at work: its rooms as they are now, and the one door by which anything is sent.

Nothing passes that door in the clear where a room is encrypted: without a machine, or before the
rooms are known, nothing is sent at all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.mention import Channel
from bot.platforms.matrix.api import Homeserver, path
from bot.platforms.matrix.crosssign import Standing
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Folder, Login
from bot.platforms.matrix.machine import Machine, Rotation
from bot.platforms.matrix.rooms import Room
from bot.platforms.matrix.settings import AccountSettings
from bot.platforms.matrix.values import Json, mapping, string

PLATFORM = "matrix"
DIRECT = "direct"
"""Where an answer goes that only its asker may see: the room for talking with them."""
DIRECT_IF_ANY = "direct, if any"
"""The same where they talk with the bot already; else the room that they asked in."""
NOT_YET_S = 2.0
"""Seconds after which to try again while an account is only just connecting."""
REACTION = "m.reaction"
"""The one kind of event that is never encrypted: no client would read it."""


@dataclass(slots=True)
class Online:
    """What an account has while it is logged in."""

    login: Login
    homeserver: Homeserver
    machine: Machine
    standing: Standing


@dataclass(slots=True)
class Account:
    """An account of the configuration. `online` is None while it is not logged in.

    `rooms` are those it is in; they are `known` once a sync has told of them. `sealed` are those
    that were encrypted when the bot last ran, whatever the server says now. `direct` says which
    rooms are for talks with one person, as the account's own data have it; `made` has those that
    the bot just made for one, until the data have them and a sync has told of them.
    """

    settings: AccountSettings
    folder: Folder
    online: Online | None = None
    known: bool = False
    rooms: dict[str, Room] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()
    direct: dict[str, tuple[str, ...]] = field(default_factory=dict)
    made: dict[str, str] = field(init=False, default_factory=dict)
    _awaited: dict[str, asyncio.Event] = field(init=False, default_factory=dict)
    _noting: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    @property
    def user_id(self) -> str:
        """The account's full id."""
        return self.settings.user

    def now(self) -> Online:
        """Give what is needed to ask the server; raise MatrixError while not logged in."""
        if self.online is None:
            reason = f"{self.user_id} is not connected to its homeserver"
            raise MatrixError(reason, retry_after=NOT_YET_S)
        return self.online

    def room(self, room_id: str) -> Room:
        """Give a room; raise MatrixError if the account is not in it, or does not know yet."""
        if not self.known:
            reason = f"{self.user_id} is not connected to its homeserver"
            raise MatrixError(reason, retry_after=NOT_YET_S)
        if room_id not in self.rooms:
            raise MatrixError("the bot is not in that room; invite it", permanent=True)
        return self.rooms[room_id]

    def channel(self, room_id: str) -> Channel:
        """Give a room as the channel that it is at present."""
        room = self.rooms[room_id]
        return Channel(PLATFORM, room_id, private=room.private, encrypted=room.encrypted)

    def enter(self, room_id: str) -> Room:
        """Give a room that a sync told of, new if it is."""
        # Once encrypted, always: a server that leaves that out is not believed.
        room = self.rooms.setdefault(room_id, Room(encrypted=room_id in self.sealed))
        self.told(room_id)
        return room

    def told(self, room_id: str) -> None:
        """Wake who waits for news of a room."""
        if room_id in self._awaited:
            self._awaited.pop(room_id).set()

    async def arrival(self, room_id: str, limit_s: float) -> None:
        """Wait until syncs have told of a room, that it is encrypted, and of who is invited.

        One that is only just being made is told of piece by piece. It seems to be open at first,
        and then to have nobody in it to whom the first message's key would go. Raise MatrixError
        after `limit_s` seconds.
        """
        try:
            async with asyncio.timeout(limit_s):
                while room_id not in self.rooms or self.unfinished(self.rooms[room_id]):
                    await self._awaited.setdefault(room_id, asyncio.Event()).wait()
        except TimeoutError:
            raise MatrixError("the room for it is being made", retry_after=NOT_YET_S) from None

    def unfinished(self, room: Room) -> bool:
        """Say whether a room of those that the account makes for two is not told of whole yet."""
        return not room.encrypted or room.lonely(frozenset({self.user_id}))

    def forget(self, room_id: str) -> None:
        """Know nothing more of a room that the account is out of."""
        self.rooms.pop(room_id, None)
        self.made = {who: made for who, made in self.made.items() if made != room_id}
        if self.online is not None:
            self.online.machine.rotate(room_id)

    def begin(self) -> None:
        """Know of no room, until a sync tells of them."""
        self.known = False
        self.rooms.clear()

    async def is_talk(self, room_id: str, own: frozenset[str]) -> bool:
        """Say whether a room is for talking with the bot: meant so, and nobody else is there.

        Raise MatrixError.
        """
        room = self.rooms.get(room_id)
        if room is None or not any(room_id in rooms for rooms in self.direct.values()):
            return False
        try:
            await self.complete(room_id, room)
        except MatrixError as error:
            if not error.permanent:
                raise
        return room.direct(own)

    async def learn_talks(self) -> None:
        """Ask which rooms are for talking with one person: syncs tell only what changes."""
        try:
            told = await self.now().homeserver.call("GET", self._talks())
        except MatrixError as error:
            # Not any 404: what a proxy says for a moment must not empty the list.
            if error.code != "M_NOT_FOUND":
                raise
            told = {}
        self.take_talks(told)

    def take_talks(self, told: Json) -> None:
        """Take which rooms are for talking with one person."""
        self.direct = {
            user: tuple(each for each in rooms if isinstance(each, str))
            for user, rooms in told.items()
            if isinstance(rooms, list)
        }

    async def note_talk(self, user: str, room_id: str) -> None:
        """Note that a room is for talking with one person, where the account's clients see it.

        Raise MatrixError.
        """
        # All of it is written at once: what is noted for two people at a time must not be lost.
        async with self._noting:
            if room_id in self.direct.get(user, ()):
                return
            await self.learn_talks()  # what a sync brought may be older than what was noted last
            there = self.direct.get(user, ())
            if room_id not in there:
                told = {each: list(rooms) for each, rooms in self.direct.items()}
                told[user] = [room_id, *there]
                await self.now().homeserver.call("PUT", self._talks(), told)
                self.take_talks(told)

    def _talks(self) -> str:
        return path("user", self.user_id, "account_data", "m.direct")

    async def members(self, room_id: str) -> Room:
        """Give a room whose members are all known; what syncs bring keeps them so."""
        await self.complete(room_id, self.room(room_id))
        return self.room(room_id)

    async def complete(self, room_id: str, room: Room) -> None:
        """Learn who all is in a room. Raise MatrixError."""
        where, query = path("rooms", room_id, "members"), {"not_membership": "leave"}
        while not room.complete:
            changes = room.changes
            told = await self.now().homeserver.call("GET", where, query=query)
            chunk = told.get("chunk")
            if not isinstance(chunk, list):
                raise MatrixError("the homeserver did not say who is in the room")
            if room.changes == changes:  # else it may not know of who has just left
                room.take_members(each for each in chunk if isinstance(each, Mapping))

    async def send(self, room_id: str, kind: str, content: Json, transaction: str) -> str:
        """Send an event and give its id; the same `transaction` is sent once. Raise MatrixError.

        https://spec.matrix.org/v1.18/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
        """
        online, room = self.now(), self.room(room_id)
        if room.encrypted and kind != REACTION:
            room = await self.members(room_id)
            rotation = Rotation(room.rotation_messages, timedelta(milliseconds=room.rotation_ms))
            content = await online.machine.encrypt(room_id, room.readers, kind, content, rotation)
            kind = "m.room.encrypted"
        where = path("rooms", room_id, "send", kind, transaction)
        return _event_id(await online.homeserver.call("PUT", where, content))

    async def thread_of(self, room_id: str, event_id: str) -> str | None:
        """Give the event that began the thread an event is in; None if it is in none.

        Relations are in the clear, in encrypted rooms too. Raise MatrixError.
        """
        where = path("rooms", room_id, "event", event_id)
        told = await self.now().homeserver.call("GET", where)
        relation = mapping(mapping(told, "content"), "m.relates_to")
        if string(relation, "rel_type") != "m.thread":
            return None
        return string(relation, "event_id") or None

    async def redact(self, room_id: str, event_id: str, transaction: str) -> None:
        """Take an event back; well if it is gone. Raise MatrixError."""
        self.room(room_id)
        where = path("rooms", room_id, "redact", event_id, transaction)
        try:
            await self.now().homeserver.call("PUT", where, {})
        except MatrixError as error:
            if error.code != "M_NOT_FOUND":
                raise


def _event_id(answer: Json) -> str:
    made = answer.get("event_id")
    if not isinstance(made, str):
        raise MatrixError("the homeserver did not say where the message stands", uncertain=True)
    return made
