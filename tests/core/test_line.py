"""Words, quotation marks and pasted blocks, as people and their telephones write them."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.line import block_of, evened, fields_of, first_word, plain_line, rest_of, written

MARKS = "\"'“”„«»‘’‚ \\a=\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("acme cam", "acme"),
        ('"acme cam" x', "acme cam"),
        ("“acme cam” x", "acme cam"),
        ("„acme cam“ x", "acme cam"),
        ("«acme cam» x", "acme cam"),
        ("»acme cam« x", "acme cam"),
        ("‘acme cam’ x", "acme cam"),
        ("'acme cam' x", "acme cam"),
        ('"acme cam” x', "acme cam"),
        ('"say \\"no\\" twice" x', 'say "no" twice'),
        ('"C:\\dir" x', "C:\\dir"),
        ('"acme', '"acme'),
        ("'tis", "'tis"),
        ("O’Neill’s x", "O'Neill's"),
        ('5" x', '5"'),
        ('"a"b c', '"a"b'),
        ('""', ""),
    ],
)
def test_what_stands_in_marks_is_one_word_and_a_lone_mark_is_a_letter(line: str, word: str) -> None:
    found = first_word(line)
    assert found is not None
    assert found.text == word


@pytest.mark.parametrize("space", "\u00a0\u2007\u2009\u202f\u3000\u205f\t\n\u2028")
def test_every_space_is_a_space(space: str) -> None:
    assert plain_line(f"vendor{space}acme") == "vendor acme"
    assert plain_line(f"\ufeffven\u200bdor{space}{space}acme{space}") == "vendor acme"


@given(st.text(MARKS + "bc\u3000"))
def test_a_value_is_read_back_as_one_word_as_it_was_written(value: str) -> None:
    value = plain_line(value)
    if value:
        word = first_word(f"{written(value)} more")
        assert word is not None
        assert (word.text, word.end) == (value, len(written(value)))


def test_the_rest_of_a_line_keeps_its_marks_unless_they_are_around_all_of_it() -> None:
    assert rest_of('it says "denied" twice', 0) == 'it says "denied" twice'
    assert rest_of(' "all of it" ', 0) == "all of it"
    assert rest_of('"one" and "two"', 0) == '"one" and "two"'
    assert rest_of("pasted\n  on lines", 0) == "pasted on lines"


BLOCK = "id: acme\n\nnames:\n  - value: “Acme”\n    note: it's 'so'"


@pytest.mark.parametrize(
    "pasted",
    [
        f"\n{BLOCK}",
        f" \n{BLOCK}\n\n",
        f" ```\n{BLOCK}\n```",
        f"\n```yaml\n{BLOCK}\n```\n",
        f"\n```YAML\n{BLOCK}```",
        f" ```{BLOCK}```",
        f"\n~~~yml\n{BLOCK}\n~~~",
        f"\n\n```\n{BLOCK}\n\n",
        f" {BLOCK}",
    ],
)
def test_a_pasted_block_is_what_stands_within_its_fence_to_the_letter(pasted: str) -> None:
    assert block_of(f"edit{pasted}", 4) == BLOCK


def test_a_block_keeps_the_indent_of_its_first_line_and_loses_odd_spaces() -> None:
    assert block_of(evened("edit\r\n\u00a0 a: 1\r\n\u00a0 b: 2"), 4) == "  a: 1\n  b: 2"


def test_what_follows_the_fence_of_a_block_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValueError, match="nothing may come after"):
        block_of("edit\n```\na: 1\n```\nthank you", 4)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("kind=ban status=in_force", ["kind=ban", "status=in_force"]),
        ('note="two words" a=b', ["note=two words", "a=b"]),
        ("note=“two words” a=b", ["note=two words", "a=b"]),
        ('note=“he said "no" to it” a=b', ['note=he said "no" to it', "a=b"]),
        ('note="he said “no” to it" a=b', ["note=he said “no” to it", "a=b"]),
        ("note=„zwei\nWörter“\na=b", ["note=zwei Wörter", "a=b"]),
        ("“two words” a=b", ["two words", "a=b"]),
    ],
)
def test_fields_keep_their_marks_for_whoever_parts_them(typed: str, read: list[str]) -> None:
    assert shlex.split(fields_of(typed, 0)) == read


@given(st.text(MARKS))
def test_fields_of_any_text_are_one_line_with_every_letter_of_it(text: str) -> None:
    read = fields_of(evened(text), 0)
    assert "\n" not in read
    assert read.count("a") == text.count("a")
    assert read.count("=") == text.count("=")
