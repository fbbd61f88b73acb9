"""Events that could not be decrypted yet, kept until their key comes; in the caller's transaction.

What is kept is ciphertext, as it came. What opens it is in the crypto store, never here.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.sql.elements import ColumnElement

from bot.core.sealed import Sealed
from bot.storage.database import insert_missing, portions
from bot.storage.tables import sealed_event

MOST_KEPT = 1000
"""Events an account; beyond it the oldest go. Anybody in a room can send what nobody can open."""
MOST_BYTES = 64 * 1024
"""What an event may have by Matrix's rules; a larger one is none, and is not kept."""

_TOLD = ("platform", "account", "channel", "event", "session", "data", "kept_at")


def keep(connection: Connection, events: Sequence[Sealed]) -> int:
    """Keep what is not kept yet, but no more than there is room for; give how many are new."""
    fit = [each for each in events if len(each.data.encode()) <= MOST_BYTES]
    kept = insert_missing(
        connection, sealed_event, [{key: getattr(each, key) for key in _TOLD} for each in fit]
    )
    for platform, account in sorted({(each.platform, each.account) for each in fit}):
        over = (
            select(sealed_event.c.id)
            .where(*_of(platform, account))
            .order_by(sealed_event.c.kept_at.desc(), sealed_event.c.id.desc())
            .offset(MOST_KEPT)
        )
        _forget(connection, list(connection.execute(over).scalars()))
    return kept


def waiting(
    connection: Connection, platform: str, account: str, sessions: Collection[str] | None
) -> tuple[Sealed, ...]:
    """Give what waits for one of these keys, or for any; oldest first."""
    asked = select(sealed_event).where(*_of(platform, account))
    queries = (
        [asked]
        if sessions is None
        else [asked.where(sealed_event.c.session.in_(some)) for some in portions(sorted(sessions))]
    )
    rows = [row for query in queries for row in connection.execute(query)]
    rows.sort(key=lambda row: (row.kept_at, row.id))
    return tuple(Sealed(**{key: getattr(row, key) for key in _TOLD}) for row in rows)


def forget(connection: Connection, platform: str, account: str, events: Collection[str]) -> int:
    """Drop these events; give how many were there."""
    return sum(
        connection.execute(
            delete(sealed_event).where(*_of(platform, account), sealed_event.c.event.in_(some))
        ).rowcount
        for some in portions(sorted(events))
    )


def purge(connection: Connection, before: datetime, at_once: int) -> int:
    """Drop at most `at_once` events whose key has not come in all this time; give how many."""
    old = select(sealed_event.c.id).where(sealed_event.c.kept_at < before).limit(at_once)
    return connection.execute(delete(sealed_event).where(sealed_event.c.id.in_(old))).rowcount


def _of(platform: str, account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sealed_event.c.platform == platform, sealed_event.c.account == account


def _forget(connection: Connection, ids: Sequence[int]) -> None:
    for some in portions(ids):
        connection.execute(delete(sealed_event).where(sealed_event.c.id.in_(some)))
