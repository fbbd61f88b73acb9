"""The strict reader: well-formed RSS 0.9x to 2.0, Atom 0.3 and 1.0, and RDF, without a DTD."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice, repeat

from lxml import etree
from lxml.etree import _Element as Element

from bot.feeds import plain
from bot.feeds.formats.charset import as_utf8
from bot.feeds.formats.marks import Marks, Spans
from bot.feeds.formats.raw import MOST_ITEMS, NotStrictError, RawFeed, UnreadableError, Wishes
from bot.feeds.formats.vocabulary import Names
from bot.feeds.formats.wishes import wishes
from bot.feeds.formats.xmlitem import read_item

_ITEMS = frozenset(("item", "entry"))
_RESOURCE_LIMIT = 114
"""XML_ERR_RESOURCE_LIMIT of libxml2's xmlerror.h."""

MOST_TAGS = 800_000
"""A tree of more would take more memory than a feed may: some 130 bytes for each."""

_BASE = re.compile(rb"(?:xml:|\s)base\s*=")
_BASE_AT = 4


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
    try:
        data = as_utf8(body, content_type)
    except ValueError:
        raise NotStrictError from None
    based = _has_base(data)
    marks = Marks(data, base, based) if known is not None else None
    job = _Job(base, based, known or (), marks)
    part = _in_part(job, marks.spans) if known and marks and marks.spans else None
    return part or _read(data, job)


@dataclass(frozen=True, slots=True)
class _Job:
    """What to read a feed by. `based`: an element of it may have a base of its own."""

    base: str
    based: bool
    known: Collection[bytes]
    marks: Marks | None


def _in_part(job: _Job, spans: Spans) -> RawFeed | None:
    """Read a feed without even parsing what is known of it; None where that is in doubt.

    The known items are parsed as empty ones. If these turn out to be all the items that there are,
    in one place and under the names they had, then their bytes mean what they meant before.
    """
    frame = spans.frame()
    try:
        root = _parsed(frame) if frame else None
        first = None if root is None else next(_parts(root, Names(root))[1], None)
        parent = None if first is None else first.getparent()
        if job.marks is None or root is None or parent is None:
            return None
        each = zip(job.marks.within(parent, root), spans.whole, strict=True)
        left_out = {at for at, (mark, whole) in enumerate(each) if whole and mark in job.known}
        feed = _read(spans.without(left_out), job) if left_out else None
    except (NotStrictError, UnreadableError):
        return None
    if feed is None or not left_out.issubset(place for place, _ in feed.skipped):
        return None
    return feed


def _read(data: bytes, job: _Job) -> RawFeed:
    """Read a feed in UTF-8, of which some of the items whose marks are known may be empty."""
    root = _parsed(data)
    names = Names(root)
    heads, parts = _parts(root, names)
    items = list(islice(parts, MOST_ITEMS))
    marks = job.marks.of(items, root) if job.marks else []
    read_ones, skipped = [], []
    for place, (item, mark) in enumerate(zip(items, marks or repeat(b""), strict=False)):
        if mark in job.known:
            skipped.append((place, mark))
        else:
            read_ones.append(read_item(item, names, job.base, mark, based=job.based))
    title = next((text for head in heads if (text := _title(head, names))), "")
    return RawFeed(title, tuple(read_ones), _wishes(heads, names), tuple(skipped))


def _parsed(data: bytes) -> Element:
    """Parse a document without a DTD. Raise NotStrictError for any other."""
    if len(data) > MOST_TAGS and data.count(b"<") > MOST_TAGS:
        raise NotStrictError
    parser = _parser()
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        _refuse_traps(parser)
        raise NotStrictError from None
    # The stubs do not know `doctype`.
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise NotStrictError
    return root


def _has_base(data: bytes) -> bool:
    """Whether an element may have a base of its own."""
    at = data.find(b"base")
    while at >= 0:
        if _BASE.match(data, max(0, at - _BASE_AT)) or _BASE.match(data, max(0, at - 1)):
            return True
        at = data.find(b"base", at + _BASE_AT)
    return False


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
