"""Outside text made safe to draw: nothing that steers a terminal, hides, or turns text round.

What a platform reads as markup is its renderer's concern; this is what is unsafe everywhere.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never
from urllib.parse import urlsplit

from bot.core.document import (
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
    is_web_address,
    plain,
    runs,
)

LONGEST_ADDRESS = 2_000
"""Characters. A longer web address is not made a link: it would eat a message's whole budget."""

# Unicode's invisible characters that no script needs: soft hyphen, zero width space, embeddings,
# overrides and isolates of direction (UAX #9), word joiner and its neighbours, tags.
_HIDDEN = re.compile(
    "[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINER = re.compile("[\u200c\u200d]")
_MARK = re.compile("[\u061c\u200e\u200f]")
# The Hangul fillers are letters that draw nothing: a name made of them would look empty.
_SPACE = re.compile(r"[\s\u3164\uffa0]+")
_TAB = re.compile("[\t\u3164\uffa0]")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_BROKEN = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")


def clean(text: str) -> str:
    """Give text as one line without control characters.

    White space of any length becomes one space, control characters and broken code points become
    U+FFFD, and characters that hide or reorder others go. Joiners stay where a script or an emoji
    needs them, direction marks where the text has right-to-left letters. Cleaning twice changes
    nothing more.
    """
    # U+0085 is white space to Python as well as a control character, so spaces come first.
    return _BROKEN.sub("\ufffd", _SPACE.sub(" ", _bared(text)))


def clean_lines(text: str) -> str:
    """Give text as lines that can be copied: as `clean` does, but every space and line break stays.

    Empty lines at both ends and spaces at the ends of lines go.
    """
    text = _TAB.sub(" ", _BREAK.sub("\n", text))
    lines = (_BROKEN.sub("\ufffd", _bared(line)).rstrip() for line in text.split("\n"))
    return "\n".join(lines).strip("\n")


def _bared(text: str) -> str:
    """Take out of a line what is not seen and not needed."""
    text = _HIDDEN.sub("", text)
    text = _JOINER.sub(_joiner, text)
    if _MARK.search(text) and not _has_right_to_left(_MARK.sub("", text)):
        text = _MARK.sub("", text)
    return text


def cleaned(document: Document) -> Document:
    """Give a document that can be drawn as it stands, with the same buttons in the same order.

    Its text is clean, and no run, item, row or block is empty. Its links lead to web addresses
    without user names, of `LONGEST_ADDRESS` at most; other links are left as text. Its summary is
    never empty, and where nothing but buttons has words it says the summary first.
    """
    blocks = tuple(block for each in document.blocks if (block := _block(each)) is not None)
    said = [plain(run) for block in blocks if not isinstance(block, Actions) for run in runs(block)]
    summary = clean(document.summary).strip() or clean(next(iter(said), "(nothing to say)"))
    return Document(summary, blocks if said else (Paragraph((Text(summary),)), *blocks))


def clean_run(text: Inlines) -> Inlines:
    """Give a run with clean text and links; nothing is left of one without words.

    White space at its ends goes. Texts side by side of the same emphasis become one, so that what
    is looked for in them (a mention, markup) cannot be hidden in the gap.
    """
    parts: list[Inline] = []
    for part in map(_inline, text):
        match (parts[-1] if parts else None, part):
            case (Text(before, strong=first), Text(after, strong=second)) if first == second:
                parts[-1] = Text(clean(before + after), first)
            case (_, Text() | Link() | Struck() | Handle() | Typed()):
                parts.append(part)
    while parts and not _words(parts[0]).strip():
        del parts[0]
    while parts and not _words(parts[-1]).strip():
        del parts[-1]
    if parts:
        parts[0] = _reworded(parts[0], str.lstrip)
        parts[-1] = _reworded(parts[-1], str.rstrip)
    return tuple(parts)


def _joiner(found: re.Match[str]) -> str:
    """Keep a joiner inside a word of a script beyond ASCII, after a virama, or in an emoji."""
    at, text = found.start(), found.string
    before, after = text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    if before and unicodedata.category(before).startswith("M"):
        return found.group()
    if (before + after).isascii() or not (_joins(before) and _joins(after)):
        return ""
    return found.group()


def _joins(character: str) -> bool:
    category = unicodedata.category(character) if character else ""
    return category.startswith(("L", "M")) or category in {"So", "Sk"}


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def _block(block: Block) -> Block | None:
    match block:
        case Heading(text) | Paragraph(text) | Quote(text) | Footnote(text):
            run = clean_run(text)
            return replace(block, text=run) if run else None
        case Fields(rows):
            kept_rows = tuple(row for each in rows if (row := _row(each)) is not None)
            return Fields(kept_rows) if kept_rows else None
        case Bullets(items):
            kept_items = tuple(item for each in items if (item := _item(each)) is not None)
            return Bullets(kept_items) if kept_items else None
        case Actions(buttons):
            return Actions(tuple(map(_button, buttons))) if buttons else None
        case Preformatted(text):
            lines = clean_lines(text)
            return Preformatted(lines) if lines else None
        case Divider():
            return block
        case _:
            assert_never(block)


def _row(row: FieldRow) -> FieldRow | None:
    label, text = clean(row.label).strip(), clean_run(row.text)
    return FieldRow(label, text) if label or text else None


def _item(item: Item) -> Item | None:
    answers = tuple(answer for each in item.answers if (answer := clean_run(each)))
    text = clean_run(item.text) or ((Text("…"),) if answers else ())
    return Item(text, answers, item.about) if text else None


def _button(button: Button) -> Button:
    line = clean(button.line).strip()
    return Button(clean(button.label).strip() or line or "…", line, clean(button.sign).strip())


def _inline(part: Inline) -> Inline | None:
    part = _reworded(part, clean)
    if isinstance(part, Link):
        if not _is_linkable(part.url):
            part = Text(part.label)
        elif not part.label.strip():
            part = Link(part.url, part.url)
    if isinstance(part, Typed):
        part = replace(part, value=part.value.strip())  # its sign stands right before it
    return part if _words(part) else None


def _is_linkable(url: str) -> bool:
    if len(url) > LONGEST_ADDRESS or clean(url) != url or not is_web_address(url):
        return False
    # A user name in an address serves to make it look like another's: example.org@evil.org.
    return "@" not in urlsplit(url).netloc


def _words(part: Inline) -> str:
    return part.label if isinstance(part, Link) else part.value


def _reworded(part: Inline, change: Callable[[str], str]) -> Inline:
    match part:
        case Text(value) | Struck(value) | Handle(value) | Typed(value):
            return replace(part, value=change(value))
        case Link(label):
            return replace(part, label=change(label))
        case _:
            assert_never(part)


def shortened(text: str, longest: int) -> str:
    """Give words from outside, clean and of so many characters at most."""
    text = clean(text).strip()
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
