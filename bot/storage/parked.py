"""Documents that were given up, in the caller's transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import to_json
from bot.core.mention import Channel
from bot.core.status import Parked, State
from bot.storage.outbox import NOTHING
from bot.storage.rows import Kind
from bot.storage.tables import outbox


def parked(
    connection: Connection, team: str, limit: int, *which: ColumnElement[bool]
) -> tuple[Parked, ...]:
    """Give documents that were given up, newest first."""
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.team == team, outbox.c.state == State.FAILED, *which)
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Parked(
            id=row.id,
            place=_named(row),
            reason=_reason(row),
            created_at=row.created_at,
            attempts=row.attempts,
        )
        for row in rows
    )


def _named(row: "Row[*tuple[object, ...]]") -> str:
    """Name a document's channel; a lane may hold who asked."""
    if row.private:
        return f"a private channel on {row.platform}"
    return Channel(row.platform, row.channel).key


def _reason(row: "Row[*tuple[object, ...]]") -> str:
    reason = row.last_error or ""
    return reason.replace(row.channel, "the channel") if row.private else reason


def retry(connection: Connection, team: str, ids: Collection[int] | None, now: datetime) -> int:
    """Let documents that were given up go again; all of a team's or these. Give how many."""
    where = [
        outbox.c.team == team,
        outbox.c.state == State.FAILED,
        # What has been forgotten meanwhile has nothing to say any more.
        or_(outbox.c.document != to_json(NOTHING), outbox.c.kind == Kind.WITHDRAW),
    ]
    if ids is not None:
        where.append(outbox.c.id.in_(sorted(ids)))
    done = connection.execute(
        update(outbox)
        .where(*where)
        .values(state=State.PENDING, open=True, attempts=0, not_before=now)
    )
    return done.rowcount
