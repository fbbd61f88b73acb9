"""On which terms a feed comes: typed, kept, told, and what they let through."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mention import MatchKind
from bot.core.routes import (
    AS_IT_COMES,
    EVERYTHING,
    Filter,
    Terms,
    read_terms,
    shown,
    typed,
    way_back,
)

IDS = st.frozensets(st.sampled_from(["a", "acme-cam", "b2", "dahua", "min", "tags", "x-1"]))
TEXTS = st.frozensets(st.text(min_size=1))
SPANS = st.none() | st.integers(1, 30 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


def filters(ids: st.SearchStrategy[frozenset[str]]) -> st.SearchStrategy[Filter]:
    """Give any filter."""
    return st.builds(Filter, ids, ids, ids, st.sampled_from(MatchKind))


def names(text: str) -> list[str]:
    """Take every word for an id."""
    reserved = {"all", "none", "everything"}
    return [each for each in text.replace(",", " ").split() if each not in reserved]


def read(text: str, before: Terms = AS_IT_COMES) -> Terms:
    """Read terms in which every word is an id."""
    return read_terms(text, names, names, before)


def read_or_told(text: str) -> Terms | str:
    """Read terms, or give the line that says why they are none."""
    try:
        return read(text)
    except ValueError as error:
        return str(error)


@given(st.builds(Terms, filters(TEXTS), SPANS))
def test_what_is_kept_is_read_back(terms: Terms) -> None:
    assert Terms.read(terms.text) == terms
    assert Filter.read(terms.filter.text) == terms.filter


@given(st.builds(Terms, filters(TEXTS), SPANS))
def test_the_same_terms_have_one_text(terms: Terms) -> None:
    again = Terms.read(json.dumps(json.loads(terms.text), indent=2))
    assert again.text == terms.text


def test_what_lets_everything_through_is_kept_as_nothing() -> None:
    assert EVERYTHING.text is None
    assert AS_IT_COMES.text == "{}"
    assert Filter(vendors=frozenset({"b", "a"})).text == '{"vendors":["a","b"]}'


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '"x"', '{"vendors":"acme"}', '{"vendors":[1]}', '{"vendors":[""]}',
        '{"minimum":"sure"}', '{"colour":["red"]}', '{"minimum":["exact"]}',
    ],
)  # fmt: skip
def test_what_is_no_filter_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are for nobody
        Filter.read(text)


@pytest.mark.parametrize(
    "text",
    ["[]", '{"backfill_s":0}', '{"backfill_s":true}', '{"backfill_s":2592001}', '{"filter":[]}'],
)
def test_what_is_no_terms_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        Terms.read(text)


@given(st.text())
def test_any_text_is_terms_or_one_line_that_says_why_not(text: str) -> None:
    terms = read_or_told(text)
    if isinstance(terms, Terms):
        assert Terms.read(terms.text) == terms
    else:
        assert terms
        assert "\n" not in terms


@given(
    st.lists(
        st.sampled_from(["vendors", "tags", "not", "min", "backfill", "="])
        | st.sampled_from(["all", "none", "7d", "exact", "acme", ",", " ", '"'])
    )
)
def test_any_words_of_a_filter_are_terms_or_an_error(parts: list[str]) -> None:
    terms = read_or_told(" ".join(parts))
    if isinstance(terms, Terms):
        assert read(typed(terms)) == terms
    else:
        assert "\n" not in terms


@given(st.builds(Terms, filters(IDS), SPANS))
def test_what_is_typed_is_read_back(terms: Terms) -> None:
    assert read(typed(terms)) == terms


@given(st.builds(Terms, filters(IDS), SPANS), st.builds(Terms, filters(IDS), SPANS))
def test_the_way_back_leads_back(old: Terms, new: Terms) -> None:
    assert read(way_back(old, new), before=new) == old


def test_terms_are_typed_with_spaces_wherever_people_put_them() -> None:
    limits = Filter(frozenset({"a", "b"}), frozenset({"c"}), frozenset({"d"}), MatchKind.EXACT)
    given_ = " Vendors = a , b  tags=c not_vendors=d MIN=Exact backfill=1d 12h"
    assert read(given_) == Terms(limits, timedelta(hours=36))


def test_what_is_not_spoken_of_stays() -> None:
    before = read("vendors=a tags=b min=exact backfill=7d")
    assert read("tags=none", before) == read("vendors=a min=exact backfill=7d")
    assert read("", before) == before
    assert read("all", before) == read("backfill=7d")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vendors=", "vendors needs a value, as in vendors=hikvision, dahua"),
        ("not", "not needs a value after a sign of equality, as in not=huawei"),
        ("tags=a tag=b", "tags is given twice"),
        ("vendros=a", "a route has no 'vendros'; did you mean 'vendors'?"),
        ("x=a", "a route has no 'x'; there are vendors, tags, not, min, backfill"),
        ("min=exat", "'exat' is not one of exact, variant, possible; did you mean 'exact'?"),
        ("backfill=0d", "a feed is searched at most 30d back"),
        (f"vendors={'a ' * 400}", "what follows vendors= has at most 500 characters"),
    ],
)
def test_what_cannot_be_read_says_what_to_type(text: str, told: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the words are compared
        read(text)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("text", "through"),
    [
        ("all", {"a", "b", "c"}),
        ("vendors=a", {"a"}),
        ("tags=x", {"a", "b"}),
        ("vendors=c tags=x", {"a", "b", "c"}),
        ("not=a", {"b", "c"}),
        ("tags=x not=a", {"b"}),
        ("vendors=a not=a", set()),
        ("tags=y", set()),
    ],
)
def test_a_filter_lets_through_who_is_named_or_tagged_and_not_excepted(
    text: str, through: set[str]
) -> None:
    tagged = {"a": frozenset({"x"}), "b": frozenset({"x", "z"}), "c": frozenset[str]()}
    limits = read(text).filter
    assert {v for v, tags in tagged.items() if limits.wants(v, tags, MatchKind.EXACT)} == through


def test_a_filter_may_want_sure_matches_only() -> None:
    kinds = {
        each: [kind for kind in MatchKind if read(each).filter.wants("a", frozenset(), kind)]
        for each in ("min=exact", "min=variant", "min=possible", "min=all")
    }
    assert kinds == {
        "min=exact": [MatchKind.EXACT],
        "min=variant": [MatchKind.EXACT, MatchKind.VARIANT],
        "min=possible": list(MatchKind),
        "min=all": list(MatchKind),
    }


def test_terms_are_told_with_names() -> None:
    terms = read("vendors=a, b not=c min=exact backfill=7d")
    told = "vendors=A, B not=C min=exact backfill=7d"
    assert shown(terms, str.upper) == told
    assert shown(AS_IT_COMES, str.upper) == ""
