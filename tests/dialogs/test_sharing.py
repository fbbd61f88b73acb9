"""Passing on: a card to everybody, an error to those who mend it, what a mark stands for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.mention import Channel, Invocation
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, buttons, place
from tests.fakes import Clock

OPS = Channel("fake", "#ops", private=True)
DESK = Channel("fake", "#desk")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot whose reports go to two channels."""
    desk = "corrections@desk.example"
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), None, (OPS, DESK), corrections=desk
    ) as made:
        yield made


async def test_a_shared_card_is_seen_by_all_and_says_who_shared_it(bot: Bot) -> None:
    await bot.answers("vendor acme-cam", "anna")
    await bot.presses("Share here", "anna")
    to, card = bot.platform.replies[-1]
    assert to == "#hall"
    assert card.startswith("Acme Cam (阿珂美)")
    assert "Shared by anna." in card
    offered = [each.label for each in buttons(bot.platform.answered[-1])]
    assert offered == ["Full record", "Report an error"]
    assert bot.posted() == []


async def test_what_cannot_be_shared_is_said_to_the_asker_alone(bot: Bot) -> None:
    told = await bot.answers("vendor share acme cma")
    assert "Did you mean Acme Cam?" in told
    assert bot.platform.replies[-1][0] == "anna"
    await bot.presses("Acme Cam")
    assert bot.platform.replies[-1][0] == "#hall"


async def test_a_card_shared_by_another_sellers_name_says_whose_record_it_is(bot: Bot) -> None:
    told = await bot.answers("vendor share runner oem")
    assert "This is the record of Road Runner, not of that seller." in told


async def test_where_all_see_answers_no_card_offers_to_be_shared(bot: Bot) -> None:
    bot.platform.private_answers = False
    await bot.answers("vendor acme-cam")
    assert "Share here" not in [each.label for each in buttons(bot.platform.answered[-1])]


async def test_a_report_reaches_every_channel_of_those_who_mend_once(office: Bot) -> None:
    given = Invocation(place("#hall"), "x1", "anna", "vendor report acme-cam The seat has moved.")
    for _ in range(3):
        await office.app.on_command(given)
        await office.settle()
    thanks = "Thank you: whoever keeps the record of Acme Cam has been told."
    assert office.platform.replies == [
        ("anna", f"{thanks} You can also write to corrections@desk.example.")
    ]
    said = "anna reports an error in the record of Acme Cam:\n“The seat has moved.”\nFull record"
    assert office.posted() == [("#ops", None, said), ("#desk", None, said)]


async def test_the_button_under_a_card_asks_for_what_is_wrong(office: Bot) -> None:
    await office.answers("vendor acme-cam")
    told = await office.presses("Report an error")
    assert told == "That needs a correction. Type vendor report <vendor> <correction>."
    assert office.posted() == []


async def test_a_name_of_several_words_needs_no_quotation_marks(office: Bot) -> None:
    for line in ("Acme Cam it has moved", '"Acme Cam" it has moved', "acme.example it has moved"):
        assert "Thank you" in await office.answers(f"vendor report {line}")
        assert [text.splitlines()[1] for _, _, text in office.posted()] == ["“it has moved”"] * 2
    told = await office.answers("vendor report Acme Cam")
    assert told == "That needs a correction. Type vendor report <vendor> <correction>."


async def test_a_mistyped_name_is_asked_back_and_what_was_said_is_not_lost(office: Bot) -> None:
    told = await office.answers("vendor report acmecma it has {moved}")
    assert "Did you mean Acme Cam?" in told
    assert office.posted() == []
    await office.presses("Acme Cam")
    assert [text.splitlines()[1] for _, _, text in office.posted()] == ["“it has {moved}”"] * 2


async def test_odd_words_stay_letters_and_endless_ones_are_cut(office: Bot) -> None:
    odd = "<!channel> *bold* `code` [link](https://x.example) @everyone \u202etxt"
    await office.answers(f"vendor report acme-cam {odd}")
    assert office.posted()[0][2].splitlines()[1] == f"“{odd}”"
    await office.answers("vendor report acme-cam " + "x" * 3000)
    [(_, _, text), _] = office.posted()
    assert text.splitlines()[1] == f"“{'x' * 2000}…”"


async def test_without_a_channel_for_reports_the_desk_is_named_and_nobody_is_thanked(
    tmp_path: Path,
) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), corrections="c@desk.example") as bot:
        told = await bot.answers("vendor report acme-cam it has moved")
        assert told == "No channel receives reports here. Write to c@desk.example."
        assert bot.posted() == []


async def test_with_nobody_to_receive_reports_it_says_so(bot: Bot) -> None:
    told = await bot.answers("vendor report acme-cam it has moved")
    assert told == "Nobody is named who receives reports. Ask whoever runs this bot."


async def test_touching_a_mark_shows_its_card_to_whoever_touched_it(bot: Bot) -> None:
    await bot.alerts("#hall", mode="react")
    await bot.hears("#hall", "Acme Cam", message_id="7")
    assert bot.platform.marks == [("#hall", "7")]
    await bot.touches("7", "bea")
    [(to, card)] = bot.platform.replies
    assert to == "bea"
    assert card.startswith("Acme Cam (阿珂美)")


async def test_a_mark_for_several_vendors_asks_whose_card(bot: Bot) -> None:
    await bot.alerts("#hall", mode="react")
    await bot.hears("#hall", "Road Runner or Acme Cam", message_id="7")
    await bot.touches("7")
    [(_, asked)] = bot.platform.replies
    assert asked.splitlines() == [
        "That message names 2 watched vendors.",
        "Acme Cam: card",
        "Road Runner: card",
    ]
    assert (await bot.presses("Road Runner: card")).startswith("Road Runner")


async def test_other_marks_and_other_channels_marks_are_passed_by(bot: Bot) -> None:
    await bot.alerts("#hall", mode="react")
    await bot.hears("#hall", "Acme Cam", message_id="7")
    await bot.hears("#hall", "nobody", message_id="8")
    await bot.touches("8")
    await bot.touches("7", channel="#yard")
    for on in ("8", None):
        await bot.app.on_command(Invocation(place("#hall"), f"x{on}", "anna", "vendor explain"))
    await bot.settle()
    assert bot.platform.replies == []
