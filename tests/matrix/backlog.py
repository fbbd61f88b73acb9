"""Much said at a time, and whether each of it was answered: once, and in order."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from tests.matrix.bot import Bot
from tests.matrix.homeserver import Account, Homeserver
from tests.matrix.person import Person
from tests.matrix.seen import Json

LIMIT = 120.0
"""Seconds that a long backlog may take on a busy machine."""


@asynccontextmanager
async def cared_for(
    folder: Path,
    homeserver: Homeserver,
    *,
    account: Account | None = None,
    settings: dict[str, object] | None = None,
) -> AsyncIterator[Bot]:
    """Give a bot that is not started yet, on a new account; it is ended with the block."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    if account is None:
        account = await asyncio.to_thread(homeserver.newcomer, "bot")
    bot = Bot(folder, homeserver, account, settings or {})
    try:
        yield bot
    finally:
        if bot.running:
            await bot.kill()


async def met(host: Person, bot: Bot, *, encrypted: bool) -> str:
    """Make a room, invite the bot and wait for its introduction."""
    room = await host.create_room("hall", encrypted=encrypted, invite=[bot.user_id])
    await host.wait_member(room, bot.user_id)
    await host.wait_event(room, sender=bot.user_id, body="VendorWatch")
    return room


async def ask(person: Person, room: str, count: int) -> list[str]:
    """Ask for so many things, one after another; give the events."""
    return [await person.send(room, f"!vendor nobody{number}") for number in range(count)]


async def answer(person: Person, room: str, bot: Bot, asked: str) -> str:
    """Wait for the answer to one question that could be read; give its words."""
    seen = await person.wait_event(
        room, sender=bot.user_id, rel_type="m.thread", relates_to=asked, timeout_s=LIMIT
    )
    return seen.body


async def answered(person: Person, room: str, bot: Bot) -> list[str]:
    """Give what the bot has answered in a room by now, in order: the events it answers."""
    return [
        str(relation["event_id"])
        for event in await person.wire(room)
        if event["sender"] == bot.user_id
        and event["type"] in {"m.room.message", "m.room.encrypted"}
        and (relation := _relation(event)).get("rel_type") == "m.thread"
    ]


def _relation(event: Json) -> Json:
    content = event.get("content")
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    return relation if isinstance(relation, dict) else {}


async def all_answered(person: Person, rooms: Sequence[str], bot: Bot) -> None:
    """Ask one thing more in each room, and wait for its answer: all before it is done then."""
    for room in rooms:
        last = await person.send(room, "!vendor help")
        await answer(person, room, bot, last)


def let_leases_pass(bot: Bot) -> None:
    """Have it be later for a bot that is down: what it was just doing when it died is free now."""
    past = "2020-01-01 00:00:00.000000"
    with closing(sqlite3.connect(bot.folder / "bot.db")) as database, database:
        database.execute("UPDATE inbox SET lease_until = ?", (past,))
        database.execute("UPDATE outbox SET lease_until = ? WHERE state = 'sending'", (past,))
