"""Commands that wait to be confirmed, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.mention import Channel
from bot.errors import StorageError
from bot.storage.database import insert_missing
from bot.storage.rows import Asked, Settled
from bot.storage.tables import confirmation


def ask(
    connection: Connection, channel: Channel, asked: Asked, event: str, codes: Sequence[str]
) -> str:
    """Let a command wait under the first code that is free; give the code.

    The command of one `event` waits once, however often it is asked. Raise StorageError if no code
    is free.
    """
    there = connection.scalar(select(confirmation.c.code).where(confirmation.c.event == event))
    if there is not None:
        return str(there)
    row = {
        "team": channel.team,
        "event": event,
        "channel": channel.key,
        "platform": channel.platform,
        "actor": asked.actor,
        "line": asked.line,
        "expires_at": asked.expires_at,
    }
    for code in codes:
        if insert_missing(connection, confirmation, [row | {"code": code}]):
            return code
    raise StorageError("no code is free to confirm this with; try again in ten minutes")


def find(connection: Connection, channel: Channel, code: str) -> Asked | None:
    """Give what waits, or waited, in a channel under a code."""
    row = connection.execute(select(confirmation).where(*_there(channel, code))).first()
    if row is None:
        return None
    settled = None if row.outcome is None else Settled(row.outcome)
    return Asked(row.actor, row.line, row.expires_at, settled, row.used_by)


def settle(  # noqa: PLR0913, PLR0917 - what, by which command, how and when
    connection: Connection, channel: Channel, code: str, event: str, settled: Settled, now: datetime
) -> bool:
    """Confirm or cancel; False if another command did before, or it has expired.

    The same command may do it again: it was not answered yet.
    """
    row = connection.execute(
        select(confirmation).where(*_there(channel, code)).with_for_update()
    ).first()
    if row is None:
        return False
    if row.used_by is not None:
        return bool(row.used_by == event and row.outcome == settled)
    if row.expires_at <= now:
        return False
    values = {"used_by": event, "outcome": settled}
    connection.execute(update(confirmation).where(*_there(channel, code)).values(values))
    return True


def forget_line(connection: Connection, event: str) -> None:
    """Keep nothing of what was confirmed or cancelled by a command that has been answered."""
    done = update(confirmation).where(confirmation.c.used_by == event)
    connection.execute(done.values(line=""))


def purge(connection: Connection, now: datetime) -> int:
    """Forget what has expired; give how many that is."""
    old = delete(confirmation).where(confirmation.c.expires_at <= now)
    return connection.execute(old).rowcount


def _there(channel: Channel, code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        confirmation.c.team == channel.team,
        confirmation.c.channel == channel.key,
        confirmation.c.code == code,
    )
