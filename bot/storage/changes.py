"""Documents changed or taken back after they were queued, in the caller's transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, select, update

from bot.core.document import Document, to_json
from bot.core.mention import Channel
from bot.core.status import State
from bot.storage import histories
from bot.storage.database import portions
from bot.storage.outbox import NOTHING, close, is_leaving, queue_all
from bot.storage.rows import ANSWERS, Draft, Kind
from bot.storage.tables import outbox

# Made once: to build a statement takes longer than to carry it out.
_REWRITE = (
    update(outbox).where(outbox.c.id == bindparam("b_id")).values(document=bindparam("b_document"))
)


def revise(
    connection: Connection, row: "Row[*tuple[object, ...]]", document: Document, now: datetime
) -> None:
    """Change what a document says: before it is posted in place, afterwards by an edit."""
    revise_all(connection, [(row, document)], now)


def revise_all(
    connection: Connection,
    changes: "Sequence[tuple[Row[*tuple[object, ...]], Document]]",
    now: datetime,
) -> None:
    """Change what documents say, each as `revise` does."""
    for some in portions(changes):
        _rewrite(connection, [(row.id, document) for row, document in some])
        posted = [each for each in some if each[0].state != State.PENDING or each[0].unsure]
        if posted:
            _edit(connection, posted, now)


def _rewrite(connection: Connection, documents: Sequence[tuple[int, Document]]) -> None:
    values = [{"b_id": id_, "b_document": to_json(document)} for id_, document in documents]
    connection.execute(_REWRITE, values)


def _edit(
    connection: Connection,
    changes: "Sequence[tuple[Row[*tuple[object, ...]], Document]]",
    now: datetime,
) -> None:
    """Queue edits of what was posted; one that waits already says the later thing."""
    edits = (
        outbox.c.target_id.in_([row.id for row, _ in changes]),
        outbox.c.kind == Kind.EDIT,
    )
    # An older change that was given up must not come after this one.
    connection.execute(
        update(outbox).where(*edits, outbox.c.state == State.FAILED).values(state=State.WITHDRAWN)
    )
    waiting = select(outbox.c.target_id, outbox.c.id).where(*edits, outbox.c.state == State.PENDING)
    later: dict[int, int] = {row.target_id: row.id for row in connection.execute(waiting)}
    rewritten = [(later[row.id], document) for row, document in changes if row.id in later]
    if rewritten:
        _rewrite(connection, rewritten)
    _follow(connection, [each for each in changes if each[0].id not in later], Kind.EDIT, now)


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
    _follow(connection, [(row, NOTHING)], Kind.WITHDRAW, now)
    return True


def _follow(
    connection: Connection,
    changes: "Sequence[tuple[Row[*tuple[object, ...]], Document]]",
    kind: Kind,
    now: datetime,
) -> None:
    """Queue something about earlier documents, behind each in its lane."""
    if not changes:
        return
    ids = [row.id for row, _ in changes]
    counts = connection.execute(
        select(outbox.c.target_id, func.count().label("number"))
        .where(outbox.c.target_id.in_(ids))
        .group_by(outbox.c.target_id)
    )
    numbers: dict[int, int] = {row.target_id: row.number for row in counts}
    drafts = [
        Draft(
            key=hashlib.sha256(f"{kind} {row.key} {numbers.get(row.id, 0)}".encode()).hexdigest(),
            team=row.team,
            channel=Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team),
            document=document,
            thread=row.thread,
            kind=kind,
            lane=row.lane,
            target_id=row.id,
            vendor=row.vendor,
        )
        for row, document in changes
    ]
    queue_all(connection, [(draft, now) for draft in drafts])
