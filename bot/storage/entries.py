"""What feeds brought, in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)

from bot.core.mention import DEFAULT_TEAM, Entry
from bot.storage.database import insert_all
from bot.storage.prepared import fetch
from bot.storage.tables import entry, listing

EntryKey: TypeAlias = tuple[datetime, str, str]
"""An entry's place in the order of all: when it was first seen, its feed, its id."""

_ORDER = (entry.c.first_seen_at, entry.c.feed, entry.c.id)
_TYPES = [column.type for column in _ORDER]
_WORDS = select(
    entry.c.feed,
    entry.c.id,
    entry.c.title,
    entry.c.summary,
    entry.c.url,
    entry.c.published,
    entry.c.article,
    entry.c.first_seen_at,
)
_ONE = tuple_(entry.c.feed, entry.c.id)
_MOST_PAIRS = 128
"""Entries that are asked about at once."""


class Kept(NamedTuple):
    """An entry and when its feed was first seen to list it, UTC."""

    entry: Entry
    first_seen_at: datetime

    @property
    def key(self) -> EntryKey:
        """Its place in the order of all."""
        return (self.first_seen_at, self.entry.feed, self.entry.id)


def keep(connection: Connection, brought: Iterable[tuple[Sequence[Entry], datetime]]) -> None:
    """Keep entries, each batch with the time of its poll; those that are known stay as they are."""
    rows = [
        {
            "feed": each.feed,
            "id": each.id,
            "team": DEFAULT_TEAM,
            "title": each.title,
            "summary": each.summary,
            "article": each.article,
            "url": each.url,
            "published": each.published,
            "first_seen_at": now,
        }
        for entries, now in brought
        for each in entries
    ]
    if rows:
        insert_all(connection, entry, rows)


def unseen(connection: Connection, asked: Sequence[tuple[str, Collection[str]]]) -> list[set[str]]:
    """Give for each feed and ids those of which the feed has no entry yet."""
    pairs = sorted({(url, id_) for url, ids in asked for id_ in ids})
    known: set[tuple[object, ...]] = set()
    for start in range(0, len(pairs), _MOST_PAIRS):
        some = pairs[start : start + _MOST_PAIRS]
        # Filled up with the first, so that there are but a few statements.
        size = 1 << (len(some) - 1).bit_length()
        some += [some[0]] * (size - len(some))
        row = dict(zip(_names(size), chain.from_iterable(some), strict=True))
        known.update(fetch(connection, _known(size), row))
    return [{id_ for id_ in ids if (url, id_) not in known} for url, ids in asked]


@cache
def _known(size: int) -> "Select[Any]":
    """Ask about so many entries. SQLite reads all of them where a list of pairs is asked about."""
    names = iter(_names(size))
    each = [
        and_(entry.c.feed == bindparam(a), entry.c.id == bindparam(b))
        for a, b in zip(names, names, strict=True)
    ]
    one: Select[Any] = select(entry.c.feed).add_columns(entry.c.id)
    return one.where(or_(*each))


@cache
def _names(size: int) -> tuple[str, ...]:
    """Name what so many pairs are made of."""
    return tuple(f"b_{number}" for number in range(2 * size))


def since(
    connection: Connection, start: datetime, after: EntryKey | None, limit: int
) -> tuple[Kept, ...]:
    """Give entries that still have their words, by when they were first seen."""
    first = start if after is None else max(start, after[0])
    wanted = _WORDS.where(entry.c.kept, entry.c.first_seen_at >= first)
    if after is not None:
        values = [bindparam(None, *each) for each in zip(after, _TYPES, strict=True)]
        wanted = wanted.where(tuple_(*_ORDER) > tuple_(*values))
    rows = connection.execute(wanted.order_by(*_ORDER).limit(limit))
    return tuple(Kept(Entry(*row[:7]), row.first_seen_at) for row in rows)


def counted(connection: Connection, start: datetime) -> dict[str, int]:
    """Count the entries first seen then or later that still have their words, by feed."""
    rows = connection.execute(
        select(entry.c.feed, func.count())
        .where(entry.c.kept, entry.c.first_seen_at >= start)
        .group_by(entry.c.feed)
    )
    return {row[0]: row[1] for row in rows}


def of(connection: Connection, keys: Sequence[EntryKey]) -> tuple[Kept, ...]:
    """Give entries by their keys, in that order; those without their words are left out."""
    pairs = [(feed, id_) for _, feed, id_ in keys]
    # By the times, of which there is an index: SQLite reads all where pairs are asked about.
    then = entry.c.first_seen_at.in_(sorted({at for at, _, _ in keys}))
    rows = connection.execute(_WORDS.where(entry.c.kept, then, _ONE.in_(pairs)))
    found = {(row.feed, row.id): Kept(Entry(*row[:7]), row.first_seen_at) for row in rows}
    return tuple(found[pair] for pair in pairs if pair in found)


def empty(connection: Connection, before: datetime, most: int) -> int:
    """Take their words from old entries; give of how many."""
    nothing = {"title": "", "summary": "", "article": "", "kept": False}
    old = select(entry.c.feed, entry.c.id).where(entry.c.kept, entry.c.first_seen_at < before)
    some = update(entry).where(_ONE.in_(old.limit(most)))
    return connection.execute(some.values(nothing)).rowcount


def forget(connection: Connection, before: datetime, most: int) -> int:
    """Forget the ids of old entries; give how many.

    Only of feeds of which it is remembered otherwise what they list: else it would all be news.
    """
    told = exists().where(listing.c.feed == entry.c.feed)
    old = select(entry.c.feed, entry.c.id).where(
        ~entry.c.kept, entry.c.first_seen_at < before, told
    )
    return connection.execute(delete(entry).where(_ONE.in_(old.limit(most)))).rowcount
