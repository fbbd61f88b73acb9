"""What a feed's bodies listed lately, as the bytes that are kept with it. Pure.

They are prints of eight bytes each, newest first. In front of them may stand a table of the last
body's items with their marks: what has the mark that it had has the prints that it had.
"""

import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

PRINT = 8
MOST_LISTED = 64 * 1024
"""Bytes that are remembered of a feed."""

_OF_AN_ITEM = 5 * PRINT
_FEWEST_ITEMS = 400
_BODIES = 4
_NAME = b"\xffitem\x01"  # with the table's layout; a print may be the same once in 2 to the 48
_HEAD = struct.Struct("<6sH")
_ROW = struct.Struct("<8sq8s8s8s8s8s")
_NONE = bytes(PRINT)
_FEW = 16


class Known(NamedTuple):
    """An item of the last body: its mark, its date in seconds, 0 without, and its prints."""

    mark: bytes
    at: int
    guid: bytes
    link: bytes
    title: bytes
    page: bytes
    day: bytes

    @property
    def alike(self) -> bytes:
        """What another guid's item has in common if it is the same article."""
        return self.day if self.page == _NONE else self.page


class Remembered:
    """What is known of a feed's earlier bodies."""

    def __init__(self, listed: bytes) -> None:
        """Read what `after` gave, or prints without a table."""
        self.listed = listed
        self.table, self._older = _parted(listed)
        self.by_mark = {each.mark: each for each in self.table}

    def asked(self, items: int) -> Callable[[bytes], bool]:
        """Give what tells whether a print is there; it is to be asked about so many items."""
        if items > _FEW:
            return (frozenset(split(self.listed)) - {_NONE}).__contains__
        return lambda wanted: bool(wanted) and _found(self.listed, wanted) >= 0

    def after(self, table: Sequence[Known], prints: Iterable[bytes], items: int) -> bytes:
        """Put a body before the older ones: its table, and the prints that are not in it.

        It never gets shorter, so that a body that lists little makes nothing forgotten.
        """
        room = max(_BODIES * items, _FEWEST_ITEMS) * _OF_AN_ITEM
        room = min(max(room, len(self.listed)), MOST_LISTED)
        front = {each for row in table for each in row[2:]} | {_NONE}
        marks = {row.mark for row in table}
        left = _columns([row for row in self.table if row.mark not in marks])
        added = dict.fromkeys(each for each in (*prints, *left) if each and each not in front)
        again = front.difference(*(row[2:] for row in self.table)) | added.keys()
        older = _without(self._older, again)
        rows = [_ROW.pack(*row) for row in table]
        head = [_HEAD.pack(_NAME, len(rows))] if rows else []
        return b"".join((*head, *rows, *added, older))[:room]


def prints_of(listed: bytes) -> bytes:
    """Leave out the table: nothing else is forgotten, and the next body is read whole."""
    table, older = _parted(listed)
    return b"".join(dict.fromkeys(each for each in _columns(table) if each != _NONE)) + older


def _parted(listed: bytes) -> tuple[list[Known], bytes]:
    """Part the table from the prints. What is not the table's layout is prints alone."""
    if len(listed) < _HEAD.size:
        return [], listed
    name, rows = _HEAD.unpack_from(listed)
    end = _HEAD.size + rows * _ROW.size
    if name != _NAME or end > len(listed):
        return [], listed
    table = listed[_HEAD.size : end]
    return list(map(Known._make, _ROW.iter_unpack(table))), listed[end:]


def _columns(rows: list[Known]) -> list[bytes]:
    """Give the prints of items, those first that are missed most."""
    return [each for column in zip(*rows, strict=True) for each in column][2 * len(rows) :]


def _found(prints: bytes, wanted: bytes) -> int:
    """Give where a print is; -1 if it is not there."""
    at = prints.find(wanted)
    while at % PRINT and at >= 0:
        at = prints.find(wanted, at + 1)
    return at


def _without(prints: bytes, unwanted: Collection[bytes]) -> bytes:
    if len(unwanted) > _FEW * _OF_AN_ITEM // PRINT:
        return b"".join(dict.fromkeys(each for each in split(prints) if each not in unwanted))
    for each in unwanted:
        if each and (at := _found(prints, each)) >= 0:
            prints = prints[:at] + prints[at + PRINT :]
    return prints


def split(listed: bytes) -> Iterable[bytes]:
    """Give the parts of eight bytes; what is left at the end is none."""
    return (listed[at : at + PRINT] for at in range(0, len(listed) - PRINT + 1, PRINT))
