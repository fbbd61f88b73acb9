"""Documents that a platform cannot take whole: shared out among pages, or shortened and saying so.

Cards keep within the platforms' budgets by themselves; shortening catches what nobody foresaw.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Divider,
    Document,
    Fields,
    Footnote,
    Heading,
    Paragraph,
    Preformatted,
    Text,
)

LONGEST_PIECE = 600
"""Characters of preformatted lines that go to a page together; a longer line goes alone."""
SHORTENED = Paragraph((Text("… shortened"),))
"""The line that stands where something was left out."""


def fit(document: Document, fits: Callable[[Document], bool]) -> Document:
    """Give the document, or as much from its beginning as `fits` takes, marked as shortened.

    Whole blocks, list items (always with their answers), rows and buttons are left out, nothing
    is cut. First go parts too large for any message, then those nearest the end of the text;
    footnotes and buttons at the end stay as long as they can. `fits` must take `SHORTENED` alone.
    """
    if fits(document):
        return document

    def short(body: Sequence[Block], foot: Sequence[Block]) -> Document:
        return Document(document.summary, (*_joined(body), SHORTENED, *_joined(foot)))

    parts = [part for part in _parts(document.blocks) if fits(short([part], []))]
    ends = next(
        (
            at
            for at in range(len(parts), 0, -1)
            if not isinstance(parts[at - 1], Footnote | Actions)
        ),
        0,
    )
    body, foot = parts[:ends], parts[ends:]
    foot = foot[: _most(len(foot), lambda count: fits(short([], foot[:count])))]
    body = body[: _most(len(body), lambda count: fits(short(body[:count], foot)))]
    while body and isinstance(body[-1], Heading | Divider):
        del body[-1]
    return short(body, foot)


def pages(document: Document, fits: Callable[[Document], bool]) -> tuple[Document, ...]:
    """Share a document out among as many as it takes, each of which `fits` takes.

    Cuts fall between blocks, between list items and between preformatted lines, never inside an
    item: a claim stays with its answers, a heading with what follows it. A single part that `fits`
    refuses is a page of its own. The first page keeps the summary; the others say which part they
    are.
    """
    shared: list[list[Block]] = [[]]
    for part in _parts(document.blocks):
        page = shared[-1]
        if page and not fits(Document(document.summary, tuple(_joined([*page, part])))):
            lead = [page.pop()] if isinstance(page[-1], Heading) and len(page) > 1 else []
            shared.append([*lead, part])
        else:
            page.append(part)
    return tuple(
        Document(_numbered(document.summary, number), tuple(_joined(page)))
        for number, page in enumerate(shared, 1)
    )


def _numbered(summary: str, number: int) -> str:
    return summary if number == 1 else f"{summary} (part {number})"


def _most(count: int, holds: Callable[[int], bool]) -> int:
    """Find the largest number up to `count` for which it holds, taking for granted that 0 does."""
    least, beyond = 0, count + 1
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if holds(middle):
            least = middle
        else:
            beyond = middle
    return least


def _parts(blocks: Iterable[Block]) -> Iterator[Block]:
    """Break lists, rows and buttons up into blocks of one, preformatted text into some lines."""
    for block in blocks:
        match block:
            case Bullets(items):
                yield from (Bullets((item,)) for item in items)
            case Fields(rows):
                yield from (Fields((row,)) for row in rows)
            case Actions(buttons):
                yield from (Actions((button,)) for button in buttons)
            case Preformatted(text):
                yield from map(Preformatted, _pieces(text))
            case _:
                yield block


def _pieces(text: str) -> Iterator[str]:
    """Cut lines into pieces of `LONGEST_PIECE` at most."""
    piece: list[str] = []
    length = 0
    for line in text.split("\n"):
        if piece and length + len(line) > LONGEST_PIECE:
            yield "\n".join(piece)
            piece, length = [], 0
        piece.append(line)
        length += len(line) + 1
    yield "\n".join(piece)


def _joined(parts: Iterable[Block]) -> list[Block]:
    """Put blocks of one together again where they stand side by side."""
    joined: list[Block] = []
    for part in parts:
        match (joined[-1] if joined else None, part):
            case (Bullets(before), Bullets(after)):
                joined[-1] = Bullets(before + after)
            case (Fields(first), Fields(second)):
                joined[-1] = Fields(first + second)
            case (Actions(left), Actions(right)):
                joined[-1] = Actions(left + right)
            case (Preformatted(upper), Preformatted(lower)):
                joined[-1] = Preformatted(f"{upper}\n{lower}")
            case _:
                joined.append(part)
    return joined
