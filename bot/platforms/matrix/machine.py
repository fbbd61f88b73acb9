"""One device's end-to-end encryption: nio's Olm machine and its store, nothing of nio's network.

nio is used as the machine without I/O that it has at its heart. What goes over the network, in
which order and with which time limit, is ours; so is whom room keys go to: to devices that their
owner has signed (MSC4153, in the specification from v1.18).
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog
from nio.crypto import Olm, OlmDevice
from nio.events import Event, ForwardedRoomKeyEvent, MegolmEvent, RoomKeyEvent, ToDeviceEvent
from nio.exceptions import EncryptionError, OlmUnverifiedDeviceError
from nio.responses import (
    KeysClaimResponse,
    KeysQueryResponse,
    KeysUploadResponse,
    ToDeviceResponse,
)

from bot.errors import BotError
from bot.platforms.matrix import ageing
from bot.platforms.matrix.api import Homeserver, Json, path
from bot.platforms.matrix.chain import Device, signed_devices
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.keystore import KeyStore
from bot.platforms.matrix.settings import Trust

log = structlog.get_logger()
CLAIM_AGAIN = timedelta(minutes=5)
"""How long a device that had no key to give is left alone."""
MOST_ASKED = 500
"""People whose devices are asked for at a time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An event decrypted. `trusted`: it is from a device that counts."""

    event: Json
    trusted: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a room wants a new key: after so many messages or so long."""

    messages: int = 100
    age: timedelta = timedelta(days=7)


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


@dataclass(slots=True)
class Machine:
    """Encrypts and decrypts for one device. What asks the server may raise MatrixError."""

    olm: Olm
    homeserver: Homeserver
    trust: Trust
    _locks: defaultdict[str, asyncio.Lock] = field(
        init=False, default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _shared_among: dict[str, frozenset[str]] = field(init=False, default_factory=dict)
    _missed: dict[str, datetime] = field(init=False, default_factory=dict)
    _unanswered: set[str] = field(init=False, default_factory=set)
    _settling: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _used: set[str] = field(init=False, default_factory=set)

    def close(self) -> None:
        """Close the store."""
        self.tidy(_now().astimezone(UTC).date())
        self.olm.store.database.close()

    def tidy(self, today: date) -> int:
        """Forget room keys that nobody used for a week; give how many."""
        ageing.used(self.olm, self._used, today)
        self._used.clear()
        return ageing.purge(self.olm, today)

    # Start and upkeep

    async def publish(self) -> None:
        """See that the server has this device's keys.

        Raise LostStoreError if it has others: to other people's devices that is somebody else.
        """
        me, device = self.olm.user_id, self.olm.device_id
        answer = await self._query([me])
        known = _mapping(_mapping(_mapping(answer.get("device_keys")).get(me)).get(device))
        keys, ours = _mapping(known.get("keys")), self.olm.account.identity_keys
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
        """Take what a sync brought; give (room, session) of each room key that came with it."""
        came: set[tuple[str, str]] = set()
        for raw in _list(_mapping(sync.get("to_device")).get("events")):
            opened = self._take(raw)
            if isinstance(opened, RoomKeyEvent | ForwardedRoomKeyEvent):
                came.add((opened.room_id, opened.session_id))
        # Keys are given to nobody who asks for them: whoever is to have them has them already.
        self.olm.received_key_requests.clear()
        lists = _mapping(sync.get("device_lists"))
        changed = {each for each in _list(lists.get("changed")) if isinstance(each, str)}
        self.olm.users_for_key_query |= changed & self.olm.tracked_users
        count = _mapping(sync.get("device_one_time_keys_count")).get("signed_curve25519")
        if isinstance(count, int):
            self.olm.uploaded_key_count = count
        await self.settle()
        return frozenset(came)

    def _take(self, raw: object) -> object:
        try:
            return self.olm.handle_to_device_event(ToDeviceEvent.parse_event(raw))
        except Exception as error:  # noqa: BLE001 - anybody can send anything to a device
            log.warning("matrix: a message to this device was not understood", error=_kind(error))
            return None

    async def settle(self) -> None:
        """Do what the encryption owes the server: keys, news of devices, new sessions."""
        async with self._settling:
            if self.olm.should_upload_keys:
                await self._upload()
            while self.olm.users_for_key_query:
                await self._learn(sorted(self.olm.users_for_key_query)[:MOST_ASKED])
            if self.olm.wedged_devices:
                await self._claim(self.olm.get_users_for_key_claiming())
            for message in tuple(self.olm.outgoing_to_device_messages):
                where = path("sendToDevice", message.type, uuid4().hex)
                await self.homeserver.call("PUT", where, message.as_dict())
                self.olm.handle_response(ToDeviceResponse(message))

    async def meet(self, user: str) -> None:
        """Know somebody's devices before judging what came from one of them."""
        if user not in self.olm.tracked_users and user not in self._unanswered:
            self.olm.users_for_key_query.add(user)
            await self.settle()

    async def _upload(self) -> None:
        while self.olm.should_upload_keys:
            answer = await self.homeserver.call("POST", "/keys/upload", self.olm.share_keys())
            counts = _mapping(answer.get("one_time_key_counts"))
            left = counts.get("signed_curve25519")
            count = left if isinstance(left, int) else self.olm.account.max_one_time_keys
            self.olm.handle_response(KeysUploadResponse(0, count))

    # Devices

    async def _query(self, users: Iterable[str]) -> Json:
        asked: dict[str, object] = {user: [] for user in users}
        return await self.homeserver.call("POST", "/keys/query", {"device_keys": asked})

    async def _learn(self, users: Sequence[str]) -> None:
        """Ask for people's devices, and decide which of them count."""
        answer = await self._query(users)
        told = _mapping(answer.get("device_keys"))
        known = {user: _devices(told[user], user) for user in users if user in told}
        response = KeysQueryResponse(known, {})
        self.olm.handle_response(response)
        # A server out of reach is asked again when somebody there is to get keys.
        self._unanswered |= set(users) - known.keys()
        self._unanswered -= known.keys()
        self.olm.users_for_key_query.difference_update(users)
        for user in known:
            signed = signed_devices(answer, user).signed
            news = user in response.changed
            for device in self.olm.device_store.active_user_devices(user):
                # Whoever took an id over has other keys than those that were signed.
                keys = Device(device.id, device.ed25519, device.curve25519)
                news |= self._judge(device, trusted=signed.get(device.id) == keys)
            if news:
                self._forget_keys(user)

    def _judge(self, device: OlmDevice, *, trusted: bool) -> bool:
        """Let a device count or not; say whether that is new."""
        if trusted or self.trust is Trust.TOFU:
            return bool(self.olm.verify_device(device))
        return bool(self.olm.blacklist_device(device))

    def _forget_keys(self, user: str) -> None:
        """Have new keys made for the rooms of somebody whose devices are others now."""
        for room, users in tuple(self._shared_among.items()):
            if user in users:
                self.rotate(room)

    def rotate(self, room_id: str) -> None:
        """Have a new key made for a room before the next message."""
        self.olm.outbound_group_sessions.pop(room_id, None)
        self._shared_among.pop(room_id, None)

    async def _claim(self, wanted: Mapping[str, Collection[str]]) -> None:
        asked = {user: dict.fromkeys(ids, "signed_curve25519") for user, ids in wanted.items()}
        answer = await self.homeserver.call("POST", "/keys/claim", {"one_time_keys": asked})
        for user, devices in _mapping(answer.get("one_time_keys")).items():
            for device, keys in _mapping(devices).items():
                one = {user: {device: keys}}
                try:
                    self.olm.handle_response(KeysClaimResponse(one, {}))
                except Exception as error:  # noqa: BLE001 - of a device of anybody's
                    log.warning("matrix: a device gave no usable key", error=_kind(error))
        wedged = self.olm.wedged_devices
        wedged[:] = [each for each in wedged if each.id not in asked.get(each.user_id, {})]

    # Messages

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
        self.olm.users_for_key_query |= (users - self.olm.tracked_users) | (
            users & self._unanswered
        )
        if self.olm.users_for_key_query:
            await self.settle()
        if self._shared_among.get(room_id) != users:
            self.rotate(room_id)
        session = self.olm.outbound_group_sessions.get(room_id)
        if session is not None and room_id in self._missed and self._missed[room_id] <= _now():
            session.shared = False  # whoever was missed gets it from here on
        if not self.olm.should_share_group_session(room_id):
            return
        await self._claim_missing(room_id, users)
        try:
            await self._hand_out(room_id, users)
        except OlmUnverifiedDeviceError as error:
            self.olm.blacklist_device(error.device)
            await self._hand_out(room_id, users)
        session = self.olm.outbound_group_sessions[room_id]
        session.shared = True
        session.max_messages, session.max_age = rotation.messages, rotation.age
        self._shared_among[room_id] = users

    async def _claim_missing(self, room_id: str, users: frozenset[str]) -> None:
        wanted = self._without_session(users)
        if wanted:
            await self._claim(wanted)
        self._missed.pop(room_id, None)
        if self._without_session(users):
            self._missed[room_id] = _now() + CLAIM_AGAIN

    def _without_session(self, users: frozenset[str]) -> dict[str, list[str]]:
        """Give the devices that are to have keys and to which there is no way yet."""
        found: dict[str, list[str]] = {}
        for user in sorted(users):
            for device in self.olm.device_store.active_user_devices(user):
                itself = (user, device.id) == (self.olm.user_id, self.olm.device_id)
                if itself or self.olm.is_device_blacklisted(device):
                    continue
                if not self.olm.session_store.get(device.curve25519):
                    found.setdefault(user, []).append(device.id)
        return found

    async def _hand_out(self, room_id: str, users: frozenset[str]) -> None:
        for among, body in self.olm.share_group_session_parallel(room_id, sorted(users)):
            where = path("sendToDevice", "m.room.encrypted", uuid4().hex)
            await self.homeserver.call("PUT", where, body)
            self.olm.outbound_group_sessions[room_id].users_shared_with |= among

    def open(self, raw: Json, room_id: str) -> Opened | None:
        """Decrypt an event; None as long as its key is missing, or for good if it is none."""
        try:
            event = Event.parse_event(dict(raw))
            if not isinstance(event, MegolmEvent):
                return None
            made = self.olm.decrypt_megolm_event(event, room_id)
        except EncryptionError:
            return None
        except Exception as error:  # noqa: BLE001 - anybody can send anything
            log.warning("matrix: an encrypted event was not understood", error=_kind(error))
            return None
        self._used.add(event.session_id)
        inner = getattr(made, "source", None)
        if not isinstance(inner, dict):
            return None
        # Who sent it, where and when is the server's word; what it says is the device's.
        outer = {key: raw.get(key) for key in ("event_id", "sender", "origin_server_ts")}
        shown = {"type": inner.get("type"), "content": inner.get("content"), **outer}
        return Opened(shown, bool(getattr(made, "verified", False)))


def _devices(told: object, user: str) -> dict[str, Any]:
    """Give the devices of an answer that are of the right shape; nio stumbles over others."""
    found: dict[str, Any] = {}
    for id_, device in _mapping(told).items():
        given = _mapping(device)
        keys = _mapping(given.get("keys"))
        named = given.get("user_id") == user and given.get("device_id") == id_
        whole = all(
            isinstance(keys.get(f"{kind}:{id_}"), str) for kind in ("ed25519", "curve25519")
        )
        if named and whole and isinstance(given.get("signatures"), Mapping):
            found[str(id_)] = {**given, "unsigned": {}}  # a name that its owner chose is not kept
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _kind(error: Exception) -> str:
    return type(error).__name__


def _now() -> datetime:
    # nio's own sessions are aged by the clock of the machine.
    return datetime.now().astimezone()
