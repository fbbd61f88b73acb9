"""One device's end-to-end encryption: nio's Olm machine and its store, nothing of nio's network.

nio is used as the machine without I/O that it has at its heart. What goes over the network, in
which order and with which time limit, is ours; so is whom room keys go to: to devices that their
owner has signed (MSC4153, in the specification from v1.18).
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog
from nio.crypto import Olm, OlmDevice, OutboundGroupSession
from nio.events import (
    EncryptedToDeviceEvent,
    Event,
    ForwardedRoomKeyEvent,
    MegolmEvent,
    RoomKeyEvent,
    ToDeviceEvent,
)
from nio.exceptions import EncryptionError
from nio.responses import (
    KeysClaimResponse,
    KeysQueryResponse,
    KeysUploadResponse,
    ToDeviceResponse,
)

from bot.errors import BotError
from bot.platforms.matrix import ageing
from bot.platforms.matrix.api import Homeserver, Json, path
from bot.platforms.matrix.chain import Device, device_of, signed_devices
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.keystore import KeyStore
from bot.platforms.matrix.settings import Trust

log = structlog.get_logger()
CLAIM_AGAIN = timedelta(minutes=5)
"""How long a device that had no key to give is left alone."""
MOST_ASKED = 500
"""People whose devices are asked for at a time."""
MOST_OWED = 100
"""Messages to other devices that may wait to be sent: anybody can make the encryption want some."""
MOST_TRIES = 5
"""How often a room key is handed out anew because devices changed meanwhile; uploads likewise."""
AGAIN_S = 2.0
"""How long a message waits whose room never has the same devices for long enough."""
MOST_MISSED = 10_000
"""Keys that are known to be missing; each is asked for once."""


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
    _changed: set[str] = field(init=False, default_factory=set)
    """People whose devices changed after they were last asked for."""
    _came: set[tuple[str, str]] = field(init=False, default_factory=set)
    """Room keys that came with a sync that was not taken whole."""
    _asked_for: set[tuple[str, str]] = field(init=False, default_factory=set)
    """Room keys that were found missing."""
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
        """Take what a sync brought; give (room, session) of each room key that came with it.

        Raise MatrixError; the keys are then given when the same sync is taken again.
        """
        with self.olm.store.at_once():
            for raw in _list(_mapping(sync.get("to_device")).get("events")):
                opened = self._take(raw)
                if isinstance(opened, RoomKeyEvent | ForwardedRoomKeyEvent):
                    self._came.add((opened.room_id, opened.session_id))
        lists = _mapping(sync.get("device_lists"))
        # The server tells nothing more of whom no room is shared with.
        self.olm.tracked_users -= {each for each in _list(lists.get("left")) if _is_text(each)}
        changed = {each for each in _list(lists.get("changed")) if _is_text(each)}
        changed &= self.olm.tracked_users
        self.olm.users_for_key_query |= changed
        self._changed |= changed
        count = _mapping(sync.get("device_one_time_keys_count")).get("signed_curve25519")
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
            log.warning("matrix: a message to this device was not understood", error=_kind(error))
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
            while users := sorted(self.olm.users_for_key_query)[:MOST_ASKED]:
                if not await _taken("a question for devices", self._learn(users)):
                    # They get no keys, and count for nothing, until somebody is asked again.
                    self._unanswered |= set(users)
                    self.olm.users_for_key_query.difference_update(users)
            wedged = self.olm.wedged_devices
            if wedged and not await _taken("a claim of keys", self._claim_wedged()):
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

    async def _claim_wedged(self) -> None:
        await self._claim(self.olm.get_users_for_key_claiming())

    async def meet(self, user: str) -> None:
        """Know somebody's devices before judging what came from one of them."""
        if user not in self.olm.tracked_users and user not in self._unanswered:
            self.olm.users_for_key_query.add(user)
            await self.settle()

    async def _upload(self) -> None:
        for _ in range(MOST_TRIES):
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
            counts = _mapping(answer.get("one_time_key_counts"))
            left = counts.get("signed_curve25519")
            count = left if isinstance(left, int) else self.olm.account.max_one_time_keys
            self.olm.handle_response(KeysUploadResponse(0, max(count, 0)))

    # Devices

    async def _query(self, users: Iterable[str]) -> Json:
        asked: dict[str, object] = {user: [] for user in users}
        return await self.homeserver.call("POST", "/keys/query", {"device_keys": asked})

    async def _learn(self, users: Sequence[str]) -> None:
        """Ask for people's devices, and decide which of them count."""
        self._changed.difference_update(users)
        answer = await self._query(users)
        told = _mapping(answer.get("device_keys"))
        known = {user: self._devices(told[user], user) for user in users if user in told}
        response = KeysQueryResponse(known, {})
        self.olm.handle_response(response)
        # A server out of reach is asked again when somebody there is to get keys.
        self._unanswered |= set(users) - known.keys()
        self._unanswered -= known.keys()
        self.olm.users_for_key_query.difference_update(users)
        # Who changed while the answer was on its way is asked for again.
        self.olm.users_for_key_query |= self._changed & set(users)
        with self.olm.store.at_once():
            for user, devices in known.items():
                signed = signed_devices(answer, user).signed
                news = user in response.changed or self._bring_back(user, devices)
                for device in self.olm.device_store.active_user_devices(user):
                    # Whoever took an id over has other keys than those that were signed.
                    keys = Device(device.id, device.ed25519, device.curve25519)
                    news |= self._judge(device, trusted=signed.get(device.id) == keys)
                if news:
                    self._forget_keys(user)

    def _devices(self, told: object, user: str) -> dict[str, Any]:
        """Give the devices of an answer that are what they should be; nio stumbles over others."""
        found: dict[str, Any] = {}
        for id_, device in _mapping(told).items():
            keys = _mapping(device)
            known = device_of(keys, user, id_)
            if known is None:
                continue
            whole = {**keys, "unsigned": {}}  # a name that its owner chose is not kept
            try:
                sound = self.olm.verify_json(dict(whole), known.ed25519, user, id_)
            except Exception as error:  # noqa: BLE001 - anybody can publish anything
                log.warning("matrix: a device was not understood", error=_kind(error))
                continue
            if sound:
                found[id_] = whole
        return found

    def _bring_back(self, user: str, told: Collection[str]) -> bool:
        """Take devices up again that the server had left out; nio never does."""
        back = {
            each.id: each
            for each in self.olm.device_store[user].values()
            if each.deleted and each.id in told
        }
        for device in back.values():
            device.deleted = False
        if back:
            self.olm.store.save_device_keys({user: back})
        return bool(back)

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
        with self.olm.store.at_once():
            for user, devices in _mapping(answer.get("one_time_keys")).items():
                for device, keys in _mapping(devices).items():
                    self._begin({user: {device: keys}})
        wedged = self.olm.wedged_devices
        wedged[:] = [each for each in wedged if each.id not in asked.get(each.user_id, {})]

    def _begin(self, keys: dict[str, Any]) -> None:
        """Begin to talk with one device, by the key that it left for that."""
        try:
            self.olm.handle_response(KeysClaimResponse(keys, {}))
        except Exception as error:  # noqa: BLE001 - of a device of anybody's
            log.warning("matrix: a device gave no usable key", error=_kind(error))

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
        elif room_id in self._missed and self._missed[room_id] <= _now():
            session.shared = False  # whoever was missed gets it from here on
        return self.olm.outbound_group_sessions[room_id]

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

    def open(self, raw: Json, room_id: str) -> Opened | None:
        """Decrypt an event; None as long as its key is missing, or for good if it is none."""
        session = _mapping(raw.get("content")).get("session_id")
        if not isinstance(session, str):
            return None
        keys = self._holders(room_id, session)
        if not keys and self._is_asked_for(room_id, session):
            return None
        made = self._decrypted(self._completed(raw, keys), room_id)
        inner = getattr(made, "source", None)
        if not isinstance(inner, dict):
            return None
        self._used.add(session)
        # Who sent it, where and when is the server's word; what it says is the device's.
        outer = {key: raw.get(key) for key in ("event_id", "sender", "origin_server_ts")}
        shown = {"type": inner.get("type"), "content": inner.get("content"), **outer}
        return Opened(shown, bool(getattr(made, "verified", False)))

    def _decrypted(self, raw: dict[str, Any], room_id: str) -> object:
        try:
            event = Event.parse_event(raw)
            if isinstance(event, MegolmEvent):
                return self.olm.decrypt_megolm_event(event, room_id)
        except EncryptionError:
            return None
        except Exception as error:  # noqa: BLE001 - anybody can send anything
            log.warning("matrix: an encrypted event was not understood", error=_kind(error))
        return None

    def _holders(self, room_id: str, session: str) -> list[str]:
        """Give the devices' keys with which a room key came."""
        held = self.olm.inbound_group_store[room_id]
        return [key for key, sessions in held.items() if session in sessions]

    def _is_asked_for(self, room_id: str, session: str) -> bool:
        """Say whether a key was missing before: nio asks its sender for it at each event."""
        if (room_id, session) in self._asked_for:
            return True
        if len(self._asked_for) >= MOST_MISSED:
            self._asked_for.clear()
        self._asked_for.add((room_id, session))
        return False

    def _completed(self, raw: Json, keys: Sequence[str]) -> dict[str, Any]:
        """Give an event with the device that its key came from, as nio reads it off there.

        What the event says of that itself is not to be read, and may be left out. (v1.3)
        https://spec.matrix.org/v1.18/client-server-api/#mmegolmv1aes-sha2
        """
        sender = str(raw.get("sender"))
        made = dict(raw)
        for key in keys:
            device = self.olm.device_store.device_from_sender_key(sender, key)
            named = {"sender_key": key, "device_id": "" if device is None else device.id}
            made["content"] = {**_mapping(raw.get("content")), **named}
            if device is not None:
                break
        return made


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


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _kind(error: Exception) -> str:
    return type(error).__name__


def _now() -> datetime:
    # nio's own sessions are aged by the clock of the machine.
    return datetime.now().astimezone()
