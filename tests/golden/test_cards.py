"""The real cards as each platform draws them: read the diff as a reader would."""

import json
from datetime import UTC, date, datetime

import pytest

from bot.core.announcement import announcement
from bot.core.cards import Desk, card
from bot.core.corrections import corrected
from bot.core.document import Document
from bot.core.editing.overlay import Entry
from bot.core.editing.tree import Path, Tree, put, tree_of, vendor_of
from bot.core.mention import Channel
from bot.core.record import record
from bot.core.restated import Correction
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.platforms.console.render import to_text
from bot.platforms.matrix.render import render as matrix
from bot.platforms.slack.render import render as slack
from bot.platforms.slack.where import Place, Window
from bot.platforms.slack.windows import answer, title_of
from tests.conftest import Golden

TODAY = date(2026, 11, 22)
VENDORS = ["cellebrite", "dahua", "hikvision", "intellexa", "nuctech", "sandvine"]


def draw(golden: Golden, name: str, document: Document) -> None:
    """Compare a document as all platforms draw it."""
    golden(f"{name}.console.txt", to_text(document, 100))
    drawn = slack(document)
    sent = json.dumps({"text": drawn.text, "blocks": drawn.blocks}, ensure_ascii=False, indent=1)
    golden(f"{name}.slack.json", sent + "\n")
    event = matrix(document)
    golden(f"{name}.matrix.html", event.formatted_body + "\n")
    golden(f"{name}.matrix.txt", event.body + "\n")


@pytest.mark.parametrize("slug", VENDORS)
def test_the_short_card(shipped: Watchlist, golden: Golden, slug: str) -> None:
    draw(golden, slug, card(shipped.get(slug), Desk(shipped.programs, TODAY)))


@pytest.mark.parametrize("slug", VENDORS)
def test_the_full_record(shipped: Watchlist, golden: Golden, slug: str) -> None:
    document = record(shipped.get(slug), Desk(shipped.programs, TODAY))
    golden(f"{slug}.record.txt", to_text(document, 100))


def test_the_first_page_of_a_record_in_slacks_window(shipped: Watchlist, golden: Golden) -> None:
    document = record(shipped.get("hikvision"), Desk(shipped.programs, TODAY))
    window = Window("V1", 1, "vendor record hikvision", title_of(("vendor", "record")))
    view = answer(document, window, Place(Channel("slack", "C012AB")))
    golden("hikvision.window.slack.json", json.dumps(view, ensure_ascii=False, indent=1) + "\n")


def edited(vendor: Vendor) -> Vendor:
    """Give a record as a curator might leave it: a measure stayed, a new answer, one more list."""
    tree: Tree | None = tree_of(vendor)
    measure = "ca-closure-order"
    said: Tree = {
        "id": "stayed",
        "by": "Hikvision Canada",
        "date": "2026-11-20",
        "kind": "statement",
        "text": "“welcomes the stay” of the order.",
        "answers": [measure],
        "sources": ["taft-2024-04"],
    }
    tree = put(tree, ("measures", measure, "status"), "stayed")
    tree = put(tree, ("responses", "stayed"), said)
    assert tree is not None
    return vendor_of(tree)


def test_a_corrected_card_and_what_is_announced(shipped: Watchlist, golden: Golden) -> None:
    vendor = shipped.get("hikvision")
    entry = Entry("U0DANA", datetime(2026, 11, 22, 9, tzinfo=UTC), 3, 3)
    own: tuple[Path, ...] = (
        ("measures", "ca-closure-order"),
        ("responses", "stayed"),
        ("names", "HIK"),
    )
    entries = dict.fromkeys(own, entry)
    policy = "Ask legal before you buy."
    desk = Desk(shipped.programs, TODAY, None, {"hikvision": entries}, policy)
    correction = Correction.of(vendor, edited(vendor), desk, "the court stayed the order")
    document = corrected(card(vendor, Desk(shipped.programs, TODAY)), correction, TODAY)
    assert document is not None
    draw(golden, "hikvision.corrected", document)
    told = announcement(correction, "U0DANA")
    assert told is not None
    draw(golden, "hikvision.announced", told)
    golden("hikvision.team.console.txt", to_text(card(edited(vendor), desk), 100))
    golden("hikvision.team.record.txt", to_text(record(edited(vendor), desk), 100))
