"""Who wants no alerts about whom, in the caller's transaction."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.choices import Mute
from bot.storage.tables import mute

# Made once: to build a statement takes longer than to carry it out.
_MUTED = select(mute.c.vendor, mute.c.channel, mute.c.until).where(
    mute.c.team == bindparam("b_team"),
    mute.c.ended_at.is_(None),
    or_(mute.c.until.is_(None), mute.c.until > bindparam("b_now")),
)


@dataclass(frozen=True, slots=True)
class Muted:
    """Vendors and channels (their keys) that are muted, and until when; None: any, for good."""

    mutes: tuple[tuple[str | None, str | None, datetime | None], ...]

    def covers(self, channel: str, vendor: str, now: datetime) -> bool:
        """Say whether somebody muted the vendor there."""
        return any(
            whom in {None, vendor} and where in {None, channel} and (until is None or until > now)
            for whom, where, until in self.mutes
        )


def add(connection: Connection, team: str, new: Mute) -> Mute:
    """Mute, in place of what muted the same in the same place; give the mute with its number."""
    same = (
        mute.c.vendor.is_(None) if new.vendor is None else mute.c.vendor == new.vendor,
        mute.c.channel.is_(None) if new.channel is None else mute.c.channel == new.channel,
    )
    replaced = {"ended_at": new.created_at, "ended_by": new.by}
    connection.execute(update(mute).where(*_in_force(team, new.created_at), *same).values(replaced))
    done = connection.execute(
        insert(mute).values(
            team=team,
            vendor=new.vendor,
            channel=new.channel,
            until=new.until,
            reason=new.reason,
            by=new.by,
            created_at=new.created_at,
            private=new.private,
        )
    )
    (row_id,) = done.inserted_primary_key or (0,)
    return replace(new, id=int(row_id))


def end(connection: Connection, team: str, id: int, by: str, now: datetime) -> bool:  # noqa: A002 - the column's name
    """Undo a mute; say False if it is not in force."""
    done = connection.execute(
        update(mute).where(mute.c.id == id, *_in_force(team, now)).values(ended_at=now, ended_by=by)
    )
    return done.rowcount == 1


def in_force(connection: Connection, team: str, channel: str, now: datetime) -> tuple[Mute, ...]:
    """Give the mutes in force: those of a channel (its key) and those that hold everywhere."""
    here = or_(mute.c.channel.is_(None), mute.c.channel == channel)
    rows = connection.execute(select(mute).where(*_in_force(team, now), here).order_by(mute.c.id))
    return tuple(map(_mute, rows))


def seen(
    connection: Connection, team: str, now: datetime, private: frozenset[str]
) -> tuple[Mute, ...]:
    """Give the mutes in force; those of private channels only where their key is in `private`."""
    shown = or_(
        mute.c.channel.is_(None), mute.c.private.is_(False), mute.c.channel.in_(sorted(private))
    )
    rows = connection.execute(select(mute).where(*_in_force(team, now), shown).order_by(mute.c.id))
    return tuple(map(_mute, rows))


def active(connection: Connection, team: str, now: datetime) -> Muted:
    """Give whom the mutes are about that are in force then, and where they hold."""
    rows = connection.execute(_MUTED, {"b_team": team, "b_now": now})
    return Muted(tuple((row.vendor, row.channel, row.until) for row in rows))


def _mute(row: "Row[*tuple[object, ...]]") -> Mute:
    return Mute(
        row.id,
        row.vendor,
        row.channel,
        row.until,
        row.reason,
        row.by,
        row.created_at,
        row.private,
    )


def _in_force(team: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        mute.c.team == team,
        mute.c.ended_at.is_(None),
        or_(mute.c.until.is_(None), mute.c.until > now),
    )
