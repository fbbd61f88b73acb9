"""What the far side shows to tests: events, rooms and devices as an independent client has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

Json = Mapping[str, object]

LIMIT = 30.0
"""Seconds that anything may take; a busy machine needs some."""


class FarError(Exception):
    """The far side could not do it. `code` is what the server called it, as M_FORBIDDEN."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code


class Wanted(TypedDict, total=False):
    """What an event has to be like. What is not given does not matter."""

    sender: str
    type: str
    msgtype: str
    body: str
    """A regular expression, found anywhere in the body."""
    rel_type: str
    relates_to: str
    """The event id of what it edits, is a thread under, or reacts to."""
    reply_to: str
    key: str
    """The emoji of a reaction."""
    event_id: str
    redacted: bool
    failed: bool
    """Wait for one that cannot be decrypted; those are passed over otherwise."""
    after: str
    """Only events that came after this one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as a client shows it: decrypted, and not changed by later edits.

    `wire_type` is m.room.encrypted if it was encrypted. `shield` is none, grey or red, and None
    for what is not encrypted; `shield_reason` and `failure` are the names that the library has
    for it. `relates_to` is empty if there is no relation. `time` is in milliseconds, the server's.
    """

    event_id: str
    sender: str
    type: str
    content: Json = field(repr=False)
    state_key: str | None
    wire_type: str
    relates_to: Json
    redacted: bool
    failure: str | None
    shield: str | None
    shield_reason: str | None
    time: int

    @property
    def body(self) -> str:
        """Its plain words."""
        return str(self.content.get("body", ""))

    @property
    def encrypted(self) -> bool:
        """Whether it was encrypted on its way."""
        return self.wire_type == "m.room.encrypted"


@dataclass(frozen=True, slots=True)
class Room:
    """A room as a client knows it."""

    room_id: str
    membership: str
    name: str
    encrypted: bool
    direct: bool
    members: Sequence[str]
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class Device:
    """Somebody's device, and whether their identity has signed it."""

    device_id: str
    signed: bool
