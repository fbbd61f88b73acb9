"""How things stand, counted in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bot.core.status import State, Status
from bot.storage import held, mutes, parked, pauses, revisions
from bot.storage.tables import outbox, trouble


def status(connection: Connection, team: str, now: datetime, here: str | None) -> Status:
    """Count what an operator asks for; of private channels only the one that asks, `here`."""
    oldest = connection.scalar(
        select(func.min(outbox.c.created_at)).where(
            outbox.c.team == team, outbox.c.open, _shown(here)
        )
    )
    troubles = connection.scalar(
        select(func.count()).select_from(trouble).where(trouble.c.team == team)
    )
    return Status(
        outbox=depth(connection, team, _shown(here)),
        waiting=held.waiting(connection, team, here),
        mutes=len(mutes.in_force(connection, team, here or "", now)),
        paused=pauses.paused(connection, team),
        oldest_open=oldest,
        troubles=int(troubles or 0),
        parked=parked.parked(connection, team, 10, _shown(here)),
        proposals=revisions.waiting(connection, team),
        policy=revisions.policy(connection, team),
    )


def depth(
    connection: Connection, team: str | None, *which: ColumnElement[bool]
) -> dict[State, int]:
    """Count documents by state, of one team or all."""
    query = select(outbox.c.state, func.count()).where(*which).group_by(outbox.c.state)
    if team is not None:
        query = query.where(outbox.c.team == team)
    counts = {State(state): int(count) for state, count in connection.execute(query)}
    return {state: counts.get(state, 0) for state in State}


def _shown(here: str | None) -> ColumnElement[bool]:
    """Say what may be counted for somebody in the channel `here` (its key)."""
    return or_(~outbox.c.private, outbox.c.platform + ":" + outbox.c.channel == (here or ""))
