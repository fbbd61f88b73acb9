"""The strict reader: well-formed RSS 0.9x to 2.0, Atom 0.3 and 1.0, and RDF, without a DTD."""

import re
from collections.abc import Collection, Iterator
from itertools import islice, repeat

from lxml import etree
from lxml.etree import _Element as Element

from bot.feeds import plain
from bot.feeds.formats.charset import as_utf8
from bot.feeds.formats.marks import marks_of
from bot.feeds.formats.raw import MOST_ITEMS, NotStrictError, RawFeed, UnreadableError, Wishes
from bot.feeds.formats.vocabulary import Names
from bot.feeds.formats.wishes import wishes
from bot.feeds.formats.xmlitem import read_item

_ITEMS = frozenset(("item", "entry"))
_RESOURCE_LIMIT = 114
"""XML_ERR_RESOURCE_LIMIT of libxml2's xmlerror.h."""

MOST_TAGS = 800_000
"""A tree of more would take more memory than a feed may: some 130 bytes for each."""

_BASE = re.compile(rb"\bxml:base\b|\sbase\s*=")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def read(
    body: bytes,
    base: str,
    content_type: str | None = None,
    known: Collection[bytes] | None = None,
) -> RawFeed:
    """Read a well-formed feed. Raise NotStrictError if a forgiving reader should try instead.

    What it reads, feedparser would read the same: `tests/feeds/test_strict.py`. Items whose marks
    are `known` are skipped; with None there are no marks.
    """
    if body.count(b"<") > MOST_TAGS:
        raise NotStrictError
    parser = _parser()
    try:
        data = as_utf8(body, content_type)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        _refuse_traps(parser)
        raise NotStrictError from None
    # The stubs do not know `doctype`.
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise NotStrictError
    names = Names(root)
    based = b"base" in body and _BASE.search(body) is not None
    heads, parts = _parts(root, names)
    items = list(islice(parts, MOST_ITEMS))
    spaces = sorted(map(str, root.nsmap.items()))
    marks = marks_of(data, items, base, based, spaces) if known is not None else []
    read_ones, skipped = [], []
    for place, (item, mark) in enumerate(zip(items, marks or repeat(b""), strict=False)):
        if known and mark in known:
            skipped.append((place, mark))
        else:
            read_ones.append(read_item(item, names, base, mark, based=based))
    title = next((text for head in heads if (text := _title(head, names))), "")
    return RawFeed(
        title,
        tuple(read_ones),
        _wishes(heads, names),
        tuple(skipped),
    )


def _refuse_traps(parser: etree.XMLParser) -> None:
    """Stop at what libxml2 calls a resource limit: nesting or entities that only an attack has."""
    if any(entry.type == _RESOURCE_LIMIT for entry in parser.error_log):
        raise UnreadableError("has nesting or entities beyond all reason")


def _parts(root: Element, names: Names) -> tuple[list[Element], Iterator[Element]]:
    """Give the elements that tell of the feed itself, and its items in order."""
    kind = names.name(root)
    if kind == "feed":
        heads = [root]
    elif kind in ("rss", "rdf_rdf"):
        heads = [child for child in root if names.name(child) == "channel"]
        if not heads and not any(True for _ in _items(root, names, deeply=True)):
            raise UnreadableError("is not a feed: it has neither channel nor items")
        heads = heads or [root]
    else:
        if any(True for _ in _items(root, names, deeply=True)) or kind in _ITEMS:
            raise NotStrictError
        name = etree.QName(root).localname
        what = "an HTML page" if name.lower() == "html" else f"<{name}> XML"
        raise UnreadableError(f"is not a feed: it is {what}")
    return heads, _items(root, names)


def _items(parent: Element, names: Names, *, deeply: bool = False) -> Iterator[Element]:
    """Give the items of a feed and of its channels. Raise NotStrictError for any elsewhere."""
    for child in parent:
        name = names.name(child)
        if name in _ITEMS:
            yield child
        elif name == "channel":
            yield from _items(child, names, deeply=deeply)
        elif len(child):
            inner = (each for each in child.iterdescendants() if names.name(each) in _ITEMS)
            if deeply:
                yield from inner
            elif next(inner, None) is not None:
                raise NotStrictError


def _title(head: Element, names: Names) -> str:
    for child in head:
        if names.name(child) in ("title", "dc_title"):
            text = plain.fold(plain.of_markup("".join(map(str, child.itertext()))))
            if text:
                return text
    return ""


def _wishes(heads: list[Element], names: Names) -> Wishes:
    """Read the hints of the first channel, or of the feed."""
    found: dict[str, str] = {}
    skipped: dict[str, list[str]] = {"skiphours": [], "skipdays": []}
    for child in heads[0]:
        name = names.name(child)
        if name in skipped:
            skipped[name] += [each.text or "" for each in child]
        elif name in ("ttl", "sy_updateperiod", "sy_updatefrequency"):
            found.setdefault(name, child.text or "")
    return wishes(
        ttl=found.get("ttl", ""),
        period=found.get("sy_updateperiod", ""),
        frequency=found.get("sy_updatefrequency", ""),
        hours=skipped["skiphours"],
        days=skipped["skipdays"],
    )
