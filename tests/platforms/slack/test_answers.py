"""Answers are seen by those who should see them, and are never lost."""

import asyncio

import pytest

from bot.core.document import Document, Paragraph, words
from bot.core.mention import Channel, Invocation
from bot.platforms.slack.answers import MOST_PAGES, SETTLING_S
from bot.platforms.slack.where import Response, Window
from tests.platforms.slack.town import Town, json_of

TOLD = Document("All of it.", (Paragraph(words("The long and the short of it.")),))


async def answered(
    town: Town, reply_to: str | None = None, *, told: Document = TOLD, shared: bool = False
) -> None:
    place = Channel("slack", town.hall)
    invocation = Invocation(place, "1", town.anna, "", reply_to=reply_to)
    await town.app.platforms["slack"].reply(invocation, told, key="reply", shared=shared)


async def url_of_a_command(town: Town) -> str:
    delivery = town.server.slash(town.anna, town.hall, "/vendor", "acme-cam")
    assert await delivery.finished()
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    return str(delivery.payload["response_url"])


async def url_of_a_button(town: Town) -> str:
    """Press a button of an answer that only anna sees."""
    await url_of_a_command(town)
    (shown,) = town.server.ephemerals(town.anna)
    town.server.click(town.anna, town.hall, shown["ts"], label="Full record")
    (delivery,) = town.server.deliveries("interactive")
    assert await delivery.finished()
    return str(delivery.payload["response_url"])


async def test_an_answer_that_slack_shows_nobody_alone_is_one_line_for_all(town: Town) -> None:
    town.server.state.channels[town.hall].members.discard(town.anna)
    await answered(town)
    (posted,) = town.server.posted(town.hall)
    assert posted["text"] == "All of it."
    assert "long and the short" not in json_of(posted)


async def test_an_answer_at_an_address_that_is_used_up_is_shown_all_the_same(town: Town) -> None:
    url = await url_of_a_command(town)
    town.server.advance(3600)
    await answered(town, url)
    assert town.server.ephemerals(town.anna)[-1]["text"] == "All of it."
    await answered(town, url, shared=True)
    assert (await town.posts(1)) == ["All of it."]


async def test_a_shared_answer_takes_the_place_of_the_one_that_only_its_asker_saw(
    town: Town,
) -> None:
    url = await url_of_a_button(town)
    assert len(town.server.ephemerals(town.anna)) == 1
    await answered(town, str(Response(url, hidden=True)), shared=True)
    assert await town.posts(1) == ["All of it."]
    assert town.server.ephemerals(town.anna) == []


async def test_a_shared_answer_leaves_a_card_that_all_see(town: Town) -> None:
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.posts(1)
    (card,) = town.server.posted(town.hall)
    delivery = town.server.click(town.anna, town.hall, card["ts"], label="Full record")
    assert await delivery.finished()
    await answered(town, str(delivery.payload["response_url"]), shared=True)
    assert len(await town.posts(2)) == 2


async def test_what_is_shared_from_a_window_is_posted_and_the_window_says_so(town: Town) -> None:
    assert await town.server.slash(town.anna, town.hall, "/vendor", "record acme-cam").finished()
    (window,) = town.server.modals_of(town.anna)
    await answered(town, str(Window(window["id"])), shared=True)
    assert await town.posts(1) == ["All of it."]
    (window,) = town.server.modals_of(town.anna)
    assert "can see it now" in json_of(window["blocks"])


async def test_a_window_that_is_gone_does_not_share_twice(town: Town) -> None:
    await answered(town, str(Window("V0GONE")), shared=True)
    assert await town.posts(1) == ["All of it."]


async def test_an_answer_whose_blocks_slack_refuses_is_said_in_words(town: Town) -> None:
    town.server.fault("chat.postEphemeral", "error", error="invalid_blocks")
    await answered(town)
    (shown,) = town.server.ephemerals(town.anna)
    assert shown["text"] == "All of it."
    assert "blocks" not in shown


@pytest.mark.parametrize("channel", ["D", "U"])
async def test_a_person_is_answered_in_their_own_conversation(town: Town, channel: str) -> None:
    direct = town.server.im(town.anna)
    place = Channel("slack", direct if channel == "D" else town.anna, private=True)
    invocation = Invocation(place, "1", town.anna, "")
    platform = town.app.platforms["slack"]
    await platform.reply(invocation, TOLD, key="reply")
    assert [each["text"] for each in town.server.posted(direct)] == ["All of it."]


async def test_an_answer_to_a_form_lets_the_window_settle_first(town: Town) -> None:
    assert await town.server.slash(town.anna, town.hall, "/vendor").finished()
    (form,) = town.server.modals_of(town.anna)
    clock = asyncio.get_running_loop().time
    began = clock()
    await answered(town, str(Window(form["id"], settling=True)))
    assert clock() - began >= SETTLING_S


LONG = Document(
    "All of it.", tuple(Paragraph(words(f"{number}. {'word ' * 200}")) for number in range(100))
)


async def test_an_answer_too_long_for_messages_says_that_there_is_more(town: Town) -> None:
    await answered(town, told=LONG)
    shown = town.server.ephemerals(town.anna)
    assert len(shown) == MOST_PAGES
    assert ["… shortened" in json_of(each) for each in shown] == [False] * 4 + [True]


@pytest.mark.parametrize("at", ["url", "channel"])
async def test_a_long_answer_without_a_window_has_a_button_that_opens_one(
    town: Town, at: str
) -> None:
    url = await url_of_a_command(town) if at == "url" else ""
    town.server.state.ephemerals.clear()
    await answered(town, str(Response(url, line="vendor record acme-cam")), told=LONG)
    (shown,) = town.server.ephemerals(town.anna)
    town.server.click(town.anna, town.hall, shown["ts"], label="Open all of it")
    await town.server.until(lambda: town.server.modals_of(town.anna), within=10)


async def test_a_long_answer_that_is_short_today_needs_no_button(town: Town) -> None:
    await answered(town, str(Response(line="vendor record acme-cam")))
    (shown,) = town.server.ephemerals(town.anna)
    assert "Open all of it" not in json_of(shown)
