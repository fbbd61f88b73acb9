"""Two accounts of one bot."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.matrix.bot import KEY, Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.homeserver import Account, Homeserver
from tests.matrix.hosts import INTRODUCTION, V3, answer, answered, introduced, invited, out
from tests.matrix.person import Person
from tests.matrix.seen import Seen

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


def second(bot: Bot, account: Account, homeserver: str | None = None) -> dict[str, object]:
    """Give the configuration of another account in a bot's folder."""
    return {
        "homeserver": homeserver or bot.homeserver.base_url,
        "user": account.user_id,
        "password": account.password,
        "store": str(bot.folder / account.localpart),
        "pickle_key": KEY,
    }


async def told(host: Person, room: str, words: str) -> list[Seen]:
    """Give what anybody of the bot's has said in a room."""
    events = await host.events(room)
    return [
        each
        for each in events
        if each.type == "m.room.message" and each.sender != host.user_id and words in each.body
    ]


@pytest.mark.long
@pytest.mark.parametrize("encrypted", [False, True])
async def test_in_a_room_of_both_one_speaks_and_the_other_takes_over_when_it_goes(
    tmp_path: Path, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    async with running(tmp_path, synapse) as bot:
        await bot.stop()
        twin = await asyncio.to_thread(synapse.newcomer, "twin")
        bot.others = [second(bot, twin)]
        await bot.start()
        anna = await others.login(synapse, synapse.newcomer("anna"))
        alone = await anna.create_room("twin's", invite=[twin.user_id], encrypted=encrypted)
        await anna.wait_member(alone, twin.user_id)
        asked = await anna.send(alone, "!vendor hikvision")
        await anna.wait_event(alone, sender=twin.user_id, relates_to=asked)

        room = await invited(anna, bot, encrypted=encrypted)
        await anna.invite(room, twin.user_id)
        await anna.wait_member(room, twin.user_id)
        for vendor in ("hikvision", "dahua", "nuctech"):
            await answered(anna, bot, room, f"!vendor {vendor}")
        assert len(await told(anna, room, INTRODUCTION)) == 1
        assert not [each for each in await told(anna, room, "") if each.sender == twin.user_id]
        await anna.request("POST", f"{V3}/rooms/{room}/kick", {"user_id": bot.user_id})
        await out(synapse, bot.account, room)
        other = await invited(anna, bot)  # heard after that
        asked = await anna.send(room, "!vendor cellebrite")
        card = await anna.wait_event(room, sender=twin.user_id, relates_to=asked)
        assert "Cellebrite" in card.body
        assert card.encrypted is encrypted
        assert "Hikvision" in await answer(anna, bot, other, "!vendor hikvision")
        assert len(await told(anna, room, INTRODUCTION)) == 1
        # And when both are left alone, both go.
        await anna.invite(room, bot.user_id)
        await anna.wait_member(room, bot.user_id)
        await anna.leave(room)
        await out(synapse, bot.account, room)
        await out(synapse, twin, room)


@pytest.mark.long
async def test_an_account_whose_server_is_dead_does_not_stop_the_other(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    async with running(tmp_path, synapse) as bot:
        await bot.stop()
        twin = await asyncio.to_thread(synapse.newcomer, "twin")
        bot.first = [second(bot, twin, "http://127.0.0.1:9")]  # where nothing listens
        known = len(bot.lines)
        await bot.start()
        failed = await bot.wait_line("an account failed", after=known)
        assert failed["account"] == twin.user_id
        assert "exception" not in failed
        anna = await others.login(synapse, synapse.newcomer("anna"))
        room = await anna.create_room("hall", invite=[bot.user_id])
        await introduced(anna, bot, room)
        assert "Hikvision" in await answer(anna, bot, room, "!vendor hikvision")
        status = await answer(anna, bot, room, "!vendor status")
        assert f"{twin.user_id}: not connected" in status.replace("\u200b", "")
