"""The formatted text of a message as words, and whom it speaks to. Pure, and never raises."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from lxml import etree

from bot.core.addresses import LONGEST_ADDRESS
from bot.platforms.matrix.values import mended, user

_BLOCKS = frozenset(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer "  # noqa: SIM905 - thirty lines shorter
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul".split()
)
_UNSEEN = frozenset({"mx-reply", "script", "style", "template", "head"})
# What a person may need to see of an address that their client hides behind a label.
_SHOWN = re.compile(r"(?:https?://(?!matrix\.to/)|mailto:)\S", re.IGNORECASE)
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*://|mailto:)", re.IGNORECASE)
_PERSON = re.compile(r"(?:https?://matrix\.to/#/(@)|matrix:u/)([^?#]+)", re.IGNORECASE)
_ENCODED_PERSON = re.compile(r"(?<=#/)%40", re.IGNORECASE)


def lines(html: str) -> tuple[str, ...]:
    """Give the words of markup, a line for each block; what a reply quotes is left out.

    Links keep their place by their label, so that a name of which half is linked stays whole; the
    address follows at the end of the line where the label does not show it. Takes time and memory
    in proportion to the length, however broken the markup is.
    """
    return tuple(_read(html).lines)


def pill(html: str) -> tuple[str, str] | None:
    """Give the person that markup begins with, as clients write a mention: the id and the label."""
    first = _read(html).first
    person = person_of(first[0]) if first else ""
    return (person, first[1]) if first and person else None


def person_of(address: str) -> str:
    """Give the id of the user that an address leads to, or an empty string."""
    found = _PERSON.match(_ENCODED_PERSON.sub("@", address))
    return user(mended(f"@{unquote(found[2])}")) if found else ""


def _read(html: str) -> "_Reader":
    reader = _Reader()
    if html.strip():
        # libxml2, since html.parser takes a minute for 64 KiB of `<a `.
        parser = etree.HTMLParser(
            target=reader,  # type: ignore[arg-type]  # the stubs say bytes; lxml only gives str
            remove_comments=True,
            remove_pis=True,
            no_network=True,
        )
        try:
            parser.feed(f"<div>{html}</div>")
            parser.close()
        except etree.LxmlError:
            # Not known to happen; then the plain text has to do.
            return reader
    return reader


class _Reader:
    """Takes a document's parts in their order and keeps its lines, and the link it begins with."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.first: tuple[str, str] | None = None
        self._parts: list[str] = []
        self._addresses: list[str] = []
        self._unseen = 0
        self._href: str | None = None
        self._label = 0  # where in the parts that of the open link begins
        self._begun = False
        self._leads = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._unseen or tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self._end_line()
        elif tag == "a":
            self._href, self._label = attributes.get("href", "").strip(), len(self._parts)
            self._leads = not self._begun
        elif tag == "img":
            self._parts.append(attributes.get("alt", ""))

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif tag in _BLOCKS:
            self._end_line()
        elif tag == "a" and self._href is not None:
            self._end_link(self._href)

    def data(self, text: str) -> None:
        if not self._unseen:
            self._parts.append(text)
            self._begun = self._begun or bool(text.strip())

    def close(self) -> None:
        self._end_line()

    def _end_link(self, href: str) -> None:
        label = _folded("".join(self._parts[self._label :]))
        if self._leads and label:
            self.first = href, label
            self._leads = False
        if _SHOWN.match(href) and len(href) <= LONGEST_ADDRESS and _bare(label) != _bare(href):
            self._addresses.append(href)
        self._href = None

    def _end_line(self) -> None:
        line = _folded(" ".join(("".join(self._parts), *dict.fromkeys(self._addresses))))
        if line:
            self.lines.append(line)
        self._parts.clear()
        self._addresses.clear()
        self._label = 0


def _folded(text: str) -> str:
    return " ".join(text.split())


def _bare(address: str) -> str:
    """Give an address as people shorten it: without its scheme and last slash."""
    return _SCHEME.sub("", address, count=1).rstrip("/").casefold()
