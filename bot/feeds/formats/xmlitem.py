"""One item of a well-formed feed, read as feedparser reads it.

feedparser takes each element as it comes, wherever in the item it stands, and later ones replace
earlier ones by rules of their own; what follows keeps to these rules. Whatever they would make
depend on more than is looked at here is left to feedparser itself: NotStrictError.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from html import escape
from itertools import takewhile

from lxml import etree
from lxml.etree import _Element as Element

from bot.feeds import plain
from bot.feeds.formats.dates import parse_date
from bot.feeds.formats.raw import NotStrictError, RawItem
from bot.feeds.formats.vocabulary import RDF, XHTML, Names, Role
from bot.feeds.links import best_link

_ABOUT = f"{{{RDF}}}about"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_HTML_TYPES = frozenset(("html", "xhtml", "text/html", "application/xhtml+xml"))
_XHTML_TYPES = frozenset(("xhtml", "application/xhtml+xml"))
_TEXT_TYPES = _HTML_TYPES | {"text", "plain"}
_IN_SOURCE = frozenset(
    (Role.TITLE, Role.LINK, Role.GUID, Role.PUBLISHED, Role.UPDATED, Role.CREATED)
)
_IN_MEDIA = frozenset(("media_title", "media_description"))
_SEVERAL_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+-.]*:///")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ABSOLUTE = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")  # in UTF-8: from U+0080 to U+009F
_WINDOWS = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "ignore"))
}
_LONGEST_XHTML = 100_000
"""In characters. Of longer ones the reader's limit might leave out more for their attributes."""
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")


def read_item(
    element: Element, names: Names, base: str, mark: bytes = b"", *, based: bool
) -> RawItem:
    """Read an item. Raise NotStrictError in doubt.

    `based` says that the document has a base of its own somewhere.
    """
    return _Item(element, names, based=based).raw(base, mark)


class _Item:
    """An item while its elements come in."""

    def __init__(self, element: Element, names: Names, *, based: bool) -> None:
        self._names = names
        self._based = based
        self._guid = self._about(element)
        self._guid_link = ""
        self._guids = 0
        self._empty_link = False
        self._link = ""
        self._links: list[tuple[str, str]] = []
        self._dates: dict[Role, str] = {}
        self._titles: list[tuple[Element, Role, int]] = []
        self._reset = False
        self._texts = _Texts()
        for child in element:
            self._take(child)

    def raw(self, base: str, mark: bytes) -> RawItem:
        """Give what came of it."""
        dates = (self._dates.get(role) for role in (Role.PUBLISHED, Role.UPDATED, Role.CREATED))
        if self._empty_link and not (self._link or _ABSOLUTE.match(self._guid_link or "x:")):
            raise NotStrictError
        return RawItem(
            guid=plain.fold(plain.clean(self._guid)),
            link=best_link(self._link or self._guid_link, self._links),
            base=base,
            title=plain.of_markup(self._title()),
            published=next(filter(None, (parse_date(date) for date in dates if date)), None),
            tell=self._texts.reader(),
            mark=mark,
        )

    @staticmethod
    def _about(element: Element) -> str:
        about = ""
        for name, value in element.items():
            if name == _ABOUT:
                about = str(value)
            elif not str(name).startswith(_XML) and str(name).lower() in ("href", "lastmod"):
                raise NotStrictError
        return about

    def _take(self, child: Element) -> None:
        role = self._names.role(child)
        if role is Role.PLAIN:
            if len(child):
                self._take_nested(child)
        elif role in (Role.SUMMARY, Role.CONTENT):
            self._texts.take(child, role, 0)
        elif role in (Role.TITLE, Role.MEDIA_TITLE):
            self._titles.append((child, role, 0))
        elif role is Role.LINK:
            self._take_link(child)
        elif role is Role.GUID:
            self._take_guid(child)
        elif role is Role.SOURCE:
            self._reset = True
            self._take_nested(child, _IN_SOURCE)
        elif (
            role is Role.ODD or len(child) or (child.items() and self._names.name(child) == "date")
        ):
            raise NotStrictError
        else:
            self._dates[role] = mend((child.text or "").strip())

    def _take_nested(self, parent: Element, harmless: frozenset[Role] = frozenset()) -> None:
        """Look into an element that has others: media titles count, the rest had better not."""
        media = self._names.name(parent).startswith("media_")
        for child in parent.iterdescendants():
            role = self._names.role(child)
            if role is Role.PLAIN or role in harmless:
                continue
            if not media or self._names.name(child) not in _IN_MEDIA:
                raise NotStrictError
            depth = 1 + sum(
                1 for _ in takewhile(lambda it: it is not parent, child.iterancestors())
            )
            if role is Role.MEDIA_TITLE:
                self._titles.append((child, role, depth))
            else:
                self._texts.take(child, role, depth)

    def _take_link(self, child: Element) -> None:
        attributes = _attributes(child)
        if len(child) or "url" in attributes or "uri" in attributes or "base" in attributes:
            raise NotStrictError
        rel = attributes.get("rel", "alternate").lower()
        href = attributes.get("href")
        if href is None:
            text = mend((child.text or "").strip()).replace("&amp;", "&")
            link = _REFERENCE.sub(r"&\1", text)
            if link and self._link and not (_WEB.match(link) and _WEB.match(self._link)):
                raise NotStrictError  # which is the item's own is for feedparser to say
            self._link = link or self._link
            self._empty_link |= not link
        else:
            link = href
            kind = attributes.get("type", "text/html" if rel != "self" else "").lower()
            if not href.strip():
                raise NotStrictError
            if rel == "alternate" and kind in _HTML_TYPES:
                self._link = href
            else:
                self._links.append((rel, href))
        self._refuse_doubtful(link)

    def _take_guid(self, child: Element) -> None:
        attributes = _attributes(child)
        self._guids += 1
        guid = mend((child.text or "").strip())
        if len(child) or self._guids > 1 or "base" in attributes or (self._guid and not guid):
            raise NotStrictError
        self._guid = guid
        if attributes.get("ispermalink", "true") == "true":
            self._guid_link = guid
            self._refuse_doubtful(guid)

    def _refuse_doubtful(self, link: str) -> None:
        """Leave it to feedparser to join an address to a base, and to mend slashes."""
        if _SEVERAL_SLASHES.match(link) or (self._based and link and not _ABSOLUTE.match(link)):
            raise NotStrictError

    def _title(self) -> str:
        """Give the first title, but media titles only where there is no other."""
        if self._reset and len(self._titles) > 1:
            raise NotStrictError
        title, at, is_set = "", None, False
        for element, role, depth in self._titles:
            text = markup_of(element)()
            if is_set or (at is not None and depth > at):
                continue
            title, at = text, depth
            is_set = bool(text) and role is Role.TITLE
        return title


class _Texts:
    """The texts of an item: one is the summary, the others are content.

    A second summary is content where there is none yet, and replaces the first where there is.
    """

    def __init__(self) -> None:
        self._summary: Callable[[], str] | None = None
        self._depth: int | None = None
        self._contents: list[Callable[[], str]] = []

    def take(self, element: Element, role: Role, depth: int) -> None:
        """Remember a text to be made words of when asked for."""
        text = markup_of(element)
        if role is Role.CONTENT:
            self._contents.append(text)
            if self._summary is None:
                self._summary = text
        elif self._summary is not None and not self._contents:
            self._contents.append(text)
        elif self._summary is None or self._depth is None or depth <= self._depth:
            self._summary, self._depth = text, depth

    def reader(self) -> Callable[[], str]:
        """Give what tells the longest of them."""
        texts = self._contents if self._summary is None else [self._summary, *self._contents]
        return partial(_longest, tuple(dict.fromkeys(texts)))


def _longest(texts: tuple[Callable[[], str], ...]) -> str:
    return plain.longest("", *(plain.of_markup(text()) for text in texts))


def markup_of(element: Element) -> Callable[[], str]:
    """Give what gives an element's markup: as text, or as XHTML. Raise NotStrictError in doubt."""
    kind = ""
    for key, value in element.items():
        name = str(key).lower()
        if name == "type":
            kind = str(value).lower()
            if kind not in _TEXT_TYPES and not kind.startswith("text/"):
                raise NotStrictError
        elif (name == "mode" and value == "base64") or name.endswith("}type"):
            raise NotStrictError
    if kind in _XHTML_TYPES:
        return partial(str, _serialised(element))
    if len(element):
        raise NotStrictError
    return partial(_text_of, element)


def _text_of(element: Element) -> str:
    return mend((element.text or "").strip())


def _serialised(element: Element) -> str:
    """Give XHTML's markup without attributes. Raise NotStrictError for what is no plain XHTML."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node is element:
            pieces.append(escape(node.text or "", quote=False) if event == "start" else "")
            continue
        uri, _, name = str(node.tag).removeprefix("{").rpartition("}")
        if uri != XHTML or node.prefix or name.lower() in ("body", "svg", "math"):
            raise NotStrictError
        after = node.text if event == "start" else node.tail
        slash = "" if event == "start" else "/"
        pieces.append(f"<{slash}{name.lower()}>{escape(after or '', quote=False)}")
    text = "".join(pieces).strip()
    if len(text) > _LONGEST_XHTML or mend(text) != text:
        raise NotStrictError
    return text


def mend(text: str) -> str:
    """Undo what publishers do to encodings: UTF-8 taken for Latin-1, and Windows-1252 in Latin-1.

    feedparser does so with every text that allows it.
    """
    if text.isascii():
        return text
    with suppress(ValueError):
        text = text.encode("iso-8859-1").decode()
    odd = _CONTROL.search(text.encode(errors="replace")) is not None
    return text.translate(_WINDOWS) if odd else text


def _attributes(element: Element) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in element.items()}
