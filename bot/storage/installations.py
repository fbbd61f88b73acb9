"""Which workspaces installed the bot, and what was begun; in the caller's transaction.

What a workspace gave comes sealed and goes out sealed: no token can be read in the database.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.storage.database import insert_missing
from bot.storage.tables import installation, oauth_state

MOST_BEGUN = 1000
"""Installations under way at a time: anybody may begin one."""


def keep(
    connection: Connection, where: tuple[str, str], data: str, by: str | None, now: datetime
) -> None:
    """Keep what a workspace (`where`: platform, id) gave, in place of what it gave before."""
    platform, workspace = where
    values = {
        "team": workspace,
        "data": data,
        "by": by,
        "installed_at": now,
        "removed_at": None,
    }
    row = {"platform": platform, "workspace": workspace, **values}
    if not insert_missing(connection, installation, [row]):
        connection.execute(update(installation).where(*_there(platform, workspace)).values(values))


def find(connection: Connection, platform: str, workspace: str) -> str | None:
    """Give what a workspace gave; None if the bot is not there, or not any more."""
    data: str | None = connection.scalar(
        select(installation.c.data).where(
            *_there(platform, workspace), installation.c.removed_at.is_(None)
        )
    )
    return data or None


def everywhere(connection: Connection, platform: str) -> dict[str, str]:
    """Give what each workspace gave that has the bot."""
    rows = connection.execute(
        select(installation.c.workspace, installation.c.data)
        .where(
            installation.c.platform == platform,
            installation.c.removed_at.is_(None),
            installation.c.data != "",
        )
        .order_by(installation.c.workspace)
    )
    return {row.workspace: row.data for row in rows}


def reseal(connection: Connection, platform: str, workspace: str, was: str, data: str) -> bool:
    """Put the same, sealed anew, in place of what is there; False if that has changed meanwhile."""
    there = (*_there(platform, workspace), installation.c.data == was)
    return connection.execute(update(installation).where(*there).values(data=data)).rowcount == 1


def returned(connection: Connection, platform: str, workspace: str) -> bool:
    """Note that a workspace which took the bot out has it again; False if it never did."""
    there = (*_there(platform, workspace), installation.c.removed_at.is_not(None))
    return (
        connection.execute(update(installation).where(*there).values(removed_at=None)).rowcount == 1
    )


def begin(connection: Connection, state: str, expires_at: datetime, now: datetime) -> bool:
    """Note that an installation was begun; False if too many are under way."""
    connection.execute(delete(oauth_state).where(oauth_state.c.expires_at <= now))
    if (connection.scalar(select(func.count()).select_from(oauth_state)) or 0) >= MOST_BEGUN:
        return False
    row = {"state": _hash(state), "expires_at": expires_at}
    return insert_missing(connection, oauth_state, [row]) == 1


def end(connection: Connection, state: str, now: datetime) -> bool:
    """Say once whether an installation was begun with this state and has not expired."""
    there = (oauth_state.c.state == _hash(state), oauth_state.c.expires_at > now)
    return connection.execute(delete(oauth_state).where(*there)).rowcount == 1


def _there(platform: str, workspace: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return installation.c.platform == platform, installation.c.workspace == workspace


def _hash(state: str) -> str:
    # Who reads the database finishes nobody's installation.
    return sha256(state.encode()).hexdigest()
