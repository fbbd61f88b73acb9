"""A vendor is added after entries came that name it: they are searched, and one digest tells."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.editing.stub import stub
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot, buttons
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])
CLUB = "https://club.example/feed.xml"
NEWS = Channel("fake", "#news")
BOARD = Channel("fake", "#board", private=True)
ROUTES: Mapping[str, tuple[Channel, ...]] = {FEED: (NEWS,), CLUB: (BOARD,)}
SEARCHING = "Searching 30 days of stored entries for it…"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with a public feed and one that only a private channel follows."""
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), ROUTES, roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana", channel: str | Channel = "#hall") -> str:
    """Give a command; give what is answered, in text, before any search."""
    return await bot.answers(line, actor, channel, confirm=False)


async def searched(bot: Bot) -> list[str]:
    """Let what is to be searched be searched; give what people are told of it."""
    before = len(bot.platform.replies)
    while await bot.app.backsearches.once():
        pass
    await bot.settle()
    return [text for _, text in bot.platform.replies[before:]]


async def test_entries_that_came_before_a_vendor_was_added_are_told_in_one_digest(
    bot: Bot,
) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""), ("Nothing else", "", ""))
    bot.clock.pass_(days=1)
    await bot.reads(("The city buys", "from GIZMO EYE", ""))
    bot.posted()
    assert SEARCHING in await says(bot, "watchlist add Gizmo Eye")
    (told,) = await searched(bot)
    assert told.splitlines() == [
        "In the last 30 days 2 stored entries of 1 feed name Gizmo Eye:",
        f"The city buys, {FEED}, 2 Apr 2024: “GIZMO EYE”",
        f"Gizmo Eye opens, {FEED}, 1 Apr 2024: “Gizmo Eye”",
        "Post here",
    ]
    assert bot.platform.replies[-1][0] == "dana"
    assert bot.posted() == []
    assert await searched(bot) == []


async def test_where_no_entry_names_it_one_line_says_so(bot: Bot) -> None:
    await bot.reads(("Nothing else", "", ""))
    assert SEARCHING in await says(bot, "watchlist add Gizmo Eye")
    assert await searched(bot) == ["In the last 30 days no stored entry names Gizmo Eye."]


async def test_where_nothing_is_kept_no_search_is_spoken_of(bot: Bot) -> None:
    assert "earching" not in await says(bot, "watchlist add Gizmo Eye")
    assert await searched(bot) == []
    none = "No feed that this channel may know of has brought an entry that is kept."
    assert await says(bot, "watchlist backsearch gizmo eye") == none


async def test_what_only_a_private_channel_follows_is_told_there_alone(bot: Bot) -> None:
    await bot.reads(("Secret Gizmo Eye", "", ""), feed=CLUB)
    assert "earching" not in await says(bot, "watchlist add Gizmo Eye")
    await bot.reads(("Nothing else", "", ""))
    await says(bot, "watchlist backsearch gizmo eye")
    assert await searched(bot) == ["In the last 30 days no stored entry names Gizmo Eye."]
    asked = await says(bot, "watchlist backsearch gizmo eye", channel=BOARD)
    assert asked == f"Gizmo Eye: {SEARCHING}"
    (told,) = await searched(bot)
    assert "Secret Gizmo Eye" in told
    # What was found there is posted there alone.
    line = buttons(bot.platform.answered[-1])[0].line
    assert line == "watchlist backsearch post 2"
    assert "No search 2 was told here" in await says(bot, line)
    assert "No search 9 was told here" in await says(bot, "watchlist backsearch post 9")


async def test_what_was_found_can_be_posted_for_all(bot: Bot) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    await searched(bot)
    told = await bot.presses("Post here", "dana")
    assert bot.platform.replies[-1][0] == "#hall"
    assert "Gizmo Eye opens" in told
    assert told.endswith("Shared by dana.")
    assert "Only curators" in await says(bot, "watchlist backsearch post 1", "anna")
    assert "Only curators" in await says(bot, "watchlist backsearch gizmo eye", "anna")


async def test_what_all_see_anyway_is_not_offered_to_be_posted(bot: Bot) -> None:
    bot.platform.private_answers = False
    await bot.reads(("Gizmo Eye opens", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    (told,) = await searched(bot)
    assert "Post here" not in told


async def test_an_entry_that_alerted_before_is_counted_and_not_told(bot: Bot) -> None:
    await bot.reads(("Acme Cam again", "", ""))
    await says(bot, "watchlist backsearch acme cam")
    known = "In the last 30 days no other stored entry names Acme Cam: 1 that alerted before."
    assert await searched(bot) == [known]
    await bot.mutes("acme-cam", None)
    await bot.reads(("Quiet Acme Cam", "", ""))
    await says(bot, "watchlist backsearch acme cam 7")
    (told,) = await searched(bot)
    assert "In the last 7 days 1 stored entry of 1 feed names Acme Cam:" in told
    assert "Quiet Acme Cam" in told
    assert "1 that alerted before is left out." in told


async def test_of_many_the_newest_twenty_are_told(bot: Bot) -> None:
    for number in range(26):
        bot.clock.pass_(minutes=1)
        await bot.reads((f"Gizmo Eye {number}", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    (told,) = await searched(bot)
    lines = told.splitlines()
    assert lines[0] == "In the last 30 days 26 stored entries of 1 feed name Gizmo Eye:"
    assert [line.partition(",")[0] for line in lines[1:-2]] == [
        f"Gizmo Eye {number}" for number in range(25, 5, -1)
    ]
    assert lines[-2] == "and 6 more"


async def test_an_edit_that_finds_no_more_searches_nothing(bot: Bot) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    assert len(await searched(bot)) == 1
    assert "earching" not in await says(bot, "watchlist undo 1")
    assert SEARCHING in await says(bot, "watchlist undo 2")
    (told,) = await searched(bot)
    assert "Gizmo Eye opens" in told


async def test_a_vendor_that_is_gone_again_is_not_searched_for(bot: Bot) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    await says(bot, "watchlist undo 1")
    (told,) = await searched(bot)
    assert told == "gizmo-eye: not watched any more, so stored entries are not searched."


async def test_a_proposal_is_searched_for_once_it_holds_where_it_was_approved(
    tmp_path: Path,
) -> None:
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), ROUTES, roles=CURATORS, approval=True
    ) as bot:
        await bot.reads(("Gizmo Eye opens", "", ""))
        assert "earching" not in await says(bot, "watchlist add Gizmo Eye")
        assert await searched(bot) == []
        assert SEARCHING in await says(bot, "watchlist approve 1", "eli", "#desk")
        (told,) = await searched(bot)
        assert "Gizmo Eye opens" in told
        assert bot.platform.replies[-1][0] == "eli"


async def test_a_search_that_was_cut_off_goes_on_after_a_restart_and_tells_once(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.backsearches.AT_ONCE", 2)
    for number in range(7):
        bot.clock.pass_(minutes=1)
        await bot.reads((f"Gizmo Eye {number}", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    searches, read = bot.app.backsearches, []

    async def dies(*asked: object) -> object:
        read.append(asked)
        if len(read) == 3:
            raise asyncio.CancelledError
        return await as_it_was(*asked)  # type: ignore[arg-type]  # handed on as it came

    as_it_was = bot.app.store.feeds.entries_since
    with monkeypatch.context() as patched:
        patched.setattr(type(bot.app.store.feeds), "entries_since", lambda _, *args: dies(*args))
        with pytest.raises(asyncio.CancelledError):
            await searches.once()
    assert not await searches.once(), "whoever died may still be at it"
    bot.clock.pass_(seconds=31)
    later = replace(searches)
    assert await later.once()
    await bot.settle()
    told = [text for _, text in bot.platform.replies if "stored entries of" in text]
    assert len(told) == 1
    assert "7 stored entries" in told[0]
    assert await searched(bot) == []


async def test_a_long_search_says_how_far_it_is_in_one_message(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.platform.keeps_answers = True
    monkeypatch.setattr("bot.backsearches.AT_ONCE", 1)
    for number in range(6):
        await bot.reads((f"Gizmo Eye {number}", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    seen: list[str] = []

    def shown() -> list[str]:
        there = bot.platform.shown.values()
        return [each.text for each in there if each.text.startswith("Searched")]

    as_it_was = bot.app.store.backsearches.reach

    async def slowly(*asked: object) -> bool:
        bot.clock.pass_(seconds=4)
        await bot.settle()
        seen.extend(shown())
        return await as_it_was(*asked)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(type(bot.app.store.backsearches), "reach", lambda _, *args: slowly(*args))
    assert await bot.app.backsearches.once()
    await bot.settle()
    assert list(dict.fromkeys(seen)) == [
        "Searched 3 of 6 entries for Gizmo Eye.",
        "Searched 6 of 6 entries for Gizmo Eye.",
    ]
    assert shown() == ["Searched 6 of 6 entries for Gizmo Eye."]


async def test_a_search_that_fails_again_and_again_is_given_up_in_a_line(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""))
    await says(bot, "watchlist add Gizmo Eye")

    async def fails(*_: object) -> object:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(type(bot.app.store.feeds), "entries_since", fails)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await bot.app.backsearches.once()
            bot.clock.pass_(seconds=31)
    (told,) = await searched(bot)
    assert told == (
        "The search of stored entries for Gizmo Eye failed. Try watchlist backsearch and its name."
    )


async def test_words_that_were_called_wrong_are_not_told(bot: Bot) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""), ("GIZMO EYE, the band", "", ""))
    await says(bot, "watchlist add Gizmo Eye")
    await bot.hears("#hall", "Gizmo Eye")
    assert await bot.calls_wrong("#hall", bot.last_id(), everywhere=True) == 1
    assert await searched(bot) == ["In the last 30 days no stored entry names Gizmo Eye."]


async def test_more_days_than_entries_are_kept_are_those(bot: Bot) -> None:
    await bot.reads(("Acme Cam once", "", ""), silent=True)
    bot.clock.pass_(days=3)
    asked = await says(bot, "watchlist backsearch acme cam 999999999")
    assert asked == f"Acme Cam: {SEARCHING}"
    (told,) = await searched(bot)
    assert "Acme Cam once" in told
    none = await says(bot, "watchlist backsearch acme cam 2")
    assert none.startswith("No feed that this channel may know of has brought an entry")
    assert "one day at least" in await says(bot, "watchlist backsearch acme cam 0")


async def test_what_one_command_adds_is_told_together(bot: Bot) -> None:
    """As a list of vendors that is taken in."""
    await bot.reads(("Gizmo Eye and Bolt Lens", "", ""), ("Bolt Lens opens", "", ""))
    edits = bot.app.editing.by(Invocation(NEWS, "m1", "dana", ""))
    for name, id_ in (("Gizmo Eye", "gizmo-eye"), ("Bolt Lens", "bolt-lens")):
        assert (await edits.make(id_, stub(name, id_))).searching == 30
    (told,) = await searched(bot)
    assert "2 stored entries of 1 feed name Gizmo Eye and Bolt Lens:" in told
    assert "“Gizmo Eye”, “Bolt Lens” (Gizmo Eye and Bolt Lens)" in told
    assert "“Bolt Lens” (Bolt Lens)" in told


async def test_an_edit_whose_answer_was_lost_speaks_of_its_search_again(bot: Bot) -> None:
    await bot.reads(("Gizmo Eye opens", "", ""))
    for again in (False, True):
        edits = bot.app.editing.by(Invocation(NEWS, "m1", "dana", ""))
        done = await edits.make("gizmo-eye", stub("Gizmo Eye", "gizmo-eye"))
        assert (done.again, done.searching) == (again, 30)
    assert len(await searched(bot)) == 1


async def test_a_name_that_is_added_is_searched_for(bot: Bot) -> None:
    await bot.reads(("Acme Cam once", "", ""), ("Bolt Lens opens", "", ""))
    assert SEARCHING in await says(bot, "watchlist name add acme-cam Bolt Lens")
    (told,) = await searched(bot)
    assert told.splitlines()[0] == "In the last 30 days 1 stored entry of 1 feed names Acme Cam:"
    assert "Bolt Lens opens" in told
    assert "1 that alerted before is left out." in told
