"""A document for a terminal: a card drawn with rich, or plain text where there is no terminal.

Words only ever become `rich.text.Text`, never console markup, so `[bold]` stays `[bold]`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, groupby
from typing import assert_never
from urllib.parse import quote

from rich import box
from rich import text as rich
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.style import Style

from bot.core.clean import cleaned
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Divider,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Handle,
    Heading,
    Inline,
    Inlines,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Struck,
    Text,
    Typed,
)

NARROWEST = 20
"""Columns of text. On a narrower terminal rich breaks the lines again."""
WIDEST_LABEL = 24
"""Columns that the labels of fields may take, with the gap after them."""

_FRAME = 4
_WORD = re.compile(r"\S+\s*|\s+")
_PRINTABLE = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class _Pen:
    """How to draw: `styled` for a terminal, else with addresses and marks written out."""

    width: int
    styled: bool


def render(document: Document, width: int, *, first_choice: int = 1) -> RenderableType:
    """Draw a document as a card `width` columns wide, for a rich console.

    Labels of links are hyperlinks (OSC 8), and the addresses of those in paragraphs stand under
    them. Buttons are numbered choices, counted through the document from `first_choice`; none is
    left out.
    """
    return Group(*parts(document, width, first_choice=first_choice))


def parts(document: Document, width: int, *, first_choice: int = 1) -> Iterator[Panel | rich.Text]:
    """Draw a document as `render` does, as cards and what stands between them without a frame.

    Those are preformatted lines. To be copied whole they are printed with `soft_wrap`.
    """
    pen = _Pen(max(width - _FRAME, NARROWEST), styled=True)
    numbers = count(first_choice)
    every = cleaned(document).blocks
    for bare, some in groupby(every, key=lambda block: isinstance(block, Preformatted)):
        drawn = rich.Text("\n").join(_lines(some, pen, numbers))
        if bare:
            drawn.no_wrap, drawn.overflow = True, "ignore"
            yield drawn
        else:
            framed = max(width, _FRAME + 1)
            yield Panel(drawn, box=box.ROUNDED, border_style="dim", width=framed)


def to_text(document: Document, width: int = 100, *, first_choice: int = 1) -> str:
    """Draw a document as plain lines of at most `width` columns, with the address of every link.

    It has no control characters but the line breaks. Web addresses and preformatted lines are not
    broken, so a line of those may be longer.
    """
    pen = _Pen(max(width, NARROWEST), styled=False)
    blocks = cleaned(document).blocks
    return "\n".join(line.plain for line in _lines(blocks, pen, count(first_choice)))


def _lines(blocks: Iterable[Block], pen: _Pen, numbers: Iterator[int]) -> Iterator[rich.Text]:
    """Draw block after block with an empty line between, none under a heading or by a rule."""
    before: Block | None = None
    for block in blocks:
        if not (before is None or isinstance(before, Heading | Divider) or block == Divider()):
            yield rich.Text()
        yield from _block(block, pen, numbers)
        before = block


def _block(  # noqa: PLR0911 - one return for each type of block
    block: Block, pen: _Pen, numbers: Iterator[int]
) -> Iterator[rich.Text]:
    match block:
        case Heading(text):
            return _wrapped(_run(text, pen, "bold"), pen.width)
        case Paragraph(text):
            return _paragraph(text, pen)
        case Quote(text):
            return _wrapped(_run(text, pen), pen.width, "│ ", "│ ")
        case Footnote(text):
            return _wrapped(_run(text, pen, "dim"), pen.width)
        case Bullets(items):
            return (line for item in items for line in _item(item, pen))
        case Fields(rows):
            return _fields(rows, pen)
        case Actions(buttons):
            return _choices((f"[{next(numbers)}] {button.label}" for button in buttons), pen)
        case Preformatted(lines):
            return map(rich.Text, lines.split("\n"))
        case Divider():
            return iter([rich.Text("─" * pen.width, style="dim")])
        case _:
            assert_never(block)


def _paragraph(text: Inlines, pen: _Pen) -> Iterator[rich.Text]:
    """Draw a run, and under it where its links lead, such as to the article that brought a card.

    On a terminal they are hyperlinks as well, but few show where to, and what is no terminal has
    none. The sources that items cite stay under their names: a card would be twice as long.
    """
    yield from _wrapped(_run(text, pen), pen.width)
    for part in text if pen.styled else ():
        if isinstance(part, Link) and part.label != part.url:
            address = quote(part.url, safe=_PRINTABLE)
            style = Style(dim=True, link=address)
            for start in range(0, len(address), pen.width):
                yield rich.Text(address[start : start + pen.width], style)


def _item(item: Item, pen: _Pen) -> Iterator[rich.Text]:
    yield from _wrapped(_run(item.text, pen), pen.width, "• ", "  ")
    for answer in item.answers:
        drawn = _run(answer, pen)
        hang = "      " if drawn.plain.startswith("↳ ") else "    "
        yield from _wrapped(drawn, pen.width, "    ", hang)


def _fields(rows: tuple[FieldRow, ...], pen: _Pen) -> Iterator[rich.Text]:
    """Draw rows with the values under one another, behind the labels."""
    labels = [row.label and f"{row.label}:" for row in rows]
    column = min(max(map(cell_len, labels)) + 1, WIDEST_LABEL, pen.width // 2)
    for label, row in zip(labels, rows, strict=True):
        gap = " " * max(column - cell_len(label), 1)
        drawn = rich.Text().append(label, "bold").append(gap).append_text(_run(row.text, pen))
        yield from _wrapped(drawn, pen.width, "", " " * column)


def _choices(choices: Iterable[str], pen: _Pen) -> Iterator[rich.Text]:
    """Draw choices side by side, as many in a line as fit."""
    line = ""
    for choice in choices:
        if line and cell_len(line) + 2 + cell_len(choice) > pen.width:
            yield from _wrapped(rich.Text(line, style="bold"), pen.width, "", "    ")
            line = ""
        line += f"  {choice}" if line else choice
    yield from _wrapped(rich.Text(line, style="bold"), pen.width, "", "    ")


def _run(text: Inlines, pen: _Pen, style: str = "") -> rich.Text:
    drawn = rich.Text(style=style)
    for part in text:
        drawn.append_text(_part(part, pen))
    return drawn


def _part(part: Inline, pen: _Pen) -> rich.Text:
    match part:
        case Text(value, strong=is_strong):
            return rich.Text(value, style="bold" if is_strong else "")
        case Handle(value):
            return rich.Text(value)
        case Struck(value):
            return rich.Text(value, style="strike") if pen.styled else rich.Text(f"~~{value}~~")
        case Typed(value):
            return rich.Text(value, style="bold cyan") if pen.styled else rich.Text(f"`{value}`")
        case Link(label, url) if pen.styled:
            # OSC 8 allows printable ASCII only in an address.
            return rich.Text(label, style=Style(underline=True, link=quote(url, safe=_PRINTABLE)))
        case Link(label, url):
            return rich.Text(url if label == url else f"{label} ({url})")
        case _:
            assert_never(part)


def _wrapped(text: rich.Text, width: int, first: str = "", rest: str = "") -> Iterator[rich.Text]:
    """Break a run into lines that begin with `first`, then with `rest`."""
    room = max(width - cell_len(rest), 1)
    start = cell_len(first) - cell_len(rest)
    for number, line in enumerate(text.divide(_breaks(text.plain, room, start))):
        line.rstrip()
        yield rich.Text(rest if number else first).append_text(line)


def _breaks(text: str, room: int, start: int) -> Iterator[int]:
    """Find where to break: between words, inside one only if it is wider than a line.

    A web address is never broken. `start` columns of the first line are taken.
    """
    used, at_start = start, True
    for found in _WORD.finditer(text):
        word = found.group().rstrip()
        wide = cell_len(word) > room and "://" not in word
        if not (at_start or wide) and used + cell_len(word) > room:
            yield found.start()
            used = 0
        for at, character in enumerate(word if wide else "", found.start()):
            if used + cell_len(character) > room:
                yield at
                used = 0
            used += cell_len(character)
        used += cell_len(found.group()) - (cell_len(word) if wide else 0)
        at_start = False
