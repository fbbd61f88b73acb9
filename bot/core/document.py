"""The one thing the core says: a small tree of blocks that every platform can draw.

Text from outside is data here and stays data: there is no markup language in between. Each
platform has one total renderer of this tree. `summary` is the sentence a notification or a screen
reader gets.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias, assert_never
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter

COMMANDS = ("vendor", "watchlist")
"""The words that a command given to the bot begins with."""

# Both of those, and what an operator types into a shell.
_TYPED = re.compile(rf"`((?:{'|'.join(COMMANDS)}|(vendorwatch))(?: [^`]+)?)`")


@dataclass(frozen=True, slots=True)
class Text:
    """Words, drawn literally."""

    value: str
    strong: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to a web address. Make one with `link`, which checks the address."""

    label: str
    url: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Struck:
    """Words that no longer hold, drawn struck through."""

    value: str
    kind: Literal["struck"] = "struck"


@dataclass(frozen=True, slots=True)
class Handle:
    """A channel or a person by the platform's own id; drawn so that whoever may see the name does.

    On another platform than the one it is from it is only its id.
    """

    value: str
    of: Literal["channel", "person"]
    kind: Literal["handle"] = "handle"


@dataclass(frozen=True, slots=True)
class Typed:
    """Something to type: to the bot, without the sign that a platform has before a command.

    Where it is not `in_chat` it is for an operator's shell, and drawn as it is.
    """

    value: str
    in_chat: bool = True
    kind: Literal["typed"] = "typed"


Inline: TypeAlias = Annotated[Text | Link | Struck | Handle | Typed, Field(discriminator="kind")]
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a document or of a part of it."""

    text: Inlines
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text. `about` names the statement of a record that it makes, if it makes one."""

    text: Inlines
    kind: Literal["paragraph"] = "paragraph"
    about: str = ""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A label and its value."""

    label: str
    text: Inlines


@dataclass(frozen=True, slots=True)
class Fields:
    """Short labelled facts."""

    rows: tuple[FieldRow, ...]
    kind: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list and the answers under it: they are shown and dropped together.

    `about` names the statement of a record that it makes, if it makes one: `acme-cam status`.
    """

    text: Inlines
    answers: tuple[Inlines, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of items."""

    items: tuple[Item, ...]
    kind: Literal["bullets"] = "bullets"


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words."""

    text: Inlines
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Lines to copy as they stand, such as YAML: drawn in even columns, and read as no markup."""

    text: str
    kind: Literal["preformatted"] = "preformatted"


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across."""

    kind: Literal["divider"] = "divider"


@dataclass(frozen=True, slots=True)
class Footnote:
    """Small print."""

    text: Inlines
    kind: Literal["footnote"] = "footnote"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to do next: pressing it runs the command `line` for the person who pressed.

    `sign` is the emoji by which platforms with reactions offer it; without one it is numbered.
    """

    label: str
    line: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons; numbered choices where there are none."""

    buttons: tuple[Button, ...]
    kind: Literal["actions"] = "actions"


Block: TypeAlias = Annotated[
    Heading | Paragraph | Fields | Bullets | Quote | Preformatted | Divider | Footnote | Actions,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Document:
    """What the bot says at one time. `summary` is one plain sentence."""

    summary: str
    blocks: tuple[Block, ...]


_ADAPTER: TypeAdapter[Document] = TypeAdapter(Document)


def to_json(document: Document) -> str:
    """Write a document so that `from_json` gives an equal one back."""
    return _ADAPTER.dump_json(document).decode()


def from_json(text: str) -> Document:
    """Read what `to_json` wrote; raise ValueError for anything else."""
    return _ADAPTER.validate_json(text)


def link(label: str, url: str | None) -> Inline:
    """Give a link if the address is a plain web address, else the label as text."""
    return Link(label, url) if url is not None and is_web_address(url) else Text(label)


@lru_cache(4096)
def is_web_address(url: str) -> bool:
    """Whether a URL may be made clickable: http or https, a host, nothing that breaks out."""
    if any(ch.isspace() or not ch.isprintable() or ch in '<>"|`\\' for ch in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def words(*parts: str | Inline) -> Inlines:
    """Make a run of inlines; a bare string is plain text. Empty strings are left out."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts if part != "")


def spoken(text: str) -> Inlines:
    """Make a run of a sentence of ours, in which what is to be typed stands between backticks.

    That is a line for the bot, as `vendor help`, or for a shell, as `vendorwatch run`. Any other
    backtick is a letter. What somebody else wrote goes in as `quoted`.
    """
    parts: list[str | Inline] = []
    end = 0
    for found in _TYPED.finditer(text):
        parts += [text[end : found.start()], Typed(found[1], in_chat=found[2] is None)]
        end = found.end()
    return words(*parts, text[end:])


def quoted(text: str) -> str:
    """Give what somebody wrote in quotation marks, for a sentence: none of it is to be typed."""
    return repr(text.replace("`", "'"))


def said(text: str) -> Document:
    """Make a document of one sentence, read as `spoken` reads it."""
    run = spoken(text)
    return Document(plain(run), (Paragraph(run),))


def strong(value: str) -> Text:
    """Give emphasised text."""
    return Text(value, strong=True)


def plain(text: Inlines) -> str:
    """Give the words of a run without any drawing; a link gives its label."""
    return "".join(part.label if isinstance(part, Link) else part.value for part in text)


def runs(block: Block) -> Iterator[Inlines]:
    """Give every run of text in a block, in reading order."""
    match block:
        case Heading(text) | Paragraph(text) | Quote(text) | Footnote(text):
            yield text
        case Fields(rows):
            for row in rows:
                yield (Text(row.label), *row.text)
        case Bullets(items):
            for item in items:
                yield item.text
                yield from item.answers
        case Actions(buttons):
            for button in buttons:
                yield (Text(button.label),)
        case Preformatted(value):
            yield (Text(value),)
        case Divider():
            return


def abouts(document: Document) -> frozenset[str]:
    """Give the names of the statements that a document makes."""
    lists = (block.items for block in document.blocks if isinstance(block, Bullets))
    named = [item.about for items in lists for item in items]
    named += [block.about for block in document.blocks if isinstance(block, Paragraph)]
    return frozenset(filter(None, named))


def size(blocks: Iterable[Block]) -> int:
    """Count the characters a reader is shown, link addresses and commands' signs included."""
    return sum(_length(part) for block in blocks for run in runs(block) for part in run)


def _length(part: Inline) -> int:
    match part:
        case Link(label, url):
            return len(label) + len(url)
        case Typed(value, in_chat=True):
            return len(value) + 1
        case Text(value) | Struck(value) | Handle(value) | Typed(value):
            return len(value)
        case _:
            assert_never(part)
