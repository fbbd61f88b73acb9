"""How far each account has read what its platform has for it; in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from bot.storage.database import insert_missing
from bot.storage.tables import cursor

# Made once, since they run after every look at a platform.
_THERE = (
    cursor.c.platform == bindparam("b_platform"),
    cursor.c.account == bindparam("b_account"),
)
_FIND = select(cursor.c.value).where(*_THERE)
_MOVE = (
    update(cursor)
    .where(*_THERE, cursor.c.value != bindparam("b_value"))
    .values(value=bindparam("b_value"), at=bindparam("b_at"))
)


def find(connection: Connection, platform: str, account: str) -> str | None:
    """Give how far an account has read; None if it never has."""
    there = {"b_platform": platform, "b_account": account}
    value: str | None = connection.scalar(_FIND, there)
    return value


def move(connection: Connection, platform: str, account: str, value: str, now: datetime) -> None:
    """Note how far an account has read. Where that is known already, nothing is written."""
    given = {"b_platform": platform, "b_account": account, "b_value": value, "b_at": now}
    if not connection.execute(_MOVE, given).rowcount:
        row = {"platform": platform, "account": account, "value": value, "at": now}
        insert_missing(connection, cursor, [row])
