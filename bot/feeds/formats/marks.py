"""What tells that an item is, byte for byte, the one that an earlier body had. Pure.

To read an item takes far longer than to see that it need not be read again, and so does parsing it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from lxml.etree import _Element as Element

MOST_MARKED = 400
"""Feeds of more items are read whole each time: their marks would take too much room."""

_MARK = 8
_START = re.compile(rb"<((?:[^\s<>/:]+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_ENDS_NAME = frozenset((b" ", b"\t", b"\r", b"\n", b"/", b">"))
# The rest of a start tag whose element has an end tag of its own.
_REST = re.compile(rb"(?:\s+[^\s=<>\"'/]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*\s*>")


@dataclass(frozen=True, slots=True)
class Spans:
    """Where the items of a text are: from each of `starts` to the one of `ends` beside it.

    `tag` is how they are spelled. `whole` says of each that it ends at the only end tag before the
    next one starts, so that what is between can be left out.
    """

    text: bytes
    tag: bytes
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    whole: tuple[bool, ...]

    def frame(self) -> bytes | None:
        """Give the text around the items, with a single empty one; None if that is in doubt."""
        return self._joined([(self.starts[0], self.ends[-1])]) if self.whole[-1] else None

    def without(self, places: Collection[int]) -> bytes:
        """Give the text with nothing in the items at these places, which have to be `whole`."""
        return self._joined([(self.starts[place], self.ends[place]) for place in sorted(places)])

    def _joined(self, left_out: Sequence[tuple[int, int]]) -> bytes:
        pieces: list[bytes] = []
        at = 0
        for start, end in left_out:
            pieces += (self.text[at:start], b"<", self.tag, b">")
            at = end
        return b"".join((*pieces, self.text[at:]))


def spans_of(text: bytes) -> Spans | None:
    """Find what looks like the items of a feed in UTF-8; None if there are none or too many.

    Some may stand in a comment or a text: only parsing tells.
    """
    first = _START.search(text)
    if first is None:
        return None
    opening, closing = first[0], b"</" + first[1]
    starts: list[int] = []
    at = first.start()
    while at >= 0 and len(starts) <= MOST_MARKED:
        after = at + len(opening)
        if text[after : after + 1] in _ENDS_NAME:
            starts.append(at)
        at = text.find(opening, after)
    if len(starts) > MOST_MARKED:
        return None
    ends, whole = [], []
    for start, limit in zip(starts, (*starts[1:], len(text)), strict=True):
        # Blanks and whatever else comes behind its last end tag are no part of an item.
        first_end = text.find(closing, start, limit)
        end = text.rfind(closing, max(first_end, start), limit)
        ends.append(limit if end < 0 else end)
        alone = end >= 0 and first_end == end
        whole.append(alone and _REST.match(text, start + len(opening), end) is not None)
    return Spans(text, first[1], tuple(starts), tuple(ends), tuple(whole))


class Marks:
    """The marks of a text's items, of their bytes and of all around that decides how they are read.

    `spans` is None where there are no items or too many.
    """

    __slots__ = ("_around", "_context", "_made", "spans")

    def __init__(self, text: bytes, *context: object) -> None:
        self.spans = spans_of(text)
        self._context = context
        self._around = ""
        self._made: list[bytes] = []

    def of(self, items: Sequence[Element], root: Element) -> list[bytes]:
        """Give the marks of `items`, those elements of the text that are items, in order.

        None get any where it cannot be told for sure which is whose. The text has no DTD.
        """
        if self.spans is None or not items or len(self.spans.starts) != len(items):
            return []
        parent = items[0].getparent()
        # A start tag may also stand in a comment, and items in several channels: let them be.
        if parent is None or any(each.getparent() is not parent for each in items):
            return []
        return self.within(parent, root)

    def within(self, parent: Element, root: Element) -> list[bytes]:
        """Give the marks of what looks like items, if `parent` is what they are in."""
        if self.spans is None:
            return []
        spaces = [sorted(map(str, each.nsmap.items())) for each in (parent, root)]
        around = repr((spaces, self._context))
        if around != self._around:
            self._around, self._made = around, _digests(self.spans, around)
        return self._made


def _digests(spans: Spans, around: str) -> list[bytes]:
    start_with = sha256(around.encode(errors="replace"))
    text, marks = memoryview(spans.text), []
    for start, end in zip(spans.starts, spans.ends, strict=True):
        mark = start_with.copy()
        mark.update(text[start:end])
        marks.append(mark.digest()[:_MARK])
    return marks
