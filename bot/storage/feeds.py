"""Feeds between polls and the entries they brought, in the caller's transaction."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, case, func, or_, select, update

from bot.core.feed import Feed, Poll
from bot.core.mention import DEFAULT_TEAM
from bot.errors import StorageError
from bot.storage.database import insert_missing
from bot.storage.tables import entry, feed

# Databases bound the number of values in a statement; this is well below all of them.
_CHUNK = 500


def configure(connection: Connection, urls: Iterable[str], now: datetime) -> None:
    """Add the feeds that are missing and make exactly these the active ones."""
    wanted = sorted(set(urls))
    rows = [{"url": url, "team": DEFAULT_TEAM, "next_check_at": now} for url in wanted]
    insert_missing(connection, feed, rows)
    connection.execute(update(feed).values(active=False).where(feed.c.active))
    for chunk in _chunks(wanted):
        connection.execute(update(feed).values(active=True).where(feed.c.url.in_(chunk)))


def lease(connection: Connection, now: datetime, length: timedelta) -> Feed | None:
    """Take the active feed that is most overdue and that nobody has taken."""
    free = or_(feed.c.lease_until.is_(None), feed.c.lease_until <= now)
    row = connection.execute(
        select(feed)
        .where(feed.c.active, feed.c.next_check_at <= now, free)
        .order_by(feed.c.next_check_at, feed.c.url)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    connection.execute(update(feed).where(feed.c.url == row.url).values(lease_until=now + length))
    return _feed(row)


def unseen(connection: Connection, url: str, ids: Collection[str]) -> set[str]:
    """Give those ids of which the feed has no entry yet."""
    left = set(ids)
    for chunk in _chunks(sorted(left)):
        known = select(entry.c.id).where(entry.c.feed == url, entry.c.id.in_(chunk))
        left.difference_update(connection.execute(known).scalars())
    return left


def finish(connection: Connection, poll: Poll, now: datetime) -> None:
    """Keep a good poll's entries and the feed's new state, and give the feed free."""
    _keep(connection, poll.feed, seeded=True)
    rows = [
        {
            "feed": poll.feed.url,
            "id": each.id,
            "team": DEFAULT_TEAM,
            "title": each.title,
            "summary": each.summary,
            "article": each.article,
            "url": each.url,
            "published": each.published,
            "first_seen_at": now,
        }
        for each in poll.entries
    ]
    insert_missing(connection, entry, rows)


def fail(connection: Connection, state: Feed) -> None:
    """Keep a feed's state after a poll that failed, and give the feed free."""
    _keep(connection, state, seeded=state.seeded)


def next_due(connection: Connection) -> datetime | None:
    """Give when the first active feed can be leased; None if there is none."""
    when = case(
        (feed.c.lease_until > feed.c.next_check_at, feed.c.lease_until),
        else_=feed.c.next_check_at,
    )
    due: datetime | None = connection.scalar(select(func.min(when)).where(feed.c.active))
    return due


def active(connection: Connection) -> tuple[Feed, ...]:
    """Give the active feeds by address."""
    rows = connection.execute(select(feed).where(feed.c.active).order_by(feed.c.url))
    return tuple(_feed(row) for row in rows)


def _keep(connection: Connection, state: Feed, *, seeded: bool) -> None:
    values = asdict(state) | {"seeded": seeded, "lease_until": None}
    done = connection.execute(update(feed).where(feed.c.url == state.url).values(values))
    if done.rowcount == 0:
        raise StorageError(f"feed {state.url} is not in the database; configure it first")


def _feed(row: "Row[*tuple[object, ...]]") -> Feed:
    return Feed(
        url=row.url,
        next_check_at=row.next_check_at,
        title=row.title,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        seeded=row.seeded,
        failures=row.failures,
        last_error=row.last_error,
        checked_at=row.checked_at,
    )


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
