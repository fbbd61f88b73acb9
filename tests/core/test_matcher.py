from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.matcher import CONTEXT_REACH, Matcher
from bot.core.text import fold
from bot.core.vendor import MatchMode, Name
from tests.build import name, vendor

ACME = vendor(
    "acme",
    names=[
        name("Acme"),
        name("Acme Vision Technology Co., Ltd.", role="legal"),
        name("阿珂美", match="substring", script="Hans"),
        name("珂美", match="context", script="Hans", requires=["摄像头"]),
        name("acme.example", role="domain"),
        name("ACV", match="context", requires=["camera", "cctv"]),
        name("EYE", match="exact", role="brand"),
        name("Spyglass", role="oem"),
        name("Coyote Holdings", match="never"),
    ],
    not_this=[{"phrase": "Acme Bakery", "why": "a bakery in another town"}],
)
ROAD = vendor("road-runner", names=[name("Road Runner"), name("Vision Technology")])
MATCHER = Matcher([ACME, ROAD])


def found(text: str, matcher: Matcher = MATCHER) -> list[tuple[str, str]]:
    return [(match.vendor, match.matched) for match in matcher.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme won the tender", [("acme", "Acme")]),
        ("ACME's, acme-made; (Acme) “acme”", [("acme", "ACME")] + [("acme", "acme")] * 1
         + [("acme", "Acme"), ("acme", "acme")]),
        ("the ａｃｍｅ camera", [("acme", "ａｃｍｅ")]),
        ("Acme Vision\nTechnology Co., Ltd. said", [("acme", "Acme Vision\nTechnology Co., Ltd.")]),
        ("阿珂美宣布", [("acme", "阿珂美")]),
        ("海关用阿珂美Acme摄像头", [("acme", "阿珂美"), ("acme", "Acme")]),
        ("see https://www.acme.example/news?x=1", [("acme", "acme.example")]),
        ("an ACV camera", [("acme", "ACV")]),
        ("the EYE line", [("acme", "EYE")]),
        ("Road Runner and Acme", [("road-runner", "Road Runner"), ("acme", "Acme")]),
    ],
)  # fmt: skip
def test_a_listed_name_is_found_as_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Acmeist poetry, a macme, acme2 and 3acme",
        "notacme.exampled",
        "the ACV value of the fund",
        "an eye line, Eye of the storm",
        "珂美的画展",
        "Spyglass doorbells, by Coyote Holdings",
        "Acme Bakery opens at six",
        "",
        "\u0000\ufffe",
    ],
)
def test_what_is_not_the_vendor_is_not_found(text: str) -> None:
    assert found(text) == []


def test_the_longest_name_wins_over_what_it_contains() -> None:
    assert found("Acme Vision Technology Co., Ltd.") == [
        ("acme", "Acme Vision Technology Co., Ltd.")
    ]


def test_a_look_alike_blocks_only_its_own_place() -> None:
    assert found("Acme Bakery bought an Acme camera") == [("acme", "Acme")]


def test_a_weak_name_counts_only_with_its_context_near_by() -> None:
    gap = "x " * (CONTEXT_REACH // 2)
    assert found(f"ACV {gap} camera") == []
    assert found("珂美摄像头") == [("acme", "珂美")]
    assert found("ACV cameraman") == []


def test_offsets_are_code_points_even_beyond_the_basic_plane() -> None:
    text = "🎥🎥 Acme 𠮷 阿珂美"
    assert [text[m.start : m.end] for m in MATCHER.find(text)] == ["Acme", "阿珂美"]


def test_a_watchlist_without_names_finds_nothing() -> None:
    assert found("Acme", Matcher([])) == []


NAMES = st.sampled_from(
    ["Acme", "ACME vision", "阿珂美", "acme.example", "Road  Runner", "İstanbul"]
)
TEXTS = st.lists(st.one_of(NAMES, st.text(max_size=12)), max_size=8).map("".join)


@given(TEXTS)
def test_every_span_slices_to_the_words_it_names(text: str) -> None:
    matches = MATCHER.find(text)
    assert all(text[match.start : match.end] == match.matched for match in matches)
    spans = [(match.start, match.end) for match in matches]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(st.text())
def test_folding_moves_no_character(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(TEXTS, st.permutations([ACME, ROAD]))
def test_the_order_of_the_watchlist_changes_nothing(text: str, order: Sequence[object]) -> None:
    assert Matcher(order).find(text) == MATCHER.find(text)  # type: ignore[arg-type]  # a permutation


def test_every_match_mode_is_understood() -> None:
    for mode in MatchMode:
        requires = ("camera",) if mode is MatchMode.CONTEXT else ()
        one = vendor(
            "one", names=[Name(value="One Eye", role="brand", match=mode, requires=requires)]
        )
        hits = found("the One Eye camera", Matcher([one]))
        assert hits == ([] if mode is MatchMode.NEVER else [("one", "One Eye")])
