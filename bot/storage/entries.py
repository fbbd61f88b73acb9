"""What feeds brought, in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeAlias

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    select,
    tuple_,
    update,
)

from bot.core.mention import DEFAULT_TEAM, Entry
from bot.storage.database import insert_all, portions
from bot.storage.prepared import fetch
from bot.storage.tables import entry, feed

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
    unknown = []
    for url, ids in asked:
        left = set(ids)
        for some in portions(sorted(left)):
            size = 1 << (len(some) - 1).bit_length()
            # Filled up with the first, so that there are but a few statements.
            row = dict.fromkeys(_names(size), some[0]) | dict(zip(_names(size), some, strict=False))
            known = fetch(connection, _known(size), row | {"b_feed": url})
            left.difference_update(id_ for (id_,) in known)
        unknown.append(left)
    return unknown


@cache
def _known(size: int) -> "Select[str]":
    """Ask about so many ids of one feed. SQLite reads all entries where pairs are asked about."""
    ids: list[BindParameter[str]] = [bindparam(name) for name in _names(size)]
    return select(entry.c.id).where(entry.c.feed == bindparam("b_feed"), entry.c.id.in_(ids))


@cache
def _names(size: int) -> tuple[str, ...]:
    return tuple(f"b_{number}" for number in range(size))


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
    told = exists().where(feed.c.url == entry.c.feed, feed.c.listed.is_not(None))
    old = select(entry.c.feed, entry.c.id).where(
        ~entry.c.kept, entry.c.first_seen_at < before, told
    )
    return connection.execute(delete(entry).where(_ONE.in_(old.limit(most)))).rowcount
