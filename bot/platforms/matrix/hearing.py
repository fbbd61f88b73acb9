"""What is said, asked and touched in an account's rooms, handed in.

Nothing raises for the sake of one event: what nobody understands is logged by its kind and left.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.core.mention import Invocation
from bot.core.sealed import Sealed
from bot.core.signs import is_mark
from bot.errors import BotError
from bot.platforms.base import Inbox
from bot.platforms.matrix.account import DIRECT, Account
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.coming import Coming
from bot.platforms.matrix.errands import Errands
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
from bot.platforms.matrix.rooms import Room
from bot.platforms.matrix.values import Json, identity, mapping

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


@dataclass(slots=True)
class Hearing:
    """Hands in what one account hears. `leads` says whether it is the one to do so in a room.

    `others` says whether another account of the bot's is in a room. `coming` hands in where the
    account is.
    """

    account: Account
    inbox: Inbox
    own: Own
    leads: Callable[[str], bool]
    others: Callable[[str], bool]
    coming: Coming = field(init=False)

    def __post_init__(self) -> None:
        errands = Errands(self.account)
        self.coming = Coming(self.account, self.inbox, self.own, errands, self.leads, self.others)

    async def run_errands(self) -> None:
        """Join and leave rooms until cancelled."""
        await self.coming.errands.run()

    async def hear(self, room_id: str, event: Json) -> bool:
        """Take an event; say False if it cannot be decrypted yet.

        Raise StorageError and MatrixError.
        """
        room = self.account.rooms.get(room_id)
        if room is None:
            return True
        try:
            if "state_key" in event:
                await self.coming.changed(room_id, room, event)
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

    async def _read(self, room_id: str, room: Room, event: Json) -> bool:
        doubt, shown = "", event
        if event.get("type") == "m.room.encrypted":
            opened = await self._opened(room_id, event)
            if opened is None:
                return not _waits(event)
            if opened.event.get("type") == "m.room.redaction":
                return True  # whether somebody may, servers decide, who cannot see this one
            shown, doubt = opened.event, "" if opened.trusted else UNSIGNED
        elif room.encrypted and event.get("type") == "m.room.message":
            doubt = NOT_ENCRYPTED
        direct = await self.account.is_talk(room_id, self.own.user_ids)
        there = There(self.account.channel(room_id), direct=direct, doubt=doubt)
        await self._hand_in(read(shown, there, self.own))
        return True

    async def _opened(self, room_id: str, event: Json) -> Opened | None:
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


def _waits(event: Json) -> bool:
    """Whether a key that comes later could still open an event."""
    given = mapping(event, "content")
    return bool(identity(given.get("session_id"))) and isinstance(given.get("ciphertext"), str)
