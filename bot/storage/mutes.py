"""Who wants no alerts about whom, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.choices import Mute
from bot.storage.tables import mute

# Made once: to build a statement takes longer than to carry it out.
_MUTED = select(mute.c.vendor, mute.c.channel).where(
    mute.c.team == bindparam("b_team"),
    mute.c.ended_at.is_(None),
    or_(mute.c.until.is_(None), mute.c.until > bindparam("b_now")),
)


def add(connection: Connection, team: str, new: Mute) -> Mute:
    """Mute; give the mute with its number."""
    done = connection.execute(
        insert(mute).values(
            team=team,
            vendor=new.vendor,
            channel=new.channel,
            until=new.until,
            reason=new.reason,
            by=new.by,
            created_at=new.created_at,
        )
    )
    (row_id,) = done.inserted_primary_key or (0,)
    return Mute(int(row_id), new.vendor, new.channel, new.until, new.reason, new.by, new.created_at)


def end(connection: Connection, team: str, id: int, by: str, now: datetime) -> bool:  # noqa: A002 - the column's name
    """Undo a mute; say False if it is not in force."""
    done = connection.execute(
        update(mute).where(mute.c.id == id, *_in_force(team, now)).values(ended_at=now, ended_by=by)
    )
    return done.rowcount == 1


def in_force(
    connection: Connection, team: str, channel: str | None, now: datetime
) -> tuple[Mute, ...]:
    """Give the mutes in force: those of a channel and those that hold everywhere, or all."""
    where = [*_in_force(team, now)]
    if channel is not None:
        where.append(or_(mute.c.channel.is_(None), mute.c.channel == channel))
    rows = connection.execute(select(mute).where(*where).order_by(mute.c.id))
    return tuple(
        Mute(row.id, row.vendor, row.channel, row.until, row.reason, row.by, row.created_at)
        for row in rows
    )


def active(connection: Connection, team: str, now: datetime) -> list[tuple[str | None, str | None]]:
    """Give whom mutes in force are about, and where they hold; None: anybody, anywhere."""
    rows = connection.execute(_MUTED, {"b_team": team, "b_now": now})
    return [(row.vendor, row.channel) for row in rows]


def _in_force(team: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        mute.c.team == team,
        mute.c.ended_at.is_(None),
        or_(mute.c.until.is_(None), mute.c.until > now),
    )
