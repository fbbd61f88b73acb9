"""Whether a team's posting is stopped, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.core.settings import Settings
from bot.core.status import Pause
from bot.storage import held
from bot.storage.database import insert_missing
from bot.storage.tables import pause

# Made once: to build a statement takes longer than to carry it out.
_PAUSED = select(pause).where(pause.c.team == bindparam("b_team"))


def paused(connection: Connection, team: str) -> Pause | None:
    """Say who stopped a team's posting, if somebody did."""
    row = connection.execute(_PAUSED, {"b_team": team}).first()
    return None if row is None else Pause(row.by, row.since)


def stop(connection: Connection, team: str, by: str, now: datetime) -> bool:
    """Stop a team's posting; say False if it is stopped already."""
    return insert_missing(connection, pause, [{"team": team, "by": by, "since": now}]) == 1


def resume(connection: Connection, team: str, now: datetime, defaults: Settings) -> int | None:
    """Let a team's posting go on, and what waited come due; None if it was not stopped."""
    if connection.execute(delete(pause).where(pause.c.team == team)).rowcount == 0:
        return None
    return held.end_pause(connection, team, now, defaults)
