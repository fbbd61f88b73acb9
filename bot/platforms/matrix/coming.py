"""Where an account is, handed in: rooms it comes into and goes from, and what becomes of them.

A room goes on in another one only where both say so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from bot.core.mention import Channel
from bot.platforms.base import Inbox
from bot.platforms.matrix.account import PLATFORM, Account
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.errands import Errands
from bot.platforms.matrix.events import membership, stayed
from bot.platforms.matrix.invites import allowed, invite
from bot.platforms.matrix.rooms import Room
from bot.platforms.matrix.values import Json, listed, mapping

log = structlog.get_logger()


@dataclass(slots=True)
class Coming:
    """Hands in where one account is. `leads` says whether it is the one to speak in a room.

    `others` says whether another account of the bot's is in a room. What hands in may raise
    StorageError.
    """

    account: Account
    inbox: Inbox
    own: Own
    errands: Errands
    leads: Callable[[str], bool]
    others: Callable[[str], bool]
    _invited_by: dict[str, str] = field(init=False, default_factory=dict)
    _untold: set[str] = field(init=False, default_factory=set)
    """Rooms that changed, where that is not handed in yet."""

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
        joins = [each for each in events if fresh or not stayed(each)]
        ours = [each for each in joins if membership(each, self.own.user_id) == "join"]
        if not (fresh or ours) or room.space or self.others(room_id):
            return
        if room.maker == self.own.user_id and self.account.unfinished(room):
            # It makes encrypted ones for two alone. The rest comes next: what is said before the
            # other one is invited, they could never read.
            self._untold.add(room_id)
            return
        event = str(ours[-1].get("event_id") if ours else room_id)
        old, by = room.predecessor, self._invited_by.get(room_id)
        if old is not None and self._goes_on(old, room_id):
            await self._moved(old, room_id, event)
            return
        if by is None and room_id in self._successors():
            # Somebody closed a room with a hint at this one, of which this one knows nothing.
            log.warning("matrix: a room that does not say what it follows was left")
            self.errands.leave(room_id)
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
        self._untold.discard(room_id)
        self.account.forget(room_id)
        self._invited_by.pop(room_id, None)

    def invited(self, room_id: str, told: Json) -> None:
        """Accept an invitation from whoever may invite, refuse any other."""
        state = mapping(told, "invite_state")
        asked = invite(listed(state, "events"), self.own.user_id)
        by, given = asked.inviter, self.account.settings
        welcome = allowed(by, given.invites or (given.server,))
        if welcome or room_id in self._successors():
            if welcome:
                self._invited_by[room_id] = by
            self.errands.join(room_id, by, talk=asked.direct)
        else:
            log.warning("matrix: invitation refused", by=by, account=given.user)
            self.errands.leave(room_id)

    async def changed(self, room_id: str, room: Room, event: Json) -> None:
        """Take a change of a room, and do what follows from it."""
        before = (room.encrypted, room.private)
        room.take(event)
        self.account.told(room_id)
        if (room.encrypted, room.private) != before:
            self._untold.add(room_id)
        begun = room.maker == self.own.user_id and self.account.unfinished(room)
        if room_id in self._untold and not begun:
            if self.leads(room_id) and not room.space:
                channel = self.account.channel(room_id)
                await self.inbox.on_joined(channel, str(event.get("event_id")))
            self._untold.discard(room_id)
        kind, who = event.get("type"), str(event.get("sender") or "")
        if kind == "m.room.tombstone" and room.successor is not None and self.leads(room_id):
            await self._follow(room_id, room.successor.room_id, who, str(event.get("event_id")))
        gone = kind == "m.room.member" and event.get("state_key") not in self.own.user_ids
        if gone and await self._alone(room_id, room):
            log.info("matrix: nobody is left in a room, so the bot leaves as well")
            self.errands.leave(room_id)

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
        self.errands.join(new, who)

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
