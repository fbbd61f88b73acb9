"""Documents changed or taken back after they were queued, in the caller's transaction."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update

from bot.core.document import Document, to_json
from bot.core.mention import Channel
from bot.core.status import State
from bot.storage import histories
from bot.storage.outbox import NOTHING, close, is_leaving, queue
from bot.storage.rows import ANSWERS, Draft, Kind
from bot.storage.tables import outbox


def revise(
    connection: Connection, row: "Row[*tuple[object, ...]]", document: Document, now: datetime
) -> None:
    """Change what a document says: before it is posted in place, afterwards by an edit."""
    connection.execute(
        update(outbox).where(outbox.c.id == row.id).values(document=to_json(document))
    )
    if row.state == State.PENDING and not row.unsure:
        return
    # An older change that was given up must not come after this one.
    connection.execute(
        update(outbox)
        .where(
            outbox.c.target_id == row.id,
            outbox.c.kind == Kind.EDIT,
            outbox.c.state == State.FAILED,
        )
        .values(state=State.WITHDRAWN)
    )
    later = connection.scalar(
        select(outbox.c.id).where(
            outbox.c.target_id == row.id,
            outbox.c.kind == Kind.EDIT,
            outbox.c.state == State.PENDING,
        )
    )
    if later is not None:
        connection.execute(
            update(outbox).where(outbox.c.id == later).values(document=to_json(document))
        )
        return
    _follow(connection, row, Kind.EDIT, document, now)


def withdraw(connection: Connection, id: int, now: datetime) -> bool:  # noqa: A002 - the column's name
    """Take a document back, posted or not; say False if there is nothing to take back."""
    row = connection.execute(select(outbox).where(outbox.c.id == id).with_for_update()).first()
    if row is None or row.state == State.WITHDRAWN:
        return False
    if row.state == State.FAILED:
        close(connection, id, State.WITHDRAWN, row.last_error)  # not to be tried again
        return False
    if row.state == State.PENDING and not row.unsure:
        close(connection, id, State.WITHDRAWN, None)
        histories.take_back(connection, id)
        return True
    # A mark stands on somebody's message: to take that back would delete what a person wrote. An
    # answer may stand where nobody can take it back.
    gone = row.kind in ANSWERS and row.state == State.SENT and not row.message_id
    if row.kind not in {Kind.POST, *ANSWERS} or gone or is_leaving(connection, id):
        return False
    histories.take_back(connection, id)
    _follow(connection, row, Kind.WITHDRAW, NOTHING, now)
    return True


def _follow(
    connection: Connection,
    row: "Row[*tuple[object, ...]]",
    kind: Kind,
    document: Document,
    now: datetime,
) -> None:
    """Queue something about an earlier document, behind it in its lane."""
    number = connection.scalar(
        select(func.count()).select_from(outbox).where(outbox.c.target_id == row.id)
    )
    draft = Draft(
        key=hashlib.sha256(f"{kind} {row.key} {number}".encode()).hexdigest(),
        team=row.team,
        channel=Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team),
        document=document,
        thread=row.thread,
        kind=kind,
        lane=row.lane,
        target_id=row.id,
        vendor=row.vendor,
    )
    queue(connection, draft, now)
