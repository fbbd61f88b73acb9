"""A bot that ends at any moment: everything is answered, once, and in order."""

import asyncio
from pathlib import Path

import pytest

from tests.matrix.backlog import LIMIT, all_answered, answered, ask, cared_for, let_leases_pass, met
from tests.matrix.far import Far
from tests.matrix.homeserver import Homeserver
from tests.matrix.proxy import Lost, all_through, door

pytestmark = pytest.mark.matrix
MANY = 60


@pytest.mark.long
async def test_what_was_asked_while_it_was_down_is_answered_once_and_in_order(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        await bot.start()
        rooms = [await met(anna, bot, encrypted=each) for each in (False, True)]
        await bot.kill()
        asked = [await ask(anna, room, MANY) for room in rooms]
        await bot.start()
        await all_answered(anna, rooms, bot)
        for room, events in zip(rooms, asked, strict=True):
            assert (await answered(anna, room, bot))[:MANY] == events
        await bot.stop()
        await bot.start()
        await all_answered(anna, rooms, bot)
        for room in rooms:  # one more each time, and nothing of old
            assert len(await answered(anna, room, bot)) == MANY + 2


@pytest.mark.long
async def test_stopping_in_the_middle_of_a_backlog_loses_and_doubles_nothing(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        await bot.start()
        rooms = [await met(anna, bot, encrypted=each) for each in (False, True)]
        await bot.kill()
        asked = [await ask(anna, room, 90) for room in rooms]
        for number in range(2):
            await bot.start()
            done = len(await answered(anna, rooms[1], bot))
            await anna.wait_events(
                rooms[1], done + 8, sender=bot.user_id, rel_type="m.thread", timeout_s=60
            )
            assert await bot.stop() == 0
            # An orderly end still says what is queued, so that the second may well be the last.
            assert number or len(await answered(anna, rooms[1], bot)) < 90
        await bot.start()
        await all_answered(anna, rooms, bot)
        for room, events in zip(rooms, asked, strict=True):
            assert (await answered(anna, room, bot))[:-1] == events


@pytest.mark.long
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_crash_after_the_server_took_an_answer_does_not_repeat_it(
    others: Far, synapse: Homeserver, tmp_path: Path, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with (
        door(synapse) as way,
        cared_for(tmp_path, synapse, settings={"homeserver": way.url}) as bot,
    ):
        await bot.start()
        room = await met(anna, bot, encrypted=encrypted)
        await bot.kill()
        asked = await ask(anna, room, 9)
        for sends in (1, 3, 2):
            left, lost = iter(range(sends - 1)), Lost(hang=True)

            def rule(method: str, path: str) -> Lost | None:
                sending = method == "PUT" and "/send/m.room." in path
                return lost if sending and next(left, None) is None else None  # noqa: B023

            way.rule = rule
            await bot.start()
            async with asyncio.timeout(LIMIT):
                await lost.told.wait()
            await bot.kill()
            let_leases_pass(bot)
        way.rule = all_through
        await bot.start()
        await all_answered(anna, [room], bot)
        assert (await answered(anna, room, bot))[:-1] == asked


@pytest.mark.long
async def test_a_crash_at_any_request_loses_and_doubles_nothing(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with (
        door(synapse) as way,
        cared_for(tmp_path, synapse, settings={"homeserver": way.url}) as bot,
    ):
        await bot.start()
        room = await met(anna, bot, encrypted=True)
        await bot.kill()
        asked = await ask(anna, room, 10)
        for lifetime in (1, 5, 8, 10, 13):
            left, lost = iter(range(lifetime - 1)), Lost(hang=True)

            def rule(method: str, path: str) -> Lost | None:
                del method, path
                return lost if next(left, None) is None else None  # noqa: B023

            way.rule = rule
            await bot.start(wait=False)
            async with asyncio.timeout(LIMIT):
                await lost.told.wait()
            await bot.kill()
            let_leases_pass(bot)
        way.rule = all_through
        await bot.start()
        await all_answered(anna, [room], bot)
        assert (await answered(anna, room, bot))[:-1] == asked
