"""Somebody wants it quieter: mutes with an end, and cards that were wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.commands import Role
from bot.core.mention import Channel
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, buttons, place
from tests.fakes import Clock

BOARD = Channel("fake", "#board", private=True)
EVENING = "1 Apr 2024, 18:00 UTC"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot where the configuration makes cora a curator, and the platform paul one."""
    roles = Roles.of([], ["fake:cora"])
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=roles) as made:
        made.platform.roles["paul"] = Role.CURATOR
        yield made


async def test_a_mute_is_confirmed_announced_and_heeded(hall: Bot) -> None:
    answer = await hall.answers("vendor mute acme cam for 6h because it is the fair.", "anna")
    said = f"Muted: Acme Cam in #hall, until {EVENING}, by anna: it is the fair."
    assert answer.splitlines()[0] == said
    [(channel, thread, text)] = hall.posted()
    assert (channel, thread, text.splitlines()[0]) == ("#hall", None, said)
    await hall.hears("#hall", "Acme Cam")
    assert hall.posted() == []
    await hall.hears("#yard", "Acme Cam")
    assert len(hall.posted()) == 1


async def test_whoever_is_alone_with_the_bot_is_told_of_a_mute_once(hall: Bot) -> None:
    hall.platform.direct.add("#anna")
    answer = await hall.answers("vendor mute acme-cam for 1h", "anna", "#anna")
    assert answer.startswith("Muted: Acme Cam")
    assert "Undone by anna." in await hall.answers("vendor unmute acme-cam", "anna", "#anna")
    assert hall.posted() == []


async def test_those_who_hear_only_the_summary_hear_what_is_muted(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h")
    assert hall.platform.answered[-1].summary == f"Acme Cam is muted here until {EVENING}."
    await hall.answers("vendor mute all everywhere for 6h", "cora")
    summary = hall.platform.answered[-1].summary
    assert summary == f"All vendors are muted everywhere until {EVENING}."
    await hall.answers("vendor unmute acme-cam")
    assert hall.platform.answered[-1].summary == "The mute of Acme Cam is undone."


async def test_a_mute_ends_at_its_second_and_is_listed_no_more(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 1h")
    hall.clock.pass_(minutes=59, seconds=59)
    assert "1 mute in force" in await hall.answers("vendor mutes")
    hall.clock.pass_(seconds=1)
    assert await hall.answers("vendor mutes") == "Nothing is muted."
    assert await hall.answers("vendor unmute acme-cam") == (
        "No such mute is in force. Type vendor mutes."
    )
    hall.posted()
    await hall.hears("#hall", "Acme Cam")
    assert len(hall.posted()) == 1


async def test_without_a_span_the_bot_asks_for_how_long_and_a_button_says_it(hall: Bot) -> None:
    asked = await hall.answers("vendor mute acme-cam because of {the} fair")
    assert asked.splitlines() == ["For how long is Acme Cam to be muted here?", "1h", "1d", "7d"]
    assert hall.posted() == []
    answer = await hall.presses("7d")
    assert "until 8 Apr 2024, 12:00 UTC, by anna: of {the} fair." in answer


async def test_the_button_under_a_card_asks_the_same(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam")
    assert (await hall.presses("Mute here")).startswith("For how long is Acme Cam to be muted")
    assert "until 2 Apr 2024, 12:00 UTC" in await hall.presses("1d")


WAYS = [
    ("acme-cam for 6h", "in #hall", EVENING),
    ("acme-cam for 6h here", "in #hall", EVENING),
    ("acme-cam here for 6h", "in #hall", EVENING),
    ("Acme Cam FOR 6 h EVERYWHERE", "everywhere", EVENING),
    ("acme cam everywhere for 5h 60m", "everywhere", EVENING),
    ("阿珂美 for 6h", "in #hall", EVENING),
]


async def test_a_mute_may_be_written_in_many_ways(hall: Bot) -> None:
    for line, where, until in WAYS:
        answer = await hall.answers(f"vendor mute {line}", "cora")
        assert answer.splitlines()[0] == f"Muted: Acme Cam {where}, until {until}, by cora.", line


REFUSED = [
    ("", "That needs a vendor. Type vendor mute <vendor>"),
    ("for 7d", "That needs a vendor. Type vendor mute <vendor>"),
    ("acme-cam for 8 moons", "'8 moons' is no duration; write for example 30m, 24h, 7d"),
    ("acme-cam for 8 days", "You may mute for at most 7d; curators may for longer."),
    ("acme-cam for 99999w", "'99999w' is longer than ten years."),
    ("acme-cam for 0s", "A mute lasts at least a second."),
    ("acme-cam for 8d", "You may mute for at most 7d; curators may for longer."),
    ("acme-cam for 7d 1s", "You may mute for at most 7d; curators may for longer."),
    ("acme-cam everywhere", "Only curators may mute a vendor everywhere. You may mute it"),
    ("acme-cam everywhere for 1h", "Only curators may mute a vendor everywhere. You may"),
    ("acme-cam for 1h because " + "x" * 201, "A reason has at most 200 characters."),
    ("acme cma for 1h", "No watched vendor is called “acme cma”. Did you mean Acme Cam?"),
]


async def test_what_cannot_be_muted_is_said_and_nothing_is_done(hall: Bot) -> None:
    for line, told in REFUSED:
        assert (await hall.answers(f"vendor mute {line}")).startswith(told), line
    assert hall.posted() == []
    assert await hall.answers("vendor mutes") == "Nothing is muted."


async def test_a_reader_may_mute_for_seven_days_and_not_a_second_more(hall: Bot) -> None:
    assert "until 8 Apr 2024, 12:00 UTC" in await hall.answers("vendor mute acme-cam for 7d")
    assert "at most 7d" in await hall.answers("vendor mute acme-cam for 7d 1s")


async def test_a_curator_may_mute_for_longer_and_everywhere(hall: Bot) -> None:
    for curator in ("cora", "paul"):  # by the configuration, and by the platform
        told = await hall.answers("vendor mute acme-cam for 30d everywhere", curator)
        assert f"Acme Cam everywhere, until 1 May 2024, 12:00 UTC, by {curator}." in told
        assert len(hall.posted()) == 1
    for channel in ("#hall", "#yard"):
        await hall.hears(channel, "Acme Cam")
    assert hall.posted() == []


async def test_all_vendors_can_be_muted_at_once(hall: Bot) -> None:
    answer = await hall.answers("vendor mute all for 1h")
    assert answer.startswith("Muted: All vendors in #hall, until 1 Apr 2024, 13:00 UTC, by anna.")
    hall.posted()
    await hall.hears("#hall", "Acme Cam or Road Runner")
    assert hall.posted() == []
    await hall.answers("vendor unmute all")
    hall.posted()
    await hall.hears("#hall", "Acme Cam or Road Runner")
    assert len(hall.posted()) == 1


async def test_a_mute_is_undone_by_its_button_and_all_are_told_by_whom(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h", "anna")
    hall.posted()
    told = await hall.presses("Undo this mute", "bea")
    said = f"Undone by bea. It was: Acme Cam in #hall, until {EVENING}, by anna."
    assert told == said
    assert hall.posted() == [("#hall", None, said)]
    await hall.hears("#hall", "Acme Cam")
    assert len(hall.posted()) == 1
    assert (await hall.answers("vendor unmute 1", "bea")).startswith("No such mute is in force.")


async def test_a_mute_is_undone_by_number_or_name(hall: Bot) -> None:
    for by in ("1", "acme-cam", "Acme Cam"):
        await hall.answers("vendor mute acme-cam for 6h")
        assert (await hall.answers(f"vendor unmute {by}")).startswith("Undone by anna."), by
        assert await hall.answers("vendor mutes") == "Nothing is muted."


async def test_what_is_not_muted_cannot_be_undone(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h")
    for by in ("2", "road-runner", "all", "nosuchco", "²"):
        told = await hall.answers(f"vendor unmute {by}")
        assert told.startswith("No such mute is in force."), by
    assert "1 mute in force" in await hall.answers("vendor mutes")


async def test_by_name_a_reader_undoes_the_one_here_and_is_told_what_stays(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h")
    await hall.answers("vendor mute acme-cam everywhere for 6h", "cora")
    hall.posted()
    told = await hall.answers("vendor unmute acme-cam")
    assert told.splitlines() == [
        f"Undone by anna. It was: Acme Cam in #hall, until {EVENING}, by anna.",
        "The mute that holds everywhere stays; only curators may undo it.",
    ]
    assert len(hall.posted()) == 1
    again = await hall.answers("vendor unmute acme-cam")
    assert again == "Only curators may undo a mute that holds everywhere."
    assert hall.posted() == []
    assert (await hall.answers("vendor unmute acme-cam", "paul")).startswith("Undone by paul.")
    assert len(hall.posted()) == 1


async def test_a_mute_of_another_channel_is_undone_by_number_and_told_there(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h", channel="#yard")
    hall.posted()
    assert (await hall.answers("vendor unmute acme-cam")).startswith("No such mute is in force.")
    assert (await hall.answers("vendor unmute 1")).startswith("Undone by anna. It was: Acme Cam")
    assert [(channel, text.split(".")[0]) for channel, _, text in hall.posted()] == [
        ("#yard", "Undone by anna")
    ]


async def test_the_list_says_what_where_until_when_by_whom_and_how_to_undo(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h because of the fair")
    await hall.answers("vendor mute all everywhere for 6h", "cora")
    assert (await hall.answers("vendor mutes", "bea", "#yard")).splitlines() == [
        "2 mutes in force",
        f"1. Acme Cam in #hall, until {EVENING}, by anna: of the fair",
        f"2. All vendors everywhere, until {EVENING}, by cora",
        "Undo one by its number: vendor unmute 1.",
    ]


async def test_a_mute_of_a_private_channel_is_told_in_it_and_to_its_people_alone(
    hall: Bot,
) -> None:
    await hall.answers("vendor mute acme-cam for 6h because of zephyr", channel=BOARD)
    assert [channel for channel, _, _ in hall.posted()] == ["#board"]
    assert "1 mute in force" in await hall.answers("vendor mutes", channel=BOARD)
    hall.platform.rooms["bea"] = frozenset({"#board"})
    assert "in #board" in await hall.answers("vendor mutes", "bea")
    assert await hall.answers("vendor mutes", "carl") == "Nothing is muted."
    assert (await hall.answers("vendor unmute 1", "carl")).startswith("No such mute")
    assert (await hall.answers("vendor unmute 1", "bea")).startswith("Undone by bea.")
    assert [channel for channel, _, _ in hall.posted()] == ["#board"]
    assert [shown for shown in hall.platform.posted if shown.channel == "#hall"] == []


async def test_where_all_see_an_answer_it_tells_nothing_of_the_askers_private_channels(
    hall: Bot,
) -> None:
    hall.platform.private_answers = False
    hall.platform.rooms["bea"] = frozenset({"#board"})
    await hall.answers("vendor mute acme-cam for 6h", "bea", channel=BOARD)
    assert await hall.answers("vendor mutes", "bea") == "Nothing is muted."
    assert (await hall.answers("vendor unmute 1", "bea")).startswith("No such mute")
    assert "#board" not in await hall.answers("vendor overview", "bea")
    assert "in #board" in await hall.answers("vendor mutes", "bea", BOARD)


async def test_the_words_of_a_reason_are_letters_and_no_markup(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h because <!channel> *now* [x](http://x.example)")
    [(_, _, text)] = hall.posted()
    assert "by anna: <!channel> *now* [x](http://x.example)." in text


# Wrong matches


async def test_a_wrong_match_is_taken_back_by_the_button_under_the_card(hall: Bot) -> None:
    await hall.hears("#hall", "ACME CAM")
    told = await hall.presses("Wrong match")
    assert told == (
        "Thank you. That is taken back, and the words that matched alert no more here. "
        "A curator decides whether they stay quiet; the watchlist itself is not changed."
    )
    assert hall.shown("#hall") == []
    await hall.hears("#hall", "acme cam")
    assert hall.shown("#hall") == []
    await hall.hears("#yard", "acme cam")
    assert len(hall.shown("#yard")) == 1
    (proposal,) = await hall.app.store.wrong_matches(place("#hall"))
    assert (proposal.by, proposal.state, proposal.channel) == ("anna", "proposed", "fake:#hall")


async def test_of_several_vendors_the_button_asks_which(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam or Road Runner")
    asked = await hall.presses("Wrong match")
    assert asked.splitlines() == [
        "Which of them does the message not mean?",
        "Acme Cam",
        "Road Runner",
    ]
    assert len(hall.shown("#hall")) == 1
    assert (await hall.presses("Acme Cam")).startswith("Thank you. That is taken back")
    (text,) = hall.shown("#hall")
    assert "Road Runner (“Road Runner”)" in text
    assert "Acme" not in text
    # Only one is left, so there is nothing to ask.
    answer = await hall.answers("vendor wrong", on=hall.last_id())
    assert answer.startswith("Thank you.")
    assert hall.shown("#hall") == []


async def test_a_second_press_finds_nothing_to_take_back(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam")
    message = hall.last_id()
    nothing = "There is nothing to take back: it is gone already, or it was no alert."
    assert (await hall.answers("vendor wrong acme-cam", on=message)).startswith("Thank you.")
    assert await hall.answers("vendor wrong acme-cam", "bea", on=message) == nothing
    assert len(await hall.app.store.wrong_matches(place("#hall"))) == 1


async def test_a_message_that_is_no_alert_has_nothing_to_take_back(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam")
    for line in ("vendor wrong", "vendor wrong acme-cam", "vendor wrong nobody"):
        told = await hall.answers(line, on="m99")
        assert told.startswith("There is nothing to take back")
    assert len(hall.shown("#hall")) == 1


async def test_a_card_of_another_channel_cannot_be_taken_back_from_here(hall: Bot) -> None:
    await hall.hears(BOARD, "Acme Cam")
    told = await hall.answers(f"vendor wrong acme-cam {hall.last_id()}")
    assert told.startswith("There is nothing to take back")
    assert len(hall.shown("#board")) == 1


async def test_typed_alone_it_says_which_button_to_press(hall: Bot) -> None:
    told = await hall.answers("vendor wrong acme-cam")
    assert told == "Press “Wrong match” under the card that is wrong."


async def test_a_vendor_that_is_watched_no_more_can_still_be_wrong(
    hall: Bot, tmp_path: Path
) -> None:
    await hall.hears("#hall", "Acme Cam")
    message = hall.last_id()
    (tmp_path / "pack" / "vendors" / "acme-cam.yml").unlink()
    assert await hall.app.current.reload()
    assert (await hall.answers("vendor wrong acme-cam", on=message)).startswith("Thank you.")
    assert hall.shown("#hall") == []


async def test_a_mute_given_twice_holds_once_and_to_the_later_end(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 1h")
    await hall.answers("vendor mute acme-cam for 6h", "bea")
    assert (await hall.answers("vendor mutes")).splitlines()[:2] == [
        "1 mute in force",
        f"2. Acme Cam in #hall, until {EVENING}, by bea",
    ]


async def test_the_announcement_of_a_mute_has_a_button_for_all(hall: Bot) -> None:
    await hall.answers("vendor mute acme-cam for 6h")
    offered = buttons(hall.platform.posted[-1].document)
    assert [(each.label, each.line) for each in offered] == [("Undo this mute", "vendor unmute 1")]
