"""A form is another way to type: what is filled in becomes words that read as exactly that."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.editing.tree import Fault
from bot.core.forms import Field, FieldKind, Form, Option, arguments, placed, wrong
from bot.core.line import evened, fields_of, first_word, plain_line
from tests.platforms.hostile import texts, thoroughly

KINDS = (Option("export_control"), Option("asset_freeze", "Asset freeze"))
FORM = Form(
    "Add a measure",
    (
        Field("kind", "Kind", FieldKind.CHOICE, KINDS, required=True),
        Field("title", "Title", required=True, value="Old title"),
        Field("since", "Since", FieldKind.DATE, required=True),
        Field("answers", "Answers", FieldKind.CHOICES, (Option("a"), Option("b"))),
        Field("source.publisher", "Publisher", required=True, part_of="source"),
        Field("source.url", "Address", FieldKind.ADDRESS, part_of="source"),
        Field("note", "Note", FieldKind.TEXT),
    ),
    "entry",
    "trade-list",
)
TRICKY = st.sampled_from(('a "b" c', "it's", "\\", '"', "“both”", "none", "a=b", "x;y", "-", "= "))
VALUES = st.one_of(texts(), TRICKY, st.text(alphabet="ab \"'\\“=,;\n-", max_size=8))


def read(text: str) -> tuple[list[str], list[tuple[str, str, bool]]]:
    """Read fields as a command does: the words before them, and each key with its value."""
    lead, pairs, at = list[str](), list[tuple[str, str, bool]](), 0
    while (word := first_word(text, at)) is not None:
        key, equals, _ = text[word.start : word.end].partition("=")
        if not equals:
            lead.append(word.text)
            at = word.end
            continue
        value = first_word(text, word.start + len(key) + 1)
        assert value is not None
        pairs.append((key, value.text, value.quoted))
        at = value.end
    return lead, pairs


@thoroughly
@given(VALUES, VALUES, VALUES)
@example("none", "None", "NONE")
@example("", "a, b", 'a="b" c=d')
def test_fields_read_as_exactly_what_was_filled_in(title: str, publisher: str, note: str) -> None:
    values = {"title": title, "source.publisher": publisher, "source.url": "", "note": note}
    made = arguments(FORM, values, {"title": "Old title"}, seen=12)
    plain = {key: plain_line(value) for key, value in values.items()}
    wanted = [("source", plain["source.publisher"]), ("note", plain["note"])]
    wanted = [(key, value) for key, value in wanted if value]
    if plain["title"] != "Old title":
        wanted.insert(0, ("title", plain["title"] or "none"))
    if not wanted:
        assert made is None
        return
    assert made is not None
    line = evened(made["entry"])
    assert fields_of(line, 0) == line
    lead, pairs = read(line)
    assert lead == ["trade-list"]
    assert [(key, value) for key, value, _ in pairs] == [*wanted, ("seen", "12")]
    # The word none takes a field away, so it is no value unless it stands in marks.
    emptied = [key for key, value, quoted in pairs if value.casefold() == "none" and not quoted]
    assert emptied == ([] if plain["title"] else ["title"])


def test_a_form_without_keys_gives_the_parameters_themselves() -> None:
    form = Form("Watch a vendor", (Field("name", "Name", required=True),))
    assert arguments(form, {"name": " Acme\nCam "}, {}) == {"name": "Acme Cam"}
    assert arguments(form, {"name": " "}, {}) is None


def test_what_was_there_already_and_is_left_is_not_said_again() -> None:
    shown = {"title": "A “title”", "note": "x\ny"}
    assert arguments(FORM, {"title": 'A "title" ', "note": "x y"}, shown) is None
    assert arguments(FORM, {"title": "Old title"}, {}) is None


def test_what_is_plainly_wrong_is_told_at_its_field() -> None:
    right = {"kind": "asset_freeze", "title": "T", "since": "2019~", "answers": "a, b", "note": ""}
    assert wrong(FORM, right) == {}
    assert wrong(FORM, right | {"since": "today"}) == {}
    assert wrong(FORM, right | {"since": "2019‑10"}) == {}
    assert wrong(FORM, right | {"kind": "", "title": " \n"}) == {
        "kind": "Please fill this in.",
        "title": "Please fill this in.",
    }
    assert "'2019-13' is no date" in wrong(FORM, right | {"since": "2019-13"})["since"]
    assert "“c”" in wrong(FORM, right | {"answers": "a, c"})["answers"]
    assert "“sanctions”" in wrong(FORM, right | {"kind": "sanctions"})["kind"]


def test_the_parts_of_a_value_are_needed_together_or_not_at_all() -> None:
    assert wrong(FORM, {"source.publisher": "", "source.url": ""}) == {}
    told = wrong(FORM, {"source.publisher": "", "source.url": "https://ipvm.com/a"})
    assert told == {"source.publisher": "Please fill this in."}
    assert set(wrong(FORM, {"source.publisher": "A; B", "source.url": "ipvm"})) == {
        "source.publisher",
        "source.url",
    }


@pytest.mark.parametrize(
    ("path", "message", "told"),
    [
        (("measures", "x", "since"), "too late", {"since": "too late."}),
        (("sources", "k", "url"), "no address", {"source.url": "no address."}),
        ((), "Write since=2019", {"since": "Write since=2019."}),
        ((), 'Type `source="a"`', {"source.publisher": 'Type `source="a"`'}),
        (("measures", "x"), "it needs 'note'", {"note": "it needs 'note'."}),
        (("names", "Y"), "why?", {"kind": "name Y: why?"}),
        ((), "No.", {"kind": "No."}),
    ],
)
def test_a_fault_is_told_at_the_field_that_it_is_about(
    path: tuple[str, ...], message: str, told: dict[str, str]
) -> None:
    fields = tuple(
        replace(each, leads=("sources", each.name.split(".")[1])) if each.part_of else each
        for each in FORM.fields
    )
    form, names = replace(FORM, fields=fields), [each.name for each in fields]
    assert placed(form, [Fault(path, message)], names) == told
    assert placed(form, [], names) == {}
    # A field that is not shown cannot say anything.
    assert set(placed(form, [Fault(path, message)], ["answers"])) == {"answers"}
