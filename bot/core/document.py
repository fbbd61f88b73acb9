"""The one thing the core says: a small tree of blocks that every platform can draw.

Text from outside is data here and stays data: there is no markup language in between. Each
platform has one total renderer of this tree. `summary` is the sentence a notification or a screen
reader gets.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter


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


Inline: TypeAlias = Annotated[Text | Link | Struck | Handle, Field(discriminator="kind")]
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a document or of a part of it."""

    text: Inlines
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text."""

    text: Inlines
    kind: Literal["paragraph"] = "paragraph"


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
    """One item of a list and the answers under it: they are shown and dropped together."""

    text: Inlines
    answers: tuple[Inlines, ...] = ()


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
    """Something to do next: pressing it runs the command `line` for the person who pressed."""

    label: str
    line: str


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons; numbered choices where there are none."""

    buttons: tuple[Button, ...]
    kind: Literal["actions"] = "actions"


Block: TypeAlias = Annotated[
    Heading | Paragraph | Fields | Bullets | Quote | Divider | Footnote | Actions,
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


def said(text: str) -> Document:
    """Make a document of one sentence."""
    return Document(text, (Paragraph(words(text)),))


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
        case Divider():
            return


def size(blocks: Iterable[Block]) -> int:
    """Count the characters a reader is shown, link addresses included."""
    return sum(
        len(part.label) + len(part.url) if isinstance(part, Link) else len(part.value)
        for block in blocks
        for run in runs(block)
        for part in run
    )
