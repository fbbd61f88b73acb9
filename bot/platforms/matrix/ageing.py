"""Old room keys: what nobody used for a week is forgotten, and with it what it could still open.

nio does not say how old a key is, so the days are kept beside its own tables, in the same file.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from nio.crypto import Olm

KEPT = timedelta(days=7)
"""How long a room key is kept after its last use. A room makes a new one as often, or oftener."""

_TABLE = """CREATE TABLE IF NOT EXISTS vendorwatch_key_used
            (session_id TEXT PRIMARY KEY, day TEXT NOT NULL)"""
_USED = """INSERT INTO vendorwatch_key_used VALUES (?, ?)
           ON CONFLICT (session_id) DO UPDATE SET day = excluded.day"""
_SEEN = "INSERT OR IGNORE INTO vendorwatch_key_used VALUES (?, ?)"
_OLD = "SELECT session_id FROM vendorwatch_key_used WHERE day < ?"


def used(olm: Olm, sessions: Iterable[str], today: date) -> None:
    """Note that keys were used on a day (UTC)."""
    with olm.store.database.atomic():
        olm.store.database.execute_sql(_TABLE)
        for session in sessions:
            olm.store.database.execute_sql(_USED, (session, today.isoformat()))


def purge(olm: Olm, today: date, noted: set[str] | None = None) -> int:
    """Forget the keys that were not used for a week; give how many.

    `noted` are those that are known to have a day. It is kept up to date, so that only what is
    new is written when it is given again.
    """
    noted = set() if noted is None else noted
    database = olm.store.database
    held = {each.id: each for each in olm.inbound_group_store}
    new = held.keys() - noted
    with database.atomic():
        database.execute_sql(_TABLE)
        for session in new:
            database.execute_sql(_SEEN, (session, today.isoformat()))
        before = (today - KEPT).isoformat()
        old = [row[0] for row in database.execute_sql(_OLD, (before,)).fetchall()]
        for session in old:
            for table in ("megolminboundsessions", "vendorwatch_key_used"):
                database.execute_sql(f"DELETE FROM {table} WHERE session_id = ?", (session,))  # noqa: S608 - our own words
    noted |= new
    noted.difference_update(old)
    for session in old:
        if session in held:
            gone = held[session]
            olm.inbound_group_store[gone.room_id][gone.sender_key].pop(session, None)
    return len(old)
