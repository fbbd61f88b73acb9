"""Somebody asks, and the bot answers."""

import pytest

from tests.dialogs.conftest import Bot


@pytest.mark.parametrize("asked", ["acme-cam", "Acme Cam", "ACME  CAM", "acme.example", "阿珂美"])
async def test_a_vendor_is_known_by_every_name_it_has(bot: Bot, asked: str) -> None:
    answer = await bot.answers(f"vendor {asked}")
    assert answer.startswith("Acme Cam (阿珂美)")
    assert "Sanctions status: No asset freeze found; 1 other government measure in force" in answer


async def test_an_oem_name_answers_a_look_up(bot: Bot) -> None:
    answer = await bot.answers("vendor runner oem")
    assert answer.startswith("Road Runner")
    assert "sold under the name “Runner OEM”. This is the record of Road Runner, not of" in answer
    assert "sold under" not in await bot.answers("vendor road runner")


async def test_a_mistyped_name_is_asked_back_and_shows_nobodys_record(bot: Bot) -> None:
    answer = await bot.answers("vendor acme cma")
    assert "No watched vendor is called “acme cma”. Did you mean Acme Cam?" in answer
    assert "Sanctions" not in answer
    assert "Reported" not in answer


async def test_an_unknown_name_is_no_clearance(bot: Bot) -> None:
    answer = await bot.answers("vendor nosuchco")
    assert "No watched vendor is called “nosuchco”." in answer
    assert "Did you mean" not in answer
    assert "Not being on this watchlist is not clearance." in answer


async def test_a_sentence_that_names_a_watched_vendor_is_asked_back(bot: Bot) -> None:
    answer = await bot.answers("vendor We are about to buy Acme Cam cameras for the car park")
    assert "Did you mean Acme Cam?" in answer
    assert "Sanctions" not in answer


async def test_an_endless_name_is_not_said_back_whole(bot: Bot) -> None:
    assert len(await bot.answers("vendor " + "x" * 5000)) < 300


async def test_the_full_record_names_every_source(bot: Bot) -> None:
    answer = await bot.answers("vendor record acme-cam")
    assert "own-site: Acme Cam, 1 Mar 2024 (subject)" in answer
    assert "Reported sales of 2 million cameras." in answer


async def test_the_list_can_be_narrowed_by_tag(bot: Bot) -> None:
    assert (await bot.answers("vendor list")).startswith("2 watched vendors")
    narrowed = await bot.answers("vendor list cameras")
    assert "Acme Cam" in narrowed
    assert "Road Runner" not in narrowed
    assert "Tags: cameras." in await bot.answers("vendor list boats")


async def test_check_says_what_would_match_and_posts_nothing(bot: Bot) -> None:
    answer = await bot.answers("vendor check is this an Acme Cam camera?")
    assert "Acme Cam: “Acme Cam”, exact, the listed name 'Acme Cam'; would alert here" in answer
    twice = await bot.answers("vendor check Acme Cam, Acme Cam")
    assert twice.startswith("2 mentions found")
    assert twice.count("“Acme Cam”, 2 times") == 1
    assert "No watched vendor is named" in await bot.answers("vendor check hello there")
    assert bot.posted() == []


@pytest.mark.parametrize("line", ["vendor help", "VENDOR HELP"])
async def test_help_says_what_most_people_need_and_how_to_get_more(bot: Bot, line: str) -> None:
    answer = await bot.answers(line)
    assert "vendor <name>: Show the card of a vendor." in answer
    assert "vendor mute <vendor>: Quiet a vendor here" in answer
    assert "vendor alerts [changes]: Say how alerts come here" in answer
    assert len(answer.splitlines()) < 22
    assert "vendor list [tag]:" in await bot.presses("Asking")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("vendor", "That needs a name. Type vendor <name>."),
        ("vendor list a b", "'b' is more than it takes. Type vendor list [tag]."),
        ("buy cameras", "There is no command 'buy'. Type vendor help."),
    ],
)
async def test_a_wrong_command_is_answered_with_what_to_type(
    bot: Bot, line: str, answer: str
) -> None:
    assert await bot.answers(line) == answer
