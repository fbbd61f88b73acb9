"""What is for one person's eyes goes to a room where nobody else is, and where it may be said."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.core.mention import Channel
from bot.platforms.matrix.account import Account, Online
from bot.platforms.matrix.api import Homeserver, session
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.crosssign import Standing
from bot.platforms.matrix.folder import Folder, Login
from bot.platforms.matrix.hearing import Hearing
from bot.platforms.matrix.people import People
from bot.platforms.matrix.rooms import Room
from bot.platforms.matrix.settings import AccountSettings

if TYPE_CHECKING:
    from bot.platforms.base import Inbox
    from bot.platforms.matrix.machine import Machine

pytestmark = pytest.mark.proof

BOT, ANN, BEN = "@bot:example.org", "@ann:example.org", "@ben:example.org"
OLD, MADE = "!old:example.org", "!made:example.org"


def member(user: str, membership: str = "join") -> dict[str, object]:
    content = {"membership": membership}
    return {"type": "m.room.member", "state_key": user, "sender": user, "content": content}


@dataclass
class Server:
    """Who is in each room by the server, and what it was told of rooms for two."""

    members: dict[str, list[str]]
    account: Account
    meanwhile: Callable[[], None] = lambda: None
    data: object = None
    piece_by_piece: bool = False
    asked: int = 0
    noted: list[object] = field(default_factory=list)

    def app(self) -> web.Application:
        """Give it as what a socket serves."""
        app, base = web.Application(), "/_matrix/client/v3"
        app.router.add_get(f"{base}/rooms/{{room}}/members", self.tell_members)
        app.router.add_post(f"{base}/createRoom", self.create)
        where = f"{base}/user/{{user}}/account_data/m.direct"
        app.router.add_put(where, self.note)
        app.router.add_get(where, self.tell_noted)
        return app

    async def tell_members(self, request: web.Request) -> web.Response:
        """Say who is in a room."""
        self.asked += 1
        chunk = [member(each) for each in self.members[request.match_info["room"]]]
        self.meanwhile()
        self.meanwhile = lambda: None
        return web.json_response({"chunk": chunk})

    async def create(self, _: web.Request) -> web.Response:
        """Make a room, which the next sync tells of, or several do."""
        room = self.account.enter(MADE)
        room.take(member(BOT))
        # Somebody asked who is in the private rooms while this one was only just being made.
        room.complete = True

        def tell(event: dict[str, object]) -> None:
            room.take(event)
            self.account.told(MADE)

        rest: list[dict[str, object]] = [
            {"type": "m.room.encryption", "state_key": "", "sender": BOT, "content": {}},
            member(ANN, "invite"),
        ]
        for number, event in enumerate(rest, 1):
            if self.piece_by_piece:
                asyncio.get_running_loop().call_later(0.05 * number, tell, event)
            else:
                tell(event)
        return web.json_response({"room_id": MADE})

    async def note(self, request: web.Request) -> web.Response:
        """Keep which rooms are for talks."""
        self.data = await request.json()
        self.noted.append(self.data)
        return web.json_response({})

    async def tell_noted(self, _: web.Request) -> web.Response:
        """Say which rooms are for talks."""
        return web.json_response(self.data or {})


def old_room(account: Account, *, encrypted: bool = True) -> Room:
    """Make a room as it is known after a restart: who spoke lately, and no count of the others."""
    room = account.enter(OLD)
    for user in (BOT, ANN):
        room.take(member(user))
    if encrypted:
        room.take({"type": "m.room.encryption", "state_key": "", "sender": ANN, "content": {}})
    account.known = True
    account.direct = {ANN: (OLD,)}
    return room


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = AccountSettings("example.org", BOT, tmp_path, "a key that only tests use")
    account = Account(settings, Folder(tmp_path, settings.pickle_key))
    made = Server({OLD: [BOT, ANN]}, account)
    async with TestServer(made.app()) as running, session() as connections:
        base = str(running.make_url("")).rstrip("/")
        # Nothing here is encrypted or decrypted.
        machine = cast("Machine", None)
        here = Homeserver(base, connections)
        account.online = Online(Login(BOT, "D", "t"), here, machine, Standing(None, ok=True))
        yield made


def direct(account: Account, *, encrypted: bool = False) -> Awaitable[str]:
    people = People([account], lambda _: account, (), 50)
    return people.direct_room(account, ANN, encrypted=encrypted)


async def test_the_room_where_one_talks_with_the_bot_is_used_again(server: Server) -> None:
    old_room(server.account)
    assert await direct(server.account) == OLD


async def test_after_a_restart_a_room_of_many_is_not_taken_for_one_of_two(server: Server) -> None:
    old_room(server.account)
    server.data = {ANN: [OLD]}
    server.members[OLD].append(BEN)  # who has not spoken lately
    assert not await server.account.is_talk(OLD, frozenset({BOT}))
    assert await direct(server.account) == MADE
    assert server.noted == [{ANN: [MADE, OLD]}]


async def test_what_comes_from_an_encrypted_room_goes_to_one(server: Server) -> None:
    old_room(server.account, encrypted=False)
    assert await direct(server.account, encrypted=False) == OLD
    assert await direct(server.account, encrypted=True) == MADE


async def test_nothing_is_said_in_a_new_room_before_it_is_encrypted_and_the_other_one_can_read_it(
    server: Server,
) -> None:
    server.account.known = server.piece_by_piece = True
    made = await direct(server.account)
    assert server.account.rooms[made].encrypted
    assert (await server.account.members(made)).readers == {BOT, ANN}


async def test_rooms_of_two_people_that_are_noted_at_once_are_both_noted(server: Server) -> None:
    account = server.account
    await asyncio.gather(account.note_talk(ANN, OLD), account.note_talk(BEN, MADE))
    assert server.data == {ANN: [OLD], BEN: [MADE]}
    assert account.direct == {ANN: (OLD,), BEN: (MADE,)}


async def test_what_is_noted_does_not_undo_what_no_sync_has_told_of_yet(server: Server) -> None:
    server.data = {BEN: [OLD]}  # by another client of the account
    await server.account.note_talk(ANN, MADE)
    assert server.data == {BEN: [OLD], ANN: [MADE]}


async def test_a_new_room_of_two_is_not_spoken_in_before_the_other_one_is_invited(
    server: Server,
) -> None:
    told: list[Channel] = []

    class Heard:
        async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
            del event, by
            told.append(channel)

    own = Own(frozenset({BOT}), BOT, ("bot",), frozenset({"vendor"}))
    hearing = Hearing(server.account, cast("Inbox", Heard()), own, lambda _: True, lambda _: False)
    made: dict[str, object] = {"type": "m.room.create", "state_key": "", "content": {}}
    begun = [{**made, "sender": BOT}, member(BOT)]
    hearing.coming.state(MADE, begun, {})
    await hearing.coming.entered(MADE, begun, fresh=True)
    assert told == []
    rest = {"type": "m.room.encryption", "state_key": "", "sender": BOT, "content": {}}
    await hearing.hear(MADE, {**rest, "event_id": "$encrypted"})
    assert told == []
    await hearing.hear(MADE, {**member(ANN, "invite"), "event_id": "$invited"})
    await hearing.hear(MADE, {**member(ANN), "event_id": "$joined"})
    assert [each.encrypted for each in told] == [True]


async def test_a_room_of_two_that_others_may_join_is_not_for_talks(server: Server) -> None:
    rules: dict[str, object] = {"join_rule": "public"}
    old_room(server.account).take(
        {"type": "m.room.join_rules", "state_key": "", "sender": ANN, "content": rules}
    )
    assert await direct(server.account) == MADE


async def test_who_leaves_while_the_members_are_asked_for_is_gone(server: Server) -> None:
    room = old_room(server.account)
    server.members[OLD].append(BEN)

    def leave() -> None:
        room.take(member(BEN, "leave"))
        server.members[OLD].remove(BEN)

    server.meanwhile = leave
    assert (await server.account.members(OLD)).readers == {BOT, ANN}
    assert server.asked == 2
