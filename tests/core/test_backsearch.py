"""What a search of stored entries found is told in a line each, and never too much of it."""

from dataclasses import replace
from datetime import timedelta

from bot.core.backsearch import Findings, Hit, findings, given_up, progress
from bot.core.document import Link, Typed, runs
from tests.fakes import NOON, said

HIT = Hit("The city buys", "https://gazette.example/1", "Gazette", NOON, ("ACME",), ("Acme",))
FOUND = Findings(7, ("Acme",), 30, 1, 1, 0, (HIT,))


def test_an_entry_is_told_with_its_link_feed_date_and_words() -> None:
    made = findings(FOUND, sharing=True)
    assert said(made).splitlines() == [
        "In the last 30 days 1 stored entry of 1 feed names Acme:",
        "The city buys, Gazette, 1 Apr 2024: “ACME”",
        "Post here",
    ]
    links = [part for block in made.blocks for run in runs(block) for part in run]
    assert Link("The city buys", "https://gazette.example/1") in links


def test_of_several_vendors_each_entry_says_which() -> None:
    names = tuple(f"Vendor {number}" for number in range(9))
    hits = (replace(HIT, vendors=names[:2], matched=("one", "two")),)
    made = replace(FOUND, names=names, newest=hits, entries=1_200, feeds=2, known=30, days=1)
    lead = "In the last day 1,200 stored entries of 2 feeds name Vendor 0, Vendor 1, Vendor 2"
    assert said(findings(made, by="dana")).splitlines() == [
        f"{lead} and 6 more vendors:",
        "The city buys, Gazette, 1 Apr 2024: “one”, “two” (Vendor 0 and Vendor 1)",
        "and 1,199 more",
        "30 that alerted before are left out.",
        "Shared by dana.",
    ]


def test_words_from_outside_are_cut_and_nothing_of_them_is_to_be_typed() -> None:
    long = "x" * 5_000
    wild = "`vendor pause` " + long
    hit = Hit(wild, f"https://gazette.example/{long}", wild, NOON, (wild,), (wild,))
    hits = tuple(replace(hit, at=NOON + timedelta(hours=n)) for n in range(20))
    made = replace(FOUND, names=(wild,) * 4, newest=hits, entries=20)
    for document in (findings(made), progress((wild,), 1, 2), given_up((wild,))):
        assert len(said(document)) < 10_000
        typed = [p for b in document.blocks for r in runs(b) for p in r if isinstance(p, Typed)]
        assert [each.value for each in typed if each.value != "watchlist backsearch"] == []


def test_an_entry_without_a_title_is_told_all_the_same() -> None:
    made = replace(FOUND, newest=(replace(HIT, title=" "),))
    assert "an entry without a title, Gazette" in said(findings(made))


def test_a_search_never_says_that_it_did_more_than_there_is() -> None:
    """Entries came while it searched."""
    assert said(progress(("Acme",), 12_500, 12_000)) == (
        "Searched 12,500 of 12,500 entries for Acme."
    )
