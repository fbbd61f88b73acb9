"""Rooms in which nothing of the bot's may be in the clear, and what is seen there."""

import json

from tests.matrix.bot import Bot
from tests.matrix.person import Person
from tests.matrix.seen import Json, Seen

OPEN = frozenset({"m.room.member", "m.reaction", "m.room.redaction"})
"""What is never encrypted: no client could read it."""


async def invited(host: Person, bot: Bot, *, encrypted: bool = True, **more: object) -> str:
    """Make a room, invite the bot and wait for its introduction."""
    room = await host.create_room("hall", encrypted=encrypted, invite=[bot.user_id], **more)  # type: ignore[arg-type]
    await host.wait_member(room, bot.user_id)
    await host.wait_event(room, sender=bot.user_id, body="VendorWatch")
    return room


async def asked(host: Person, bot: Bot, room: str, line: str = "!vendor hikvision") -> Seen:
    """Give the bot's answer to a command."""
    command = await host.send(room, line)
    return await answered(host, bot, room, command)


async def answered(host: Person, bot: Bot, room: str, command: str) -> Seen:
    """Give the bot's answer to a command that was sent."""
    return await host.wait_event(room, sender=bot.user_id, rel_type="m.thread", relates_to=command)


async def raw(host: Person, bot: Bot, room: str) -> list[Json]:
    """Give what the server holds of the bot's in a room, as it holds it."""
    return [each for each in await host.wire(room) if each["sender"] == bot.user_id]


def in_the_clear(events: list[Json]) -> list[Json]:
    """Give the events that say something that the server can read."""
    return [
        each
        for each in events
        if each["type"] not in {*OPEN, "m.room.encrypted"} or "ikvision" in json.dumps(each)
    ]


def sessions(events: list[Json]) -> list[str]:
    """Give the room key of each encrypted event, in order."""
    contents = [each["content"] for each in events if each["type"] == "m.room.encrypted"]
    return [str(each["session_id"]) for each in contents if isinstance(each, dict)]
