"""Entries that wait for their pages, in the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select, update

from bot.core.feed import Poll, Unread
from bot.core.mention import DEFAULT_TEAM, Entry
from bot.storage.database import insert_all
from bot.storage.prepared import execute_many
from bot.storage.tables import entry, page

_ONE = (page.c.feed == bindparam("b_feed"), page.c.entry == bindparam("b_entry"))
_ITS_ENTRY = and_(entry.c.feed == page.c.feed, entry.c.id == page.c.entry)
_DUE = (
    # In the order of Entry's fields.
    select(
        entry.c.feed,
        entry.c.id,
        entry.c.title,
        entry.c.summary,
        entry.c.url,
        entry.c.published,
        entry.c.article,
        page.c.tries,
        page.c.flood,
    )
    .join(entry, _ITS_ENTRY)
    .where(entry.c.kept, page.c.due_at <= bindparam("b_now"))
    .order_by(page.c.due_at)
    .limit(bindparam("b_most"))
    .with_for_update(skip_locked=True, of=page)
)
_NEXT_DUE = select(func.min(page.c.due_at))
_PUT_OFF = (
    update(page).where(*_ONE).values(due_at=bindparam("b_due_at"), tries=bindparam("b_tries"))
)
_FORGET = delete(page).where(*_ONE)
_READ = (
    update(entry)
    .where(entry.c.feed == bindparam("b_feed"), entry.c.id == bindparam("b_entry"), entry.c.kept)
    .values(article=bindparam("b_article"))
)
_EMPTY = delete(page).where(exists().where(_ITS_ENTRY, ~entry.c.kept))


def keep(connection: Connection, polls: Iterable[Poll]) -> None:
    """Keep which entries of polls wait for their pages; the entries are there already."""
    rows = [
        {
            "feed": poll.feed.url,
            "entry": each.entry,
            "team": DEFAULT_TEAM,
            "tries": 0,
            "due_at": each.due_at,
            "flood": poll.flood,
        }
        for poll in polls
        for each in poll.later
    ]
    if rows:
        insert_all(connection, page, rows)


def lease(
    connection: Connection, now: datetime, length: timedelta, most: int
) -> tuple[Unread, ...]:
    """Take entries whose pages are due, the most overdue first; others may once that has run out.

    Those whose words are forgotten are left out.
    """
    taken = connection.execute(_DUE, {"b_now": now, "b_most": most}).all()
    unread = tuple(Unread(Entry(*row[:7]), row.tries, row.flood) for row in taken)
    execute_many(connection, _PUT_OFF, [_row(each, now + length) for each in unread])
    return unread


def next_due(connection: Connection) -> datetime | None:
    """Give when the first page can be leased; None if there is none."""
    due: datetime | None = connection.scalar(_NEXT_DUE)
    return due


def put_off(connection: Connection, unread: Unread, due_at: datetime | None) -> None:
    """Let an entry wait until then; no longer, if that is None."""
    if due_at is None:
        _forget(connection, unread.entry)
    else:
        execute_many(connection, _PUT_OFF, [_row(unread, due_at)])


def read(connection: Connection, whole: Entry) -> None:
    """Put an article into its entry, which waits no more."""
    values = {"b_feed": whole.feed, "b_entry": whole.id, "b_article": whole.article}
    connection.execute(_READ, values)
    _forget(connection, whole)


def purge(connection: Connection) -> int:
    """Forget those whose entries have lost their words; give how many."""
    return connection.execute(_EMPTY).rowcount


def _forget(connection: Connection, waiting: Entry) -> None:
    connection.execute(_FORGET, {"b_feed": waiting.feed, "b_entry": waiting.id})


def _row(unread: Unread, due_at: datetime) -> dict[str, object]:
    return {
        "b_feed": unread.entry.feed,
        "b_entry": unread.entry.id,
        "b_due_at": due_at,
        "b_tries": unread.tries,
    }
