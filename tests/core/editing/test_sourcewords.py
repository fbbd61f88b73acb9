"""A source typed in one value is taken apart by what its parts are, and never guessed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.editing.sourcewords import cited, source_key
from bot.core.editing.tree import Tree
from bot.errors import UsageError

THERE: Tree = {
    "ipvm-2023": {
        "publisher": "IPVM",
        "date": "2023",
        "tier": "research",
        "url": "https://ipvm.com/reports/acme",
    }
}
WHOLE = {
    "publisher": "Shopper",
    "date": "2023-11",
    "tier": "press",
    "url": "https://shopper.example/a,b",
}


@pytest.mark.parametrize(
    "text",
    [
        "Shopper, 2023-11, press, https://shopper.example/a,b",
        "press; https://shopper.example/a,b; 2023-11; Shopper",
        "https://shopper.example/a,b Shopper, Press, 2023–11",
        "Shopper, 2023-11, press, <https://shopper.example/a,b|shopper.example>",
    ],
)
def test_the_parts_come_in_any_order(text: str) -> None:
    found = cited(text, {})
    assert found.new == WHOLE
    assert found.key == "shopper-2023"


def test_a_publisher_may_have_a_comma_and_a_source_no_date() -> None:
    found = cited("Acme, Inc., subject", {})
    assert found.new == {"publisher": "Acme, Inc.", "tier": "subject"}
    assert found.key == "acme-inc"


@pytest.mark.parametrize(
    "text",
    [
        "ipvm-2023",
        "IPVM-2023",
        "https://ipvm.com/reports/acme/",
        "x, https://ipvm.com/reports/acme",
    ],
)
def test_one_that_is_there_is_named_by_its_key_or_its_address(text: str) -> None:
    found = cited(text, THERE)
    assert (found.key, found.new) == ("ipvm-2023", None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://new.example/1", "who publishes it and whose word it is"),
        ("IPVM, 2023", "A new one needs whose word it is: official, court"),
        ("press, 2023", "A new one needs who publishes it."),
        ("ipvm-2032", "no source 'ipvm-2032'; did you mean 'ipvm-2023'?"),
        ("IPVM, 28 Jun 2025, press", "'28 Jun 2025' is no date: write 2023-11-28"),
        ("IPVM, 2023, 2024, press", "A source has one date"),
    ],
)
def test_what_is_missing_is_told_with_an_example(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        cited(text, THERE)
    assert told in str(caught.value)


def test_keys_are_unique_and_none_reads_as_a_month() -> None:
    taken: list[str] = []
    for _ in range(4):
        taken.append(source_key({"publisher": "IPVM", "date": "2023-11-02"}, taken))
    assert taken == ["ipvm-2023", "ipvm-2023-11", "ipvm-2023-11-b", "ipvm-2023-11-c"]


@given(st.text(max_size=120))
def test_any_text_is_a_source_or_refused(text: str) -> None:
    with suppress(UsageError):
        found = cited(text, THERE)
        assert found.key in THERE or (found.new and {"publisher", "tier"} <= found.new.keys())


@pytest.mark.parametrize("host", ["example.org", "www.EXAMPLE.com:80", "x@example.net"])
def test_the_address_of_the_example_is_no_source(host: str) -> None:
    """Whoever copied the example has to put in their own."""
    with pytest.raises(UsageError, match="address of the example"):
        cited(f"Example Times, 2023-11, press, https://{host}/article", {})


def test_an_address_that_only_looks_like_the_examples_is_one() -> None:
    """It is somebody's."""
    assert cited("A, 2023, press, https://myexample.org/a", {}).new is not None
