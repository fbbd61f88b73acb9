"""Windows: a long answer opens one at once, a command that lacks something asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.platforms.slack.town import Town, json_of, running, settings
from tests.slackserver.server import slack
from tests.slackserver.state import Json


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town with the shipped watchlist, whose records are long."""
    async with slack(retry_delays=(0.0, 0.2, 0.4)) as server:
        anna = server.add_user("anna")
        hall = server.add_channel("hall", [anna])
        config = settings(tmp_path, server, shipped_watchlist=True)
        async with running(config) as app:
            await server.until(lambda: server.socket.connections, within=10)
            yield Town(server, app, anna, hall)


async def shown(town: Town, words: str, *, count: int = 1) -> Json:
    """Wait until the window on top says this; give it."""

    def there() -> bool:
        open_ = town.server.modals_of(town.anna)
        return len(open_) == count and words in json_of(open_[-1]["blocks"])

    await town.server.until(there, within=10)
    return town.server.modals_of(town.anna)[-1]


async def asked(town: Town, text: str) -> None:
    assert await town.server.slash(town.anna, town.hall, "/vendor", text).finished()


async def test_the_full_record_opens_in_a_window(town: Town) -> None:
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.posts(1)
    (card,) = town.server.posted(town.hall)
    town.server.click(town.anna, town.hall, card["ts"], label="Full record")
    window = await shown(town, ": full record")
    assert window["title"]["text"] == "Vendor record"
    assert town.server.ephemerals(town.anna) == []
    (opening,) = town.server.calls_of("views.open")
    assert "Fetching …" in json_of(opening.arguments["view"])


async def test_a_slash_command_opens_a_window_where_the_bot_is_no_member(town: Town) -> None:
    town.hall = town.server.add_channel("attic", [town.anna], with_app=False)
    await asked(town, "record acme-cam")
    await shown(town, ": full record")


async def test_where_no_window_opens_the_answer_goes_the_ordinary_way(town: Town) -> None:
    town.server.fault("views.open", "error", error="expired_trigger_id")
    await asked(town, "record acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    assert "full record" in town.server.ephemerals(town.anna)[0]["text"]
    assert town.server.modals_of(town.anna) == []


async def test_a_slack_that_is_slow_to_open_a_window_is_answered_in_time(town: Town) -> None:
    town.server.fault("views.open", "slow", seconds=4)
    await asked(town, "record acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)


async def test_a_long_record_is_turned_page_by_page(city: Town) -> None:
    await asked(city, "record hikvision")
    first = await shown(city, "Page 1 of ")
    assert len(first["blocks"]) <= 100
    assert "Previous page" not in json_of(first)
    city.server.click(city.anna, first["id"], label="Next page")
    second = await shown(city, "Page 2 of ")
    assert second["id"] == first["id"]
    assert second["title"]["text"] == "Vendor record"
    city.server.click(city.anna, second["id"], label="Previous page")
    again = await shown(city, "Page 1 of ")
    assert again["blocks"][1]["elements"] == first["blocks"][1]["elements"]
    assert len(city.server.calls_of("views.open")) == 1


async def test_an_answer_to_a_closed_window_comes_where_it_was_asked(town: Town) -> None:
    town.server.fault("views.update", "error", error="not_found")
    await asked(town, "record acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (told,) = town.server.ephemerals(town.anna)
    assert told["text"].startswith("Acme Cam: full record.")
    town.server.click(town.anna, town.hall, told["ts"], label="Open it again")
    await shown(town, ": full record")


async def test_an_answer_that_finds_no_other_way_comes_as_a_direct_message(town: Town) -> None:
    town.hall = town.server.add_channel("attic", [town.anna], with_app=False)
    town.server.fault("views.update", "error", error="not_found")
    await asked(town, "")
    form = await shown(town, "Name")
    assert await town.server.submit(form["id"], {"value": "Road Runner"}).finished()
    direct = town.server.im(town.anna)
    assert (await town.posts(1, direct))[0].startswith("Road Runner")


async def test_a_refused_window_is_said_in_words_and_nothing_is_lost(town: Town) -> None:
    town.server.fault("views.update", "error", error="invalid_arguments")
    await asked(town, "record acme-cam")
    await shown(town, "The rest is in the conversation.")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)


async def test_a_command_that_lacks_something_asks_for_it(town: Town) -> None:
    await asked(town, "")
    form = await shown(town, "Name")
    (field,) = [block for block in form["blocks"] if block["type"] == "input"]
    assert field["element"]["multiline"] is True
    delivery = town.server.submit(form["id"], {"value": "road\nrunner"})
    assert await delivery.finished()
    assert "One moment" in json_of(delivery.answer)
    answer = await shown(town, "Road Runner")
    assert answer["id"] == form["id"]
    assert town.server.ephemerals(town.anna) == []


async def test_an_empty_field_is_said_at_the_field(town: Town) -> None:
    await asked(town, "check")
    form = await shown(town, "Text")
    delivery = town.server.submit(form["id"], {"value": " \n "})
    assert await delivery.finished()
    assert delivery.answer == {
        "response_action": "errors",
        "errors": {"text": "Please fill this in."},
    }
    assert await town.server.submit(form["id"], {"value": "Acme Cam, they say"}).finished()
    await shown(town, "1 mention found")


async def test_a_name_that_is_also_a_command_can_be_looked_up_by_the_form(town: Town) -> None:
    await asked(town, "")
    form = await shown(town, "Name")
    assert await town.server.submit(form["id"], {"value": "list"}).finished()
    await shown(town, "No watched vendor is called “list”.")


async def test_where_no_form_opens_the_answer_says_what_is_missing(town: Town) -> None:
    town.server.fault("views.open", "error", error="expired_trigger_id")
    await asked(town, "check")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    assert "That needs a text" in town.server.ephemerals(town.anna)[0]["text"]


async def test_a_button_in_a_window_answers_in_a_window_on_top(town: Town) -> None:
    await asked(town, "record road runer")
    below = await shown(town, "Did you mean")
    town.server.click(town.anna, below["id"], label="Road Runner")
    above = await shown(town, "Road Runner", count=2)
    assert above["previous_view_id"] == below["id"]


async def test_the_windows_are_never_deeper_than_slack_lets_them_be(town: Town) -> None:
    town.server.fault("views.push", "error", error="push_limit_reached")
    await asked(town, "record road runer")
    below = await shown(town, "Did you mean")
    town.server.click(town.anna, below["id"], label="Road Runner")
    assert (await shown(town, ": full record"))["id"] == below["id"]


async def test_a_long_answer_to_a_mention_leads_to_a_window(city: Town) -> None:
    city.server.say(city.hall, city.anna, f"<@{city.server.bot_user}> record hikvision")
    await city.server.until(lambda: city.server.ephemerals(city.anna), within=10)
    (told,) = city.server.ephemerals(city.anna)
    city.server.click(city.anna, city.hall, told["ts"], label="Open all of it")
    await shown(city, "Page 1 of ")


async def test_an_error_in_a_record_is_reported_by_a_form_under_the_card(town: Town) -> None:
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.posts(1)
    (card,) = town.server.posted(town.hall)
    town.server.click(town.anna, town.hall, card["ts"], label="Report an error")
    form = await shown(town, "Vendor: acme-cam")
    assert [each["block_id"] for each in form["blocks"] if each["type"] == "input"] == [
        "correction"
    ]
    assert await town.server.submit(form["id"], {"value": 'It is "Acme Cam Ltd", not'}).finished()
    await shown(town, "receives reports")


async def test_a_card_that_only_its_asker_sees_is_shared_in_its_place(town: Town) -> None:
    await asked(town, "acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (card,) = town.server.ephemerals(town.anna)
    town.server.click(town.anna, town.hall, card["ts"], label="Share here")
    assert (await town.posts(1))[0].startswith("Acme Cam: ")
    await town.server.until(lambda: not town.server.ephemerals(town.anna), within=10)
