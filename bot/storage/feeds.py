"""Feeds between polls, in the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    Update,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.feed import Feed, Poll
from bot.core.mention import DEFAULT_TEAM
from bot.storage.database import insert_all, portions
from bot.storage.prepared import execute_many, fetch
from bot.storage.tables import feed, listing

# Statements are made once: to build one takes longer than to carry it out.
# In the order of Feed's fields, so that a row need not be asked by name.
_OWN = (
    feed.c.url,
    feed.c.next_check_at,
    feed.c.title,
    feed.c.etag,
    feed.c.last_modified,
    feed.c.body_hash,
    feed.c.seeded,
    feed.c.failures,
    feed.c.last_error,
    feed.c.checked_at,
    feed.c.good_at,
    feed.c.address,
    feed.c.moving_to,
    feed.c.moves,
    feed.c.gone,
    feed.c.newest_at,
    feed.c.gap_s,
    feed.c.floor_s,
    feed.c.skip_hours,
    feed.c.skip_days,
    feed.c.told,
)
_STATE = select(*_OWN, listing.c.prints).outerjoin(listing, listing.c.feed == feed.c.url)
_POLLED = (feed.c.active, ~feed.c.gone)
_DUE = (
    _STATE.where(
        *_POLLED,
        feed.c.next_check_at <= bindparam("b_now"),
    )
    .order_by(feed.c.next_check_at)
    .limit(bindparam("b_most"))
    .with_for_update(skip_locked=True, of=feed)
)
_NEXT_DUE = select(func.min(feed.c.next_check_at)).where(*_POLLED)
_KEEP = (
    update(feed)
    .where(feed.c.url == bindparam("b_url"))
    .values({each.name: bindparam(f"b_{each.name}") for each in _OWN if each.name != "url"})
)
_KEEP_TIMES = (
    update(feed)
    .where(feed.c.url == bindparam("b_url"))
    .values(
        {
            each.name: bindparam(f"b_{each.name}")
            for each in (feed.c.next_check_at, feed.c.checked_at, feed.c.good_at)
        }
    )
)
_UNLIST = delete(listing).where(listing.c.feed == bindparam("b_feed"))


def add(connection: Connection, urls: Iterable[str], now: datetime) -> None:
    """Add the feeds that are missing; they are due at once."""
    rows = [
        {"url": url, "team": DEFAULT_TEAM, "next_check_at": now, "active": False}
        for url in sorted(set(urls))
    ]
    if rows:
        insert_all(connection, feed, rows)


def poll_again(connection: Connection, urls: Collection[str], now: datetime) -> None:
    """Let feeds that were gone be asked anew, where they were in the beginning.

    What they listed stays known, so that nothing of it is news again.
    """
    afresh = {
        "gone": False,
        "next_check_at": now,
        "etag": None,
        "last_modified": None,
        "body_hash": None,
        "failures": 0,
        "last_error": None,
        "address": None,
        "moving_to": None,
        "moves": 0,
        "told": "",
    }
    for some in portions(sorted(urls)):
        connection.execute(update(feed).where(feed.c.url.in_(some), feed.c.gone).values(afresh))


def lease(connection: Connection, now: datetime, length: timedelta, most: int) -> tuple[Feed, ...]:
    """Take feeds that are due, the most overdue first: they are not, until the lease has run out.

    They are given as they were.
    """
    taken = connection.execute(_DUE, {"b_now": now, "b_most": most}).all()
    for some in portions([row.url for row in taken]):
        urls = _urls(some)
        execute_many(connection, _lease(len(urls)), [urls | {"b_until": now + length}])
    return tuple(map(_feed, taken))


@cache
def _lease(size: int) -> Update:
    return update(feed).where(_among(size)).values(next_check_at=bindparam("b_until"))


def lock(connection: Connection, urls: Iterable[str]) -> set[str]:
    """Lock those feeds that there are, always in the same order; give their addresses."""
    there: set[str] = set()
    for some in portions(sorted(set(urls))):
        asked = _urls(some)
        found = fetch(connection, _lock(connection.dialect.name, len(asked)), asked)
        there.update(url for (url,) in found)
    return there


@cache
def _lock(dialect: str, size: int) -> "Select[str]":
    # As Python orders texts, whatever the database's language.
    order = feed.c.url.collate("C") if dialect == "postgresql" else feed.c.url
    return select(feed.c.url).where(_among(size)).order_by(order).with_for_update()


def _urls(some: Sequence[str]) -> dict[str, object]:
    """Name up to 512 addresses, filled up with the first so that there are but a few statements."""
    names = _names(1 << (len(some) - 1).bit_length())
    filled: dict[str, object] = dict.fromkeys(names, some[0])
    return filled | dict(zip(names, some, strict=False))


def _among(size: int) -> ColumnElement[bool]:
    values: list[BindParameter[str]] = [bindparam(name) for name in _names(size)]
    return feed.c.url.in_(values)


@cache
def _names(size: int) -> tuple[str, ...]:
    return tuple(f"b_{number}" for number in range(size))


def keep(connection: Connection, polls: Sequence[Poll]) -> None:
    """Keep the states of feeds after polls, the last one of each; that ends their leases."""
    if len({each.feed.url for each in polls}) < len(polls):
        steady: list[Feed] = []  # whatever came before it must not stay
    else:
        steady = [each.feed for each in polls if each.steady]
    others = [each.feed for each in polls if not (each.steady and steady)]
    execute_many(connection, _KEEP_TIMES, [_times(each) for each in steady])
    execute_many(connection, _KEEP, [_row(each) for each in others])
    rows = [
        {"feed": each.url, "team": DEFAULT_TEAM, "prints": each.listed}
        for each in others
        if each.listed
    ]
    execute_many(connection, _list(connection.dialect.name), rows)
    execute_many(connection, _UNLIST, [{"b_feed": each.url} for each in others if not each.listed])


@cache
def _list(dialect: str) -> Insert:
    new = sqlite.insert(listing) if dialect == "sqlite" else postgresql.insert(listing)
    prints = new.excluded.prints
    return new.on_conflict_do_update(
        index_elements=[listing.c.feed],
        set_={"prints": prints},
        where=listing.c.prints.is_distinct_from(prints),
    )


def next_due(connection: Connection) -> datetime | None:
    """Give when the first feed can be leased; None if there is none."""
    due: datetime | None = connection.scalar(_NEXT_DUE)
    return due


def renew(connection: Connection, urls: Collection[str], end: datetime, until: datetime) -> None:
    """Let leases that end then end later. One that is over has another end, or none."""
    for some in portions(sorted(urls)):
        mine = (feed.c.url.in_(some), feed.c.next_check_at == end)
        connection.execute(update(feed).where(*mine).values(next_check_at=until))


def active(connection: Connection) -> tuple[Feed, ...]:
    """Give the feeds that somebody subscribes to, gone ones too, by address."""
    rows = connection.execute(_STATE.where(feed.c.active).order_by(feed.c.url))
    return tuple(map(_feed, rows))


def of(connection: Connection, urls: Collection[str]) -> tuple[Feed, ...]:
    """Give the feeds with these addresses, those that are known."""
    found: list[Feed] = []
    for some in portions(sorted(urls)):
        found += map(_feed, connection.execute(_STATE.where(feed.c.url.in_(some))))
    return tuple(found)


def _times(state: Feed) -> Mapping[str, object]:
    return {
        "b_url": state.url,
        "b_next_check_at": state.next_check_at,
        "b_checked_at": state.checked_at,
        "b_good_at": state.good_at,
    }


def _row(state: Feed) -> Mapping[str, object]:
    return {
        "b_url": state.url,
        "b_next_check_at": state.next_check_at,
        "b_title": state.title,
        "b_etag": state.etag,
        "b_last_modified": state.last_modified,
        "b_body_hash": state.body_hash,
        "b_seeded": state.seeded,
        "b_failures": state.failures,
        "b_last_error": state.last_error,
        "b_checked_at": state.checked_at,
        "b_good_at": state.good_at,
        "b_address": state.address,
        "b_moving_to": state.moving_to,
        "b_moves": state.moves,
        "b_gone": state.gone,
        "b_newest_at": state.newest_at,
        "b_gap_s": _seconds(state.gap),
        "b_floor_s": _seconds(state.floor),
        "b_skip_hours": _bits(state.skip_hours),
        "b_skip_days": _bits(state.skip_days),
        "b_told": " ".join(sorted(state.told)),
    }


def _feed(row: "Row[*tuple[Any, ...]]") -> Feed:
    *plain, newest_at, gap_s, floor_s, hours, days, told, listed = row
    spans = (_span(gap_s), _span(floor_s))
    skipped = (_numbers(hours), _numbers(days))
    values: list[Any] = [
        *plain,
        listed or b"",
        newest_at,
        *spans,
        *skipped,
        frozenset(told.split()),
    ]
    return Feed(*values)


def _bits(numbers: Collection[int]) -> int:
    return sum(1 << each for each in numbers) if numbers else 0


def _numbers(bits: int) -> frozenset[int]:
    if not bits:
        return frozenset()  # as nearly always
    return frozenset(each for each in range(bits.bit_length()) if bits >> each & 1)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
