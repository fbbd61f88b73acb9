"""The watchlist is edited by forms: what is wrong is said at its field, what is right is done."""

import asyncio
from datetime import timedelta

import pytest

from tests.platforms.slack.test_windows import asked, shown
from tests.platforms.slack.town import Town, json_of
from tests.slackserver.state import Json

MEASURE = {
    "kind": "export_control",
    "title": "Farland List",
    "authority": "Farland Ministry",
    "since": "2020-02-03",
    "source.publisher": "Farland Gazette",
    "source.date": "2020-02",
    "source.tier": "official",
    "source.url": "https://gazette.example/list",
}


@pytest.fixture
def curator(town: Town) -> Town:
    """Give a town in which Anna is an admin of the workspace."""
    town.server.state.users[town.anna].admin = True
    return town


async def form_of(town: Town, text: str, words: str) -> Json:
    """Ask for a form; give it."""
    assert await town.server.slash(town.anna, town.hall, "/watchlist", text).finished()
    return await shown(town, words)


async def errors(town: Town, form: Json, **values: object) -> Json:
    """Send a form that is wrong; give what is said at its fields."""
    delivery = town.server.submit(form["id"], values)
    assert await delivery.finished()
    assert delivery.answer is not None
    assert delivery.answer["response_action"] == "errors"
    fields = {each["block_id"] for each in form["blocks"] if each["type"] == "input"}
    told: Json = delivery.answer["errors"]
    assert set(told) <= fields
    return told


async def sent(town: Town, form: Json, values: Json, words: str) -> None:
    """Send a form that is right; wait for its answer in the window."""
    delivery = town.server.submit(form["id"], values)
    assert await delivery.finished()
    assert "One moment" in json_of(delivery.answer), delivery.answer
    await shown(town, words)


async def revisions(town: Town) -> int:
    return len(await town.app.store.revisions.log("default", None, 50, None))


async def test_a_vendor_is_added_by_a_form(curator: Town) -> None:
    form = await form_of(curator, "add", "Name")
    assert form["title"]["text"] == "Watch a vendor"
    told = await errors(curator, form, name="Acme Cam")
    assert "Acme Cam is watched already" in told["name"]
    await sent(curator, form, {"name": "Gizmo Eye"}, "Gizmo Eye is watched.")


async def test_a_measure_is_added_by_a_form_once_its_fields_are_right(curator: Town) -> None:
    form = await form_of(curator, "measure add acme-cam", "A new measure of Acme Cam")
    told = await errors(curator, form, **MEASURE | {"since": "3 Feb 2020"})
    assert told == {"since": told["since"]}
    assert "'3 Feb 2020' is no date" in told["since"]
    told = await errors(curator, form, **MEASURE | {"kind": None, "source.tier": None})
    assert told == dict.fromkeys(("kind", "source.tier"), "Please fill this in.")
    told = await errors(curator, form, **MEASURE | {"authority": ""})
    assert told == {"authority": "Please fill this in."}
    assert await revisions(curator) == 0
    await sent(curator, form, MEASURE, "is recorded. (revision 1)")
    await asked(curator, "record acme-cam")
    await shown(curator, "Farland List")


async def test_what_the_standard_refuses_is_told_at_its_field(curator: Town) -> None:
    form = await form_of(curator, "measure edit acme-cam trade-list", "The measure trade-list")
    told = await errors(curator, form, status="removed", title="x" * 2_001)
    assert set(told) == {"title"}
    told = await errors(curator, form, status="removed")
    assert told == {"ended_on": "a measure that is removed needs 'ended_on'."}
    assert await revisions(curator) == 0


async def test_only_what_was_changed_in_a_form_is_changed(curator: Town) -> None:
    form = await form_of(curator, "measure edit acme-cam trade-list", "The measure trade-list")
    stands = {
        each["block_id"]: each["element"].get("initial_value")
        for each in form["blocks"]
        if each["type"] == "input"
    }
    assert (stands["title"], stands["since"]) == ("Zedland Trade List", "2019-10-09")
    told = await errors(curator, form)
    assert [*told.values()] == ["Nothing is filled in or changed yet."]
    await sent(curator, form, {"binds": ""}, "is changed. (revision 1)")
    (made,) = await curator.app.store.revisions.log("default", None, 50, None)
    assert [each.path for each in made.changes] == [("measures", "trade-list", "binds")]
    assert made.changes[0].new is None


async def test_a_form_asks_first_which_vendor_and_which_measure(curator: Town) -> None:
    form = await form_of(curator, "measure edit", "Vendor")
    assert await curator.server.submit(form["id"], {"vendor": "Acme Cam"}).finished()
    form = await shown(curator, "Which measure")
    assert await curator.server.submit(form["id"], {"entry_and_change": "trade-list"}).finished()
    form = await shown(curator, "The measure trade-list of Acme Cam")
    await sent(curator, form, {"status": "stayed"}, "is changed. (revision 1)")


async def test_a_misspelt_vendor_leads_to_the_form_by_a_button(curator: Town) -> None:
    await curator.server.slash(
        curator.anna, curator.hall, "/watchlist", "measure add road runer"
    ).finished()
    await curator.server.until(lambda: curator.server.ephemerals(curator.anna), within=10)
    (told,) = curator.server.ephemerals(curator.anna)
    curator.server.click(curator.anna, curator.hall, told["ts"], label="Road Runner")
    await shown(curator, "A new measure of Road Runner")


async def test_an_edit_that_crosses_anothers_is_refused_in_the_form_once(
    curator: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is what the form showed that counts, not how long ago that was.
    monkeypatch.setattr("bot.editing.JUST_NOW", timedelta(0))
    ben = curator.server.add_user("ben", admin=True)
    form = await form_of(curator, "measure edit acme-cam trade-list", "The measure trade-list")
    line = "measure edit acme-cam trade-list status=stayed limits=none"
    assert await curator.server.slash(ben, curator.hall, "/watchlist", line).finished()
    await curator.server.until(lambda: curator.server.ephemerals(ben), within=10)
    told = await errors(curator, form, status="vacated", ended_on="2025-01-02")
    assert set(told) == {"status"}
    assert "it is stayed now" in told["status"]
    assert await revisions(curator) == 1
    values = {"status": "vacated", "ended_on": "2025-01-02"}
    await sent(curator, form, values, "is changed. (revision 2)")
    made, _ = await curator.app.store.revisions.log("default", None, 50, None)
    # What Ben changed and Anna left as it was in her form is not in it.
    assert {each.path[-1] for each in made.changes} == {"status", "ended_on"}


async def test_a_form_that_is_sent_twice_edits_once(curator: Town) -> None:
    form = await form_of(curator, "measure add acme-cam", "A new measure of Acme Cam")
    twice = [curator.server.submit(form["id"], MEASURE) for _ in range(2)]
    assert all(await asyncio.gather(*(each.finished() for each in twice)))
    await shown(curator, "is recorded. (revision 1)")
    await curator.app.settle(5)
    assert await revisions(curator) == 1


async def test_a_reader_gets_no_form_but_is_told_who_may(town: Town) -> None:
    line = "measure add acme-cam"
    assert await town.server.slash(town.anna, town.hall, "/watchlist", line).finished()
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (told,) = town.server.ephemerals(town.anna)
    assert "Only curators and admins may use watchlist measure add" in told["text"]
    assert town.server.modals_of(town.anna) == []


async def test_who_is_no_curator_any_more_is_refused_in_the_form(town: Town) -> None:
    boss = town.server.add_user("boss", admin=True)

    async def decides(line: str, count: int) -> None:
        assert await town.server.slash(boss, town.hall, "/vendor", line).finished()
        await town.server.until(lambda: len(town.server.ephemerals(boss)) == count, within=10)

    await decides("appoint @anna curator", 1)
    form = await form_of(town, "measure add acme-cam", "A new measure of Acme Cam")
    await decides("dismiss @anna", 2)
    told = await errors(town, form, **MEASURE)
    assert "Only curators and admins" in json_of(told)
    assert await revisions(town) == 0


async def test_where_no_window_opens_the_answer_says_what_to_type(curator: Town) -> None:
    curator.server.fault("views.open", "error", error="expired_trigger_id", times=2)
    line = "measure add acme-cam"
    assert await curator.server.slash(curator.anna, curator.hall, "/watchlist", line).finished()
    await curator.server.until(lambda: curator.server.ephemerals(curator.anna), within=10)
    assert "That needs an entry" in curator.server.ephemerals(curator.anna)[0]["text"]


async def test_a_record_leads_a_curator_to_the_form_of_each_part(curator: Town) -> None:
    await asked(curator, "record acme-cam")
    record = await shown(curator, ": full record")
    curator.server.click(curator.anna, record["id"], label="Edit")
    listed = await shown(curator, "The record of Acme Cam", count=2)
    curator.server.click(curator.anna, listed["id"], label="Edit a measure")
    which = await shown(curator, "Which measure", count=3)
    assert await curator.server.submit(which["id"], {"entry_and_change": "trade-list"}).finished()
    form = await shown(curator, "The measure trade-list of Acme Cam", count=3)
    assert await curator.server.submit(form["id"], {"binds": "everybody"}).finished()
    await shown(curator, "is changed. (revision 1)", count=3)


async def test_each_item_of_a_part_has_a_button_of_its_own(curator: Town) -> None:
    assert await curator.server.slash(
        curator.anna, curator.hall, "/watchlist", "show acme-cam allegation"
    ).finished()
    listed = await shown(curator, "tender")
    curator.server.click(curator.anna, listed["id"], label="Edit tender")
    form = await shown(curator, "The allegation tender of Acme Cam", count=2)
    assert form["title"]["text"] == "Edit an allegation"


async def test_a_curator_adds_a_vendor_from_the_home_tab(curator: Town) -> None:
    curator.server.open_home(curator.anna)
    await curator.server.until(lambda: curator.server.home_of(curator.anna), within=10)
    home = curator.server.home_of(curator.anna)
    assert home is not None
    curator.server.click(curator.anna, home["id"], label="Add a vendor")
    form = await shown(curator, "Name")
    await sent(curator, form, {"name": "Gizmo Eye"}, "Gizmo Eye is watched.")


async def test_a_reader_sees_no_button_that_edits(town: Town) -> None:
    town.server.open_home(town.anna)
    await town.server.until(lambda: town.server.home_of(town.anna), within=10)
    assert "Add a vendor" not in json_of(town.server.home_of(town.anna))
    await asked(town, "record acme-cam")
    record = await shown(town, ": full record")
    assert "watchlist show" not in json_of(record)
