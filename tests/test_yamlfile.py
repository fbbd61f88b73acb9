import contextlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from bot import yamlfile
from bot.config import Config
from bot.core.dates import WhenField
from bot.core.plainwords import SHAPES
from bot.core.vendor import Line, Programs, Slug, Vendor, WebAddress
from bot.errors import InvalidFileError
from bot.yamlfile import Loaded, parse, read, validate


class Hat(StrEnum):
    """A choice."""

    BOWLER = "bowler"
    TOP_HAT = "top_hat"
    BERET = "beret"


class Strict(BaseModel):
    """Refuses unknown keys, as every model of the bot does."""

    model_config = ConfigDict(extra="forbid")


class Pocket(Strict):
    """A mapping inside another."""

    holds: Line
    size: int = 1


class Coat(Strict):
    """A small model with something of every kind."""

    schema_: Literal["coat/1"] = Field("coat/1", alias="schema")
    id: Slug = "acme-coat"
    title: Line
    hat: Hat | None = None
    made: WhenField | None = None
    url: WebAddress | None = None
    warm: bool = False
    tags: tuple[Line, ...] = Field(("plain",), min_length=1)
    pockets: tuple[Pocket, ...] = ()
    shops: dict[Slug, Pocket] = {}


def data(text: str) -> yamlfile.Plain:
    return parse(text.encode(), "coat.yml").data


def said(text: str | bytes) -> str:
    """Read a file that is wrong; give its problems, one a line."""
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(InvalidFileError) as caught:
        validate(Coat, parse(content, "coat.yml"))
    return str(caught.value)


@pytest.mark.parametrize(
    "written",
    ["on", "off", "yes", "no", "NO", "true", "002415", "0x1F", "1e3", "2019-10-09", "1:30", "NULL",
     ".inf", "=", "<<", "12_000", "'~'", "''"],
)  # fmt: skip
def test_a_value_stays_as_it_was_written(written: str) -> None:
    assert data(f"key: {written}") == {"key": written.strip("'")}
    assert data(f"{written}: value") == {written.strip("'"): "value"}


@pytest.mark.parametrize("written", ["", "~", "null", "null # comment"])
def test_an_empty_value_is_none(written: str) -> None:
    assert data(f"key: {written}") == {"key": None}


def test_lists_mappings_and_blocks_are_read_as_written() -> None:
    text = 'a:\n  - b: 海康\n    c: [d, "e"]\n  - >\n    one\n    two\n'
    assert data(text) == {"a": [{"b": "海康", "c": ["d", "e"]}, "one two\n"]}


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert parse(b"\xef\xbb\xbfkey: value", "x.yml").data == {"key": "value"}


def test_a_model_takes_types_from_text() -> None:
    text = (
        "schema: coat/1\ntitle: 007\nwarm: true\nmade: 2021\nhat: beret\n"
        "pockets: [{holds: no, size: 3}]"
    )
    coat = validate(Coat, parse(text.encode(), "coat.yml"))
    assert (coat.title, coat.warm, str(coat.made), coat.hat) == ("007", True, "2021", Hat.BERET)
    assert coat.pockets == (Pocket(holds="no", size=3),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: x\ntitel: y", "2:1: unknown key 'titel'; did you mean 'title'?"),
        ("title: x\nshcema: y", "2:1: unknown key 'shcema'; did you mean 'schema'?"),
        ("title: x\nschema_: coat/1", "2:1: unknown key 'schema_'; did you mean 'schema'?"),
        ("title: x\nzebra: y", "2:1: unknown key 'zebra'"),
        ("title: x\npockets:\n  - holds: y\n    sise: 1",
         "4:5: unknown key 'sise'; did you mean 'size'?"),
        ("title: x\nshops:\n  one: {holds: y, sise: 1}",
         "3:19: unknown key 'sise'; did you mean 'size'?"),
        ("# a coat\nwarm: true", "2:1: missing key 'title'"),
        ("title: x\npockets:\n  - size: 1", "3:5: missing key 'holds'"),
        ("title: x\nhat: bowlr",
         "2:6: 'bowlr' is not one of bowler, top_hat, beret; did you mean 'bowler'?"),
        ("title: x\nhat: fez", "2:6: 'fez' is not one of bowler, top_hat, beret"),
        ("schema: coat/2\ntitle: x", "1:9: 'coat/2' must be 'coat/1'"),
        ("title: x\nmade: 9 Oct 2019",
         "2:7: '9 Oct 2019' is no date; write 2019-10-09, 2019-10 or 2019, with ~ where inferred"),
        ("title: x\nmade: 2019-02-30",
         "2:7: '2019-02-30' is no date: day is out of range for month"),
        ("title: x\nid: Acme Coat", "2:5: 'Acme Coat' must be a lower-case slug such as acme-cam"),
        ("title: x\nshops:\n  Two Shops: {holds: y}",
         "3:3: 'Two Shops' must be a lower-case slug such as acme-cam"),
        ("title: x\nurl: ftp://x.example",
         "2:6: 'ftp://x.example' must be a web address starting with http:// or https://"),
        ("title: x\nwarm: very", "2:7: this must be true or false"),
        ("title: x\npockets: [{holds: y, size: big}]", "2:28: this must be a whole number"),
        ("title: ''", "1:8: there must be some text here"),
        ("title:", "1:7: there must be a value here"),
        ("title: [a, b]", "1:8: this must be text, not a list or keys and values"),
        ("title: " + "x" * 2001, "1:8: this is longer than 2000 characters"),
        ("title: x\ntags: []", "2:7: there must be at least one item here"),
        ("title: x\ntags: [a, null]", "2:11: there must be a value here"),
        ("title: x\ntags: a",
         "2:7: this must be a list: each item in a line of its own after '- '"),
        ("title: x\nshops: [a]",
         "2:8: this must be keys and values: each in a line of its own as 'key: value'"),
        ("title: x\npockets: [a]",
         "2:11: this must be keys and values: each in a line of its own as 'key: value'"),
        ("- title: x",
         "1:1: this must be keys and values: each in a line of its own as 'key: value'"),
        ("海康: x\ntitle: y", "1:1: unknown key '海康'"),
    ],
)  # fmt: skip
def test_what_a_model_refuses_is_said_with_its_place(text: str, problem: str) -> None:
    assert said(text) == f"coat.yml:{problem}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b: c", ":1:5: a second ': ' in one value; use quotes, or mend the indent"),
        ("a:\n\t- b", ":2:1: no value can start with this; use quotes, and spaces to indent"),
        ("a: @b", ":1:4: no value can start with this; use quotes, and spaces to indent"),
        ("b: c\na: 'x\n\n", ":2:4: this quote is never closed"),
        ("a: [x\nb: c", ":1:4: this [ is not closed, or a comma is missing in it"),
        ("a: {x: 1\nb: c", ":1:4: this { is not closed, or a comma is missing in it"),
        ("a: b\nbaz\nc: d", ":2:1: a key without ': ' after it"),
        ("a: 1\nb: 2\na: 3", ":3:1: the key 'a' is already used, in line 1"),
        ("a: 1\n? [b, c]\n: d", ":2:3: a key must be plain text"),
        ("~: x", ":1:1: a key must be plain text"),
        ("a: !!python/name:os.system x", ":1:4: tags (!x) are not used here"),
        ("a: 1\n---\nb: 2", ":2:1: a second document starts here; write one for each file"),
        ('a: "\\e[31m"', ":1:4: the control character U+001B has no place here"),
        ("a: b\nc: \x07", ":2:4: the control character U+0007 has no place here"),
        ("a: moc.\u202eelpmaxe", ":1:8: the control character U+202E has no place here"),
        (b"a: b\nc: \xff", ":2:4: this is not UTF-8 text"),
        ("a: b".encode("utf-16"), ":1:1: this is not UTF-8 text"),
        ("a: " + "[" * 50, ":1:36: nested too deeply"),
        ("a: [" + "x," * 50_001, ":1:99999: too many values in one file"),
        ("a: " + "x" * 2 * 1024 * 1024, ": the file is larger than 2 MiB"),
        ("", ": the file is empty"),
        ("# nothing yet\n", ": the file is empty"),
    ],
)  # fmt: skip
def test_what_is_no_plain_yaml_is_said_with_its_place(text: str | bytes, problem: str) -> None:
    assert said(text) == f"coat.yml{problem}"


def test_every_alias_is_refused_so_that_nothing_grows() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"
    places = [line.split(" ")[0] for line in said(bomb).splitlines()]
    assert places == [f"coat.yml:{place}:" for place in ("1:4", "2:4", "2:8", "2:12", "3:5", "3:9")]


def test_all_problems_of_a_file_are_said_at_once_in_order() -> None:
    assert said("titel: x\nhat: fez\npockets:\n  - {}\n  - holds: y\n    size: z") == (
        "coat.yml:1:1: unknown key 'titel'; did you mean 'title'?\n"
        "coat.yml:2:6: 'fez' is not one of bowler, top_hat, beret\n"
        "coat.yml:4:5: missing key 'holds'\n"
        "coat.yml:6:11: this must be a whole number"
    )


def test_a_misspelt_key_beside_the_right_one_does_not_hide_another_missing_key() -> None:
    problems = said("title: x\npockets: [{hold: y, size: 1}, {size: 2}]").splitlines()
    assert problems == [
        "coat.yml:2:12: unknown key 'hold'; did you mean 'holds'?",
        "coat.yml:2:31: missing key 'holds'",
    ]


def test_a_long_wrong_value_is_cut_in_the_message() -> None:
    assert said("title: x\nhat: " + "fez " * 100).startswith("coat.yml:2:6: 'fez fez ")
    assert len(said("title: x\nhat: " + "fez " * 100)) < 150


def test_a_file_is_called_as_the_user_called_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "coat.yml").write_text("titel: x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidFileError, match=r"^coat\.yml:1:1: "):
        validate(Coat, read(Path("coat.yml")))


def test_a_file_that_cannot_be_read_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidFileError) as missing:
        read(tmp_path / "no.yml")
    assert str(missing.value) == f"{tmp_path}/no.yml: there is no such file"
    with pytest.raises(InvalidFileError) as folder:
        read(tmp_path)
    assert str(folder.value) == f"{tmp_path}: this is a folder, not a file"
    with pytest.raises(InvalidFileError) as null:
        read(Path("a\0b"))
    assert str(null.value) == "a\0b: the file cannot be read: embedded null byte"
    with pytest.raises(InvalidFileError) as below:
        read(Path(__file__) / "coat.yml")
    assert str(below.value).endswith("coat.yml: the file cannot be read: Not a directory")


def test_a_file_without_permission_is_one_clear_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read every file, so the system's answer to everybody else is played here.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidFileError) as caught:
        read(tmp_path / "secret.yml")
    expected = f"{tmp_path / 'secret.yml'}: the file may not be read: permission denied"
    assert str(caught.value) == expected


def test_the_place_of_something_absent_is_that_of_what_is_around_it() -> None:
    loaded = parse(b"a:\n  - b: c", "x.yml")
    assert loaded.place(("a", 0, "b")) == yamlfile.Place("x.yml", 2, 8)
    assert loaded.place(("a", 0, "b"), of_key=True) == yamlfile.Place("x.yml", 2, 5)
    assert loaded.place(("a", 0, "z", 3)) == yamlfile.Place("x.yml", 2, 5)
    assert loaded.place(("a", 0, "z"), of_key=True) == yamlfile.Place("x.yml", 2, 5)
    assert loaded.place(("z",)) == yamlfile.Place("x.yml", 1, 1)
    assert Loaded("x.yml").place(("a",)) == yamlfile.Place("x.yml")


def test_the_slow_parser_gives_the_same_data_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'a: [b, 002415, "\\u6d77"]\nc:\n  d: |\n    on\n  e: ~\n'
    fast = parse(text, "x.yml")
    monkeypatch.setattr(yamlfile, "_LOADER", yaml.SafeLoader)
    assert parse(text, "x.yml") == fast
    for tricky in (rb'a: "\uD800"', rb'a: "\U00110000"'):
        with pytest.raises(InvalidFileError):
            parse(tricky, "x.yml")


def test_every_pattern_of_the_models_is_explained_in_words() -> None:
    patterns: set[object] = set()
    for model in (Vendor, Programs, Config):
        todo: list[object] = [model.model_json_schema()]
        while todo:
            match todo.pop():
                case dict() as schema:
                    todo += schema.values()
                    patterns |= {schema.get("pattern"), *schema.get("patternProperties", {})}
                case list() as several:
                    todo += several
    of_dates = {each for each in patterns if isinstance(each, str) and r"\d{4}" in each}
    assert len(of_dates) == 1, "dates have a message of their own"
    assert patterns - of_dates - {None} == set(SHAPES)


yaml_like = st.text(st.sampled_from("ab:- \n[]{}'\"#&*!|>%@?,~\t\\x\u0085海"), max_size=60)


@given(st.one_of(st.binary(max_size=60), yaml_like.map(str.encode)))
def test_no_bytes_make_reading_fail_in_another_way(content: bytes) -> None:
    with contextlib.suppress(InvalidFileError):
        validate(Vendor, parse(content, "x.yml"))


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
        max_leaves=8,
    )
)
def test_json_is_read_as_it_is(value: yamlfile.Plain) -> None:
    written = json.dumps(value, ensure_ascii=False)
    assert parse(written.encode(), "x.yml").data == value
