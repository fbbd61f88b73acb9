"""The shipped watchlist: every record meets the standard and fits every platform."""

import json
from datetime import date

import pytest

from bot import pack
from bot.core.cards import Desk, card
from bot.core.document import size
from bot.core.record import record
from bot.core.watchlist import Watchlist
from bot.platforms.matrix.render import render as matrix
from bot.platforms.slack.render import render as slack
from bot.platforms.slack.render import render_pages

FOLDER = pack.shipped()
SLUGS = sorted(path.stem for path in (FOLDER / "vendors").glob("*.yml"))
TODAY = date(2026, 11, 22)


def test_nothing_in_it_is_worth_a_warning() -> None:
    assert pack.warnings([FOLDER]) == ()


@pytest.mark.parametrize("slug", SLUGS)
def test_each_record_has_lines_that_must_and_must_not_match(shipped: Watchlist, slug: str) -> None:
    examples = shipped.get(slug).examples
    assert len(examples.match) >= 8
    assert len(examples.no_match) >= 8


@pytest.mark.parametrize("slug", SLUGS)
def test_each_card_fits_its_budgets_everywhere(shipped: Watchlist, slug: str) -> None:
    document = card(shipped.get(slug), Desk(shipped.programs, TODAY))
    drawn, event = slack(document), matrix(document)
    assert size(document.blocks) <= 9_000
    assert len(drawn.blocks) <= 20
    assert len((event.body + event.formatted_body).encode()) <= 16 * 1024
    assert "… shortened" not in json.dumps(drawn.blocks, ensure_ascii=False) + event.body


@pytest.mark.parametrize("slug", SLUGS)
def test_each_full_record_is_told_whole(shipped: Watchlist, slug: str) -> None:
    document = record(shipped.get(slug), Desk(shipped.programs, TODAY))
    assert all("… shortened" not in str(page.blocks) for page in render_pages(document))


@pytest.mark.parametrize("slug", SLUGS)
def test_no_record_calls_a_company_sanctioned_without_an_asset_freeze(
    shipped: Watchlist, slug: str
) -> None:
    vendor = shipped.get(slug)
    summary = card(vendor, Desk(shipped.programs, TODAY)).summary
    assert ("Asset freeze in force" in summary) == any(
        measure.speaks and measure.kind == "asset_freeze" and measure.status == "in_force"
        for measure in vendor.measures
    )
