"""Forms for the parts of a record: complete, as the record stands, and read back as typed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.setting import RECORD
from bot.core.editing.fieldwords import typed
from bot.core.editing.partforms import part_fields, record_fields
from bot.core.editing.parts import ALLEGATION, MEASURE, PARTS, RESPONSE, Ground, PartWord, items_of
from bot.core.editing.tree import tree_of, vendor_of
from bot.core.editing.writing import added, changed
from bot.core.forms import FieldKind, Form, arguments, wrong
from bot.core.line import evened, plain_line, written
from bot.core.watchlist import Watchlist
from tests.build import full_vendor
from tests.platforms.hostile import texts, thoroughly

ACME = full_vendor()
GROUND = Ground(ACME.id, ACME.name, tree_of(ACME), {}, date(2026, 1, 2))


@pytest.mark.parametrize("word", PartWord)
def test_a_form_shows_every_item_as_it_stands_and_finds_it_right(
    shipped: Watchlist, word: PartWord
) -> None:
    part = PARTS[word]
    for vendor in shipped.vendors.values():
        ground = Ground(vendor.id, vendor.name, tree_of(vendor), shipped.programs, GROUND.today)
        for item in items_of(ground.tree, part).values():
            form = Form("Edit", part_fields(ground, part, item), "entry")
            values = {each.name: each.value for each in form.fields}
            assert wrong(form, values) == {}
            assert arguments(form, values, {}) is None


@thoroughly
@given(texts().filter(plain_line), st.sampled_from(("stayed", "vacated")))
def test_what_a_form_changes_is_what_the_record_says_afterwards(text: str, status: str) -> None:
    item = items_of(GROUND.tree, MEASURE)["trade-list"]
    form = Form("Edit", part_fields(GROUND, MEASURE, item), "entry", written("trade-list"))
    values = {"title": text, "status": status, "since": "2020-02", "binds": ""}
    assert wrong(form, values) == {}
    made = arguments(form, values, {}, seen=7)
    assert made is not None
    line = typed(evened(made["entry"]), MEASURE.specs, "a measure")
    assert (line.words, line.seen) == ("trade-list", 7)
    after = items_of(changed(GROUND, MEASURE, "trade-list", line).tree, MEASURE)["trade-list"]
    wanted = item | {"title": plain_line(text), "status": status, "since": "2020-02"}
    assert after == {key: value for key, value in wanted.items() if key != "binds"}


def test_a_form_that_asks_for_nothing_more_is_enough_for_a_new_item() -> None:
    for part, values in (
        (MEASURE, {"title": "L", "authority": "Z", "kind": "inquiry", "since": "2020"}),
        (ALLEGATION, {"by": "Shopper", "date": "2023", "text": "It said so."}),
        (RESPONSE, {"kind": "denial", "text": "It denies.", "answers": "tender, trade-list"}),
    ):
        form = Form("Add", part_fields(GROUND, part, None), "entry")
        needed = {each.name for each in form.fields if each.required and not each.part_of}
        assert needed <= values.keys()
        source = {"source.publisher": "Shopper, Inc", "source.tier": "press", "source.date": "2023"}
        made = arguments(form, values | source, {})
        assert made is not None
        line = typed(evened(made["entry"]), part.specs, part.a)
        record = vendor_of(added(GROUND, part, line).tree)
        assert record.sources["shopper-inc-2023"].publisher == "Shopper, Inc"


def test_the_menus_hold_what_the_record_has() -> None:
    fields = {each.name: each for each in part_fields(GROUND, RESPONSE, None)}
    answers = fields["answers"]
    assert answers.kind is FieldKind.CHOICES
    assert {each.value for each in answers.options} == {"tender", "trade-list", "appeal"}
    assert [each.value for each in fields["sources"].options] == ["own-site"]
    assert fields["source.publisher"].part_of == "source"


def test_the_fields_of_a_record_are_shown_as_they_stand() -> None:
    fields = {each.name: each.value for each in record_fields(GROUND, RECORD)}
    assert fields["makes"] == "Surveillance cameras"
    assert fields["tags"] == "cameras"
    assert fields["makes.sources"] == "own-site"
    assert "id" not in fields
