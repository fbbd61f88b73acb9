import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.duration import parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("24h", timedelta(hours=24)),
        ("30m", timedelta(minutes=30)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("45s", timedelta(seconds=45)),
        ("0h", timedelta(0)),
        ("1d 12h", timedelta(days=1, hours=12)),
        ("1d12h", timedelta(days=1, hours=12)),
        (" 90 M ", timedelta(minutes=90)),
    ],
)
def test_a_span_means_what_it_says(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "12h 1d", "1h 1h", "soon", "1 y"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write for example 30m, 24h, 7d"):
        parse_duration(text)


def test_a_span_over_ten_years_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than ten years"):
        parse_duration("999999w")


@given(st.integers(min_value=0, max_value=3660 * 86400))
def test_a_written_span_reads_back_the_same(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(write_duration(span)) == span


def test_a_span_is_written_without_empty_units() -> None:
    assert write_duration(timedelta(hours=36)) == "1d 12h"
    assert write_duration(timedelta(0)) == "0s"


@given(st.text(max_size=30))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)


def test_a_long_run_of_spaces_is_read_at_once() -> None:
    assert parse_duration("1d" + " " * 100_000 + "12h") == timedelta(hours=36)
