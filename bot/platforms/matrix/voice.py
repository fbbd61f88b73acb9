"""What the bot says on Matrix: events made of documents, in the thread they belong to.

Every key becomes one transaction id, so that what is sent again after a crash or a lost answer is
there once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

import structlog

from bot.core.document import Document
from bot.core.mention import Channel, Receipt
from bot.core.signs import MARK
from bot.platforms.matrix.account import REACTION, Account
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.render import MatrixMessage, render
from bot.platforms.matrix.settings import Manner, Placing
from bot.platforms.matrix.values import Json

log = structlog.get_logger()
MOST_OFFERED = 6
"""Reactions that the bot puts under a message of its own."""
QUIET_S, LONGEST_S = 30.0, 60.0
"""How long none is put once the server has asked to slow down: answers are to come first."""
MOST_WAITING = 200
"""Reactions that wait to be put; more are left out: the message says what to react with."""


def transaction(key: str) -> str:
    """Give the transaction id of a key: the same for the same, and nothing can be read off it."""
    return sha256(key.encode()).hexdigest()[:32]


@dataclass(slots=True)
class Voice:
    """Speaks. `account_in` gives the account that speaks in a room, or raises MatrixError."""

    account_in: Callable[[str], Account]
    manner: Manner
    _offers: asyncio.Queue[tuple[str, str, str, str]] = field(
        init=False, default_factory=lambda: asyncio.Queue(MOST_WAITING)
    )

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None
    ) -> Receipt:
        """Say something. Raise MatrixError."""
        account = self.account_in(channel.id)
        self._guard(account, channel)
        message = await asyncio.to_thread(render, document)
        content = self._content(channel.id, message)
        event = await self._send(account, channel.id, content, thread, key)
        self._offer(account, channel.id, event, message, key)
        return Receipt(event, _link(channel.id, event, account.settings.server))

    async def _send(
        self,
        account: Account,
        room_id: str,
        content: dict[str, object],
        thread: str | None,
        key: str,
    ) -> str:
        """Send a message into the thread of another, or of the one that began that thread."""
        relation = self._relation(thread)
        if relation:
            content["m.relates_to"] = relation
        try:
            return await account.send(room_id, "m.room.message", content, transaction(key))
        except MatrixError as error:
            # No thread can begin at what is in one, or relates to something else, itself.
            if error.status != 400 or thread is None or "rel_type" not in relation:
                raise
        root = await account.thread_of(room_id, thread)
        content["m.relates_to"] = (
            {"m.in_reply_to": {"event_id": thread}} if root is None else self._relation(root)
        )
        return await account.send(
            room_id, "m.room.message", content, transaction(f"{key} elsewhere")
        )

    async def edit(self, channel: Channel, event: str, document: Document, *, key: str) -> None:
        """Let a message say something else. Raise MatrixError."""
        account = self.account_in(channel.id)
        self._guard(account, channel)
        message = await asyncio.to_thread(render, document)
        new = self._content(channel.id, message)
        # Clients that know no edits show this instead (v1.18, "Event replacements").
        content = {
            **new,
            "body": f"* {new['body']}",
            "formatted_body": f"* {new['formatted_body']}",
            "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        }
        await account.send(channel.id, "m.room.message", content, transaction(key))
        self._offer(account, channel.id, event, message, key)

    async def withdraw(self, channel: Channel, event: str, *, key: str) -> None:
        """Take a message back; well if it is gone. Raise MatrixError."""
        await self.account_in(channel.id).redact(channel.id, event, transaction(key))

    async def mark(self, channel: Channel, event: str, *, key: str) -> None:
        """React to a message. Raise MatrixError."""
        await self._react(channel.id, event, MARK, key)

    async def _react(self, room_id: str, event: str, sign: str, key: str) -> None:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": sign}
        try:
            await self.account_in(room_id).send(
                room_id, REACTION, {"m.relates_to": relation}, transaction(key)
            )
        except MatrixError as error:
            if error.code != "M_DUPLICATE_ANNOTATION":
                raise

    def _guard(self, account: Account, channel: Channel) -> None:
        """Keep what was decided for an encrypted room from going out in the clear."""
        if channel.encrypted and not account.room(channel.id).encrypted:
            raise MatrixError("that room was encrypted and does not seem to be now", permanent=True)

    def _content(self, room_id: str, message: MatrixMessage) -> dict[str, object]:
        return {
            "msgtype": "m.text" if room_id in self.manner.text_rooms else "m.notice",
            "body": message.body,
            "format": "org.matrix.custom.html",
            "formatted_body": message.formatted_body,
            # Nobody is pinged, whatever a vendor is called (v1.7, "User and room mentions").
            "m.mentions": {},
        }

    def _relation(self, thread: str | None) -> Json:
        if thread is None or self.manner.placing is Placing.ROOM:
            return {}
        reply = {"m.in_reply_to": {"event_id": thread}}
        if self.manner.placing is Placing.REPLY:
            return reply
        return {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True, **reply}

    # Reactions to press

    def _offer(
        self, account: Account, room_id: str, event: str, message: MatrixMessage, key: str
    ) -> None:
        """Have a message's buttons put under it, as far as there is time for that."""
        if not account.settings.reactions:
            return
        for sign in message.signs[:MOST_OFFERED]:
            try:
                self._offers.put_nowait((room_id, event, sign, f"{key} {sign}"))
            except asyncio.QueueFull:
                log.warning("matrix: too busy to offer reactions")
                return

    async def offer(self) -> None:
        """Put reactions under the bot's messages until cancelled; what fails is left out."""
        while True:
            room_id, event, sign, key = await self._offers.get()
            try:
                await self._react(room_id, event, sign, key)
            except MatrixError as error:
                log.info("matrix: a reaction was not offered", reason=error.code or str(error))
                asked = min(error.retry_after or 0.0, LONGEST_S)
                await asyncio.sleep(max(asked, QUIET_S) if error.status == 429 else asked)
                # Whoever is asked to slow down first leaves out what it can do without.
                while error.status == 429 and not self._offers.empty():
                    self._offers.get_nowait()


def _link(room_id: str, event: str, server: str) -> str:
    """Give the address that leads a person to an event (v1.18, "matrix.to navigation").

    The ids of rooms of version 12 name no server, so one is told beside them.
    """
    where = f"{quote(room_id, safe='!:')}/{quote(event, safe='$')}"
    return f"https://matrix.to/#/{where}?via={quote(server)}"
