"""Who was given a role by chat, and the code that gives the first, in the caller's transaction."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.commands import Role
from bot.core.people import Appointment, Change, admins_among
from bot.storage.database import insert_missing
from bot.storage.tables import appointment, claim


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a platform, by the platform's own id."""

    platform: str
    actor: str

    @property
    def key(self) -> str:
        """The key across platforms."""
        return f"{self.platform}:{self.actor}"


def held(connection: Connection, team: str) -> tuple[Appointment, ...]:
    """Give the roles that a team's people hold by chat, in the order in which they got them."""
    return tuple(
        Appointment(row.platform, row.actor, Role(row.role), row.by, row.at)
        for row in connection.execute(_held(team))
    )


def appoint(  # noqa: PLR0913, PLR0917 - who makes whom what, and when
    connection: Connection,
    team: str,
    person: Person,
    role: Role,
    by: str,
    now: datetime,
    *,
    keep_one: bool,
) -> Change:
    """Give a role in place of the one that somebody holds; an admin's ends the code in the log.

    With `keep_one` the last admin who was appointed stays one.
    """
    there = _locked(connection, team)
    if any((each.key, each.role) == (person.key, role) for each in there):
        return Change.NO_CHANGE
    if keep_one and role is not Role.ADMIN and _is_last(there, person):
        return Change.LAST
    _end(connection, team, person, by, now)
    _begin(connection, team, person, role, by, now)
    return Change.DONE


def dismiss(  # noqa: PLR0913 - who takes whose role, and when
    connection: Connection, team: str, person: Person, by: str, now: datetime, *, keep_one: bool
) -> Change:
    """End what somebody was appointed to; with `keep_one` not that of the last admin."""
    there = _locked(connection, team)
    if not any(each.key == person.key for each in there):
        return Change.NO_CHANGE
    if keep_one and _is_last(there, person):
        return Change.LAST
    _end(connection, team, person, by, now)
    return Change.DONE


def offer(connection: Connection, team: str, digest: str, now: datetime) -> bool:
    """Let a code, by its digest, give the first role, in place of an earlier one.

    Say False if an admin was appointed: then no code is good any more.
    """
    connection.execute(delete(claim).where(claim.c.team == team))
    if admins_among(held(connection, team)):
        return False
    insert_missing(connection, claim, [{"team": team, "digest": digest, "made_at": now}])
    return True


def withdraw(connection: Connection, team: str) -> None:
    """Let no code be good any more."""
    connection.execute(delete(claim).where(claim.c.team == team))


def redeem(connection: Connection, team: str, person: Person, digest: str, now: datetime) -> bool:
    """Make somebody an admin by a code; say False if it is not that of the team, or was used.

    Whoever used it may again: the answer was not written down yet.
    """
    row = connection.execute(select(claim).where(claim.c.team == team).with_for_update()).first()
    right = hmac.compare_digest(digest, "" if row is None else row.digest)
    if row is None or not right:
        return False
    if row.used_by is not None:
        return bool(row.used_by == person.key)
    _end(connection, team, person, person.key, now)
    values = {"platform": person.platform, "actor": person.actor, "role": Role.ADMIN.value}
    connection.execute(insert(appointment).values(team=team, at=now, **values))
    connection.execute(update(claim).where(claim.c.team == team).values(used_by=person.key))
    return True


def _held(team: str) -> "Select[*tuple[object, ...]]":
    theirs = (appointment.c.team == team, appointment.c.ended_at.is_(None))
    return select(appointment).where(*theirs).order_by(appointment.c.id)


def _locked(connection: Connection, team: str) -> tuple[Appointment, ...]:
    """Give what is held once nobody else can change it."""
    connection.execute(_held(team).with_for_update()).all()
    return held(connection, team)


def _is_last(there: tuple[Appointment, ...], person: Person) -> bool:
    """Say whether somebody is the only admin among those who were appointed."""
    admins = [each for each in there if each.role is Role.ADMIN]
    return [each.key for each in admins] == [person.key]


def _begin(  # noqa: PLR0913, PLR0917 - as in `appoint`
    connection: Connection, team: str, person: Person, role: Role, by: str, now: datetime
) -> None:
    values = {"platform": person.platform, "actor": person.actor, "role": role.value}
    connection.execute(insert(appointment).values(team=team, by=by, at=now, **values))
    if role is Role.ADMIN:
        withdraw(connection, team)


def _end(connection: Connection, team: str, person: Person, by: str, now: datetime) -> None:
    ended = update(appointment).where(*_theirs(team, person)).values(ended_at=now, ended_by=by)
    connection.execute(ended)


def _theirs(team: str, person: Person) -> tuple[ColumnElement[bool], ...]:
    return (
        appointment.c.team == team,
        appointment.c.platform == person.platform,
        appointment.c.actor == person.actor,
        appointment.c.ended_at.is_(None),
    )
