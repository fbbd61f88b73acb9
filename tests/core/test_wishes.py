"""What is typed after `vendor alerts`: always a wish or one line that says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.settings import SETTINGS, Settings
from bot.core.wishes import EXAMPLES, again, read_wish, shown, told, typed, written

WORDS = st.sampled_from(
    [*map(typed, EXAMPLES), *EXAMPLES.values(), "=", "none", "default", "off", "Europe/Berlin", ","]
)


def read(text: str) -> tuple[dict[str, str | None] | None, str]:
    """Give what is wished, or what is told instead."""
    try:
        return read_wish(text), ""
    except ValueError as error:
        return None, str(error)


def test_every_setting_can_be_typed_as_its_example_says() -> None:
    assert set(EXAMPLES) == SETTINGS
    for key, example in EXAMPLES.items():
        assert set(read_wish(example)) == {key}


@given(st.text() | st.lists(WORDS).map(" ".join))
def test_any_text_is_a_wish_that_can_be_kept_or_one_line(text: str) -> None:
    wish, told_of = read(text)
    if wish is None:
        assert len(told_of.splitlines()) == 1
        return
    kept = {key: value for key, value in wish.items() if value is not None}
    after = Settings().changed(kept)
    assert told(after, Settings(), kept, str)


@given(st.lists(WORDS).map(" ".join))
def test_a_wish_is_typed_again_as_it_was_meant(text: str) -> None:
    wish, _ = read(text)
    assert wish is None or read_wish(again(wish)) == wish


def test_a_setting_is_shown_for_people_and_written_for_the_program() -> None:
    settings = Settings().changed({"vendors": "b,a", "cooldown": "90m"})
    assert shown(settings, "vendors", str.upper) == "vendors=A, B"
    assert written(settings, "vendors") == "a,b"
    assert (shown(settings, "cooldown", str), shown(settings, "tags", str)) == (
        "cooldown=1h 30m",
        "tags=all",
    )


def test_of_filters_those_alone_are_told_that_say_something() -> None:
    lines = told(Settings(), Settings(), (), str)
    assert len(lines) == 7
    lines = told(Settings(tags=frozenset({"x"})), Settings(), ("tags", "not_tags"), str)
    assert len(lines) == 9


@pytest.mark.parametrize("word", ["cooldown", "min", "digest=", 'tags=""'])
def test_a_setting_without_a_value_is_answered_with_an_example(word: str) -> None:
    with pytest.raises(ValueError, match=r"needs a value.*, as in [a-z]+="):
        read_wish(word)
