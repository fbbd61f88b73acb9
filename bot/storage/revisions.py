"""Edits of the watchlist, in the caller's transaction.

Nothing is ever deleted: a revision that is taken back has another one that says so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from bot.core.editing.change import Change
from bot.core.editing.overlay import TEAM, Overlay
from bot.core.editing.revision import Revision, State
from bot.core.mention import Channel
from bot.storage import backsearches, corrections
from bot.storage.backsearches import Search
from bot.storage.corrections import Telling
from bot.storage.database import insert_missing
from bot.storage.tables import edition, revision


@dataclass(frozen=True, slots=True)
class Wanted:
    """An edit that is to be written: what becomes a `Revision` with a number of its own.

    `event` is the command that makes it, so that the command edits once, however often it is
    carried out. `search` is queued with it.
    """

    event: str
    channel: Channel
    vendor: str
    by: str
    at: datetime
    changes: tuple[Change, ...]
    reason: str = ""
    undoes: int | None = None
    proposed: bool = False
    search: Search | None = None


def heads(connection: Connection) -> dict[str, int]:
    """Give the `seq` of the last revision that holds, for each team that has any."""
    rows = connection.execute(select(edition.c.team, edition.c.seq))
    return {row.team: row.seq for row in rows}


def after(connection: Connection, team: str, seq: int) -> tuple[Revision, ...]:
    """Give the revisions that hold, those after a `seq`, in order."""
    rows = connection.execute(
        select(revision)
        .where(revision.c.team == team, revision.c.seq > seq)
        .order_by(revision.c.seq)
    )
    return tuple(map(_revision, rows))


def write(
    connection: Connection, wanted: Wanted, seq: int | None, telling: Telling | None = None
) -> Revision | None:
    """Write a revision over the edition of a `seq`; None if that is not the last one any more.

    Without `seq` it is written over whatever stands. What the same event wrote before is given as
    it is. If it holds, what was said is corrected and whoever follows the vendor is told.
    """
    team = wanted.channel.team
    last = _lock(connection, team)
    before = connection.execute(select(revision).where(revision.c.event == wanted.event)).first()
    if before is not None:
        return _revision(before)
    if seq is not None and last.seq != seq and not wanted.proposed:
        return None
    made = Revision(
        number=last.number + 1,
        team=team,
        vendor=wanted.vendor,
        by=wanted.by,
        at=wanted.at,
        channel=wanted.channel.key,
        changes=wanted.changes,
        reason=wanted.reason,
        private=wanted.channel.private,
        state=State.PROPOSED if wanted.proposed else State.APPLIED,
        seq=None if wanted.proposed else last.seq + 1,
        undoes=wanted.undoes,
    )
    connection.execute(insert(revision).values(_row(made) | {"event": wanted.event}))
    _move_on(connection, team, made.number, made.seq or last.seq)
    if telling is not None and made.state is State.APPLIED:
        corrections.tell(connection, made, telling, wanted.at)
    if wanted.search is not None:
        backsearches.queue(connection, wanted.search)
    return made


def decide(  # noqa: PLR0913, PLR0917 - which, how, by whom, when and over what
    connection: Connection,
    team: str,
    number: int,
    changes: tuple[Change, ...] | None,
    by: str,
    now: datetime,
    seq: int,
    telling: Telling | None = None,
    search: Search | None = None,
) -> Revision | None:
    """Approve a proposal, with the changes that it comes to by now, or reject it (None).

    None if it is none any more, or if the edition of that `seq` is not the last one. What is
    approved is told as what is written; `search` is queued with it.
    """
    last = _lock(connection, team)
    this = (revision.c.team == team, revision.c.number == number)
    row = connection.execute(select(revision).where(*this)).first()
    stale = changes is not None and last.seq != seq
    if row is None or row.state != State.PROPOSED or stale:
        return None
    values: dict[str, object] = {"decided_by": by, "decided_at": now, "state": State.REJECTED}
    if changes is not None:
        values |= {"state": State.APPLIED, "seq": last.seq + 1, "changes": _written(changes)}
        _move_on(connection, team, last.number, last.seq + 1)
    connection.execute(update(revision).where(*this).values(values))
    made = find(connection, team, number)
    if telling is not None and made is not None and made.state is State.APPLIED:
        corrections.tell(connection, made, telling, now)
    if search is not None:
        backsearches.queue(connection, search)
    return made


def find(connection: Connection, team: str, number: int) -> Revision | None:
    """Give a revision by its number."""
    row = connection.execute(
        select(revision).where(revision.c.team == team, revision.c.number == number)
    ).first()
    return None if row is None else _revision(row)


def of_event(connection: Connection, event: str) -> Revision | None:
    """Give what a command has already written."""
    row = connection.execute(select(revision).where(revision.c.event == event)).first()
    return None if row is None else _revision(row)


def log(
    connection: Connection,
    team: str,
    vendor: str | None,
    before: int | None,
    limit: int,
) -> tuple[Revision, ...]:
    """Give at most `limit` revisions, newest first: of a vendor or all, those before a number."""
    rows = select(revision).where(revision.c.team == team)
    if vendor is not None:
        rows = rows.where(revision.c.vendor == vendor)
    if before is not None:
        rows = rows.where(revision.c.number < before)
    return _listed(connection, rows.order_by(revision.c.number.desc()).limit(limit))


def proposals(connection: Connection, team: str) -> tuple[Revision, ...]:
    """Give what waits for a second person, in order."""
    waiting = select(revision).where(revision.c.team == team, revision.c.state == State.PROPOSED)
    return _listed(connection, waiting.order_by(revision.c.number))


def waiting(connection: Connection, team: str) -> int:
    """Count what waits for a second person."""
    proposed = (revision.c.team == team, revision.c.state == State.PROPOSED)
    return int(connection.scalar(select(func.count()).where(*proposed)) or 0)


def policy(connection: Connection, team: str) -> str:
    """Give the line that a team wants on its cards; empty if it has none."""
    own = (revision.c.team == team, revision.c.vendor == TEAM, revision.c.seq.is_not(None))
    rows = connection.execute(select(revision).where(*own).order_by(revision.c.seq))
    return Overlay.of(map(_revision, rows)).policy() or ""


def undoing(connection: Connection, team: str, numbers: Sequence[int]) -> dict[int, int]:
    """Say by which revision each of these was taken back last, if by any that holds."""
    rows = connection.execute(
        select(revision.c.undoes, revision.c.number)
        .where(
            revision.c.team == team,
            revision.c.undoes.in_(sorted(numbers)),
            revision.c.state == State.APPLIED,
        )
        .order_by(revision.c.number)
    )
    return {row.undoes: row.number for row in rows}


def _listed(connection: Connection, rows: "Select[tuple[object, ...]]") -> tuple[Revision, ...]:
    return tuple(map(_revision, connection.execute(rows)))


@dataclass(frozen=True, slots=True)
class _Last:
    """The last number and the last `seq` of a team."""

    number: int
    seq: int


def _lock(connection: Connection, team: str) -> _Last:
    """Keep others from editing until this transaction ends."""
    insert_missing(connection, edition, [{"team": team, "number": 0, "seq": 0}])
    row = connection.execute(
        select(edition.c.number, edition.c.seq).where(edition.c.team == team).with_for_update()
    ).one()
    return _Last(row.number, row.seq)


def _move_on(connection: Connection, team: str, number: int, seq: int) -> None:
    values = {"number": number, "seq": seq}
    connection.execute(update(edition).where(edition.c.team == team).values(values))


def _row(made: Revision) -> dict[str, object]:
    return {
        "team": made.team,
        "number": made.number,
        "vendor": made.vendor,
        "by": made.by,
        "at": made.at,
        "channel": made.channel,
        "private": made.private,
        "reason": made.reason,
        "changes": _written(made.changes),
        "state": made.state,
        "seq": made.seq,
        "undoes": made.undoes,
    }


def _written(changes: tuple[Change, ...]) -> str:
    plain = [
        {
            "path": each.path,
            "old": each.old,
            "new": each.new,
            "base": each.base,
            "held": each.held,
            "holds": each.holds,
        }
        for each in changes
    ]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _revision(row: "Row[*tuple[object, ...]]") -> Revision:
    return Revision(
        number=row.number,
        team=row.team,
        vendor=row.vendor,
        by=row.by,
        at=row.at,
        channel=row.channel,
        changes=tuple(map(_change, json.loads(row.changes))),
        reason=row.reason,
        private=row.private,
        state=State(row.state),
        seq=row.seq,
        undoes=row.undoes,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _change(plain: "dict[str, Any]") -> Change:
    return Change(**plain | {"path": tuple(plain["path"])})
