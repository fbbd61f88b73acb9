"""In an encrypted room the server can read nothing that the bot says, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.matrix.bot import Bot, running
from tests.matrix.closed import answered, asked, in_the_clear, invited, raw
from tests.matrix.far import Far, Program
from tests.matrix.homeserver import Homeserver
from tests.matrix.proxy import Instead, door

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory, synapse: Homeserver) -> AsyncIterator[Bot]:
    async with running(tmp_path_factory.mktemp("bot"), synapse) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


def command(body: str) -> dict[str, object]:
    return {"msgtype": "m.text", "body": body, "m.mentions": {}}


async def test_nothing_that_the_bot_does_in_an_encrypted_room_is_in_the_clear(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot)
    card = await asked(anna, bot, room)
    first = await anna.send(room, "!vendor status")
    await answered(anna, bot, room, first)
    await anna.edit(room, first, "!vendor hikvision")
    await anna.wait_event(room, sender=bot.user_id, rel_type="m.replace", body="Hikvision")
    await anna.react(room, card.event_id, "📄")
    await anna.wait_event(room, sender=bot.user_id, body="[Hh]ikvision", after=card.event_id)
    await asked(anna, bot, room, "!vendor watch on")
    said = await anna.send(room, "We bought cameras of Hikvision.")
    shown = await answered(anna, bot, room, said)
    assert "Hikvision" in shown.body
    await anna.redact(room, said)
    await anna.wait_event(room, event_id=shown.event_id, redacted=True)
    await asked(anna, bot, room, "!vendor watch off")
    await asked(anna, bot, room, "!vendor nonsense of hikvision")
    events = await raw(anna, bot, room)
    assert in_the_clear(events) == []
    assert len([each for each in events if each["type"] == "m.room.encrypted"]) >= 8
    mine = [each for each in await anna.events(room) if each.sender == bot.user_id]
    assert {each.shield for each in mine if each.encrypted and not each.redacted} == {"none"}


async def test_when_a_room_becomes_encrypted_the_bot_says_so_and_stops_listening(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot, encrypted=False)
    said = await anna.send(room, "We bought cameras of Hikvision.")
    assert not (await answered(anna, bot, room, said)).encrypted
    turned = await anna.send_state(room, "m.room.encryption", ENCRYPTION)
    told = await anna.wait_event(room, sender=bot.user_id, body="encrypted", after=turned)
    assert told.encrypted
    assert told.shield == "none"
    said = await anna.send(room, "And we bought more of Dahua.")
    last = await asked(anna, bot, room)
    assert last.encrypted
    heard = [each for each in await anna.events(room) if each.sender == bot.user_id]
    assert not [each for each in heard if each.relates_to.get("event_id") == said]
    wire = await anna.wire(room)
    since = next(number for number, each in enumerate(wire) if each["event_id"] == turned)
    assert in_the_clear([each for each in wire[since + 1 :] if each["sender"] == bot.user_id]) == []


@pytest.mark.long
async def test_a_room_that_became_encrypted_while_the_bot_was_away_is_one(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with running(tmp_path, synapse) as bot:
        room = await invited(anna, bot, encrypted=False)
        await bot.stop()
        turned = await anna.send_state(room, "m.room.encryption", ENCRYPTION)
        # More than one sync tells of, so that it is in none of what is fetched again.
        talk = command("small talk")
        await asyncio.gather(
            *(anna.send_clear(room, "m.room.message", talk, f"t{each}") for each in range(105))
        )
        said = await anna.send(room, "We bought cameras of Hikvision.")
        await bot.start()
        told = await anna.wait_event(room, sender=bot.user_id, body="encrypted", after=turned)
        assert told.encrypted
        await asked(anna, bot, room)
        heard = [each for each in await anna.events(room) if each.sender == bot.user_id]
        assert not [each for each in heard if each.relates_to.get("event_id") == said]
        events = await raw(anna, bot, room)
        assert len(in_the_clear(events)) == 1, "but for the introduction of before"


@pytest.mark.long
async def test_what_cannot_be_encrypted_is_not_said_until_it_can(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with (
        door(synapse) as gate,
        running(tmp_path, synapse, settings={"homeserver": gate.url}) as bot,
    ):
        room = await invited(anna, bot)
        for broken in ("/keys/query", "/keys/claim", "/sendToDevice/"):
            bert = await others.login(synapse, synapse.newcomer("bert"))
            await anna.invite(room, bert.user_id)
            await bert.join(room)  # to whom there is no way yet
            await anna.wait_member(room, bert.user_id)
            before = len(await raw(anna, bot, room))
            known = len(gate.asked)
            gate.rule = lambda _, path, part=broken: (  # type: ignore[misc]
                Instead(502, b"{}") if part in path else None
            )
            sent = await anna.send(room, "!vendor hikvision")
            await gate.wait_asked(broken, 2, after=known)
            assert len(await raw(anna, bot, room)) == before
            gate.rule = lambda *_: None
            for each in (anna, bert):
                answer = await answered(each, bot, room, sent)
                assert answer.encrypted
                assert "Hikvision" in answer.body
        assert in_the_clear(await raw(anna, bot, room)) == []


async def test_a_command_in_the_clear_in_an_encrypted_room_is_refused(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot)
    await asked(anna, bot, room, "!vendor watch on")
    sent = await anna.send_clear(room, "m.room.message", command("!vendor watch off"), "t1")
    refused = await answered(anna, bot, room, sent)
    assert refused.encrypted
    assert "not encrypted" in refused.body
    said = await anna.send(room, "We bought cameras of Hikvision.")
    assert "Hikvision" in (await answered(anna, bot, room, said)).body, "it still listens"


async def test_an_upgraded_room_stays_closed(bot: Bot, others: Far, synapse: Homeserver) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot)
    new = await anna.upgrade_room(room, "12")
    await anna.invite(new, bot.user_id)
    await anna.wait_member(new, bot.user_id)
    assert (await asked(anna, bot, new)).encrypted
    assert in_the_clear(await raw(anna, bot, new)) == []
