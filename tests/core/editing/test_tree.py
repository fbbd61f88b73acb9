"""A record as a tree: nothing of it is lost, and everything in it has a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import pack
from bot.core.editing.change import differences
from bot.core.editing.tree import UnfitError, at, ordered, path_words, put, tree_of, vendor_of
from bot.core.vendor import Vendor
from tests import build

SHIPPED = pack.load([pack.shipped()]).vendors
FULL = build.vendor(
    tags=["cameras", "access-control"],
    measures=[build.measure(), build.measure("other-list", since="2020")],
    allegations=[build.allegation()],
    responses=[build.response()],
    not_this=[{"phrase": "acme camshaft", "why": "a part of an engine"}],
    examples={"match": ["Acme Cam sells"], "no_match": ["an acme camshaft"]},
    identifiers={"lei": "X1", "isin": ["A", "B"]},
)


@pytest.mark.parametrize("vendor", [FULL, *SHIPPED.values()], ids=lambda each: each.id)
def test_a_record_comes_back_as_it_was(vendor: Vendor) -> None:
    """Every shipped record is taken apart and put together again, in its own order."""
    tree = tree_of(vendor)
    assert vendor_of(tree) == vendor
    assert vendor_of(ordered(tree, tree)) == vendor


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("measures", "trade-list", "status"), "removed"),
        (("measures", "trade-list", "ended_on"), "2024-05"),
        (("tags", "drones"), "drones"),
        (("examples", "match", "Buy Acme Cam"), "Buy Acme Cam"),
        (("identifiers", "wikidata"), "Q1"),
        (("native_name",), "阿克米"),
        (("review", "status"), "stale"),
        (("allegations", "tender", "no_response", "text"), "Was not asked."),
    ],
)
def test_every_field_can_be_set_and_taken_away(path: tuple[str, ...], value: object) -> None:
    """What is put at a path stands there, and nowhere else; taken back, all is as before."""
    tree = tree_of(FULL)
    old = at(tree, path)
    new = put(tree, path, value)  # type: ignore[arg-type]
    assert new is not None
    assert at(new, path) == value
    assert [change.path for change in differences(tree, new)] == [path]
    assert at(tree_of(vendor_of(new)), path) == value
    assert put(new, path, old) == tree


def test_lines_without_a_list_make_one() -> None:
    """A record that has no tags, examples or identifiers can be given some."""
    tree = tree_of(build.vendor())
    for path in (("tags", "x"), ("examples", "no_match", "x"), ("identifiers", "lei")):
        new = put(tree, path, "x")
        assert new is not None
        assert at(new, path) == "x"
        assert put(new, path, None) == tree


def test_what_has_no_place_is_not_put_anywhere() -> None:
    """A field of a measure that is not there is an error, not a measure of one field."""
    with pytest.raises(KeyError):
        put(tree_of(FULL), ("measures", "no-such", "status"), "removed")
    with pytest.raises(KeyError):
        put(None, ("name",), "x")


def test_faults_are_told_where_they_are() -> None:
    """A value that the model refuses is named by its path of words."""
    tree = put(tree_of(FULL), ("measures", "other-list", "status"), "gone")
    tree = put(tree, ("allegations", "tender", "by"), None)
    assert tree is not None
    with pytest.raises(UnfitError) as caught:
        vendor_of(tree)
    told = {each.path: each.message for each in caught.value.faults}
    assert "not one of in_force" in told["measures", "other-list", "status"]
    assert told["allegations", "tender"] == "missing key 'by'"


def test_numbered_paths_become_words() -> None:
    """A finding of the editorial check leads to what it names, by the name."""
    assert path_words(FULL, ("measures", 1, "status")) == ("measures", "other-list", "status")
    assert path_words(FULL, ("responses", 0, "answers", 0)) == (
        "responses", "denial", "answers", "tender",
    )  # fmt: skip
    assert path_words(FULL, ("examples", "match", 0)) == ("examples", "match", "Acme Cam sells")
    assert path_words(FULL, ("measures", 7)) == ("measures", "7")


@given(st.permutations(["zed", "one", "two"]), st.sampled_from(["2020", "2021", None]))
def test_the_order_does_not_tell_who_came_when(ids: list[str], since: str | None) -> None:
    """Items that are not of the packs stand by date and name, whatever order they came in."""
    base = tree_of(build.vendor(measures=[build.measure("zed")]))
    tree = base
    for each in ids[1:] if ids[0] == "zed" else ids:
        item = {"id": each} | ({"since": since} if since else {})
        made = put(tree, ("measures", each), dict(item))
        assert made is not None
        tree = made
    measures = ordered(tree, base)["measures"]
    assert isinstance(measures, dict)
    assert list(measures) == ["zed", "one", "two"][: len(measures)]
