"""What happens in an account's rooms, handed in: what is said, asked and touched, where the bot is.

Nothing raises for the sake of one event: what nobody understands is logged by its kind and left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.core.mention import Channel, Invocation
from bot.core.sealed import Sealed
from bot.core.signs import is_mark
from bot.errors import BotError
from bot.platforms.base import Inbox
from bot.platforms.matrix.account import DIRECT, PLATFORM, Account
from bot.platforms.matrix.api import Json, path
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.events import (
    Asked,
    Deleted,
    Edited,
    Heard,
    Said,
    There,
    Touched,
    read,
)
from bot.platforms.matrix.machine import Opened
from bot.platforms.matrix.rooms import Room, allowed, invite
from bot.platforms.matrix.values import identity

log = structlog.get_logger()
UNSIGNED = (
    "That came from a device that its owner has not verified, so nothing was done. Verify the "
    "device in your client (Settings, Sessions), or ask from another one."
)
NOT_ENCRYPTED = (
    "That was not encrypted although this room is, so anybody between us may have written it, and "
    "nothing was done. Send it again."
)
UNREAD = (
    "I could not read a message here, as its key did not reach me. Keys come only to who is in the "
    "room at the time, and some clients give them to verified devices alone; ask your client."
)
LATE, STALE = timedelta(minutes=2), timedelta(hours=1)
"""How long a key may take before the room is told that it is missing; after how long no more."""
JOIN_S = 60.0
"""How long a join may take: the room may be on another server."""
MOST_ERRANDS = 1_000
AT_A_TIME = 4


@dataclass(slots=True)
class Hearing:
    """Hands in what one account hears. `leads` says whether it is the one to do so in a room.

    `others` says whether another account of the bot's is in a room.
    """

    account: Account
    inbox: Inbox
    own: Own
    leads: Callable[[str], bool]
    others: Callable[[str], bool]
    _errands: asyncio.Queue[Callable[[], Awaitable[None]]] = field(
        init=False, default_factory=lambda: asyncio.Queue(MOST_ERRANDS)
    )
    _invited_by: dict[str, str] = field(init=False, default_factory=dict)
    _untold: set[str] = field(init=False, default_factory=set)
    """Rooms that changed, where that is not handed in yet."""

    # Where the bot is

    def state(self, room_id: str, events: Iterable[Json], summary: Json) -> None:
        """Take what a room is at present."""
        room = self.account.enter(room_id)
        for event in events:
            room.take(event)
        room.take_summary(summary)

    async def entered(self, room_id: str, events: Iterable[Json], *, fresh: bool) -> None:
        """Hand in that the account has come into a room, if it has.

        Where another account is already, nobody is told anew; in a space nobody talks.
        """
        room = self.account.rooms[room_id]
        joins = [each for each in events if fresh or not _stayed(each)]
        ours = [each for each in joins if _member(each, self.own.user_id) == "join"]
        if not (fresh or ours) or room.space or self.others(room_id):
            return
        if room.maker == self.own.user_id and not room.encrypted:
            # It makes encrypted ones alone; that this is one comes next, and with it this again.
            return
        event = str(ours[-1].get("event_id") if ours else room_id)
        old, by = room.predecessor, self._invited_by.get(room_id)
        if old is not None and self._goes_on(old, room_id):
            await self._moved(old, room_id, event)
            return
        if by is None and room_id in self._successors():
            # Somebody closed a room with a hint at this one, of which this one knows nothing.
            log.warning("matrix: a room that does not say what it follows was left")
            self._errand(lambda: self._leave(room_id))
            return
        await self.inbox.on_joined(self.account.channel(room_id), event, by)
        self._invited_by.pop(room_id, None)

    async def closed(self, room_id: str, event: Json) -> None:
        """Hand in that a room is encrypted now, which it was not."""
        if self.leads(room_id):
            await self.inbox.on_joined(self.account.channel(room_id), str(event.get("event_id")))

    async def left(self, room_id: str, *, known: bool) -> None:
        """Hand in that the account is out of a room, if no other account is there.

        `known`: the bot was there before, though perhaps before a restart.
        """
        known = known or room_id in self.account.rooms
        there = Channel(PLATFORM, room_id, private=True)
        if room_id in self.account.rooms:
            there = self.account.channel(room_id)
        if known and not self.others(room_id):
            await self.inbox.on_left(there)
        self.account.forget(room_id)
        self._invited_by.pop(room_id, None)

    def invited(self, room_id: str, told: Json) -> None:
        """Accept an invitation from whoever may invite, refuse any other."""
        state = _mapping(told.get("invite_state")).get("events")
        asked = invite(state if isinstance(state, list) else (), self.own.user_id)
        by, given = asked.inviter, self.account.settings
        welcome = allowed(by, given.invites or (given.server,))
        if welcome or room_id in self._successors():
            if welcome:
                self._invited_by[room_id] = by
            self._errand(lambda: self._join(room_id, by, talk=asked.direct))
        else:
            log.warning("matrix: invitation refused", by=by, account=given.user)
            self._errand(lambda: self._leave(room_id))

    async def _changed(self, room_id: str, room: Room, event: Json) -> None:
        """Take a change of a room, and do what follows from it."""
        before = (room.encrypted, room.private)
        room.take(event)
        self.account.told(room_id)
        if (room.encrypted, room.private) != before:
            self._untold.add(room_id)
        if room_id in self._untold and self.leads(room_id) and not room.space:
            channel = self.account.channel(room_id)
            await self.inbox.on_joined(channel, str(event.get("event_id")))
        self._untold.discard(room_id)
        kind, who = event.get("type"), str(event.get("sender") or "")
        if kind == "m.room.tombstone" and room.successor is not None and self.leads(room_id):
            await self._follow(room_id, room.successor.room_id, who, str(event.get("event_id")))
        gone = kind == "m.room.member" and event.get("state_key") not in self.own.user_ids
        if gone and await self._alone(room_id, room):
            log.info("matrix: nobody is left in a room, so the bot leaves as well")
            self._errand(lambda: self._leave(room_id))

    async def _alone(self, room_id: str, room: Room) -> bool:
        """Whether nobody but the bot's own accounts is left in a room."""
        if room.few(len(self.own.user_ids)):
            # Who those few are a sync after a restart leaves out.
            await self.account.complete(room_id, room)
        return room.abandoned(self.own.user_ids)

    async def _follow(self, old: str, new: str, who: str, event: str) -> None:
        """Go where a room goes on; who closed it had the right to, or it would not be closed."""
        if new in self.account.rooms:
            if self._goes_on(old, new):
                await self._moved(old, new, event)
            return
        self._errand(lambda: self._join(new, who))

    def _successors(self) -> frozenset[str]:
        """Give the rooms that rooms of the account go on in."""
        rooms = self.account.rooms.values()
        return frozenset(each.successor.room_id for each in rooms if each.successor is not None)

    def _goes_on(self, old: str, new: str) -> bool:
        """Whether two rooms both say that one goes on in the other."""
        rooms = self.account.rooms
        if old not in rooms or new not in rooms:
            return False
        successor = rooms[old].successor
        said = successor is not None and successor.room_id == new
        return said and rooms[new].predecessor == old

    async def _moved(self, old: str, new: str, event: str) -> None:
        if self.account.rooms[new].space:
            return
        await self.inbox.on_moved(self.account.channel(old), self.account.channel(new), event)

    # What is said

    async def hear(self, room_id: str, event: dict[str, Any]) -> bool:
        """Take an event; say False if it cannot be decrypted yet.

        Raise StorageError and MatrixError.
        """
        room = self.account.rooms.get(room_id)
        if room is None:
            return True
        try:
            if "state_key" in event:
                await self._changed(room_id, room, event)
                return True
            own = event.get("sender") in self.own.user_ids
            if own or room.space or not self.leads(room_id):
                return True
            return await self._read(room_id, room, event)
        except BotError:
            raise
        except Exception:
            log.exception("matrix: an event was not understood", kind=str(event.get("type"))[:60])
            return True

    async def _read(self, room_id: str, room: Room, event: dict[str, Any]) -> bool:
        doubt, shown = "", event
        if event.get("type") == "m.room.encrypted":
            opened = await self._opened(room_id, event)
            if opened is None:
                return not _waits(event)
            if opened.event.get("type") == "m.room.redaction":
                return True  # whether somebody may, servers decide, who cannot see this one
            shown, doubt = dict(opened.event), "" if opened.trusted else UNSIGNED
        elif room.encrypted and event.get("type") == "m.room.message":
            doubt = NOT_ENCRYPTED
        direct = await self.account.is_talk(room_id, self.own.user_ids)
        there = There(self.account.channel(room_id), direct=direct, doubt=doubt)
        await self._hand_in(read(shown, there, self.own))
        return True

    async def _opened(self, room_id: str, event: dict[str, Any]) -> Opened | None:
        machine = self.account.now().machine
        try:
            await machine.meet(str(event.get("sender")))
        except MatrixError as error:
            if not error.permanent:
                raise
            # Then it counts as from a device that nobody vouches for.
            log.warning("matrix: somebody's devices are not told", reason=str(error))
        return machine.open(event, room_id)

    async def _hand_in(self, heard: Heard | None) -> None:
        match heard:
            case Said(message):
                await self.inbox.on_message(message)
            case Edited(message):
                await self.inbox.on_edit(message)
            case Deleted(channel, message_id):
                await self.inbox.on_delete(channel, message_id)
            case Asked(invocation):
                await self.inbox.on_command(invocation)
            case Touched(invocation, sign):
                if is_mark(sign):  # what it stands for is for whoever asked
                    invocation = replace(invocation, reply_to=DIRECT)
                await self.inbox.on_pressed(invocation, sign)
            case None:
                pass

    async def tell_unread(self, events: Iterable[Sealed], now: datetime) -> None:
        """Say in a room, once a day, that something there cannot be read, and why.

        Silence would look as if nothing had been asked. `events` are those whose keys are late.
        """
        told: set[str] = set()
        for event in events:
            late = LATE <= now - event.kept_at < STALE
            if not late or event.channel in told or event.channel not in self.account.rooms:
                continue
            told.add(event.channel)
            if self.leads(event.channel):
                channel = self.account.channel(event.channel)
                id_ = f"unread {now.astimezone(UTC):%Y-%m-%d}"
                await self.inbox.on_command(
                    Invocation(channel, id_, "", "", thread=event.event, doubt=UNREAD)
                )

    # Errands, which may take long

    def _errand(self, what: Callable[[], Awaitable[None]]) -> None:
        try:
            self._errands.put_nowait(what)
        except asyncio.QueueFull:
            log.warning("matrix: too many invitations at a time; some are not answered")

    async def run_errands(self) -> None:
        """Join and leave rooms until cancelled, a few at a time: some servers never answer."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(self._run_errands())

    async def _run_errands(self) -> None:
        while True:
            what = await self._errands.get()
            try:
                await what()
            except MatrixError as error:
                log.warning("matrix: could not join or leave a room", reason=str(error))

    async def _join(self, room_id: str, by: str, *, talk: bool = False) -> None:
        """Join a room; a `talk` is with `by` alone."""
        server = by.partition(":")[2]
        # Two names for one thing: older servers know only the second.
        query = {"via": server, "server_name": server} if server else None

        async def join() -> None:
            if talk:
                await self.account.note_talk(by, room_id)
            await self._ask(path("join", room_id), query)

        await _insist(join)

    async def _leave(self, room_id: str) -> None:
        await _insist(lambda: self._ask(path("rooms", room_id, "leave")))

    async def _ask(self, where: str, query: Mapping[str, str] | None = None) -> None:
        homeserver = self.account.now().homeserver
        await homeserver.call("POST", where, {}, query=query, timeout_s=JOIN_S)


async def _insist(what: Callable[[], Awaitable[None]]) -> None:
    """Have something done, trying again twice where that may help. Raise MatrixError."""
    for pause in (2.0, 15.0, None):
        try:
            await what()
        except MatrixError as error:
            if pause is None or error.permanent:
                raise
            await asyncio.sleep(error.retry_after or pause)
        else:
            return


def _member(event: Json, who: str) -> object:
    """Give what a membership event makes of somebody; None for any other event."""
    if event.get("type") != "m.room.member" or event.get("state_key") != who:
        return None
    return _mapping(event.get("content")).get("membership")


def _stayed(event: Json) -> bool:
    """Whether a membership event only changes a name or picture."""
    before = _mapping(_mapping(event.get("unsigned")).get("prev_content"))
    return before.get("membership") == "join"


def _waits(event: Json) -> bool:
    """Whether a key that comes later could still open an event."""
    given = _mapping(event.get("content"))
    return bool(identity(given.get("session_id"))) and isinstance(given.get("ciphertext"), str)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
