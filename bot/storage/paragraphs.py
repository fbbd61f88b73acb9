"""What the pages of a host repeat, in the caller's transaction.

A row a host: its newest pages, each as the print of its address, how many paragraphs it has, and
their prints. To know and to bound that takes one row, where one a paragraph would be thousands.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from struct import Struct, pack, unpack_from

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.core.feed import Paragraphs
from bot.storage.database import insert_all, portions
from bot.storage.prepared import execute_many
from bot.storage.tables import paragraph

OTHERS = 3
"""What stands on so many other pages of its host is not this page's own."""
MOST = 16_384
"""Bytes that are kept of a host: some hundred and fifty pages of 25 paragraphs."""
MOST_OF_A_PAGE = 200
"""Paragraphs of a page that are looked at."""

# A page's number and how many prints follow. Half of a print will do: to take one paragraph for
# another, three pages would have to hold it.
_HEAD = Struct(">II")
_LOW = 0xFFFF_FFFF
_PAGES = select(paragraph.c.pages).where(paragraph.c.host == bindparam("b_host"))
_LOCKED = (
    select(paragraph.c.host, paragraph.c.pages)
    .where(paragraph.c.host.in_(bindparam("b_hosts", expanding=True)))
    .with_for_update()
)
_KEEP = (
    update(paragraph)
    .where(paragraph.c.host == bindparam("b_host"))
    .values(pages=bindparam("b_pages"), seen_at=bindparam("b_seen_at"))
)


def known(connection: Connection, host: str, prints: Collection[int], page: str) -> frozenset[int]:
    """Give those of the prints that stand on at least three other pages of the host."""
    stored: bytes = connection.scalar(_PAGES, {"b_host": host}) or b""
    wanted = {each & _LOW for each in prints}
    own = _number(page)
    count: Counter[int] = Counter()
    for number, start, end in _pages(stored):
        if number != own:
            there = unpack_from(f">{(end - start) // 4 - 2}I", stored, start + _HEAD.size)
            count.update(wanted.intersection(there))
    return frozenset(each for each in prints if count[each & _LOW] >= OTHERS)


def keep(connection: Connection, seen: Sequence[tuple[Paragraphs, datetime]]) -> None:
    """Remember the paragraphs of pages, in order; of a page that was seen before, the newest."""
    last = {page.host: now for page, now in seen}
    new = [{"host": host, "seen_at": last[host], "pages": b""} for host in sorted(last)]
    insert_all(connection, paragraph, new)
    stored: dict[str, bytes] = {}
    for some in portions(sorted(last)):
        rows = connection.execute(_LOCKED, {"b_hosts": some})
        stored |= {row.host: row.pages for row in rows}
    for page, _ in seen:
        stored[page.host] = _with(stored[page.host], page)
    kept = [
        {"b_host": host, "b_pages": pages, "b_seen_at": last[host]}
        for host, pages in stored.items()
    ]
    execute_many(connection, _KEEP, kept)


def purge(connection: Connection, before: datetime, most: int) -> int:
    """Forget hosts of which no page has been seen since; give how many."""
    old = select(paragraph.c.host).where(paragraph.c.seen_at < before).limit(most)
    return connection.execute(delete(paragraph).where(paragraph.c.host.in_(old))).rowcount


def _with(stored: bytes, page: Paragraphs) -> bytes:
    """Put a page before the others, as many of which stay as there is room for."""
    own = _number(page.page)
    prints = list(dict.fromkeys(each & _LOW for each in page.prints))[:MOST_OF_A_PAGE]
    parts = [pack(f">{len(prints) + 2}I", own, len(prints), *prints)]
    room = MOST - len(parts[0])
    for number, start, end in _pages(stored):
        if number != own:
            room -= end - start
            if room < 0:
                break
            parts.append(stored[start:end])
    return b"".join(parts)


def _pages(stored: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each page's number, and where it starts and ends."""
    at = 0
    while at < len(stored):
        number, prints = _HEAD.unpack_from(stored, at)
        end = at + _HEAD.size + 4 * prints
        yield number, at, end
        at = end


def _number(page: str) -> int:
    return int.from_bytes(blake2b(page.encode(), digest_size=4).digest())
