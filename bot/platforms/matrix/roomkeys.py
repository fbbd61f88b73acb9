"""The keys that rooms are encrypted with: whose devices have them, and when there is a new one."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from nio.crypto import Olm, OutboundGroupSession

from bot.platforms.matrix.api import Homeserver, path
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.peers import Peers
from bot.platforms.matrix.values import Json

CLAIM_AGAIN = timedelta(minutes=5)
"""How long a device that had no key to give is left alone."""
MOST_TRIES = 5
"""How often a room key is handed out anew because devices changed meanwhile."""
AGAIN_S = 2.0
"""How long a message waits whose room never has the same devices for long enough."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a room wants a new key: after so many messages or so long."""

    messages: int = 100
    age: timedelta = timedelta(days=7)


@dataclass(slots=True)
class RoomKeys:
    """Encrypts for rooms. What asks the server may raise MatrixError.

    `settle` is to ask for the devices that are wanted, so that `peers` knows them.
    """

    olm: Olm
    homeserver: Homeserver
    peers: Peers
    clock: Callable[[], datetime]
    settle: Callable[[], Awaitable[None]]
    _locks: defaultdict[str, asyncio.Lock] = field(
        init=False, default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _shared_among: dict[str, frozenset[str]] = field(init=False, default_factory=dict)
    _missed: dict[str, datetime] = field(init=False, default_factory=dict)
    """Rooms in which a device had no key to give, and when it is asked for one again."""

    def renew_for(self, user: str) -> None:
        """Have new keys made for the rooms of somebody whose devices are others now."""
        for room, users in tuple(self._shared_among.items()):
            if user in users:
                self.rotate(room)

    def rotate(self, room_id: str) -> None:
        """Have a new key made for a room before the next message."""
        self.olm.outbound_group_sessions.pop(room_id, None)
        self._shared_among.pop(room_id, None)

    async def encrypt(
        self, room_id: str, users: frozenset[str], kind: str, content: Json, rotation: Rotation
    ) -> Json:
        """Give the content of an `m.room.encrypted` event that these users' devices can read."""
        async with self._locks[room_id]:
            await self._share(room_id, users, rotation)
            inner = {"type": kind, "content": dict(content), "room_id": room_id}
            made: dict[str, object] = dict(self.olm.group_encrypt(room_id, inner))
            if "m.relates_to" in content:
                # The server has to see what belongs together (v1.18, "Encrypting events").
                made["m.relates_to"] = content["m.relates_to"]
            return made

    async def _share(self, room_id: str, users: frozenset[str], rotation: Rotation) -> None:
        """See that everybody's devices have the room's key, and nobody else's."""
        self.peers.want(users)
        for _ in range(MOST_TRIES):
            if self.olm.users_for_key_query:
                await self.settle()
            session = self._session(room_id, users)
            if not session.shared:
                await self._claim_missing(room_id, users)
                await self._hand_out(room_id, users, session)
                session.max_messages, session.max_age = rotation.messages, rotation.age
            # Somebody's devices may have changed meanwhile, and made the key a wrong one.
            same = self.olm.outbound_group_sessions.get(room_id) is session
            if same and not self.olm.users_for_key_query & users:
                session.shared = True
                return
        raise MatrixError("the devices in that room change too often", retry_after=AGAIN_S)

    def _session(self, room_id: str, users: frozenset[str]) -> OutboundGroupSession:
        """Give the room's key for these users, a new one where it has to be."""
        session = self.olm.outbound_group_sessions.get(room_id)
        if session is None or session.expired or self._shared_among.get(room_id) != users:
            self.rotate(room_id)
            self.olm.create_outbound_group_session(room_id)
            # Known from now on, so that news of a device of theirs makes the key a wrong one.
            self._shared_among[room_id] = users
        elif room_id in self._missed and self._missed[room_id] <= self.clock():
            session.shared = False  # whoever was missed gets it from here on
        return self.olm.outbound_group_sessions[room_id]

    async def _claim_missing(self, room_id: str, users: frozenset[str]) -> None:
        wanted = self.peers.without_way(users)
        if wanted:
            await self.peers.claim(wanted)
        self._missed.pop(room_id, None)
        if self.peers.without_way(users):
            self._missed[room_id] = self.clock() + CLAIM_AGAIN

    async def _hand_out(
        self, room_id: str, users: frozenset[str], session: OutboundGroupSession
    ) -> None:
        with self.olm.store.at_once():
            for user in users:
                for device in self.olm.device_store.active_user_devices(user):
                    if not self.olm.is_device_verified(device):  # nio stops at one not judged yet
                        self.olm.blacklist_device(device)
        portions = self.olm.share_group_session_parallel(room_id, sorted(users))
        while True:
            with self.olm.store.at_once():
                among, body = next(portions, (None, None))
            if among is None:
                return
            where = path("sendToDevice", "m.room.encrypted", uuid4().hex)
            await self.homeserver.call("PUT", where, body)
            session.users_shared_with |= among
