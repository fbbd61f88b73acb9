"""A document as a Matrix message: HTML of permitted tags, and plain text that stands by itself.

Permitted tags and attributes: https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import assert_never

from bot.core.clean import cleaned
from bot.core.document import (
    COMMANDS,
    Actions,
    Block,
    Bullets,
    Button,
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
    strong,
    words,
)
from bot.core.fit import fit, pages
from bot.core.signs import numbered
from bot.platforms.matrix.inert import inert, inert_address, unposed

MOST_BYTES = 16 * 1024
"""Bytes of UTF-8 in both forms together. An event may have 64 KiB, of which encryption takes a
good part."""
LONGEST_LEAD = 500
"""Characters of the summary before the plain text."""

_SIGN = re.compile(rf"!(?=(?:{'|'.join(COMMANDS)})\b)")


@dataclass(frozen=True, slots=True)
class MatrixMessage:
    """The two forms of an `m.room.message`; `formatted_body` is `org.matrix.custom.html`.

    Send it with an explicit `"m.mentions": {}`. Where that is present, servers and clients ping
    whom it names and nobody else; where it is missing they search `body` for display names, user
    names and `@room`, and the name of a vendor may be the name of a user. `signs` are those of
    the buttons in it, in order: the reactions to begin with.
    """

    body: str
    formatted_body: str
    signs: tuple[str, ...] = ()


def render(document: Document) -> MatrixMessage:
    """Draw a document in at most `MOST_BYTES`; what does not fit is left out visibly.

    The plain text begins with the summary, which is what notifications show, unless its blocks
    say the same. Mentions in the text are broken by a zero width space; links that clients would
    draw as a person or room are left as text. A document without words shows its summary. Each
    button stands with its sign, as `bot.core.signs` has it, and its command.
    """
    return _fitted(numbered(cleaned(document)))


def render_pages(document: Document) -> tuple[MatrixMessage, ...]:
    """Draw a document in as many events as it takes, each within the limit.

    A sign stands for the same button on every page, and each says what it is part of.
    """
    return tuple(map(_fitted, parts(document)))


def parts(document: Document) -> tuple[Document, ...]:
    """Share a document out among as many as `render` draws whole, each with the title of it."""
    whole = numbered(cleaned(document))
    first, *others = pages(whole, lambda part: _fits(_titled(part, whole, 99)))
    return first, *(_titled(part, whole, number) for number, part in enumerate(others, 2))


def _titled(part: Document, whole: Document, number: int) -> Document:
    """Put the title of the whole above a part: between two events others may have written."""
    first = whole.blocks[0] if whole.blocks else None
    text = first.text if isinstance(first, Heading) else words(whole.summary)
    return replace(part, blocks=(Heading((*text, Text(f" (part {number})"))), *part.blocks))


def _fitted(document: Document) -> MatrixMessage:
    return _drawn(fit(document, _fits))


def _fits(document: Document) -> bool:
    drawn = _drawn(document)
    return len(drawn.body.encode()) + len(drawn.formatted_body.encode()) <= MOST_BYTES


def _drawn(document: Document) -> MatrixMessage:
    body = _plain_blocks(document.blocks)
    lead = inert(document.summary)
    if not re.search(rf"(?<!\w){re.escape(_spoken(lead))}(?!\w)", _spoken(body)):
        lead = lead if len(lead) <= LONGEST_LEAD else lead[: LONGEST_LEAD - 1] + "…"
        body = f"{lead}\n\n{body}"
    html = "".join(_html(block, first=at == 0) for at, block in enumerate(document.blocks))
    return MatrixMessage(body, html, tuple(_signs(document.blocks)))


def _spoken(text: str) -> str:
    """Give the words alone: ends of lines and the signs of commands make no difference."""
    return _SIGN.sub("", " ".join(text.split()))


def _signs(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Actions):
            yield from (button.sign for button in block.buttons if button.sign)


def _html(block: Block, *, first: bool) -> str:  # noqa: PLR0911 - one return for each type of block
    match block:
        case Heading(text):
            level = "h3" if first else "h4"
            return f"<{level}>{_html_run(text)}</{level}>"
        case Paragraph(text):
            return f"<p>{_html_run(text)}</p>"
        case Quote(text):
            return f"<blockquote><p>{_html_run(text)}</p></blockquote>"
        case Footnote(text):
            return f"<p><em>{_html_run(text)}</em></p>"
        case Bullets(items):
            return _html_list(map(_html_item, items))
        case Fields(rows):
            return _html_list(_html_run(_row(row)) for row in rows)
        case Actions(buttons):
            return f"<p>{'<br>'.join(_choices(buttons, _html_button))}</p>"
        case Preformatted(lines):
            return f"<pre><code>{_text(lines)}</code></pre>"
        case Divider():
            return "<hr>"
        case _:
            assert_never(block)


def _html_list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _html_item(item: Item) -> str:
    answers = _html_list(map(_html_run, item.answers)) if item.answers else ""
    return _html_run(item.text) + answers


def _html_run(text: Inlines) -> str:
    return "".join(map(_html_part, unposed(text)))


def _html_part(part: Inline) -> str:
    match part:
        case Text(value, strong=True):
            return f"<strong>{_text(value)}</strong>"
        case Text(value) | Handle(value):
            return _text(value)
        case Struck(value):
            return f"<del>{_text(value)}</del>"
        case Typed():
            return f"<code>{_text(_with_sign(part))}</code>"
        case Link(label, url):
            return f'<a href="{escape(url)}">{_text(label)}</a>'
        case _:
            assert_never(part)


def _text(value: str) -> str:
    return escape(inert(value), quote=False)


def _row(row: FieldRow) -> Inlines:
    return (strong(f"{row.label}:"), Text(" "), *row.text) if row.label else row.text


def _with_sign(part: Typed) -> str:
    return f"!{part.value}" if part.in_chat else part.value


def _lead(buttons: Iterable[Button]) -> str:
    return "React, or type:" if any(button.sign for button in buttons) else "Type:"


def _choices(buttons: tuple[Button, ...], drawn: Callable[[Button], str]) -> Iterator[str]:
    """Give the lines that offer buttons: several get a line each, so signs stay by their words."""
    lines = list(map(drawn, buttons))
    if len(lines) == 1:
        yield f"{_lead(buttons)} {lines[0]}"
    else:
        yield _lead(buttons)
        yield from lines


def _html_button(button: Button) -> str:
    label = _text(f"{button.sign} {button.label}".lstrip())
    return f"{label} <code>{_text(f'!{button.line}')}</code>" if button.line else label


def _plain_button(button: Button) -> str:
    label = f"{button.sign} {button.label}".lstrip()
    return inert(f"{label}: !{button.line}" if button.line else label)


def _plain_blocks(blocks: Iterable[Block]) -> str:
    """Draw blocks with an empty line between them, but none under a heading."""
    text, gap = "", ""
    for block in blocks:
        text += gap + "\n".join(_plain(block))
        gap = "\n" if isinstance(block, Heading) else "\n\n"
    return text


def _plain(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Paragraph(text) | Footnote(text):
            yield _plain_run(text)
        case Quote(text):
            yield f"> {_plain_run(text)}"
        case Bullets(items):
            for item in items:
                yield f"- {_plain_run(item.text)}"
                yield from (f"    {_plain_run(answer)}" for answer in item.answers)
        case Fields(rows):
            yield from (f"- {_plain_run(_row(row))}" for row in rows)
        case Actions(buttons):
            yield from _choices(buttons, _plain_button)
        case Preformatted(lines):
            yield inert(lines)
        case Divider():
            yield "---"
        case _:
            assert_never(block)


def _plain_run(text: Inlines) -> str:
    """Draw a run; a mention put together from several parts of it is broken as well."""
    drawn, pending = "", ""
    for part in unposed(text):
        match part:
            case Text(value) | Handle(value):
                pending += value
            case Struck(value):
                pending += f"~~{value}~~"
            case Typed():
                pending += _with_sign(part)
            case Link(label, url):
                drawn += inert(pending if label == url else f"{pending}{label} (")
                drawn += inert_address(url)
                pending = "" if label == url else ")"
            case _:
                assert_never(part)
    return drawn + inert(pending)
