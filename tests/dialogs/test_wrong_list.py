"""Curators decide what was called a wrong match."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import table
from bot.core.commands import Role
from bot.core.mention import Channel
from bot.core.settings import Settings
from bot.core.signs import signed
from tests.dialogs.conftest import ACME, ROAD, Bot, buttons, make
from tests.fakes import Clock, FakePlatform

BOARD = Channel("fake", "#board", private=True)
VAULT = Channel("fake", "#vault", private=True, encrypted=True)
NONE = "Nothing that was called a wrong match waits for a decision."


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin, two curators and a moderator, in three channels."""
    roles = {"ada": Role.ADMIN, "cora": Role.CURATOR, "carl": Role.CURATOR}
    platform = FakePlatform(roles=roles, moderators={("#hall", "mona")})
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock(), platform=platform):
        for channel in ("#hall", "#yard", BOARD):
            await made.joins(channel)
        made.posted()
        yield made


async def called_wrong(
    bot: Bot, channel: str | Channel = "#hall", text: str = "Acme Cam", actor: str = "anna"
) -> None:
    """Let a card come and somebody call it wrong."""
    await bot.hears(channel, text)
    assert (await bot.answers("vendor wrong", actor, channel, on=bot.last_id())).startswith("Than")
    bot.posted()


async def heard(bot: Bot, channel: str | Channel, text: str = "acme cam") -> bool:
    """Say whether words bring an alert."""
    bot.clock.pass_(days=2)
    await bot.hears(channel, text)
    return bool(bot.posted())


async def test_the_list_says_which_words_whom_where_and_by_whom(hall: Bot) -> None:
    assert await hall.answers("vendor wrong list", "cora", "#yard") == NONE
    await called_wrong(hall)
    told = await hall.answers("vendor wrong list", "cora", "#yard")
    lead, item, often, how, *_ = told.splitlines()
    assert lead == "1 wrong match to decide on"
    assert item == (
        "1. “acme cam”, which matched the name “Acme Cam”, does not mean Acme Cam, in #hall, "
        "said by anna on 1 Apr 2024, 12:00 UTC"
    )
    assert often == "Alerts by that name in open channels: 1, called wrong: 1."
    assert how == (
        "vendor wrong approve 1: the words alert nowhere any more. "
        "vendor wrong reject 1: they alert again."
    )
    assert [each.label for each in buttons(hall.platform.answered[-1])] == ["Approve 1", "Reject 1"]


async def test_what_is_approved_is_confirmed_first_and_holds_everywhere(hall: Bot) -> None:
    await called_wrong(hall)
    assert await heard(hall, "#yard")
    await hall.answers("vendor wrong list", "cora")
    told = await hall.answers("vendor wrong approve 1", "cora", confirm=False)
    assert told.startswith("That would hold everywhere: “acme cam”, which matched the name")
    assert "they alert nowhere any more." in await hall.presses("Confirm", "cora")
    for channel in ("#hall", "#yard", BOARD):
        assert not await heard(hall, channel)
    assert await heard(hall, "#yard", "acme.example")
    assert await hall.answers("vendor wrong list", "cora") == NONE


async def test_the_same_words_of_several_channels_are_settled_together(hall: Bot) -> None:
    for channel in ("#hall", "#yard", BOARD):
        await called_wrong(hall, channel)
    await hall.answers("vendor wrong approve 2", "cora")
    assert await hall.answers("vendor wrong list", "cora", BOARD) == NONE


async def test_what_is_rejected_alerts_again(hall: Bot) -> None:
    await called_wrong(hall)
    assert not await heard(hall, "#hall")
    told = await hall.answers("vendor wrong reject 1", "carl")
    assert told == (
        "Rejected: “acme cam”, which matched the name “Acme Cam”, alerts again as Acme Cam."
    )
    assert await heard(hall, "#hall")
    assert await hall.answers("vendor wrong list", "cora") == NONE


async def test_nobody_but_an_admin_approves_their_own(hall: Bot) -> None:
    await called_wrong(hall, actor="cora")
    told = await hall.answers("vendor wrong approve 1", "cora")
    assert told == (
        "You called that a wrong match yourself: another curator or an admin approves it. "
        "Nothing was done."
    )
    assert await heard(hall, "#yard")
    await hall.answers("vendor wrong approve 1", "carl", confirm=False)
    confirm = buttons(hall.platform.answered[-1])[0].line
    assert "yourself" in await hall.answers(confirm, "cora")
    assert await heard(hall, "#yard")
    assert (await hall.answers("vendor wrong approve 1", "carl")).startswith("Approved: ")
    await called_wrong(hall, text="acme.example", actor="ada")
    assert (await hall.answers("vendor wrong approve 2", "ada")).startswith("Approved: ")


async def test_whoever_called_it_wrong_may_take_that_back(hall: Bot) -> None:
    await called_wrong(hall, actor="cora")
    assert (await hall.answers("vendor wrong reject 1", "cora")).startswith("Rejected: ")


@pytest.mark.parametrize("actor", ["anna", "mona"])
async def test_only_curators_decide(hall: Bot, actor: str) -> None:
    await called_wrong(hall)
    for line in ("vendor wrong list", "vendor wrong approve 1", "vendor wrong reject 1"):
        command = line.removesuffix(" 1")
        told = await hall.answers(line, actor)
        assert told == f"Only curators and admins may use {command}; nothing was done."
    assert not await heard(hall, "#hall")
    assert await heard(hall, "#yard")


async def test_what_a_private_channel_called_wrong_is_told_to_its_people_alone(hall: Bot) -> None:
    await called_wrong(hall, BOARD)
    assert await hall.answers("vendor wrong list", "cora") == NONE
    for line in ("vendor wrong approve 1", "vendor wrong reject 1"):
        told = await hall.answers(line, "cora")
        assert told == "Nothing waits under the number 1. Type vendor wrong list."
    assert "in #board" in await hall.answers("vendor wrong list", "cora", BOARD)
    hall.platform.rooms["carl"] = frozenset({"#board"})
    assert "in #board" in await hall.answers("vendor wrong list", "carl")
    hall.platform.private_answers = False
    assert await hall.answers("vendor wrong list", "carl") == NONE


async def test_of_an_encrypted_room_no_words_are_known_so_it_holds_there_alone(hall: Bot) -> None:
    await hall.answers("vendor watch on", "ada", VAULT)
    await called_wrong(hall, VAULT)
    told = await hall.answers("vendor wrong list", "cora", VAULT)
    assert "1. whatever matched the name “Acme Cam” does not mean Acme Cam" in told
    told = await hall.answers("vendor wrong approve 1", "cora", VAULT)
    assert "holds in its own channel alone." in told
    assert not await heard(hall, VAULT)
    assert await heard(hall, "#yard")


async def test_a_number_that_is_none_or_unknown_is_one_line(hall: Bot) -> None:
    for number, told in (
        ("x", "'x' is no number: write for example 12. Type vendor wrong {} <number>."),
        ("²", "'²' is no number: write for example 12. Type vendor wrong {} <number>."),
        ("7", "Nothing waits under the number 7. Type vendor wrong list."),
        ("9" * 18, f"Nothing waits under the number {'9' * 18}. Type vendor wrong list."),
    ):
        for verb in ("approve", "reject"):
            assert await hall.answers(f"vendor wrong {verb} {number}", "cora") == told.format(verb)


async def test_what_is_settled_is_not_settled_again(hall: Bot) -> None:
    await called_wrong(hall)
    await hall.answers("vendor wrong approve 1", "cora")
    told = await hall.answers("vendor wrong reject 1", "cora")
    assert told.startswith("Nothing waits under the number 1.")


async def test_a_long_list_offers_buttons_for_the_first_of_them(hall: Bot) -> None:
    for number in range(22):
        await called_wrong(hall, f"#c{number}", actor=f"p{number}")
        await hall.joins(f"#c{number}")
    told = await hall.answers("vendor wrong list", "cora")
    assert told.startswith("22 wrong matches to decide on")
    assert "And 2 more, once these are." in told
    signs = [sign for sign, _ in signed(hall.platform.answered[-1])]
    assert len(signs) == len(set(signs)) == 10


def test_what_lacks_its_number_is_asked_for_it() -> None:
    for verb in ("approve", "reject"):
        command, missing = table.meant(f"vendor wrong {verb}")
        assert (command.usage, [each.name for each in missing]) == (
            f"vendor wrong {verb} <number>",
            ["number"],
        )
    assert table.meant("vendor wrong list")[1] == ()


async def test_the_button_under_a_card_works_as_before(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam")
    assert (await hall.presses("Wrong match")).startswith("Thank you.")
    told = await hall.answers("vendor wrong acme-cam")
    assert told == "Press “Wrong match” under the card that is wrong."
