"""Several newspapers tell one story: people hear of it once, and read where else it stands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.mention import Channel
from bot.core.settings import Mode, Settings
from bot.errors import DeliveryError
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot
from tests.fakes import Clock

HERALD = "https://herald.example/feed.xml"
CLUB = "https://club.example/private.xml"
NEWS = Channel("fake", "#news")
BOARD = Channel("fake", "#board", private=True)

TITLE = "Town council buys new cameras from Acme Cam"
TEXT = """
The town council of Springfield decided on Monday evening to buy forty surveillance cameras from
Acme Cam for the market square and the two bridges. The mayor said that the cameras would make the
town safer at night, while two members of the council asked who would see the pictures and for how
long they would be kept. The contract runs for five years and costs two million crowns, which is
more than the town spends on its library in the same time.

The police asked for the cameras after a series of thefts in the summer. A spokesman said that the
pictures would be kept for a fortnight and be shown to nobody without the order of a judge. The
association of shopkeepers welcomed the decision. A citizens' group wants to collect signatures
against it and said that the old cameras had been broken for years without anybody noticing.

The first cameras are to be put up in spring. The council will be told each year how often they
helped to solve a crime. Whether the maker may look at the pictures when it repairs a camera has not
been settled yet; the treasurer said that a clause about it would be added before the mayor signs.
"""


@pytest.fixture
async def press(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that reads two papers for #news, and a third one for a private channel."""
    routes = {FEED: (NEWS,), HERALD: (NEWS,), CLUB: (BOARD,)}
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), routes) as made:
        yield made


async def test_one_story_in_two_papers_is_one_post_that_names_both(press: Bot) -> None:
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    press.clock.pass_(hours=2)
    await press.reads(
        (f"{TITLE} - The Herald", "", ""), feed=HERALD, url="https://herald.example/b"
    )
    [(_, _, card)] = press.posted()
    assert card.startswith("Acme Cam")
    assert f"Also in: “{TITLE} - The Herald”" in card


async def test_the_same_address_is_the_same_story_whatever_its_headline(press: Bot) -> None:
    await press.reads(("Cameras bought", "", "Acme Cam"), url="https://gazette.example/a?utm_x=1")
    await press.reads(
        ("Others wrote", "", "Acme Cam"), feed=HERALD, url="http://www.gazette.example/a/"
    )
    assert len(press.posted()) == 1


async def test_feeds_of_one_site_that_list_the_same_page_tell_of_it_once(press: Bot) -> None:
    for number, feed in enumerate((FEED, HERALD, FEED)):
        address = f"https://gazette.example/a?utm_source=feed{number}"
        await press.reads((TITLE, "", TEXT), feed=feed, url=address, entry_id=address)
    [(_, _, card)] = press.posted()
    assert "Also in" not in card
    for number in range(2):
        address = f"https://herald.example/b?utm_source=feed{number}"
        await press.reads((TITLE, "", TEXT), feed=HERALD, url=address)
    [card] = press.shown("#news")
    assert card.count(f"“{TITLE}”") == 2  # where it was found, and the other paper


async def test_a_syndicated_text_under_another_headline_is_the_same_story(press: Bot) -> None:
    await press.reads((TITLE, "", TEXT), url="https://gazette.example/a")
    other = "Two million crowns for eyes on the bridges"
    await press.reads((other, "", TEXT), feed=HERALD, url="https://herald.example/b")
    [(_, _, card)] = press.posted()
    assert f"Also in: “{other}”" in card


async def test_other_news_about_the_same_vendor_is_posted(press: Bot) -> None:
    await press.reads((TITLE, "", TEXT))
    await press.reads(("Acme Cam opens a new factory on the coast", "", ""), feed=HERALD)
    assert [text.split("\n")[0][:8] for _, _, text in press.posted()] == ["Acme Cam"] * 2
    assert not any("Also in" in text for text in press.shown("#news"))


async def test_in_one_poll_the_story_is_told_once_and_needs_no_edit(press: Bot) -> None:
    address = "https://gazette.example/a"
    await press.reads((TITLE, "", ""), (f"{TITLE}!", "", ""), url=address)
    [(_, _, card)] = press.posted()
    assert f"Also in: “{TITLE}!”" in card
    assert press.platform.begun == 1


async def test_many_papers_make_one_line(press: Bot) -> None:
    for number in range(8):
        paper = f"https://paper-{number}.example/a"
        await press.reads((f"{TITLE}{'!' * number}", "", ""), url=paper)
    [(_, _, card)] = press.posted()
    (line,) = (each for each in card.splitlines() if each.startswith("Also in: "))
    assert line.count("“") == 5
    assert line.endswith(" and 2 more")


async def test_another_vendor_in_a_later_entry_gets_its_own_post(press: Bot) -> None:
    await press.reads((TITLE, "", "It is Acme Cam."), url="https://gazette.example/a")
    await press.reads(
        (TITLE, "", "Acme Cam beat Road Runner."), feed=HERALD, url="https://herald.example/b"
    )
    assert [text.split("\n")[0].split(" (")[0] for _, _, text in press.posted()] == [
        "Acme Cam",
        "Road Runner",
    ]


async def test_a_paper_for_others_is_never_named_here(press: Bot) -> None:
    await press.reads((f"{TITLE} (members)", "", ""), feed=CLUB, url="https://gazette.example/a")
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    await press.reads((f"{TITLE}!", "", ""), feed=HERALD, url="https://gazette.example/a")
    (card,) = press.shown("#news")
    assert "members" not in card
    assert f"Also in: “{TITLE}!”" in card
    (private,) = press.shown("#board")
    assert "Also in" not in private


async def test_a_paper_for_others_is_not_named_though_its_entries_have_the_same_ids(
    press: Bot,
) -> None:
    # Two feeds of one publisher often share their entries' ids.
    address = "https://gazette.example/a"
    await press.reads((TITLE, "", ""), url=address, entry_id="1")
    await press.reads((f"{TITLE} (members)", "", ""), feed=CLUB, url=address, entry_id="2")
    await press.reads((f"{TITLE}!", "", ""), feed=HERALD, url=address, entry_id="2")
    (card,) = press.shown("#news")
    assert "members" not in card
    assert f"Also in: “{TITLE}!”" in card


async def test_a_follow_up_after_a_week_is_news(press: Bot) -> None:
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    press.clock.pass_(days=6)
    await press.reads((TITLE, "", ""), feed=HERALD, url="https://herald.example/b")
    assert len(press.posted()) == 1
    press.clock.pass_(days=2)
    await press.reads((TITLE, "", ""), feed=HERALD, url="https://herald.example/c")
    assert len(press.posted()) == 1


async def test_a_link_to_a_story_is_quiet_where_it_was_told_and_nowhere_else(press: Bot) -> None:
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    press.posted()
    press.clock.pass_(days=2)
    pasted = "Acme Cam again: https://www.gazette.example/a?utm_source=chat"
    await press.hears("#news", pasted)
    assert press.posted() == []
    await press.hears("#hall", pasted)
    assert [channel for channel, _, _ in press.posted()] == ["#hall"]


async def test_a_post_that_failed_lets_the_next_entry_post(press: Bot) -> None:
    press.platform.failing.append(DeliveryError("no", permanent=True))
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    assert press.posted() == []
    await press.reads((TITLE, "", ""), feed=HERALD, url="https://herald.example/b")
    [(_, _, text)] = press.posted()
    assert "Also in" not in text


async def test_a_story_taken_back_is_told_again_when_named_rightly(press: Bot) -> None:
    await press.reads((TITLE, "", ""), url="https://gazette.example/a")
    assert await press.calls_wrong("#news", press.last_id()) == 1
    assert press.shown("#news") == []
    await press.reads((TITLE, "", "acme.example"), feed=HERALD, url="https://herald.example/b")
    # "Acme Cam" is suppressed here; the site of the company is another name.
    assert press.shown("#news") == []
    await press.reads(("The council buys", "", "acme.example"), url="https://gazette.example/a")
    assert len(press.shown("#news")) == 1


async def test_a_story_that_waits_in_a_digest_is_told_once(tmp_path: Path) -> None:
    routes = {FEED: (NEWS,), HERALD: (NEWS,)}
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.DIGEST), Clock(), routes) as bot:
        await bot.reads((TITLE, "", ""), url="https://gazette.example/a")
        await bot.reads((TITLE, "", ""), feed=HERALD, url="https://herald.example/b")
        await bot.hears("#news", "Acme Cam https://gazette.example/a")
        bot.clock.pass_(hours=21)
        await bot.settle()
        [(_, _, text)] = bot.posted()
        assert text.startswith("1 mention of 1 vendor")
        await bot.reads((TITLE, "", ""), feed=HERALD, url="https://herald.example/c")
        bot.clock.pass_(days=1)
        await bot.settle()
        assert bot.posted() == []
