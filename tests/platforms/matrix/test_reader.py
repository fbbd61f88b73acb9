"""A sync at a time: all of it is kept before the next, whatever fails and whatever it holds."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import limits
from bot.errors import BotError, StorageError
from bot.platforms.matrix import gaps, reader
from bot.platforms.matrix.api import session
from tests.platforms.matrix.homeserver import (
    Answer,
    Homeserver,
    Object,
    member,
    message,
    refusal,
    room_of,
    serving,
    state,
    text,
)
from tests.platforms.matrix.house import ANNA, BOT, CARL, DEN, HALL, House, Person, house, person

pytestmark = pytest.mark.proof

FULL = StorageError("the disk is full")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "AGAIN_S", 0.01)
    monkeypatch.setattr(limits, "STEPS", (0.01, 0.02, 3600))


@pytest.fixture
async def bot(server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path) -> House:
    """Give a bot that has been in the hall for long."""
    made = await house(server, connections, tmp_path)
    server.state[HALL] = room_of(ANNA, BOT)
    made.vault.cursors[BOT] = "s0"
    made.vault.known = {HALL}
    return made


@pytest.fixture
async def anna(server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path) -> Person:
    return await person(server, connections, tmp_path / "anna", ANNA)


async def test_what_was_said_before_the_first_start_is_none_of_the_bot_s_business(
    bot: House, server: Homeserver
) -> None:
    bot.vault.cursors.clear()
    bot.vault.known.clear()
    await server.say(BOT, HALL, text("!vendor old", ANNA, "$1"), limited=True, prev_batch="t1")
    await server.say(BOT, HALL, text("!vendor new", ANNA, "$2"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.kept == [
        ("joined", HALL, "open", "None"),
        ("command", HALL, "$2", "vendor new"),
    ]
    assert server.of("GET", "/rooms") == []


async def test_how_far_was_read_is_noted_after_all_of_it_is_kept(
    bot: House, server: Homeserver
) -> None:
    await server.say(BOT, HALL, text("one", ANNA, "$1"), text("two", ANNA, "$2"))
    await server.say(BOT, HALL, text("three", ANNA, "$3"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.journal == [
        f"message {HALL} $1 one",
        f"message {HALL} $2 two",
        "cursor s1",
        f"message {HALL} $3 three",
        "cursor s2",
    ]


def _sealed_with_nothing() -> Object:
    given = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "s1"}
    given |= {"sender_key": "k", "device_id": "D"}
    return message(given, CARL, "$6", "m.room.encrypted")


async def _much_happens(server: Homeserver) -> None:
    """Have one sync bring something of every kind."""
    edit = {"rel_type": "m.replace", "event_id": "$1"}
    new = {"m.new_content": {"msgtype": "m.text", "body": "won"}, "m.relates_to": edit}
    press = {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$p", "key": "📄"}}
    events = [
        text("one", ANNA, "$1"),
        text("* won", ANNA, "$2", **new),
        message(press, ANNA, "$3", "m.reaction"),
        {**message({}, ANNA, "$4", "m.room.redaction"), "redacts": "$0"},
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, sender=ANNA),
        text("!vendor acme", ANNA, "$5"),
        _sealed_with_nothing(),
    ]
    server.state["!old:a.example"] = [
        *room_of(ANNA, BOT),
        state("m.room.tombstone", {"replacement_room": "!new:a.example"}, sender=ANNA),
    ]
    new_room = room_of(ANNA, BOT)
    new_room[0]["content"]["predecessor"] = {"room_id": "!old:a.example"}
    joins = {
        HALL: {"timeline": {"events": events}},
        DEN: {"state": {"events": room_of(ANNA)}, "timeline": {"events": [member(BOT)]}},
        "!new:a.example": {"state": {"events": new_room}},
    }
    leaves: Object = {"!gone:a.example": {}}
    server.state["!gone:a.example"] = room_of(ANNA, BOT)
    await server.tell(BOT)  # so that the bot knows its rooms
    await server.tell(BOT, rooms={"join": joins, "leave": leaves})


ALL = [
    ("left", "!gone:a.example"),
    ("message", HALL, "$1", "one"),
    ("edit", HALL, "$1", "won"),
    ("pressed", HALL, "$p", "📄"),
    ("delete", HALL, "$0"),
    ("joined", HALL, "encrypted", "None"),
    ("command", HALL, "$5", "vendor acme"),
    ("joined", DEN, "open", "None"),
    ("moved", "!old:a.example", "!new:a.example"),
]


def _once(kept: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out what was told again: it is known by its id."""
    return sorted(dict.fromkeys(kept))


async def test_everything_that_a_sync_brings_is_handed_in(bot: House, server: Homeserver) -> None:
    bot.vault.known |= {"!old:a.example", "!gone:a.example"}
    await _much_happens(server)
    async with bot.reading():
        await bot.read()
    assert bot.inbox.kept == ALL
    assert set(bot.vault.waiting) == {"$6"}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "method",
    [
        "left", "message", "edit", "pressed", "delete", "joined", "command", "moved",
        "keep_sealed", "move_cursor",
    ],
)  # fmt: skip
async def test_a_database_that_fails_in_the_middle_loses_nothing(
    bot: House, server: Homeserver, method: str, times: int
) -> None:
    bot.vault.known |= {"!old:a.example", "!gone:a.example"}
    await _much_happens(server)
    bot.vault.failing = bot.inbox.failing = [(method, FULL) for _ in range(times)]
    async with bot.reading():
        await bot.read()
    assert bot.inbox.failing == []
    assert _once(bot.inbox.kept) == sorted(ALL)
    assert set(bot.vault.waiting) == {"$6"}
    # Each sync was asked for once: what is kept in memory is as good as what comes again.
    assert bot.inbox.journal[-1] == "cursor s2"


async def test_a_room_that_is_new_stays_so_until_that_is_kept(
    bot: House, server: Homeserver
) -> None:
    invited = [
        *room_of(ANNA),
        state("m.room.member", {"membership": "invite"}, key=BOT, sender=ANNA),
    ]
    await server.tell(BOT)
    await server.tell(BOT, rooms={"invite": {DEN: {"invite_state": {"events": invited}}}})
    bot.inbox.failing = [("joined", FULL)]
    async with bot.reading():
        await server.until(lambda: server.of("POST", "/join"))
        joined = {"state": {"events": room_of(ANNA)}, "timeline": {"events": [member(BOT)]}}
        await server.tell(BOT, rooms={"join": {DEN: joined}})
        await bot.read()
    # Whoever invited it is remembered all the same.
    assert bot.inbox.kept == [("joined", DEN, "open", ANNA)]


async def test_a_homeserver_that_fails_in_the_middle_is_asked_for_the_same_again(
    bot: House, server: Homeserver, anna: Person
) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    said = await anna.encrypted(HALL, [ANNA, BOT], "!vendor acme")
    [with_key] = server._news[BOT]
    server._news[BOT].clear()
    timeline = {"events": [said], "limited": True, "prev_batch": "t1"}
    await server.tell(BOT)
    await server.tell(BOT, **with_key, rooms={"join": {HALL: {"timeline": timeline}}})
    server.next("GET", "/rooms", *[Answer(502, b"<html>")] * 2)
    async with bot.reading():
        await bot.read()
    sinces = [each.query.get("since") for each in server.of("GET", "/sync")]
    sinces.remove(None)  # which asked for invitations
    assert sinces == ["s0", "s1", "s1", "s1", "s2"]
    assert ("command", HALL, "$anna1", "vendor acme") in bot.inbox.kept


async def test_a_login_that_is_gone_ends_it_with_what_to_do(bot: House, server: Homeserver) -> None:
    server.next("GET", "/sync", refusal(401, "M_UNKNOWN_TOKEN"))
    with pytest.raises(BotError, match="give a new token, or the password"):
        await asyncio.wait_for(bot.reader.run(), 5)


async def test_a_server_that_stumbles_now_and_then_is_asked_again_as_soon_as_the_first_time(
    bot: House, server: Homeserver
) -> None:
    # Four failures in a row would be an hour; here each is followed by a good answer.
    async with bot.reading():
        for number in range(4):
            server.next("GET", "/sync", Answer(502))
            await server.say(BOT, HALL, text(f"{number}", ANNA, f"${number}"))
            await bot.read()
    assert bot.inbox.texts() == ["0", "1", "2", "3"]


async def test_a_server_that_asks_to_slow_down_gets_its_time(
    bot: House, server: Homeserver
) -> None:
    server.next("GET", "/sync", refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=10))
    await server.say(BOT, HALL, text("one", ANNA, "$1"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["one"]


@pytest.mark.parametrize("answer", [{}, {"next_batch": 7}, {"next_batch": None}, {"rooms": []}])
async def test_a_sync_that_does_not_say_how_far_it_goes_is_asked_for_again(
    bot: House, server: Homeserver, answer: Object
) -> None:
    server.next("GET", "/sync", Answer(body=answer))
    await server.say(BOT, HALL, text("one", ANNA, "$1"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["one"]


# What a sync leaves out


def _pages(*pages: tuple[list[str], str | None]) -> list[Answer]:
    made = []
    for ids, end in pages:
        chunk = [text(each, ANNA, f"${each}") for each in ids]
        made.append(Answer(body={"chunk": chunk, **({"end": end} if end else {})}))
    return made


async def _gap(bot: House, server: Homeserver, *answers: Answer) -> list[str]:
    server.next("GET", "/rooms", *answers)
    await server.tell(BOT)
    last = text("z", ANNA, "$z")
    await server.say(BOT, HALL, last, limited=True, prev_batch="t9")
    async with bot.reading():
        await bot.read()
    return bot.inbox.texts()


async def test_what_a_sync_left_out_is_fetched_and_told_in_order(
    bot: House, server: Homeserver
) -> None:
    pages = _pages((["d", "c"], "t8"), (["b", "a"], None))
    assert await _gap(bot, server, *pages) == ["a", "b", "c", "d", "z"]
    asked = server.of("GET", "/rooms")
    assert [each.query["from"] for each in asked] == ["t9", "t8"]
    assert {(each.query["to"], each.query["dir"]) for each in asked} == {("s1", "b")}


async def test_an_empty_page_is_not_the_end_unless_it_says_so(
    bot: House, server: Homeserver
) -> None:
    pages = _pages(([], "t8"), (["a"], "t7"), ([], None))
    assert await _gap(bot, server, *pages) == ["a", "z"]


@pytest.mark.parametrize("ends", [["t9"], ["t8", "t8"], ["t8", "t9"] * 500])
async def test_pages_that_go_round_in_a_circle_end(
    bot: House, server: Homeserver, ends: list[str]
) -> None:
    assert await _gap(bot, server, *_pages(*[([], end) for end in ends])) == ["z"]
    assert len(server.of("GET", "/rooms")) < 100


@pytest.mark.parametrize("odd", [{}, {"chunk": {}}, {"chunk": [7, None]}, {"chunk": [], "end": 7}])
async def test_pages_of_an_odd_shape_are_none(bot: House, server: Homeserver, odd: Object) -> None:
    assert await _gap(bot, server, Answer(body=odd)) == ["z"]


async def test_after_a_very_long_absence_the_newest_counts(
    bot: House, server: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "MOST_BACK", 4)
    pages = _pages((["h", "g"], "1"), (["f", "e"], "2"), (["d", "c"], "3"), (["b"], "4"))
    assert await _gap(bot, server, *pages) == ["e", "f", "g", "h", "z"]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_room_whose_past_is_refused_does_not_stop_the_others(
    bot: House, server: Homeserver, status: int
) -> None:
    assert await _gap(bot, server, refusal(status, "M_FORBIDDEN")) == ["z"]
    assert bot.vault.cursors[BOT] == "s2"


async def test_of_a_new_room_only_what_followed_the_coming_in_counts(
    bot: House, server: Homeserver
) -> None:
    chunk = [text("c", ANNA, "$c"), member(BOT), text("b", ANNA, "$b"), text("a", ANNA, "$a")]
    server.next("GET", "/rooms", Answer(body={"chunk": chunk, "end": "t5"}))
    timeline = {"events": [text("d", ANNA, "$d")], "limited": True, "prev_batch": "t9"}
    came = {"state": {"events": room_of(ANNA, BOT)}, "timeline": timeline}
    await server.tell(BOT)
    await server.tell(BOT, rooms={"join": {DEN: came}})
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["c", "d"]
    assert len(server.of("GET", "/rooms")) == 1


# What cannot be read


async def test_one_event_that_nobody_understands_is_left_and_the_rest_is_read(
    bot: House, server: Homeserver
) -> None:
    bot.inbox.failing = [("message", ValueError("a bug"))]
    await server.say(BOT, HALL, text("one", ANNA, "$1"), text("two", ANNA, "$2"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["two"]
    assert bot.vault.cursors[BOT] == "s1"


async def test_a_key_that_comes_late_opens_what_waited_for_it(
    bot: House, server: Homeserver, anna: Person
) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    said = await anna.encrypted(HALL, [ANNA, BOT], "!vendor acme")
    [key] = server._news[BOT]
    server._news[BOT].clear()
    await server.tell(BOT)
    await server.say(BOT, HALL, said, text("clear", ANNA, "$c"))
    await server.tell(BOT, **key)
    bot.vault.failing = [("forget_sealed", FULL)]
    async with bot.reading():
        await bot.read()
    assert ("command", HALL, "$anna1", "vendor acme") in bot.inbox.kept
    assert bot.vault.waiting == {}


async def test_a_key_that_came_before_a_crash_opens_it_after_the_restart(
    bot: House, server: Homeserver, anna: Person, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    said = await anna.encrypted(HALL, [ANNA, BOT], "!vendor acme")
    [key] = server._news[BOT]
    server._news[BOT].clear()
    await server.tell(BOT)
    await server.say(BOT, HALL, said)
    async with bot.reading():
        await bot.read()
    assert set(bot.vault.waiting) == {"$anna1"}
    assert bot.account.online is not None
    await bot.account.online.machine.absorb(key)  # and the bot died
    again = await house(server, connections, tmp_path, again=bot)
    await server.tell(BOT)
    async with again.reading():
        await again.read()
    assert ("command", HALL, "$anna1", "vendor acme") in bot.inbox.kept
    assert bot.vault.waiting == {}


@pytest.mark.parametrize(
    "odd",
    [
        {"session_id": "\x00"},
        {"session_id": "\ud800"},
        {"session_id": "x" * 10_000},
        {"session_id": ["s"]},
        {"ciphertext": {"k": {"type": 0, "body": ""}}},
        {"sender_key": 7},
        {"device_id": None},
        {"algorithm": "m.olm.v1.curve25519-aes-sha2"},
    ],
    ids=range(8),
)
async def test_nothing_that_is_sealed_oddly_stops_the_reading(
    bot: House, server: Homeserver, caplog: pytest.LogCaptureFixture, odd: Object
) -> None:
    caplog.set_level(logging.CRITICAL, "nio")  # which repeats what no report of a test can hold
    event = _sealed_with_nothing()
    event["content"] |= odd
    await server.say(BOT, HALL, event, {**event, "event_id": "\x00"}, text("one", ANNA, "$1"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["one"]
    assert bot.vault.cursors[BOT] == "s1"


async def test_a_sender_whose_devices_the_server_refuses_to_tell_stops_nothing(
    bot: House, server: Homeserver
) -> None:
    server.next("POST", "/keys/query", refusal(400, "M_INVALID_PARAM"))
    await server.say(BOT, HALL, _sealed_with_nothing(), text("one", ANNA, "$1"))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.texts() == ["one"]


# Anything at all

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from((HALL, ANNA, BOT, "join", "m.room.member", "m.room.message", "$1"))
)
_KEYS = st.sampled_from(
    (
        "rooms", "join", "leave", "invite", "timeline", "events", "state", "summary", "type",
        "content", "sender", "state_key", "event_id", "membership", "m.relates_to", "to_device",
        "device_lists", "changed", "account_data", "device_one_time_keys_count", "limited",
        "signed_curve25519", "algorithm", "ciphertext", "invite_state", HALL, DEN,
    )
)  # fmt: skip
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_EVENT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            (
                "m.room.message", "m.room.encrypted", "m.room.member", "m.room.tombstone",
                "m.room.encryption", "m.reaction", "m.room.redaction", "m.room.create", "m.direct",
                "m.room_key", "m.room.power_levels",
            )
        )
        | _LEAVES,
        "content": st.dictionaries(
            st.sampled_from(
                (
                    "msgtype", "body", "membership", "algorithm", "ciphertext", "session_id",
                    "sender_key", "device_id", "replacement_room", "users", "m.relates_to",
                )
            ),
            _ANYTHING,
        )
        | _ANYTHING,
        "sender": st.sampled_from((ANNA, BOT, "")) | _LEAVES,
        "state_key": st.sampled_from(("", ANNA, BOT)) | _LEAVES,
        "event_id": st.text(max_size=4) | _LEAVES,
        "origin_server_ts": _LEAVES,
        "unsigned": _ANYTHING,
    },
)  # fmt: skip
_EVENTS = st.fixed_dictionaries({"events": st.lists(_EVENT | _ANYTHING, max_size=4) | _ANYTHING})
_ROOM = st.fixed_dictionaries(
    {}, optional={"timeline": _EVENTS | _ANYTHING, "state": _EVENTS, "summary": _ANYTHING}
)
_ROOMS = st.dictionaries(st.sampled_from((HALL, DEN)) | st.text(max_size=3), _ROOM | _ANYTHING)
_SYNC = st.fixed_dictionaries(
    {},
    optional={
        "rooms": st.fixed_dictionaries(
            {},
            optional={
                "join": _ROOMS,
                "leave": _ROOMS | _ANYTHING,
                "invite": st.dictionaries(
                    st.just(DEN), st.fixed_dictionaries({"invite_state": _EVENTS}) | _ANYTHING
                ),
            },
        )
        | _ANYTHING,
        "to_device": _EVENTS | _ANYTHING,
        "device_lists": _ANYTHING,
        "account_data": _EVENTS | _ANYTHING,
        "device_one_time_keys_count": _ANYTHING,
    },
)


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=5)
@given(syncs=st.lists(_SYNC, min_size=10, max_size=20))
def test_whatever_a_sync_holds_the_next_one_is_read(
    syncs: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run() -> None:
        async with serving() as server, session() as connections:
            bot = await house(server, connections, tmp_path_factory.mktemp("bot"))
            server.state[HALL] = room_of(ANNA, BOT)
            bot.vault.cursors[BOT], bot.vault.known = "s0", {HALL}
            await server.tell(BOT)
            for sync in syncs:
                await server.tell(BOT, **sync)
            joined = {"state": {"events": room_of(ANNA, BOT)}}
            joined["timeline"] = {"events": [text("last", ANNA, "$last")]}
            await server.tell(BOT, rooms={"join": {HALL: joined}})
            async with bot.reading():
                await bot.read()
            assert "last" in bot.inbox.texts()

    asyncio.run(run())


# Where the bot is


async def test_an_invitation_that_was_not_answered_before_a_restart_is_answered(
    bot: House, server: Homeserver
) -> None:
    there = {**member(BOT, "invite"), "sender": ANNA}
    server.invitations = {DEN: {"invite_state": {"events": [there]}}}
    async with bot.reading():
        await server.until(lambda: server.of("POST", "/join"))
    assert DEN in server.of("POST", "/join")[0].parts


async def test_a_room_that_the_bot_was_put_out_of_while_it_was_down_gets_nothing_more(
    bot: House, server: Homeserver
) -> None:
    del server.state[HALL]
    await server.tell(BOT, rooms={"leave": {HALL: {}}})
    bot.inbox.failing.append(("left", FULL))
    async with bot.reading():
        await bot.read()
    assert bot.inbox.kept == [("left", HALL)]


async def test_how_a_new_room_came_to_be_as_it_is_is_no_news(
    bot: House, server: Homeserver
) -> None:
    rules = [state("m.room.join_rules", {"join_rule": rule}) for rule in ("public", "invite")]
    open_, closed = ({**each, "event_id": f"$r{at}"} for at, each in enumerate(rules))
    joined = {**member(BOT), "event_id": "$join"}
    await server.say(BOT, DEN, open_, closed, joined, text("!vendor acme", ANNA, "$1"))
    async with bot.reading():
        await bot.read()
    assert [each for each in bot.inbox.kept if each[0] == "joined"] == [
        ("joined", DEN, "open", "None")
    ]
    assert ("command", DEN, "$1", "vendor acme") in bot.inbox.kept


async def test_a_server_that_forgets_that_a_room_is_encrypted_is_not_believed(bot: House) -> None:
    bot.vault.encrypted = {HALL}
    await bot.server.tell(BOT)
    async with bot.reading():
        await bot.read()
    assert bot.account.rooms[HALL].encrypted
