"""What the bot says stands in a room once, in the thread it belongs to, and never in the clear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.core.document import Actions, Button, Document, Paragraph, Text
from bot.core.mention import Channel
from bot.platforms.matrix import voice as voices
from bot.platforms.matrix.account import Account
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.settings import Manner, Placing
from bot.platforms.matrix.voice import Voice
from tests.platforms.matrix.homeserver import (
    Answer,
    Homeserver,
    Object,
    member,
    refusal,
    room_of,
    state,
)
from tests.platforms.matrix.house import ANNA, BOT, CARL, HALL, House, house, person

pytestmark = pytest.mark.proof

CARD = Document("Acme: 1 measure.", (Paragraph((Text("Acme makes cameras."),)),))
OFFER = Document("Sure?", (Actions((Button("Yes", "a", "✅"), Button("No", "b", "❌"))),))
OPEN, CLOSED = Channel("matrix", HALL), Channel("matrix", HALL, encrypted=True)
TOO_LATE = refusal(403, "M_FORBIDDEN")


@asynccontextmanager
async def at_home(
    bot: House, server: Homeserver, *, encrypted: bool = False
) -> AsyncIterator[None]:
    """Have the bot know the hall, for the length of a block."""
    server.state[HALL] = room_of(ANNA, BOT, encrypted=encrypted)
    async with bot.reading():
        await bot.inbox.has("joined", HALL, "encrypted" if encrypted else "open", "None")
        await server.until(lambda: len(server.of("GET", "/sync")) == 2)
        yield


@pytest.fixture
async def bot(server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path) -> House:
    return await house(server, connections, tmp_path)


def speaks(bot: House, **manner: object) -> Voice:
    def account_in(_: str) -> Account:
        return bot.account

    return Voice(account_in, Manner(**manner))  # type: ignore[arg-type]  # a test's own words


async def post(voice: Voice, key: str = "k1", thread: str | None = None) -> str:
    return (await voice.post(OPEN, CARD, key=key, thread=thread)).message_id


async def test_an_answer_is_a_notice_in_the_thread_that_pings_nobody(
    bot: House, server: Homeserver
) -> None:
    async with at_home(bot, server):
        told = await speaks(bot).post(OPEN, CARD, key="k1", thread="$asked")
    [event] = server.wire
    content = event["content"]
    assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})
    assert "Acme makes cameras." in content["body"]
    assert content["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$asked",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$asked"},
    }
    assert told.link == f"https://matrix.to/#/{HALL}/{told.message_id}?via=a.example"


async def test_rooms_that_want_it_are_rung(bot: House, server: Homeserver) -> None:
    async with at_home(bot, server):
        await post(speaks(bot, text_rooms=frozenset({HALL})))
    assert server.wire[0]["content"]["msgtype"] == "m.text"


@pytest.mark.parametrize(
    ("placing", "relation"),
    [(Placing.REPLY, {"m.in_reply_to": {"event_id": "$asked"}}), (Placing.ROOM, None)],
)
async def test_where_it_stands_is_configured(
    bot: House, server: Homeserver, placing: Placing, relation: object
) -> None:
    async with at_home(bot, server):
        await post(speaks(bot, placing=placing), thread="$asked")
    assert server.wire[0]["content"].get("m.relates_to") == relation


@pytest.mark.parametrize("encrypted", [False, True])
async def test_what_is_sent_again_after_a_lost_answer_is_there_once(
    bot: House, server: Homeserver, *, encrypted: bool
) -> None:
    async with at_home(bot, server, encrypted=encrypted):
        lost = Answer(502, done=True)
        server.next("PUT", f"/rooms/{HALL.replace('!', '%21').replace(':', '%3A')}/send", lost)
        with pytest.raises(MatrixError) as caught:
            await post(speaks(bot))
        assert caught.value.uncertain
        again = await post(speaks(bot))  # as after a restart: nothing is remembered
        other = await post(speaks(bot), key="k2")
    assert [each["event_id"] for each in server.wire] == [again, other]
    assert "k1" not in server.of("PUT", "/rooms")[0].path.rpartition("/")[2]


async def test_no_thread_begins_in_a_thread_so_the_whole_one_is_continued(
    bot: House, server: Homeserver
) -> None:
    inside = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}
    async with at_home(bot, server):
        server.next("PUT", "/rooms", refusal(400, "M_UNKNOWN"))
        server.next("GET", "/rooms", Answer(body={"content": inside}))
        await post(speaks(bot), thread="$inside")
    assert server.wire[0]["content"]["m.relates_to"]["event_id"] == "$root"


@pytest.mark.parametrize(
    "content",
    [
        {},
        None,
        {"m.relates_to": 7},
        {"m.relates_to": {"rel_type": "m.replace", "event_id": "$o"}},
        {"m.relates_to": {"rel_type": "m.thread", "event_id": ["$o"]}},
    ],
)
async def test_where_no_thread_can_begin_it_is_a_reply(
    bot: House, server: Homeserver, content: object
) -> None:
    async with at_home(bot, server):
        server.next("PUT", "/rooms", refusal(400, "M_UNKNOWN"))
        server.next("GET", "/rooms", Answer(body={"content": content}))
        await post(speaks(bot), thread="$odd")
    relation = server.wire[0]["content"]["m.relates_to"]
    assert relation == {"m.in_reply_to": {"event_id": "$odd"}}


async def test_what_is_refused_for_another_reason_is_asked_once_more_and_given_up(
    bot: House, server: Homeserver
) -> None:
    async with at_home(bot, server):
        server.next("PUT", "/rooms", *[refusal(400, "M_BAD_JSON")] * 2)
        server.next("GET", "/rooms", Answer(body={"content": {}}))
        with pytest.raises(MatrixError, match="M_BAD_JSON") as caught:
            await post(speaks(bot), thread="$asked")
    assert caught.value.permanent
    assert server.wire == []


async def test_in_an_encrypted_room_nothing_leaves_in_the_clear_but_reactions(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    anna = await person(server, connections, tmp_path / "anna", ANNA)
    async with at_home(bot, server, encrypted=True):
        event = (await speaks(bot).post(CLOSED, CARD, key="k1", thread="$asked")).message_id
        await speaks(bot).edit(CLOSED, event, CARD, key="k2")
        await speaks(bot).mark(CLOSED, event, key="k3")
    assert [each["type"] for each in server.wire] == [*["m.room.encrypted"] * 2, "m.reaction"]
    assert b"Acme" not in b"".join(each.raw for each in server.asked)
    # What belongs together is in the clear, as servers need it, and inside as well.
    first, second, _ = server.wire
    assert first["content"]["m.relates_to"]["event_id"] == "$asked"
    assert second["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}
    assert "Acme makes cameras." in str(await anna.can_read(first, HALL))


async def test_nothing_is_said_before_the_rooms_are_known(bot: House, server: Homeserver) -> None:
    server.state[HALL] = room_of(ANNA, BOT, encrypted=True)
    with pytest.raises(MatrixError, match="not connected") as caught:
        await post(speaks(bot))
    assert not caught.value.permanent
    assert server.of("PUT", "/rooms") == []


async def test_what_was_meant_for_an_encrypted_room_waits_for_no_other_kind(
    bot: House, server: Homeserver
) -> None:
    async with at_home(bot, server):
        with pytest.raises(MatrixError, match="was encrypted and does not seem to be now"):
            await speaks(bot).post(CLOSED, CARD, key="k1", thread=None)
        with pytest.raises(MatrixError, match="was encrypted and does not seem to be now"):
            await speaks(bot).edit(CLOSED, "$e", CARD, key="k1")
    assert server.wire == []


async def test_whoever_left_gets_no_key_and_whoever_came_does(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    anna = await person(server, connections, tmp_path / "anna", ANNA)
    carl = await person(server, connections, tmp_path / "carl", CARL)
    async with at_home(bot, server, encrypted=True):
        await post(speaks(bot))
        await server.say(BOT, HALL, member(CARL))
        await bot.read()
        await post(speaks(bot), key="k2")
        await server.say(BOT, HALL, member(ANNA, "leave"))
        await bot.read()
        await post(speaks(bot), key="k3")
    assert [await anna.can_read(each, HALL) is not None for each in server.wire] == [1, 1, 0]
    assert [await carl.can_read(each, HALL) is not None for each in server.wire] == [0, 1, 1]


async def test_keys_that_cannot_be_handed_out_keep_the_message_back(
    bot: House, server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    anna = await person(server, connections, tmp_path / "anna", ANNA)
    async with at_home(bot, server, encrypted=True):
        for path in ("/keys/query", "/keys/claim", "/sendToDevice"):
            server.next("PUT" if "send" in path else "POST", path, Answer(502))
            with pytest.raises(MatrixError):
                await asyncio.wait_for(post(speaks(bot)), 3)
        assert server.wire == []
        await asyncio.wait_for(post(speaks(bot)), 3)
    assert await anna.can_read(server.wire[0], HALL) is not None


async def test_what_is_gone_is_taken_back_well(bot: House, server: Homeserver) -> None:
    async with at_home(bot, server):
        server.next("PUT", "/rooms", refusal(404, "M_NOT_FOUND"))
        await speaks(bot).withdraw(OPEN, "$gone", key="k1")
        await speaks(bot).withdraw(OPEN, "$there", key="k2")
        server.next("PUT", "/rooms", TOO_LATE)
        with pytest.raises(MatrixError):
            await speaks(bot).withdraw(OPEN, "$other", key="k3")
    assert [each["redacts"] for each in server.wire] == ["$there"]


async def test_a_reaction_that_is_there_already_is_well(bot: House, server: Homeserver) -> None:
    async with at_home(bot, server):
        server.next("PUT", "/rooms", refusal(400, "M_DUPLICATE_ANNOTATION"))
        await speaks(bot).mark(OPEN, "$1", key="k")


@asynccontextmanager
async def offering(voice: Voice) -> AsyncIterator[None]:
    task = asyncio.create_task(voice.offer())
    try:
        yield
    finally:
        task.cancel()


async def test_buttons_are_offered_as_reactions(bot: House, server: Homeserver) -> None:
    async with at_home(bot, server), offering(voice := speaks(bot)):
        told = await voice.post(OPEN, OFFER, key="k", thread=None)
        await server.until(lambda: len(server.of("PUT", "/rooms")) == 3)
    keys = [each["content"]["m.relates_to"]["key"] for each in server.wire[1:]]
    assert keys == ["✅", "❌"]
    assert {e["content"]["m.relates_to"]["event_id"] for e in server.wire[1:]} == {told.message_id}


async def test_offers_give_way_when_the_server_asks_to_slow_down(
    bot: House, server: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "QUIET_S", 0.0)
    async with at_home(bot, server):
        voice = speaks(bot)
        for number in range(3):
            await voice.post(OPEN, OFFER, key=f"k{number}", thread=None)
        server.next("PUT", "/rooms", refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=1))
        async with offering(voice):
            async with asyncio.timeout(5):
                while not voice._offers.empty():  # noqa: ASYNC110 - a queue tells nobody
                    await asyncio.sleep(0.005)
            await voice.post(OPEN, OFFER, key="k9", thread=None)
            await server.until(lambda: len(server.of("PUT", "/rooms")) == 7)
    reactions = [e["content"]["m.relates_to"] for e in server.wire if e["type"] == "m.reaction"]
    # Of the three only the first was tried; what came after the pause is complete.
    assert [each["event_id"] for each in reactions] == ["$sent4"] * 2


async def test_an_account_may_offer_none(
    server: Homeserver, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    bot = await house(server, connections, tmp_path, reactions=False)
    async with at_home(bot, server):
        voice = speaks(bot)
        await voice.post(OPEN, OFFER, key="k", thread=None)
        assert voice._offers.empty()


async def test_a_room_that_turned_encrypted_is_spoken_to_so_at_once(
    bot: House, server: Homeserver
) -> None:
    async with at_home(bot, server):
        await post(speaks(bot))
        odd: Object = {"algorithm": ["nothing that there is"]}
        await server.say(BOT, HALL, state("m.room.encryption", odd, sender=ANNA))
        await bot.read()
        await post(speaks(bot), key="k2")
    assert [each["type"] for each in server.wire] == ["m.room.message", "m.room.encrypted"]
