"""The strict reader: well-formed RSS 0.9x to 2.0, Atom 0.3 and 1.0, and RDF, without a DTD."""

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Element

from bot.feeds import plain
from bot.feeds.dates import parse_date
from bot.feeds.raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError

_RSS = frozenset(
    (
        "",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://my.netscape.com/publish/formats/rss-0.91.dtd",
        "http://backend.userland.com/rss",
        "http://backend.userland.com/rss2",
        "http://blogs.law.harvard.edu/tech/rss",
    )
)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ATOM = frozenset(("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"))
_PREFIXES = {
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    **dict.fromkeys(_RSS, ""),
    **dict.fromkeys(_ATOM, "atom:"),
}
_DATES = (
    "atom:published",
    "pubDate",
    "atom:issued",
    "dc:date",
    "dc:issued",
    "dc:created",
    "atom:created",
    "atom:updated",
    "dc:modified",
    "atom:modified",
)

_RESOURCE_LIMIT = 114
"""XML_ERR_RESOURCE_LIMIT of libxml2's xmlerror.h."""

_Children = dict[str, list[Element]]


class NotStrictError(Exception):
    """Not well-formed, or with a DTD: not for the strict reader."""


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def read(body: bytes, base: str) -> RawFeed:
    """Read a well-formed feed. Raise NotStrictError if a forgiving reader should try instead."""
    parser = _parser()
    try:
        root = etree.fromstring(body, parser, base_url=base)
    except (etree.XMLSyntaxError, ValueError):
        _refuse_traps(parser)
        raise NotStrictError from None
    # The stubs do not know `doctype`.
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise NotStrictError
    return _feed(root, base)


def _refuse_traps(parser: etree.XMLParser) -> None:
    """Stop at what libxml2 calls a resource limit: nesting or entities that only an attack has."""
    if any(entry.type == _RESOURCE_LIMIT for entry in parser.error_log):
        raise UnreadableError("has nesting or entities beyond all reason")


def _feed(root: Element, base: str) -> RawFeed:
    name = etree.QName(root)
    if name.localname == "feed" and name.namespace in _ATOM:
        heads, items = _children(root), root.iterchildren("{*}entry")
        title = _text(heads, "atom:title")
    elif name.localname == "rss" or (name.localname == "RDF" and name.namespace == _RDF):
        channel = next(root.iterchildren("{*}channel"), root)
        title = _text(_children(channel), "title")
        items = root.iterdescendants("{*}item")
        if channel is root and next(root.iterdescendants("{*}item"), None) is None:
            raise UnreadableError("is not a feed: it has neither channel nor items")
    else:
        what = "an HTML page" if name.localname.lower() == "html" else f"<{name.localname}> XML"
        raise UnreadableError(f"is not a feed: it is {what}")
    known = (each for each in items if _known(each))
    return RawFeed(title, tuple(_item(each, base) for each in _first(known)))


def _known(element: Element) -> bool:
    return (etree.QName(element).namespace or "") in _PREFIXES


def _first(items: Iterator[Element]) -> Iterator[Element]:
    return (item for _, item in zip(range(MOST_ITEMS), items, strict=False))


def _item(element: Element, base: str) -> RawItem:
    children = _children(element)
    link, link_base = _link(children)
    guid = _text(children, "guid", "atom:id") or element.get(f"{{{_RDF}}}about", "").strip()
    if not link:
        link = _permalink(children)
    return RawItem(
        guid=guid,
        link=link,
        base=link_base or base,
        title=_words(children, "title", "atom:title", "dc:title"),
        summary=plain.longest(
            _words(children, "description", "atom:summary", "dc:description"),
            _words(children, "content:encoded"),
            _words(children, "atom:content"),
        ),
        published=next(filter(None, (parse_date(_text(children, name)) for name in _DATES)), None),
    )


def _children(element: Element) -> _Children:
    """Group the children of the vocabularies we read by prefixed name; others are left out."""
    grouped: _Children = {}
    for child in element:
        name = etree.QName(child)
        prefix = _PREFIXES.get(name.namespace or "")
        if prefix is not None:
            grouped.setdefault(prefix + name.localname, []).append(child)
    return grouped


def _text(children: _Children, *names: str) -> str:
    """Give the characters of the first of these that has any."""
    for name in names:
        for element in children.get(name, ()):
            text = plain.fold(plain.clean(_raw(element)))
            if text:
                return text
    return ""


def _words(children: _Children, *names: str) -> str:
    """Give the words of the first of these that has any: escaped HTML, XHTML or text."""
    for name in names:
        for element in children.get(name, ()):
            kind = element.get("type", "text").lower()
            if "/" in kind and "html" not in kind and not kind.startswith("text/"):
                continue
            words = plain.of_element(element) if len(element) else plain.of_markup(_raw(element))
            if words:
                return words
    return ""


def _raw(element: Element) -> str:
    return "".join(map(str, element.itertext()))


def _link(children: _Children) -> tuple[str, str]:
    """Give the item's own page and the base to resolve it by."""
    for element in children.get("link", ()):
        link = (element.text or "").strip()
        if link:
            return link, element.base or ""
    found: dict[str, Element] = {}
    for element in children.get("atom:link", ()):
        if element.get("href", "").strip():
            rank = element.get("rel", "alternate")
            if rank == "alternate" and "html" not in element.get("type", "html"):
                rank = "other alternate"
            found.setdefault(rank, element)
    for rank in ("alternate", "other alternate", "related", "via"):
        if rank in found:
            return found[rank].get("href", "").strip(), found[rank].base or ""
    return "", ""


def _permalink(children: _Children) -> str:
    """Give the guid where it does not deny being a link; the caller drops it if it is none."""
    for element in children.get("guid", ()):
        if element.get("isPermaLink", "true").strip().lower() != "false":
            return _text(children, "guid")
    return ""
