"""A homeserver that is away, talks nonsense or asks to slow down; keys and news that come late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.matrix.backlog import all_answered, answer, answered, ask, cared_for, met
from tests.matrix.bot import Bot
from tests.matrix.far import Far
from tests.matrix.homeserver import Homeserver, homeserver
from tests.matrix.person import Person
from tests.matrix.proxy import Door, Instead, Lost, door

pytestmark = pytest.mark.matrix

PAGE = b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"
NONSENSE = (
    Instead(502, PAGE, "text/html"),
    Instead(403, PAGE, "text/html"),
    Instead(200, PAGE, "text/html"),
    Instead(200, b'{"next_batch": "s1", "rooms": {"join": {}}}', cut=True),
    Lost(),
)


@asynccontextmanager
async def behind(server: Homeserver, folder: Path) -> AsyncIterator[tuple[Door, Bot]]:
    """Run a bot that reaches its homeserver through a door."""
    async with (
        door(server) as way,
        cared_for(folder, server, settings={"homeserver": way.url}) as bot,
    ):
        await bot.start()
        yield way, bot


@pytest.mark.long
async def test_nonsense_instead_of_an_answer_costs_neither_an_answer_nor_a_question(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with behind(synapse, tmp_path) as (way, bot):
        room = await met(anna, bot, encrypted=True)
        asked: list[str] = []
        for fate in NONSENSE:
            sends, syncs = iter((fate,)), iter((fate,))

            def rule(method: str, path: str) -> Instead | Lost | None:
                if method == "PUT" and "/send/m.room." in path:
                    return next(sends, None)  # noqa: B023 - of this turn
                heard = path.endswith("/sync") and isinstance(fate, Instead)  # noqa: B023
                return next(syncs, None) if heard else None  # noqa: B023

            way.rule = rule
            asked.append(await anna.send(room, "!vendor hikvision"))
            assert "Hikvision" in await answer(anna, room, bot, asked[-1])
            assert next(sends, None) is None
        assert await answered(anna, room, bot) == asked
        silences = [each for each in bot.lines if each.get("event") == "matrix: no news"]
        assert silences
        assert {each["again"] for each in silences} == {1}  # each stands alone


@pytest.mark.long
async def test_after_a_time_without_a_server_it_answers_what_was_asked_right_after(
    others: Far, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    with homeserver(tmp_path / "server") as server:
        anna = await others.login(server, server.newcomer("anna"))
        async with behind(server, tmp_path / "bot") as (way, bot):
            room = await met(anna, bot, encrypted=True)
            known, told = len(way.asked), len(bot.lines)
            await asyncio.to_thread(server.stop)
            await way.wait_asked("/sync", 3, after=known)  # some 6 s
            assert len(way.asked) - known < 12
            assert all("exc_info" not in line for line in bot.lines[told:])
            await asyncio.to_thread(server.start)
            await anna.retry()
            asked = await ask(anna, room, 3)
            await answer(anna, room, bot, asked[-1])
            assert await answered(anna, room, bot) == asked


@pytest.mark.long
async def test_asked_to_slow_down_it_answers_all_in_order_and_leaves_out_reactions(
    others: Far, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    with homeserver(tmp_path / "server", rate_limits="tight") as server:
        account = server.newcomer("anna")
        server.exempt(account)
        anna = await others.login(server, account)
        async with behind(server, tmp_path / "bot") as (way, bot):
            room = await met(anna, bot, encrypted=False)
            known = len(way.asked)
            asked = [await anna.send(room, "!vendor hikvision") for _ in range(5)]
            await answer(anna, room, bot, asked[-1])
            assert await answered(anna, room, bot) == asked
            # Every answer was tried a few times at most, and the reactions made room for them.
            assert way.count("/send/m.room.message", after=known) <= 4 * len(asked)
            assert way.count("/send/m.reaction", after=known) <= 3


@pytest.mark.long
async def test_much_that_was_said_while_it_was_down_is_read_again(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        await bot.start()
        hall, vault = [await met(anna, bot, encrypted=each) for each in (False, True)]
        await bot.stop()
        first = await anna.send(vault, "!vendor dahua")
        named = [await anna.send(hall, "Who else buys from Hikvision?")]
        await _chatter(anna, hall, 210)
        await _chatter(anna, vault, 105)
        named.append(await anna.send(hall, "Or from Hytera?"))
        await bot.start()
        await all_answered(anna, [hall, vault], bot)
        for event, name in zip(named, ("Hikvision", "Hytera"), strict=True):
            card = await anna.wait_event(
                hall, sender=bot.user_id, rel_type="m.thread", relates_to=event
            )
            assert name in card.body
        assert (await answered(anna, hall, bot)).count(named[0]) == 1
        assert (await answered(anna, hall, bot)).count(named[1]) == 1
        assert (await answered(anna, vault, bot)).count(first) == 1


async def _chatter(person: Person, room: str, count: int) -> None:
    """Fill a room with what concerns nobody, past the client's queue, which takes its time."""
    said = {"msgtype": "m.text", "body": "Nothing of note"}
    for number in range(count):
        await person.send_clear(room, "m.room.message", said, f"chatter{number}")


@pytest.mark.long
async def test_what_was_said_before_the_first_start_is_not_answered(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    account = await asyncio.to_thread(synapse.newcomer, "bot")
    rooms = [await anna.create_room("hall", encrypted=each) for each in (False, True)]
    for room in rooms:
        await anna.invite(room, account.user_id)
        synapse.request("POST", f"/_matrix/client/v3/join/{room}", {}, token=account.access_token)
        await anna.wait_member(room, account.user_id)
        await ask(anna, room, 3)
        await anna.send(room, "Hikvision again")
    async with cared_for(tmp_path, synapse, account=account) as bot:
        for number in (1, 2):
            await bot.start()
            await all_answered(anna, rooms, bot)
            for room in rooms:
                assert len(await answered(anna, room, bot)) == number
            await bot.stop()


@pytest.mark.long
async def test_a_command_whose_key_comes_late_is_answered_even_after_a_restart(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with behind(synapse, tmp_path) as (way, bot):
        room = await met(anna, bot, encrypted=True)
        await anna.forget_session(room)
        await anna.hold_keys()
        asked = await anna.send(room, "!vendor hikvision")
        known = len(way.asked)
        await way.wait_asked("/sync", after=known)  # the one that brought it is taken
        await bot.stop()
        await bot.start()
        known = len(way.asked)
        await way.wait_asked("/sync", after=known)
        await anna.release_keys()
        assert "Hikvision" in await answer(anna, room, bot, asked)
        await all_answered(anna, [room], bot)
        assert (await answered(anna, room, bot)).count(asked) == 1


@pytest.mark.long
async def test_a_room_is_told_once_that_something_cannot_be_read(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        bot.before = (
            "from datetime import timedelta; from bot.platforms.matrix import hearing, reader\n"
            "hearing.LATE, reader.HOUSE_S = timedelta(seconds=1), 0.5"
        )
        await bot.start()
        room = await met(anna, bot, encrypted=True)
        await anna.forget_session(room)
        await anna.hold_keys()
        asked = [await anna.send(room, f"!vendor nobody{number}") for number in range(2)]
        told = await anna.wait_event(room, sender=bot.user_id, body="could not read")
        assert told.relates_to["event_id"] in asked
        await bot.stop()
        await bot.start()
        await anna.release_keys()
        await all_answered(anna, [room], bot)
        said = [each for each in await anna.events(room) if "could not read" in each.body]
        assert len(said) == 1
