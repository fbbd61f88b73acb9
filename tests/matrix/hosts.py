"""What tests of rooms share: inviting the bot, and seeing whether it is still there."""

import asyncio
import json
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from tests.matrix.bot import Bot
from tests.matrix.homeserver import Account, Homeserver
from tests.matrix.person import Person
from tests.matrix.seen import LIMIT, Seen

INTRODUCTION = "VendorWatch: I watch for"
FOLLOWED = "follows an older one"
V3 = "/_matrix/client/v3"


async def invited(host: Person, bot: Bot, **more: object) -> str:
    """Make a room, invite the bot and wait for its introduction."""
    room = await host.create_room("hall", invite=[bot.user_id], **more)  # type: ignore[arg-type]
    await introduced(host, bot, room)
    return room


async def introduced(host: Person, bot: Bot, room: str, *, after: str | None = None) -> Seen:
    """Wait until the bot has come into a room and said who it is."""
    await host.wait_member(room, bot.user_id)
    if after is None:
        return await host.wait_event(room, sender=bot.user_id, body=INTRODUCTION)
    return await host.wait_event(room, sender=bot.user_id, body=INTRODUCTION, after=after)


async def answer(host: Person, bot: Bot, room: str, line: str) -> str:
    """Give a command and wait for the answer's words."""
    return (await answered(host, bot, room, line)).body


async def answered(host: Person, bot: Bot, room: str, line: str) -> Seen:
    """Give a command and wait for its answer."""
    asked = await host.send(room, line)
    return await host.wait_event(room, sender=bot.user_id, relates_to=asked)


async def said(host: Person, bot: Bot, room: str, words: str) -> list[Seen]:
    """Give what the bot has said in a room, after an answer that must come later than it."""
    await answered(host, bot, room, "!vendor list")
    events = await host.events(room)
    messages = (each for each in events if each.type == "m.room.message")
    return [each for each in messages if each.sender == bot.user_id and words in each.body]


async def out(server: Homeserver, account: Account, *rooms: str) -> None:
    """Wait until an account is out of rooms, or has declined to come into them."""
    wanted, since = set(rooms), None
    filter_ = {
        "presence": {"types": []},
        "room": {"include_leave": True, "timeline": {"limit": 1}, "state": {"types": []}},
    }
    async with asyncio.timeout(LIMIT):
        while wanted:
            path = f"{V3}/sync?timeout=10000&filter={quote(json.dumps(filter_))}"
            path += f"&since={since}" if since else ""
            told = await ask(server, account, "GET", path)
            since = str(told["next_batch"])
            rooms_then = cast("Mapping[str, Mapping[str, object]]", told.get("rooms", {}))
            wanted -= set(rooms_then.get("leave", {}))


async def ask(
    server: Homeserver,
    account: Account,
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Ask the server something as somebody who needs no client."""
    return await asyncio.to_thread(server.request, method, path, body, token=account.access_token)


async def membership(server: Homeserver, account: Account, room: str) -> str:
    """Give what an account that was ever in a room is to it now, as the server has it."""
    path = f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(account.user_id)}"
    return str((await ask(server, account, "GET", path))["membership"])
