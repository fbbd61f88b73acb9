"""Decrypting what is said in rooms. Anybody can send anything there; nothing here raises."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from nio.crypto import Olm
from nio.events import Event, MegolmEvent
from nio.exceptions import EncryptionError

from bot.platforms.matrix.values import Json, mapping

log = structlog.get_logger()
MOST_MISSED = 10_000
"""Keys that are known to be missing; each is asked for once."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An event decrypted. `trusted`: it is from a device that counts."""

    event: Json
    trusted: bool


@dataclass(slots=True)
class Opening:
    """Decrypts events. `used` has the room keys that did it since somebody last took note."""

    olm: Olm
    used: set[str] = field(init=False, default_factory=set)
    _asked_for: set[tuple[str, str]] = field(init=False, default_factory=set)
    """Room keys that were found missing."""

    def open(self, raw: Json, room_id: str) -> Opened | None:
        """Decrypt an event; None as long as its key is missing, or for good if it is none."""
        session = mapping(raw, "content").get("session_id")
        if not isinstance(session, str):
            return None
        keys = self._holders(room_id, session)
        if not keys and self._is_asked_for(room_id, session):
            return None
        made = self._decrypted(self._completed(raw, keys), room_id)
        inner = getattr(made, "source", None)
        if not isinstance(inner, dict):
            return None
        self.used.add(session)
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
            log.warning("matrix: an encrypted event was not understood", error=type(error).__name__)
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
            made["content"] = {**mapping(raw, "content"), **named}
            if device is not None:
                break
        return made
