"""Rooms that the bot comes into, is thrown out of, leaves, or follows to another one."""

from collections.abc import AsyncIterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest
import pytest_asyncio

from tests.feeds.server import FeedServer
from tests.matrix.bot import Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.homeserver import Homeserver
from tests.matrix.hosts import (
    FOLLOWED,
    INTRODUCTION,
    V3,
    answer,
    answered,
    ask,
    introduced,
    invited,
    out,
    said,
)
from tests.matrix.person import Person
from tests.matrix.seen import FarError

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory, synapse: Homeserver) -> AsyncIterator[Bot]:
    async with running(tmp_path_factory.mktemp("bot"), synapse) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


# Invitations


@pytest.mark.long
async def test_who_is_not_on_the_list_is_refused_however_often_they_ask(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    friend = synapse.newcomer("friend")
    async with running(tmp_path, synapse, settings={"invites": [friend.user_id]}) as bot:
        stranger = synapse.newcomer("stranger")
        options = {"preset": "private_chat", "invite": [bot.user_id]}
        rooms = [
            str((await ask(synapse, stranger, "POST", f"{V3}/createRoom", options))["room_id"])
            for _ in range(40)
        ]
        host = await others.login(synapse, friend)
        room = await invited(host, bot)
        assert "Hikvision" in await answer(host, bot, room, "!vendor hikvision")
        await out(synapse, bot.account, *rooms)
        refused = [each for each in bot.lines if "invitation refused" in str(each["event"])]
        assert {each["by"] for each in refused} == {stranger.user_id}


async def test_a_server_may_be_on_the_list(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    settings: dict[str, object] = {"invites": ["@nobody:elsewhere.example", "hall.example"]}
    async with running(tmp_path, synapse, settings=settings) as bot:
        anna = await others.login(synapse, synapse.newcomer("anna"))
        await invited(anna, bot)


@pytest.mark.parametrize("rule", ["knock", "restricted", "invite"])
async def test_it_comes_into_rooms_of_every_kind_that_it_is_invited_to(
    bot: Bot, others: Far, synapse: Homeserver, rule: str
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    rules: dict[str, object] = {"join_rule": rule}
    if rule == "restricted":
        club = await anna.create_room("club")
        rules["allow"] = [{"type": "m.room_membership", "room_id": club}]
    state = [{"type": "m.room.join_rules", "state_key": "", "content": rules}]
    alias = f"hall-{anna.user_id[1:].partition(':')[0]}"
    more = {"initial_state": state, "room_alias_name": alias}
    room = await invited(anna, bot, content=more)
    assert "Hikvision" in await answer(anna, bot, room, "!vendor hikvision")


@pytest.mark.long
async def test_what_was_said_before_it_came_is_not_answered(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await anna.create_room("hall", public=True)
    await anna.send(room, "!vendor hikvision")
    for number in range(120):  # more than a sync brings
        await anna.send(room, f"we have bought cameras of Dahua, {number}")
    await anna.invite(room, bot.user_id)
    await introduced(anna, bot, room)
    await answered(anna, bot, room, "!vendor nuctech")
    told = await said(anna, bot, room, "")
    assert len(told) == 3  # the introduction, the card and the list
    assert not [each for each in told if "Dahua" in each.body and "Here because" in each.body]


async def test_a_hostile_name_and_topic_do_nothing(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    name = "<img src=x onerror=alert(1)>@room\u202e \x00!vendor " + "x" * 200
    state = [
        {"type": "m.room.name", "state_key": "", "content": {"name": name.replace("\x00", "")}},
        {"type": "m.room.topic", "state_key": "", "content": {"topic": name.replace("\x00", "")}},
    ]
    room = await invited(anna, bot, content={"initial_state": state})
    shown = await answered(anna, bot, room, "!vendor overview")
    assert "onerror" not in str(shown.content)
    assert "Hikvision" in await answer(anna, bot, room, "!vendor hikvision")


async def test_in_a_space_it_says_nothing(bot: Bot, others: Far, synapse: Homeserver) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    space = await anna.create_room(
        "the space", invite=[bot.user_id], content={"creation_content": {"type": "m.space"}}
    )
    await anna.wait_member(space, bot.user_id)
    asked = await anna.send(space, "!vendor hikvision")
    room = await invited(anna, bot)
    await answered(anna, bot, room, "!vendor hikvision")
    told = [each for each in await anna.events(space) if each.sender == bot.user_id]
    assert [each.type for each in told] == ["m.room.member"]
    assert asked


# Introductions


@pytest.mark.long
async def test_it_introduces_itself_once_each_time_it_comes(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    async with running(tmp_path, synapse) as bot:
        anna = await others.login(synapse, synapse.newcomer("anna"))
        room = await invited(anna, bot)
        for again in (bot.stop, bot.kill):
            await again()
            await bot.start()
            assert len(await said(anna, bot, room, INTRODUCTION)) == 1
        await anna.request("POST", f"{V3}/rooms/{room}/kick", {"user_id": bot.user_id})
        await out(synapse, bot.account, room)
        last = (await anna.events(room))[-1].event_id
        await anna.invite(room, bot.user_id)
        await introduced(anna, bot, room, after=last)
        await bot.stop()
        await anna.request("POST", f"{V3}/rooms/{room}/kick", {"user_id": bot.user_id})
        await anna.send(room, "!vendor hikvision")  # it is not here to hear that
        await anna.invite(room, bot.user_id)
        last = (await anna.events(room))[-1].event_id
        await bot.start()
        await introduced(anna, bot, room, after=last)
        assert len(await said(anna, bot, room, INTRODUCTION)) == 3


@pytest.mark.long
async def test_after_a_restart_a_direct_room_is_still_one(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    async with running(tmp_path, synapse) as bot:
        anna = await others.login(synapse, synapse.newcomer("anna"))
        room = await invited(anna, bot, is_direct=True)
        asked = await anna.send(room, "hikvision")
        await anna.wait_event(room, sender=bot.user_id, body="Hikvision", after=asked)
        await bot.stop()
        await bot.start()
        asked = await anna.send(room, "dahua")
        await anna.wait_event(room, sender=bot.user_id, body="Dahua", after=asked)


# Going


@pytest.mark.parametrize("how", ["kick", "ban"])
async def test_thrown_out_it_gives_up_what_it_was_to_say_there(
    bot: Bot, others: Far, synapse: Homeserver, how: str
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room, other = await invited(anna, bot), await invited(anna, bot)
    known = len(bot.lines)
    for vendor in ("hikvision", "dahua", "nuctech"):
        await anna.send(room, f"we have {vendor} here")
    await anna.request("POST", f"{V3}/rooms/{room}/{how}", {"user_id": bot.user_id})
    await out(synapse, bot.account, room)
    assert "Hikvision" in await answer(anna, bot, other, "!vendor hikvision")
    status = await answer(anna, bot, other, "!vendor status")
    assert "To be posted: 0" in status or "To be posted: 1" in status  # the answer itself
    bad = [each for each in bot.lines[known:] if each.get("level") == "error"]
    assert len(bad) <= 3, bad
    assert not [each for each in bad if "exception" in each]


async def test_when_the_last_person_leaves_it_leaves_as_well(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    room = await invited(anna, bot)
    await anna.invite(room, ben.user_id)
    await ben.wait_room(by=anna.user_id)
    await ben.join(room)
    await anna.wait_member(room, ben.user_id)
    await anna.leave(room)
    assert "Hikvision" in await answer(ben, bot, room, "!vendor hikvision")
    await ben.leave(room)
    await out(synapse, bot.account, room)


@pytest.mark.long
async def test_left_alone_while_it_was_down_it_leaves_as_well(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    async with running(tmp_path, synapse) as bot:
        anna = await others.login(synapse, synapse.newcomer("anna"))
        room = await invited(anna, bot)
        await bot.stop()
        await anna.leave(room)
        await bot.start()
        await out(synapse, bot.account, room)


# Going on in another room


async def upgraded(host: Person, bot: Bot, room: str, version: str) -> str:
    """Replace a room, invite the bot where it cannot come by itself, and wait for its word."""
    new = await host.upgrade_room(room, version)
    with suppress(FarError):  # it may have come by itself
        await host.invite(new, bot.user_id)
    await host.wait_member(new, bot.user_id)
    await host.wait_event(new, sender=bot.user_id, body=FOLLOWED)
    return new


@pytest.mark.parametrize(("encrypted", "public"), [(False, False), (True, False), (False, True)])
async def test_it_follows_a_room_with_all_that_was_chosen_there(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool, public: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot, version="11", encrypted=encrypted, public=public)
    if encrypted:
        assert "listens" in await answer(anna, bot, room, "!vendor watch on")
    await anna.send(room, "!vendor mute dahua for 2d")
    await anna.wait_event(room, sender=bot.user_id, body="muted")
    new = await upgraded(anna, bot, room, "12")
    mutes = await answered(anna, bot, new, "!vendor mutes")
    assert "Dahua" in mutes.body
    assert mutes.encrypted is encrypted
    asked = await anna.send(new, "we have Hikvision cameras")
    card = await anna.wait_event(new, sender=bot.user_id, relates_to=asked)
    assert "Hikvision" in card.body
    assert len(await said(anna, bot, new, INTRODUCTION)) == 0
    assert len(await said(anna, bot, new, FOLLOWED)) == 1
    if encrypted:
        assert "m.room.message" not in {each["type"] for each in await anna.wire(new)}


@pytest.mark.long
async def test_it_follows_a_room_that_went_on_while_it_was_down_and_takes_feeds_along(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    friend = synapse.newcomer("friend")
    async with running(tmp_path, synapse, settings={"invites": [friend.user_id]}) as bot:
        anna = await others.login(synapse, friend)
        ben = await others.login(synapse, synapse.newcomer("ben"))
        room = await invited(anna, bot, version="11")
        await anna.invite(room, ben.user_id)
        await ben.wait_room(by=anna.user_id)
        await ben.join(room)
        await anna.wait_member(room, ben.user_id)
        await anna.set_power(room, ben.user_id, 100)
        await bot.stop()
        new = await ben.upgrade_room(room, "12")
        await bot.start()  # sees where the room went on, and may not come
        await bot.wait_line("could not join")
        await bot.stop()
        await bot.start()
        await ben.invite(new, bot.user_id)  # who might not invite it elsewhere
        await ben.wait_event(new, sender=bot.user_id, body=FOLLOWED)
        await bot.stop()
        async with FeedServer() as server:
            server.put("/feed.xml", feed())
            route = {"url": server.url("/feed.xml"), "channels": [f"matrix:{room}"]}
            bot.more["feeds"] = {
                "allow_networks": ["127.0.0.0/8"],
                "list": [{**route, "backfill": "7d"}],
            }
            await bot.start()
            card = await ben.wait_event(new, sender=bot.user_id, body="Hikvision")
        assert "Council buys cameras" in card.body
        assert not [
            each
            for each in await anna.events(room)
            if each.sender == bot.user_id and "Hikvision" in each.body
        ]


def feed() -> str:
    now = formatdate()
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>The Evening Wire</title>'
        "<item><title>Council buys cameras of Hikvision</title><guid>1</guid>"
        f"<pubDate>{now}</pubDate></item></channel></rss>"
    )


async def test_a_room_that_only_claims_to_follow_another_gets_nothing_of_it(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    mallory = await others.login(synapse, synapse.newcomer("mallory"))
    room = await invited(anna, bot)
    await anna.send(room, "!vendor mute hytera for 2d")
    await anna.wait_event(room, sender=bot.user_id, body="muted")
    forged = {"creation_content": {"predecessor": {"room_id": room, "event_id": "$nothing"}}}
    trap = await invited(mallory, bot, version="11", content=forged)
    assert "Hytera" not in await answer(mallory, bot, trap, "!vendor mutes")
    assert "Hytera" in await answer(anna, bot, room, "!vendor mutes")
    assert not await said(mallory, bot, trap, FOLLOWED)


async def test_nobody_is_led_into_a_room_that_knows_nothing_of_the_one_it_is_to_follow(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    square = await ben.create_room("square", public=True)
    room = await invited(anna, bot)
    hint = {"body": "gone", "replacement_room": square}
    await anna.send_state(room, "m.room.tombstone", hint)
    await ben.wait_member(square, bot.user_id, "leave")
    assert not [each for each in await ben.events(square) if each.type == "m.room.message"]
