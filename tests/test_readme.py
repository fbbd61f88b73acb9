"""The README says what is so: its picture, its command table, its files."""

import io
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.commands import table
from bot.core.cards import Desk, card
from bot.core.watchlist import Watchlist
from bot.platforms.console.render import render
from tests.conftest import Golden

COLUMN = 12.2
"""The width that rich gives a column in its SVG."""
ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MARKS = ("<!-- commands: generated, kept fresh by tests/test_readme.py -->", "<!-- /commands -->")


def test_the_picture_shows_the_card_as_it_is(golden: Golden, shipped: Watchlist) -> None:
    screen = Console(
        record=True, width=104, force_terminal=True, color_system="truecolor", file=io.StringIO()
    )
    document = card(shipped.get("hikvision"), Desk(shipped.programs, date(2026, 11, 22)))
    screen.print(render(document, 104))
    drawn = screen.export_svg(title="vendor hikvision", unique_id="vendorwatch")
    drawn = re.sub(r'textLength="[^"]*"([^>]*)>([^<]*)<', _by_columns, drawn)
    # A picture that fetches a font from somewhere tells that place who looks at it.
    golden("card.svg", re.sub(r"\s*@font-face \{.*?\n    \}", "", drawn, flags=re.DOTALL))


def _by_columns(found: re.Match[str]) -> str:
    """Give wide characters the room of two columns each, which rich forgets when it draws."""
    width = cell_len(unescape(found[2])) * COLUMN
    return f'textLength="{width:g}"{found[1]}>{found[2]}<'


def test_the_command_table_is_the_commands(request: pytest.FixtureRequest) -> None:
    rows = ["| type | what it does |", "|---|---|"]
    rows += [f"| `{command.usage}` | {command.help} |" for command in table if command.listed]
    told = README.read_text(encoding="utf-8")
    before, _, rest = told.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    fresh = before + MARKS[0] + "\n" + "\n".join(rows) + "\n" + MARKS[1] + after
    if request.config.getoption("--golden"):
        README.write_text(fresh, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == fresh, "run `make golden`"


@pytest.mark.parametrize(
    "document",
    [*(path.name for path in ROOT.glob("*.md")), "deploy/README.md", "watchlists/README.md"],
)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    linked = [each for each in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in each]
    missing = [each for each in linked if not (path.parent / each).exists()]
    assert missing == []


def test_every_command_line_in_the_readme_exists() -> None:
    named = set(re.findall(r"vendorwatch ([a-z]+)", README.read_text(encoding="utf-8")))
    from bot.cli import cli  # noqa: PLC0415 - the command line is what is asked about

    commands = [each.callback.__name__ for each in cli.registered_commands if each.callback]
    known = {*commands, *(group.name for group in cli.registered_groups)}
    assert named <= known
