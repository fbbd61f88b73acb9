"""What is for one person alone, how the bot says who it is, and how it is told to speak."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.matrix.bot import Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.hall import Hall, hall, invited, standing
from tests.matrix.homeserver import Homeserver
from tests.matrix.person import Person

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]
both = pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
MARK = "👀"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory, synapse: Homeserver) -> AsyncIterator[Bot]:
    """Give a bot that only marks what names a vendor."""
    folder = tmp_path_factory.mktemp("bot")
    async with running(folder, synapse, more={"alerts": {"mode": "react"}}) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


async def marked(here: Hall, text: str) -> str:
    """Name a vendor and wait for the bot's mark."""
    named = await here.host.send(here.room, text)
    await here.seeded(named, MARK)
    return named


async def rooms_of(person: Person, *, but: Hall) -> list[str]:
    """Give the rooms that somebody is in or invited to, beside the one that all are in."""
    there = [each for each in await person.rooms() if each.membership in {"join", "invite"}]
    return [each.room_id for each in there if each.room_id != but.room]


async def cards(person: Person, room: str, bot: str) -> list[str]:
    """Give the cards that stand in a direct room."""
    said = standing(await person.events(room), bot, encrypted=True)
    return [each.body for each in said if "Sanctions status" in each.body]


@both
async def test_a_mark_opens_the_card_for_whoever_touches_it(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named = await marked(here, "Cameras by Hikvision")
    await anna.react(here.room, named, MARK)
    room = await anna.wait_room(by=bot.user_id)
    await anna.join(room.room_id)
    card = await anna.wait_event(room.room_id, sender=bot.user_id, body="Hikvision")
    assert card.encrypted
    assert card.shield == "none"
    # The second one goes to the same room, and nothing of it to where it was asked.
    second = await marked(here, "Cameras by Dahua")
    await anna.react(here.room, second, MARK)
    await anna.wait_event(room.room_id, sender=bot.user_id, body="Dahua")
    assert len(await cards(anna, room.room_id, bot.user_id)) == 2
    assert await rooms_of(anna, but=here) == [room.room_id]
    assert not any("Sanctions status" in each for each in await here.bodies())
    known = next(each for each in await anna.rooms() if each.room_id == room.room_id)
    assert known.encrypted
    assert set(known.members) <= {anna.user_id, bot.user_id}
    await here.closed()


@pytest.mark.long
async def test_the_room_for_two_is_the_same_after_a_restart(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    bert = await others.login(synapse, synapse.newcomer("bert"))
    async with running(tmp_path, synapse, more={"alerts": {"mode": "react"}}) as bot:
        here = await hall(anna, bot, encrypted=False)
        await anna.invite(here.room, bert.user_id)
        await bert.join(here.room)
        named = await marked(here, "Cameras by Hikvision")
        for person in (anna, bert):
            await person.react(here.room, named, MARK)
        rooms = [(await each.wait_room(by=bot.user_id)).room_id for each in (anna, bert)]
        assert rooms[0] != rooms[1]
        await anna.join(rooms[0])  # and bert leaves it for later
        await anna.wait_event(rooms[0], sender=bot.user_id, body="Hikvision")
        assert await bot.stop() == 0
        await bot.start()
        again = await marked(here, "Cameras by Dahua")
        for person in (anna, bert):
            await person.react(here.room, again, MARK)
        await anna.wait_event(rooms[0], sender=bot.user_id, body="Dahua")
        await bert.join(rooms[1])
        await bert.wait_event(rooms[1], sender=bot.user_id, body="Dahua")
        for person, room in zip((anna, bert), rooms, strict=True):
            assert await rooms_of(person, but=here) == [room]
            assert len(await cards(person, room, bot.user_id)) == 2


async def test_who_has_a_room_with_the_bot_gets_the_card_there(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    talk = await anna.create_room(encrypted=True, invite=[bot.user_id], is_direct=True)
    await anna.wait_member(talk, bot.user_id)
    await anna.wait_event(talk, sender=bot.user_id, body="VendorWatch")
    here = await hall(anna, bot, encrypted=False)
    await anna.react(here.room, await marked(here, "Cameras by Hikvision"), MARK)
    await anna.wait_event(talk, sender=bot.user_id, body="Sanctions status")
    assert await rooms_of(anna, but=here) == [talk]


@both
async def test_the_bot_says_by_which_keys_it_is_known(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    status = await here.answer(await anna.send(here.room, "!vendor status"))
    assert "All is well" in status.body
    assert bot.user_id in status.body.replace("\u200b", "")
    identity = await anna.identity(bot.user_id)
    assert identity is not None
    assert identity in status.body.replace(" ", "")
    device = next(each for each in await anna.devices(bot.user_id) if each.signed)
    assert device.device_id in status.body
    about = await here.answer(await anna.send(here.room, "!vendor about"))
    if encrypted:
        assert "A moderator types" in about.body
    else:
        assert "as a mark on it" in about.body
    await here.closed()


@pytest.mark.long
@pytest.mark.parametrize("placing", ["reply", "room"])
async def test_where_answers_stand_and_how_they_ring_is_configured(
    tmp_path: Path, others: Far, synapse: Homeserver, placing: str
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    account = await asyncio.to_thread(synapse.newcomer, "bot")
    loud = await anna.create_room("loud", encrypted=True, invite=[account.user_id])
    more: dict[str, object] = {"reply": placing, "text_rooms": [loud]}
    bot = Bot(tmp_path, synapse, account, matrix=more)
    await bot.start()
    try:
        quiet = await invited(anna, bot, encrypted=False)
        await anna.wait_member(loud, bot.user_id)
        for room, msgtype in ((loud, "m.text"), (quiet, "m.notice")):
            asked = await anna.send(room, "!vendor hikvision")
            card = await anna.wait_event(
                room, sender=bot.user_id, body="Sanctions status", after=asked
            )
            assert card.content["msgtype"] == msgtype
            assert card.content["m.mentions"] == {}
            wanted = {"m.in_reply_to": {"event_id": asked}} if placing == "reply" else {}
            assert card.relates_to == wanted
            await anna.edit(room, asked, "!vendor dahua")
            changed = await anna.wait_event(
                room, sender=bot.user_id, rel_type="m.replace", relates_to=card.event_id
            )
            assert changed.content["msgtype"] == msgtype
        named = await anna.send(quiet, "Cameras by Hikvision")
        alert = await anna.wait_event(quiet, sender=bot.user_id, body="Here because", after=named)
        wanted = {"m.in_reply_to": {"event_id": named}} if placing == "reply" else {}
        assert alert.relates_to == wanted
    finally:
        await bot.kill()
