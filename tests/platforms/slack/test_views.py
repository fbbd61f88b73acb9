"""Views within Slack's limits whatever stands in them, and good to hear read out."""

import json
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View as SlackView

from bot.core.cards import Desk
from bot.core.commands import Block, CommandTable, Rest
from bot.core.dates import PartialDate
from bot.core.document import Document
from bot.core.editing.partforms import part_fields
from bot.core.editing.parts import PARTS, Ground, PartWord, items_of
from bot.core.editing.tree import tree_of
from bot.core.forms import Field, FieldKind, Form, Option
from bot.core.mention import Channel
from bot.core.record import record
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.platforms.slack.forms import lacking
from bot.platforms.slack.told import Begun
from bot.platforms.slack.where import Place, Window
from bot.platforms.slack.windows import View, answer, asking, form, home, title_of, waiting
from tests.platforms.hostile import documents, readable_documents, texts, thoroughly, words_of
from tests.slackserver.blocks import MOST_VIEW_BYTES, check_view

PLACE = Place(Channel("slack", "C012AB"), "1712345678.000100", "1712345678.000100")
TODAY = date(2026, 11, 22)


def sound(view: View) -> View:
    """Give a view that Slack would take."""
    assert check_view(dict(view)) == []
    assert len(json.dumps(view)) <= MOST_VIEW_BYTES
    parsed = SlackView(**json.loads(json.dumps(view))).to_dict()
    assert parsed["blocks"] == view["blocks"]
    assert len(str(view.get("private_metadata", ""))) <= 3000
    return view


@thoroughly
@given(documents(400), st.integers(-1, 99), texts(), st.booleans())
def test_no_answer_breaks_a_rule_of_slacks(
    document: Document, page: int, title: str, long: bool
) -> None:
    window = Window("V1", page, "vendor record argus" if long else "", title_of([title]))
    sound(answer(document, window, PLACE))
    sound(home(document))


@thoroughly
@given(readable_documents())
def test_every_word_of_an_answer_is_in_the_window_and_in_the_home_tab(document: Document) -> None:
    for view in (answer(document, Window("V1"), PLACE), home(document)):
        shown = json.dumps(view)
        assert all(word in shown for word in words_of(document))


@thoroughly
@given(texts(400), texts(400))
def test_no_form_breaks_a_rule_of_slacks(word: str, help_: str) -> None:
    table = CommandTable()

    async def report(_context: object, vendor: str, what_is_wrong: Rest) -> Document:
        raise AssertionError((vendor, what_is_wrong))

    report.__doc__ = f"Say {help_}"
    table.command("vendor report")(report)
    found = lacking(table, f'vendor report "{word}"')
    for line in ("vendor report", f"vendor report {word}"):
        found = lacking(table, line)
        if found is not None:
            drawn = form(found.command, found.missing, found.begun, PLACE)
            assert drawn is None or sound(drawn)


def test_a_form_has_a_field_for_each_thing_that_is_missing_and_says_what_is_known() -> None:
    table = CommandTable()

    @table.command("vendor report")
    async def report(_context: object, vendor: str, what_is_wrong: Rest) -> Document:
        """Say that a record is wrong."""
        raise AssertionError((vendor, what_is_wrong))

    found = lacking(table, "vendor report hikvision")
    assert found is not None
    view = form(found.command, found.missing, found.begun, PLACE)
    assert view is not None
    sound(view)
    shown = list(strings(view["blocks"]))
    assert {"Say that a record is wrong.", "Vendor: hikvision", "What is wrong"} <= set(shown)
    assert [each["block_id"] for each in inputs(view)] == ["what_is_wrong"]
    assert view["title"] == {"type": "plain_text", "text": "Vendor report", "emoji": False}


class Status(StrEnum):
    """How a measure is."""

    IN_FORCE = "in_force"
    REMOVED = "removed"


def test_each_kind_of_thing_that_is_missing_has_its_own_input() -> None:
    table = CommandTable()

    @table.command("watchlist measure end")
    async def end(
        _context: object, vendor: Vendor, status: Status, since: PartialDate, record: Block
    ) -> Document:
        """End a measure."""
        raise AssertionError((vendor, status, since, record))

    found = lacking(table, "watchlist measure end")
    assert found is not None
    view = form(found.command, found.missing, found.begun, PLACE)
    assert view is not None
    sound(view)
    drawn = {str(each["block_id"]): each for each in inputs(view)}
    elements = {name: json.loads(json.dumps(each["element"])) for name, each in drawn.items()}
    assert [each["value"] for each in elements["status"]["options"]] == ["in_force", "removed"]
    assert elements["status"]["options"][0]["text"]["text"] == "in force"
    assert elements["since"]["placeholder"]["text"] == "2019-10-09"
    assert "2019-10" in json.dumps(drawn["since"]["hint"])
    multiline = {name: each.get("multiline") for name, each in elements.items()}
    assert multiline == {"vendor": False, "status": None, "since": False, "record": True}


def test_what_is_too_long_to_keep_is_not_asked_for_by_a_form() -> None:
    table = CommandTable()

    @table.command("vendor report")
    async def report(_context: object, vendor: str, reason: Rest) -> Document:
        """Say that a record is wrong."""
        raise AssertionError((vendor, reason))

    found = lacking(table, f"vendor report {'x' * 3000}")
    assert found is not None
    assert form(found.command, found.missing, found.begun, PLACE) is None


def test_a_title_is_cut_to_what_slack_takes() -> None:
    assert title_of(("vendor", "record")) == "Vendor record"
    assert title_of(("watchlist", "proposals", "outstanding")) == "Watchlist proposals out…"
    assert title_of(()) == "VendorWatch"
    sound(waiting(title_of(("x" * 30,)), PLACE))


def test_pages_say_which_they_are_and_where_they_lead_and_no_word_is_lost_between_them(
    shipped: Watchlist,
) -> None:
    document, line = hikvision(shipped), "vendor record hikvision"
    first = answer(document, Window("V1", 1, line), PLACE)
    count = int(next(each for each in strings(first) if each.startswith("Page 1 of ")).split()[-1])
    assert count > 2
    views = [
        sound(answer(document, Window("V1", page, line), PLACE)) for page in range(1, count + 1)
    ]
    for page, view in enumerate(views, 1):
        told = set(strings(view))
        assert f"Page {page} of {count}" in told
        assert (f"Next page, {page + 1} of {count}" in told) == (page < count)
        assert (f"Previous page, {page - 1} of {count}" in told) == (page > 1)
    shown = json.dumps(views)
    assert all(json.dumps(word)[1:-1] in shown for word in words_of(document))
    assert "shortened" not in shown
    # A record that has become shorter meanwhile: its last page.
    assert answer(document, Window("V1", 99, line), PLACE) == views[-1]


def hikvision(watchlist: Watchlist) -> Document:
    return record(watchlist.get("hikvision"), Desk(watchlist.programs, TODAY))


def inputs(view: View) -> list[dict[str, object]]:
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    return [dict(each) for each in blocks if isinstance(each, dict) and each["type"] == "input"]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


@pytest.mark.parametrize("word", PartWord)
def test_the_forms_of_a_long_record_keep_to_slacks_limits(
    shipped: Watchlist, word: PartWord
) -> None:
    part = PARTS[word]
    tree = tree_of(shipped.get("hikvision"))
    ground = Ground("hikvision", "Hikvision", tree, shipped.programs, TODAY)
    begun = Begun(("watchlist", part.word, "edit"), {"vendor": "hikvision"}, own=True, seen=3)
    longest = max(items_of(tree, part).values(), key=lambda each: len(str(each)), default=None)
    for item in (None, longest):
        fields = part_fields(ground, part, item)
        view = asking(Form("Edit", fields, "entry"), begun, PLACE)
        assert view is not None
        drawn = {str(each["block_id"]): each for each in inputs(sound(view))}
        assert set(drawn) == {each.name for each in fields}


def test_what_is_too_long_for_an_input_is_left_as_it_is_and_said() -> None:
    fields = (Field("text", "Text", value="x" * 3_001), Field("by", "By", value="x" * 3_000))
    view = asking(Form("Edit", fields, "entry"), Begun(("a",), {}, own=True), PLACE)
    assert view is not None
    assert [each["block_id"] for each in inputs(sound(view))] == ["by"]
    assert any("too long for a form" in each for each in strings(view))
    assert asking(Form("Edit", fields), Begun(("a",), {"vendor": "x" * 3_000}), PLACE) is None


def test_a_choice_can_be_taken_back_unless_it_is_needed() -> None:
    options = tuple(Option(each) for each in ("in_force", "removed"))
    fields = tuple(
        Field(name, name, FieldKind.CHOICE, options, required, "removed")
        for name, required in (("status", True), ("stage", False))
    )
    view = asking(Form("Edit", fields, "entry"), Begun(("a",), {}, own=True), PLACE)
    assert view is not None
    needed, free = inputs(sound(view))
    assert '"-"' not in json.dumps(needed)
    assert '"-"' in json.dumps(free)
