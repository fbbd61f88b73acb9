"""What tells that an item is, byte for byte, the one that an earlier body had. Pure.

To read an item takes far longer than to see that it need not be read again.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b

from lxml.etree import _Element as Element

MOST_MARKED = 400
"""Feeds of more items are read whole each time: their marks would take too much room."""

_MARK = 8
_START = re.compile(rb"<((?:[^\s<>/:]+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)


def marks_of(text: bytes, items: Sequence[Element], *context: object) -> list[bytes]:
    """Give each item a mark of its bytes and of all around it that decides how it is read.

    `text` is UTF-8 without a DTD, `items` the elements of it that are items, in order. None get any
    where that cannot be told for sure.
    """
    if not 0 < len(items) <= MOST_MARKED:
        return []
    starts = list(_START.finditer(text))
    parent = items[0].getparent()
    # A start tag may also stand in a comment, and items in several channels: let them be.
    if (
        parent is None
        or len(starts) != len(items)
        or any(each.getparent() is not parent for each in items)
    ):
        return []
    spaces = sorted((str(name), uri) for name, uri in parent.nsmap.items())
    around = blake2b(repr((spaces, context)).encode(errors="replace"), digest_size=_MARK)
    marks = []
    ends = [*(each.start() for each in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=True):
        # Blanks and whatever else comes behind its last end tag are no part of an item.
        last = text.rfind(b"</" + start[1], start.start(), end)
        mark = around.copy()
        mark.update(text[start.start() : end if last < 0 else last])
        marks.append(mark.digest())
    return marks
