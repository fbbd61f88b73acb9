"""Matrix as the bot has it: accounts side by side, private answers, rights, restarts, `check`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest

from bot.core import limits
from bot.core.commands import Role
from bot.core.document import Document, Paragraph, Text
from bot.core.mention import Channel, Invocation
from bot.platforms.matrix.account import DIRECT, DIRECT_IF_ANY
from bot.platforms.matrix.adapter import MatrixPlatform
from bot.platforms.matrix.api import session
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Folder
from bot.platforms.matrix.login import first_login
from bot.platforms.matrix.settings import MatrixSettings
from tests.fakes import Clock
from tests.platforms.matrix.homeserver import (
    Answer,
    Homeserver,
    member,
    refusal,
    room_of,
    state,
    text,
)
from tests.platforms.matrix.house import (
    ANNA,
    BOT,
    CARL,
    DEN,
    HALL,
    Inbox,
    Vault,
    account_settings,
    person,
)

pytestmark = pytest.mark.proof

SECOND = "@second:a.example"
OPS = "!ops:a.example"
CARD = Document("Acme: 1 measure.", (Paragraph((Text("Acme makes cameras."),)),))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", (0.01,))


def platform(server: Homeserver, folder: Path, *users: str, **more: Any) -> MatrixPlatform:
    """Give the platform with these accounts."""
    for user in users:
        server.passwords[user] = "hunter2"
    accounts = tuple(account_settings(server, folder, user=user) for user in users)
    words = frozenset({"vendor"})
    settings = MatrixSettings(accounts, command_words=words, **more)
    return MatrixPlatform(settings, Clock(), token_bytes)


@asynccontextmanager
async def running(made: MatrixPlatform, inbox: Inbox, vault: Vault) -> AsyncIterator[None]:
    """Run it until every account knows its rooms; stop it after the block."""
    await made.keep_in(vault)
    task = asyncio.create_task(made.run(inbox))
    try:
        async with asyncio.timeout(10):
            while not all(each.known for each in made.accounts):
                assert not task.done()
                await asyncio.sleep(0.005)
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await made.close()


async def test_a_bot_that_stops_says_what_was_decided_and_then_lets_go(
    server: Homeserver, tmp_path: Path
) -> None:
    made, vault = platform(server, tmp_path, BOT), Vault()
    server.state[HALL] = room_of(ANNA, BOT)
    await made.keep_in(vault)
    task = asyncio.create_task(made.run(Inbox()))
    async with asyncio.timeout(10):
        while not made.accounts[0].known:
            assert not task.done()
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait([task])
    told = await made.post(Channel("matrix", HALL), CARD, key="k")
    assert told.message_id
    await made.close()
    with pytest.raises(MatrixError, match="not connected"):
        await made.post(Channel("matrix", HALL), CARD, key="l")
    # Nobody else is kept out any more.
    with made.accounts[0].folder.held():
        pass


async def test_a_management_room_that_anybody_may_enter_gives_no_rights(
    server: Homeserver, tmp_path: Path
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT, management=(OPS,)), Inbox(), Vault()
    server.state[OPS] = [
        *room_of(ANNA, BOT),
        state("m.room.join_rules", {"join_rule": "public"}),
    ]
    async with running(made, inbox, vault):
        assert await made.role(Channel("matrix", HALL), ANNA, {}) is Role.READER


async def test_it_connects_hears_and_answers(server: Homeserver, tmp_path: Path) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT), Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, BOT)
    assert made.facts() == [f"Matrix {BOT}: not connected"]
    async with running(made, inbox, vault):
        await server.say(BOT, HALL, text("@Vendor Watch: acme", ANNA, "$1"))
        await inbox.has("command", HALL, "$1", "vendor acme")
        asked = Invocation(Channel("matrix", HALL), "$1", ANNA, "vendor acme", thread="$1")
        told = await made.reply(asked, CARD, key="k")
        [fact] = made.facts()
    assert told is not None
    assert told.channel is None
    assert server.wire[0]["content"]["m.relates_to"]["event_id"] == "$1"
    device = next(iter(server.devices[BOT]))
    assert fact.startswith(f"Matrix {BOT}, device {device}, identity ")


async def test_after_a_restart_it_is_the_same_device_and_goes_on_where_it_was(
    server: Homeserver, tmp_path: Path
) -> None:
    inbox, vault = Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, BOT)
    async with running(platform(server, tmp_path, BOT), inbox, vault):
        await server.say(BOT, HALL, text("!vendor one", ANNA, "$1"))
        await server.read(BOT)
    identity = server.identities[BOT]
    await server.say(BOT, HALL, text("!vendor two", ANNA, "$2"))
    vault.known = {HALL}
    async with running(platform(server, tmp_path, BOT), inbox, vault):
        await inbox.has("command", HALL, "$2", "vendor two")
    assert [each[2] for each in inbox.kept if each[0] == "command"] == ["$1", "$2"]
    assert [each for each in inbox.kept if each[0] == "joined"] == [
        ("joined", HALL, "open", "None")
    ]
    assert len(server.of("POST", "/login")) == 1
    assert server.identities[BOT] == identity


async def test_what_is_for_one_person_goes_to_a_room_of_two_and_is_made_once(
    server: Homeserver, tmp_path: Path
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT), Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, BOT, CARL)
    asked = Invocation(Channel("matrix", HALL), "$1", ANNA, "vendor acme", "$1", reply_to=DIRECT)
    new = "!made1"
    async with running(made, inbox, vault):

        async def comes() -> None:
            await server.until(lambda: server.of("POST", "/createRoom"))
            there = [*room_of(BOT, encrypted=True), member(ANNA, "invite")]
            await server.tell(BOT, rooms={"join": {new: {"state": {"events": there}}}})

        server.members[new] = [member(BOT), member(ANNA, "invite")]
        coming = asyncio.create_task(comes())
        first = await made.reply(asked, CARD, key="k1")
        again = await made.reply(asked, CARD, key="k2")
        shared = await made.reply(asked, CARD, key="k3", shared=True)
        await coming
    assert first is not None
    assert again is not None
    assert shared is not None
    assert (first.channel, again.channel, shared.channel) == (new, new, None)
    [creation] = server.of("POST", "/createRoom")
    assert creation.body["invite"] == [ANNA]
    assert [each["type"] for each in server.wire] == [
        "m.room.encrypted",
        "m.room.encrypted",
        "m.room.message",
    ]
    assert server.data[BOT]["m.direct"] == {ANNA: [new]}


@pytest.mark.parametrize(
    ("membership", "encrypted", "there"),
    [
        ("join", True, True),
        ("join", False, True),
        ("invite", True, False),
        ("leave", True, False),
    ],
)
async def test_a_refusal_goes_to_the_room_where_somebody_talks_with_the_bot_and_makes_none(
    server: Homeserver, tmp_path: Path, membership: str, encrypted: bool, there: bool
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT), Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, BOT, CARL)
    server.state[DEN] = [*room_of(BOT, encrypted=encrypted), member(ANNA, membership)]
    server.data[BOT] = {"m.direct": {ANNA: [DEN]}}
    await server.tell(BOT, rooms={})
    hall = Channel("matrix", HALL)
    place = made.aside(hall, anew=False)
    assert place == DIRECT_IF_ANY
    asked = Invocation(hall, "$1", ANNA, "vendor pause", "$1", reply_to=place)
    async with running(made, inbox, vault):
        told = await made.reply(asked, CARD, key="k1")
        secret = replace(asked, channel=replace(hall, encrypted=True))
        if not encrypted:  # what was asked in an encrypted room is answered in no other
            with pytest.raises(MatrixError, match="was encrypted"):
                await made.reply(secret, CARD, key="k2")
    assert told is not None
    assert told.channel == (DEN if there else None)
    assert server.wire[0]["room_id"] == (DEN if there else HALL)
    assert not server.of("POST", "/createRoom")


async def test_a_room_of_two_that_is_told_of_piece_by_piece_is_readable_from_the_first_message(
    server: Homeserver, tmp_path: Path
) -> None:
    made, inbox, new = platform(server, tmp_path, BOT), Inbox(), "!made1"
    server.state[HALL] = room_of(ANNA, BOT)
    asked = Invocation(Channel("matrix", HALL), "$1", ANNA, "vendor acme", "$1", reply_to=DIRECT)
    finished = asyncio.Event()
    async with session() as connections, running(made, inbox, Vault()):
        anna = await person(server, connections, tmp_path / "anna", ANNA)
        server.next("POST", "/createRoom", Answer(body={"room_id": new}, when=finished))
        async with asyncio.TaskGroup() as group:
            card = group.create_task(made.reply(asked, CARD, key="k"))
            await server.until(lambda: server.of("POST", "/createRoom"))
            begun = room_of(BOT, encrypted=True)
            server.members[new] = [member(BOT)]
            await server.tell(BOT, rooms={"join": {new: {"state": {"events": begun}}}})
            await server.read(BOT)
            await made.private_channels(CARL, "")  # asks who is in each room
            server.members[new] = [member(BOT), member(ANNA, "invite")]
            finished.set()
            await server.until(lambda: server.data.get(BOT))
            assert ("joined", new, "encrypted", "None") not in inbox.kept
            await server.say(BOT, new, member(ANNA, "invite"))
            await inbox.has("joined", new, "encrypted", "None")
        assert card.result() is not None
        [event] = [each for each in server.wire if each["room_id"] == new]
        assert "Acme makes cameras" in str(await anna.can_read(event, new))


async def test_a_room_of_two_that_could_not_be_noted_is_noted_later_and_not_made_again(
    server: Homeserver, tmp_path: Path
) -> None:
    made, new = platform(server, tmp_path, BOT), "!made1"
    server.state[HALL] = room_of(ANNA, BOT)
    server.members[new] = [member(BOT), member(ANNA, "invite")]
    asked = Invocation(Channel("matrix", HALL), "$1", ANNA, "vendor acme", "$1", reply_to=DIRECT)
    async with running(made, Inbox(), Vault()):
        server.next("PUT", "/user/", *[refusal(502, "M_UNKNOWN")] * 2)
        for _ in range(2):
            with pytest.raises(MatrixError):
                await made.reply(asked, CARD, key="k")
        assert "m.direct" not in server.data.get(BOT, {})
        there = [*room_of(BOT, encrypted=True), member(ANNA, "invite")]
        await server.tell(BOT, rooms={"join": {new: {"state": {"events": there}}}})
        told = await made.reply(asked, CARD, key="k")
    assert told is not None
    assert told.channel == new
    assert len(server.of("POST", "/createRoom")) == 1
    assert server.data[BOT]["m.direct"] == {ANNA: [new]}


async def test_a_room_of_two_that_the_bot_was_put_out_of_meanwhile_is_made_anew(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT)
    server.state[HALL] = room_of(ANNA, BOT)
    server.members["!made2"] = [member(BOT), member(ANNA, "invite")]
    asked = Invocation(Channel("matrix", HALL), "$1", ANNA, "vendor acme", "$1", reply_to=DIRECT)
    async with running(made, Inbox(), Vault()):
        server.next("PUT", "/user/", refusal(502, "M_UNKNOWN"))
        with pytest.raises(MatrixError):
            await made.reply(asked, CARD, key="k")
        gone = {"!made1": {"timeline": {"events": [member(BOT, "leave")]}}}
        await server.tell(BOT, rooms={"leave": gone})
        there = [*room_of(BOT, encrypted=True), member(ANNA, "invite")]
        await server.tell(BOT, rooms={"join": {"!made2": {"state": {"events": there}}}})
        await server.read(BOT)
        told = await made.reply(asked, CARD, key="k")
    assert told is not None
    assert told.channel == "!made2"
    assert server.data[BOT]["m.direct"] == {ANNA: ["!made2"]}


async def test_two_accounts_each_have_a_room_of_their_own_with_one_person(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT, SECOND)
    server.state[HALL], server.state[DEN] = room_of(ANNA, BOT), room_of(ANNA, SECOND)
    people = {"!made1": BOT, "!made2": SECOND}
    for room_id, user in people.items():
        server.members[room_id] = [member(user), member(ANNA, "invite")]
    async with running(made, Inbox(), Vault()):
        server.next("PUT", "/user/", refusal(502, "M_UNKNOWN"))
        for room_id, (new, user) in zip((HALL, DEN), people.items(), strict=True):
            there = [*room_of(user, encrypted=True), member(ANNA, "invite")]
            await server.tell(user, rooms={"join": {new: {"state": {"events": there}}}})
            await server.read(user)
            asked = Invocation(
                Channel("matrix", room_id), "$1", ANNA, "vendor acme", "$1", reply_to=DIRECT
            )
            if user == BOT:
                with pytest.raises(MatrixError):
                    await made.reply(asked, CARD, key="k")
                continue
            told = await made.reply(asked, CARD, key="k")
            assert told is not None
            assert told.channel == new
    assert server.data[SECOND]["m.direct"] == {ANNA: ["!made2"]}


async def test_of_two_accounts_in_a_room_the_first_speaks_and_hears(
    server: Homeserver, tmp_path: Path
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT, SECOND), Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, BOT, SECOND)
    async with running(made, inbox, vault):
        said = text("!vendor acme", ANNA, "$1")
        await server.say(BOT, HALL, said)
        await server.say(SECOND, HALL, said, text("x", BOT, "$2"))
        await asyncio.gather(server.read(BOT), server.read(SECOND))
        await made.post(Channel("matrix", HALL), CARD, key="k")
        # Once the first is out of the room, it is the other's.
        gone = {HALL: {"timeline": {"events": [member(BOT, "leave")]}}}
        await server.tell(BOT, rooms={"leave": gone})
        await server.read(BOT)
        await server.say(SECOND, HALL, text("!vendor more", ANNA, "$3"))
        await inbox.has("command", HALL, "$3", "vendor more")
        await made.post(Channel("matrix", HALL), CARD, key="k2")
    assert [each[2] for each in inbox.kept if each[0] == "command"] == ["$1", "$3"]
    who = [server.tokens[each.token][0] for each in server.of("PUT", "/rooms")]
    assert who == [BOT, SECOND]


async def test_an_account_that_fails_takes_no_other_down_and_comes_back(
    server: Homeserver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT, SECOND), Inbox(), Vault()
    server.state[HALL] = room_of(ANNA, SECOND)
    server.next("POST", "/login", Answer(502), refusal(403, "M_FORBIDDEN"))
    async with running(made, inbox, vault):
        await server.say(SECOND, HALL, text("!vendor acme", ANNA, "$1"))
        await inbox.has("command", HALL, "$1", "vendor acme")
    told = capsys.readouterr().out
    assert "an account failed" in told
    assert "Traceback" not in told


async def test_a_store_that_another_process_has_is_left_alone(
    server: Homeserver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, inbox, vault = platform(server, tmp_path, BOT), Inbox(), Vault()
    [account] = made.settings.accounts
    await made.keep_in(vault)
    with Folder(account.store, account.pickle_key).held():
        task = asyncio.create_task(made.run(inbox))
        async with asyncio.timeout(5):
            while "another process uses it" not in capsys.readouterr().out:  # noqa: ASYNC110 - a line of a log sets no event
                await asyncio.sleep(0.005)
        assert server.asked == []
        assert made.facts() == [f"Matrix {BOT}: not connected"]
        task.cancel()
        await asyncio.wait([task])


async def test_nothing_is_posted_while_it_is_not_known_who_is_where(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT)
    with pytest.raises(MatrixError, match="not all accounts are connected") as caught:
        await made.post(Channel("matrix", HALL), CARD, key="k")
    assert caught.value.retry_after
    async with running(made, Inbox(), Vault()):
        with pytest.raises(MatrixError, match="not in that room; invite it") as caught:
            await made.post(Channel("matrix", HALL), CARD, key="k")
    assert caught.value.permanent


async def test_rights_come_from_power_and_membership_as_they_are_now(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT, management=(OPS,))
    inbox, hall = Inbox(), Channel("matrix", HALL)
    server.state[HALL] = room_of(ANNA, CARL, BOT)
    server.state[OPS] = room_of(ANNA, CARL, BOT)
    server.state[DEN] = room_of(ANNA, BOT, public=True)
    async with running(made, inbox, Vault()):
        assert await made.role(hall, ANNA, {}) is Role.ADMIN
        assert await made.role(hall, CARL, {}) is Role.CURATOR
        assert await made.role(hall, "@dora:a.example", {}) is Role.READER
        assert await made.role(hall, CARL, {"!not:here": Role.ADMIN}) is Role.CURATOR
        assert await made.role(hall, CARL, {HALL: Role.ADMIN}) is Role.ADMIN
        assert await made.moderates(hall, ANNA)
        assert not await made.moderates(hall, CARL)
        assert await made.private_channels(CARL, "default") == {HALL, OPS}
        levels = {"users": {CARL: 50}}
        powers = state("m.room.power_levels", levels, sender=ANNA)
        await server.say(BOT, HALL, powers, member(ANNA, "leave"))
        await server.say(BOT, OPS, member(CARL, "ban"))
        await server.read(BOT)
        assert await made.moderates(hall, CARL)
        assert not await made.moderates(hall, ANNA)
        assert await made.role(hall, CARL, {}) is Role.READER
        assert await made.private_channels(ANNA, "default") == {OPS}


async def test_check_names_the_account_and_the_rooms_where_nobody_is(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT, rooms=(HALL, DEN))
    [told] = await made.check()
    assert told == f"{BOT}: not logged in yet; run: vendorwatch matrix login"
    await first_login(made.settings.accounts[0], None, token_bytes)
    server.joined = [HALL]
    assert await made.check() == [f"no account is in {DEN}; invite one"]
    server.joined = [HALL, DEN]
    assert await made.check() == []


async def test_check_says_that_a_management_room_stands_open(
    server: Homeserver, tmp_path: Path
) -> None:
    made = platform(server, tmp_path, BOT, management=(OPS,))
    await first_login(made.settings.accounts[0], None, token_bytes)
    server.joined = [OPS]
    server.next("GET", "/rooms", Answer(200, {"join_rule": "public"}))
    [told] = await made.check()
    assert told.startswith(f"{BOT}: anybody may come into {OPS}, so it gives no rights")
    server.next("GET", "/rooms", Answer(200, {"join_rule": "invite"}))
    assert await made.check() == []


async def test_check_disturbs_no_bot_that_runs(server: Homeserver, tmp_path: Path) -> None:
    made, inbox = platform(server, tmp_path, BOT), Inbox()
    server.state[HALL] = room_of(ANNA, BOT)
    async with running(made, inbox, Vault()):
        other = replace(made.settings)
        assert await MatrixPlatform(other, Clock(), token_bytes).check() == []
        await server.say(BOT, HALL, text("!vendor acme", ANNA, "$1"))
        await inbox.has("command", HALL, "$1", "vendor acme")
    assert len(server.devices[BOT]) == 1
