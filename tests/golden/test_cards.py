"""The real cards as each platform draws them: read the diff as a reader would."""

import json
from datetime import date

import pytest

from bot.core.cards import Desk, card
from bot.core.mention import Channel
from bot.core.record import record
from bot.core.watchlist import Watchlist
from bot.platforms.console.render import to_text
from bot.platforms.matrix.render import render as matrix
from bot.platforms.slack.render import render as slack
from bot.platforms.slack.where import Place, Window
from bot.platforms.slack.windows import answer, title_of
from tests.conftest import Golden

TODAY = date(2026, 11, 22)
VENDORS = ["cellebrite", "dahua", "hikvision", "intellexa", "nuctech", "sandvine"]


@pytest.mark.parametrize("slug", VENDORS)
def test_the_short_card(shipped: Watchlist, golden: Golden, slug: str) -> None:
    document = card(shipped.get(slug), Desk(shipped.programs, TODAY))
    golden(f"{slug}.console.txt", to_text(document, 100))
    drawn = slack(document)
    sent = json.dumps({"text": drawn.text, "blocks": drawn.blocks}, ensure_ascii=False, indent=1)
    golden(f"{slug}.slack.json", sent + "\n")
    event = matrix(document)
    golden(f"{slug}.matrix.html", event.formatted_body + "\n")
    golden(f"{slug}.matrix.txt", event.body + "\n")


@pytest.mark.parametrize("slug", VENDORS)
def test_the_full_record(shipped: Watchlist, golden: Golden, slug: str) -> None:
    document = record(shipped.get(slug), Desk(shipped.programs, TODAY))
    golden(f"{slug}.record.txt", to_text(document, 100))


def test_the_first_page_of_a_record_in_slacks_window(shipped: Watchlist, golden: Golden) -> None:
    document = record(shipped.get("hikvision"), Desk(shipped.programs, TODAY))
    window = Window("V1", 1, "vendor record hikvision", title_of(("vendor", "record")))
    view = answer(document, window, Place(Channel("slack", "C012AB")))
    golden("hikvision.window.slack.json", json.dumps(view, ensure_ascii=False, indent=1) + "\n")
