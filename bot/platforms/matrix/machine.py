"""One device's end-to-end encryption: nio's Olm machine and its store, nothing of nio's network.

nio is used as the machine without I/O that it has at its heart. What goes over the network, in
which order and with which time limit, is ours; so is whom room keys go to: to devices that their
owner has signed (MSC4153, in the specification from v1.18).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog
from nio.crypto import Olm
from nio.events import EncryptedToDeviceEvent, ForwardedRoomKeyEvent, RoomKeyEvent, ToDeviceEvent
from nio.responses import KeysUploadResponse, ToDeviceResponse

from bot.errors import BotError
from bot.platforms.matrix import ageing
from bot.platforms.matrix.api import Homeserver, path
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.keystore import KeyStore
from bot.platforms.matrix.opening import Opened, Opening
from bot.platforms.matrix.peers import Peers
from bot.platforms.matrix.roomkeys import RoomKeys, Rotation
from bot.platforms.matrix.settings import Trust
from bot.platforms.matrix.values import Json, listed, mapping

__all__ = ["MOST_OWED", "LostStoreError", "Machine", "Opened", "Rotation", "open_olm", "store_name"]

log = structlog.get_logger()
MOST_OWED = 100
"""Messages to other devices that may wait to be sent: anybody can make the encryption want some."""
MOST_UPLOADS = 5
"""How often this device's keys are given to the server until it has enough of them."""


class LostStoreError(BotError):
    """The server knows other keys of this device than the store has."""


def store_name(device_id: str) -> str:
    """Give the name of a device's store in its account's folder."""
    return f"{quote(device_id, safe='')}.olm"


def open_olm(folder: Path, login: Login, key: str) -> Olm:
    """Open a device's store, or make it. Raise BotError if it does not open."""
    name = store_name(login.device_id)
    there = folder / name
    try:
        os.close(os.open(there, os.O_RDWR | os.O_CREAT, 0o600))  # nio would let others read it
        store = KeyStore(login.user_id, login.device_id, str(folder), key, name)
        return Olm(login.user_id, login.device_id, store)
    except Exception as error:  # noqa: BLE001 - of three libraries
        reason = f"does not open ({type(error).__name__}); is matrix.accounts[].pickle_key right?"
        raise BotError(f"matrix: {there} {reason}") from None


def _now() -> datetime:
    # nio's own sessions are aged by the clock of the machine.
    return datetime.now().astimezone()


@dataclass(slots=True)
class Machine:
    """Encrypts and decrypts for one device. What asks the server may raise MatrixError."""

    olm: Olm
    homeserver: Homeserver
    trust: Trust
    clock: Callable[[], datetime] = _now
    _peers: Peers = field(init=False)
    _room_keys: RoomKeys = field(init=False)
    _opening: Opening = field(init=False)
    _came: set[tuple[str, str]] = field(init=False, default_factory=set)
    """Room keys that came with a sync that was not taken whole."""
    _settling: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _noted: set[str] = field(init=False, default_factory=set)
    """Room keys whose last use is written down."""

    def __post_init__(self) -> None:
        asking = self.olm, self.homeserver
        self._peers = Peers(*asking, self.clock, self._counts, self._renew_for)
        self._room_keys = RoomKeys(*asking, self._peers, self.clock, self.settle)
        self._opening = Opening(self.olm)

    def _counts(self, signed: bool) -> bool:
        return signed or self.trust is Trust.TOFU

    def _renew_for(self, user: str) -> None:
        self._room_keys.renew_for(user)

    def close(self) -> None:
        """Close the store."""
        self.tidy(self.clock().astimezone(UTC).date())
        self.olm.store.database.close()

    def tidy(self, today: date) -> int:
        """Forget room keys that nobody used for a week; give how many."""
        ageing.used(self.olm, self._opening.used, today)
        self._opening.used.clear()
        return ageing.purge(self.olm, today, self._noted)

    # Start and upkeep

    async def publish(self) -> None:
        """See that the server has this device's keys.

        Raise LostStoreError if it has others: to other people's devices that is somebody else.
        """
        me, device = self.olm.user_id, self.olm.device_id
        answer = await self._peers.query([me])
        known = mapping(mapping(mapping(answer, "device_keys"), me), device)
        keys, ours = mapping(known, "keys"), self.olm.account.identity_keys
        theirs = {str(name).partition(":")[0]: key for name, key in keys.items()}
        if theirs and theirs != {"curve25519": ours["curve25519"], "ed25519": ours["ed25519"]}:
            raise LostStoreError
        if not theirs:
            self.olm.account.shared = False
        await self._upload()

    def sign(self, made: dict[str, Any]) -> str:
        """Give this device's signature of an object, unpadded base64."""
        return str(self.olm.sign_json(made))

    async def absorb(self, sync: Json) -> frozenset[tuple[str, str]]:
        """Take what a sync brought; give (room, session) of each room key that came with it.

        Raise MatrixError; the keys are then given when the same sync is taken again.
        """
        with self.olm.store.at_once():
            for raw in listed(mapping(sync, "to_device"), "events"):
                opened = self._take(raw)
                if isinstance(opened, RoomKeyEvent | ForwardedRoomKeyEvent):
                    self._came.add((opened.room_id, opened.session_id))
        self._peers.told(mapping(sync, "device_lists"))
        count = mapping(sync, "device_one_time_keys_count").get("signed_curve25519")
        if isinstance(count, int):
            self.olm.uploaded_key_count = max(count, 0)  # nio would make as many as are missing
        # If that fails the sync comes again, and its keys will not open a second time.
        await self.settle()
        came, self._came = self._came, set()
        return frozenset(came)

    def _take(self, raw: object) -> object:
        """Open a message to this device.

        What is not encrypted changes nothing: keys are given to nobody who asks for them, as
        whoever is to have them has them already, and no device is compared by emoji.
        """
        try:
            event = ToDeviceEvent.parse_event(raw)
            if not isinstance(event, EncryptedToDeviceEvent):
                return None
            opened = self.olm.handle_to_device_event(event)
            self.olm.save_account()  # without the one-time key that the message used up
        except Exception as error:  # noqa: BLE001 - anybody can send anything to a device
            log.warning(
                "matrix: a message to this device was not understood", error=type(error).__name__
            )
            return None
        else:
            return opened

    async def settle(self) -> None:
        """Do what the encryption owes the server: keys, news of devices, new sessions.

        What the server refuses for good is left: nothing that comes after it must wait for it.
        """
        async with self._settling:
            if self.olm.should_upload_keys:
                await _taken("keys", self._upload())
            while users := self._peers.wanted():
                if not await _taken("a question for devices", self._peers.learn(users)):
                    # They get no keys, and count for nothing, until they are asked for again.
                    self._peers.leave_alone(users)
            wedged = self.olm.wedged_devices
            if wedged and not await _taken("a claim of keys", self._peers.claim_anew()):
                wedged.clear()
            await self._pay()

    async def _pay(self) -> None:
        """Send what the encryption wants to tell other devices."""
        owed = self.olm.outgoing_to_device_messages
        del owed[MOST_OWED:]
        for message in tuple(owed):
            where = path("sendToDevice", message.type, uuid4().hex)
            asked = self.homeserver.call("PUT", where, message.as_dict())
            if not await _taken("a message to devices", asked):
                owed.remove(message)
            else:
                self.olm.handle_response(ToDeviceResponse(message))

    async def meet(self, user: str) -> None:
        """Know somebody's devices before judging what came from one of them."""
        if self._peers.want([user]):
            await self.settle()

    async def _upload(self) -> None:
        for _ in range(MOST_UPLOADS):
            if not self.olm.should_upload_keys:
                return
            new, keys = not self.olm.account.shared, self.olm.share_keys()
            # First, since a crash would make others by the same names, which the server refuses.
            self.olm.save_account()
            try:
                answer = await self.homeserver.call("POST", "/keys/upload", keys)
            except MatrixError as error:
                if new or not error.permanent:
                    raise
                # A store from a backup makes keys anew that others by the same names are for.
                log.warning("matrix: one-time keys were refused", reason=str(error))
                self.olm.mark_keys_as_published()
                self.olm.save_account()
                continue
            left = mapping(answer, "one_time_key_counts").get("signed_curve25519")
            count = left if isinstance(left, int) else self.olm.account.max_one_time_keys
            self.olm.handle_response(KeysUploadResponse(0, max(count, 0)))

    # Messages

    def rotate(self, room_id: str) -> None:
        """Have a new key made for a room before the next message."""
        self._room_keys.rotate(room_id)

    async def encrypt(
        self, room_id: str, users: frozenset[str], kind: str, content: Json, rotation: Rotation
    ) -> Json:
        """Give the content of an `m.room.encrypted` event that these users' devices can read."""
        return await self._room_keys.encrypt(room_id, users, kind, content, rotation)

    def open(self, raw: Json, room_id: str) -> Opened | None:
        """Decrypt an event; None as long as its key is missing, or for good if it is none."""
        return self._opening.open(raw, room_id)


async def _taken(what: str, asked: Awaitable[object]) -> bool:
    """Wait for an answer; say False if the server refuses. Raise MatrixError for all else."""
    try:
        await asked
    except MatrixError as error:
        if not error.permanent:
            raise
        log.error("matrix: the homeserver refuses", what=what, why=error.code or error.status)
        return False
    return True
