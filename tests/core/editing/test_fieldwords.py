"""Fields as people type them are read as they meant them, or refused with what to type."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.editing.fieldwords import FieldWords, specs_of, typed, written
from bot.core.editing.parts import PARTS
from bot.core.editing.tree import Tree
from bot.core.line import evened, fields_of, in_marks
from bot.core.vendor import Allegation, Measure, Vendor
from bot.errors import UsageError

TODAY = date(2024, 4, 1)
MEASURE = specs_of(Measure)
ALLEGATION = specs_of(Allegation)


def read(line: str) -> FieldWords:
    return typed(fields_of(evened(line), 0), MEASURE, "a measure")


def values(line: str) -> dict[str, str]:
    return {key: given.text for key, given in read(line).fields}


def item(line: str, old: Tree | None = None, *, of: type = Measure) -> Tree:
    specs = specs_of(of)
    fields = typed(fields_of(evened(line), 0), specs, "that").fields
    return written(old or {}, fields, specs, TODAY)


def refused(line: str, *, of: type = Measure) -> str:
    with pytest.raises(UsageError) as caught:
        item(line, of=of)
    return str(caught.value)


def test_words_before_the_first_key_come_first() -> None:
    line = read('US Entity List kind=export_control since=2019 title="A, b"')
    assert line.words == "US Entity List"
    assert [key for key, _ in line.fields] == ["kind", "since", "title"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('title="US Entity List"', "US Entity List"),
        ("title=“US Entity List”", "US Entity List"),
        ("title='US Entity List'", "US Entity List"),
        ("title=US Entity List", "US Entity List"),
        ("title= US Entity List", "US Entity List"),
        ('title="He said \\"no\\""', 'He said "no"'),
        ('title=He said "no" twice', 'He said "no" twice'),
        ("title=it's so", "it's so"),
        ('title="a kind=b"', "a kind=b"),
        ("TITLE=x", "x"),
    ],
)
def test_a_value_is_read_as_it_was_meant(line: str, text: str) -> None:
    assert values(line) == {"title": text}


def test_a_value_without_marks_ends_at_the_next_key() -> None:
    assert values("title=US Entity List since=2019 binds=all who export") == {
        "title": "US Entity List",
        "since": "2019",
        "binds": "all who export",
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("kidn=x", "'kidn' is no field of a measure; did you mean 'kind'?"),
        ("title=we saw a=b there", 'put all of that in quotation marks: title="…"'),
        ("kind=x since=2019 kind=y", "kind= is given twice"),
        ("title=", "title=none takes it away"),
        ('title="not closed', "The quotation mark after title= is not closed"),
        ('title="closed" and more', "'and' comes after the quotation mark that ends title="),
    ],
)
def test_what_cannot_be_read_says_what_to_type(line: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(line)
    assert told in str(caught.value)


def test_only_sources_may_come_twice() -> None:
    line = read('source="A, press" source="B, press"')
    assert [given.text for _, given in line.fields] == ["A, press", "B, press"]


def test_lists_part_at_commas_and_where_those_are_inside_at_semicolons() -> None:
    assert item("sources=a,b; c") == {"sources": ["a", "b", "c"]}
    assert item('citations="84 FR 1, 2; 85 FR 3"') == {"citations": ["84 FR 1, 2", "85 FR 3"]}


def test_a_list_is_added_to_and_taken_from() -> None:
    old: Tree = {"citations": ["84 FR 1"]}
    assert item('citations+="85 FR 3"', old) == {"citations": ["84 FR 1", "85 FR 3"]}
    assert item('citations-="84 FR 1"', old) == {}
    assert "title is no list" in refused("title+=x")


def test_tags_come_and_go_line_by_line() -> None:
    assert item("tags+=cameras", {"tags": {"spying": "spying"}}, of=Vendor) == {
        "tags": {"spying": "spying", "cameras": "cameras"}
    }


def test_none_takes_a_field_away_and_in_marks_is_a_word() -> None:
    assert item("binds=none", {"binds": "x"}) == {}
    assert item('binds="none"', {"binds": "x"}) == {"binds": "none"}


def test_what_holds_a_text_is_that_text_and_goes_as_a_whole() -> None:
    made = item('no_response="did not answer" no_response.asked_on=2023-10', of=Allegation)
    assert made == {"no_response": {"text": "did not answer", "asked_on": "2023-10"}}
    assert item("no_response=none", made, of=Allegation) == {}
    assert item("no-response.asked-on=none", made, of=Allegation) == {
        "no_response": {"text": "did not answer"}
    }


def test_choices_and_dates_are_read_as_people_write_them() -> None:
    assert item('kind="Export control" status=in-force since=today effective_on=2019–10–09') == {
        "kind": "export_control",
        "status": "in_force",
        "since": "2024-04-01",
        "effective_on": "2019-10-09",
    }


def test_every_field_of_the_model_can_be_typed() -> None:
    for part in PARTS.values():
        missing = set(part.model.model_fields) - {key.partition(".")[0] for key in part.specs}
        assert missing == set(), part.word


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes of it than fields, or a line that says what to type."""
    for specs in (MEASURE, ALLEGATION):
        with suppress(UsageError):
            line = typed(fields_of(evened(text), 0), specs, "that")
            assert len(line.lead) + len(line.fields) > 0 or not text.split()
            written({}, line.fields, specs, TODAY)


_VALUES = st.text("ab='\"\\ ", min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


@given(st.dictionaries(st.sampled_from(["title", "binds", "effect", "note"]), _VALUES))
def test_what_is_written_in_marks_is_read_back(fields: dict[str, str]) -> None:
    """Whatever stands in it: other keys, quotation marks, backslashes."""
    assert values(" ".join(f"{key}={in_marks(text)}" for key, text in fields.items())) == fields
