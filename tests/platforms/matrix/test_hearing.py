"""Where the bot goes, where it does not, and what it makes of what is said there."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.core.sealed import Sealed
from bot.platforms.matrix.hearing import NOT_ENCRYPTED, UNREAD, UNSIGNED
from bot.platforms.matrix.settings import Trust
from tests.platforms.matrix.homeserver import (
    Homeserver,
    Object,
    member,
    message,
    refusal,
    room_of,
    state,
    text,
)
from tests.platforms.matrix.house import ANNA, BOT, CARL, DEN, HALL, House, house, person

pytestmark = pytest.mark.proof

WHERE = "%21den%3Aa.example"


@pytest.fixture
async def bot(server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path) -> House:
    """Give a bot that has been in the hall for long."""
    made = await house(server, connections, tmp_path)
    server.state[HALL] = room_of(ANNA, BOT)
    made.vault.cursors[BOT] = "s0"
    made.vault.known = {HALL}
    await server.tell(BOT)
    return made


async def hears(bot: House, server: Homeserver, *events: Object) -> Sequence[tuple[str, ...]]:
    """Let events happen in the hall; give what was handed in."""
    await server.say(BOT, HALL, *events)
    async with bot.reading():
        await bot.read()
    return bot.inbox.kept


async def invites(server: Homeserver, by: str, *more: Object, **content: object) -> None:
    mine = {"membership": "invite", **content}
    events = [state("m.room.member", mine, key=BOT, sender=by), *more]
    await server.tell(BOT, rooms={"invite": {DEN: {"invite_state": {"events": events}}}})


async def test_people_of_the_own_server_may_invite_it(bot: House, server: Homeserver) -> None:
    await invites(server, ANNA)
    async with bot.reading():
        await server.until(lambda: server.of("POST", f"/join/{WHERE}"))
    assert server.of("POST", "/join")[0].query == {"via": "a.example", "server_name": "a.example"}


@pytest.mark.parametrize("by", [CARL, "", "nobody", "@anna:a.example.evil", "@x:A.example@b"])
async def test_anybody_else_is_refused(bot: House, server: Homeserver, by: str) -> None:
    await invites(server, by)
    async with bot.reading():
        await server.until(lambda: server.of("POST", f"/rooms/{WHERE}/leave"))
    assert server.of("POST", "/join") == []


async def test_a_join_that_fails_for_the_moment_is_tried_again(
    bot: House, server: Homeserver
) -> None:
    slow = refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=5)
    server.next("POST", "/join", slow, slow)
    await invites(server, ANNA)
    async with bot.reading():
        await server.until(lambda: len(server.of("POST", "/join")) == 3)


async def test_a_talk_is_noted_as_one_though_the_server_stumbles_at_it(
    bot: House, server: Homeserver
) -> None:
    server.next("PUT", "/user", refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=5))
    await invites(server, ANNA, is_direct=True)
    async with bot.reading():
        await server.until(lambda: server.of("POST", "/join"))
    assert server.data[BOT]["m.direct"] == {ANNA: [DEN]}


async def test_one_join_that_is_refused_does_not_keep_others_waiting(
    bot: House, server: Homeserver
) -> None:
    server.next("POST", "/join", refusal(403, "M_FORBIDDEN"))
    await invites(server, ANNA)
    await invites(server, ANNA)
    async with bot.reading():
        await server.until(lambda: len(server.of("POST", "/join")) == 2)


async def test_it_leaves_a_room_where_nobody_is_left(bot: House, server: Homeserver) -> None:
    server.members[HALL] = [member(BOT)]
    gone = {"timeline": {"events": [member(ANNA, "leave")]}}
    counts = {"m.joined_member_count": 1, "m.invited_member_count": 0}
    await server.tell(BOT, rooms={"join": {HALL: {**gone, "summary": counts}}})
    async with bot.reading():
        await server.until(lambda: server.of("POST", "/rooms"))
    assert server.of("POST", "/rooms")[0].parts == ["rooms", HALL, "leave"]


async def test_a_room_whose_members_are_not_told_stops_nothing(
    bot: House, server: Homeserver
) -> None:
    counts = {"m.joined_member_count": 1, "m.invited_member_count": 0}
    server.next("GET", "/rooms", refusal(403, "M_FORBIDDEN"))
    events = [member(ANNA, "leave"), text("last", CARL, "$1")]
    told = {"timeline": {"events": events}, "summary": counts}
    await server.tell(BOT, rooms={"join": {HALL: told}})
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["last"]


async def test_a_closed_room_is_followed_to_where_it_goes_on(
    bot: House, server: Homeserver
) -> None:
    tombstone = state("m.room.tombstone", {"replacement_room": DEN}, sender=ANNA)
    async with bot.reading():
        await server.say(BOT, HALL, tombstone)
        await server.until(lambda: server.of("POST", f"/join/{WHERE}"))
        there = room_of(ANNA, BOT)
        there[0]["content"]["predecessor"] = {"room_id": HALL}
        await server.tell(BOT, rooms={"join": {DEN: {"state": {"events": there}}}})
        await bot.inbox.has("moved", HALL, DEN)


async def test_a_room_that_only_says_it_continues_another_takes_over_nothing(
    bot: House, server: Homeserver
) -> None:
    there = room_of(CARL, BOT)
    there[0]["content"]["predecessor"] = {"room_id": HALL}
    await server.tell(BOT, rooms={"join": {DEN: {"state": {"events": there}}}})
    async with bot.reading():
        await bot.inbox.has("joined", DEN, "open", "None")


# What is said


async def test_what_the_bot_and_other_bots_say_is_not_heard(bot: House, server: Homeserver) -> None:
    notice = message({"msgtype": "m.notice", "body": "!vendor acme"}, ANNA, "$2")
    assert await hears(bot, server, text("!vendor acme", BOT, "$1"), notice) == []


async def _at(
    server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path, **how: bool
) -> Object:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    anna = await person(server, connections, tmp_path / "anna", ANNA, **how)  # type: ignore[arg-type]  # signed
    return await anna.encrypted(HALL, [ANNA, BOT], "!vendor acme")


async def test_a_command_from_a_signed_device_is_carried_out(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    said = await _at(server, connections, tmp_path)
    kept = await hears(bot, server, said)
    assert ("command", HALL, "$anna1", "vendor acme") in kept
    assert bot.inbox.commands[0].doubt == ""


@pytest.mark.parametrize("trust", list(Trust))
async def test_one_from_a_device_that_its_owner_did_not_sign_is_doubted(
    bot: House,
    server: Homeserver,
    connections: aiohttp.ClientSession,
    tmp_path: Path,
    trust: Trust,
) -> None:
    assert bot.account.online is not None
    bot.account.online.machine.trust = trust
    said = await _at(server, connections, tmp_path, signed=False)
    await hears(bot, server, said)
    assert bot.inbox.commands[0].doubt == (UNSIGNED if trust is Trust.CROSS_SIGNED else "")


async def test_a_command_in_the_clear_in_an_encrypted_room_is_doubted(
    bot: House, server: Homeserver
) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    await hears(bot, server, text("!vendor acme", ANNA, "$1"))
    assert bot.inbox.commands[0].doubt == NOT_ENCRYPTED


async def test_the_server_cannot_pass_one_person_s_message_off_as_another_s(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    said = await _at(server, connections, tmp_path)
    await hears(bot, server, {**said, "sender": CARL})
    assert all(each.doubt for each in bot.inbox.commands)


async def test_nobody_takes_a_message_back_by_an_encrypted_word(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    # Whether somebody may redact is checked by servers, and they cannot see this one.
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    anna = await person(server, connections, tmp_path / "anna", ANNA)
    forged = await anna.sealed(HALL, [ANNA, BOT], "m.room.redaction", {"redacts": "$carls"})
    kept = await hears(bot, server, forged)
    assert not [each for each in kept if each[0] == "delete"]


async def test_state_in_an_encrypted_event_changes_no_room(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    anna = await person(server, connections, tmp_path / "anna", ANNA)
    forged = await anna.sealed(
        HALL, [ANNA, BOT], "m.room.tombstone", {"replacement_room": DEN, "state_key": ""}
    )
    kept = await hears(bot, server, forged)
    assert not [each for each in kept if each[0] == "moved"]
    assert server.of("POST", "/join") == []


async def test_what_cannot_be_read_is_told_in_the_room_once_a_day(bot: House) -> None:
    async with bot.reading():
        await bot.read()

        def kept(minutes: int, event: str, room: str = HALL) -> Sealed:
            at = bot.clock() - timedelta(minutes=minutes)
            return Sealed("matrix", BOT, room, event, "s", "{}", at)

        late = [kept(1, "$new"), kept(5, "$late"), kept(6, "$two"), kept(70, "$old")]
        await bot.hearing.tell_unread([*late, kept(5, "$x", "!gone:a.example")], bot.clock())
        await bot.hearing.tell_unread(late, bot.clock())
    told = [(each.id, each.thread, each.doubt) for each in bot.inbox.commands]
    # The same id twice is one answer: it is known by it.
    assert told == [("unread 2024-04-01", "$late", UNREAD)] * 2
