"""How the delivery of a claimed document went, in the caller's transaction."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.core.document import Actions, Document, abouts, from_json, to_json
from bot.core.mention import Channel, Receipt
from bot.core.status import State
from bot.storage import histories
from bot.storage.database import insert_missing
from bot.storage.outbox import LONGEST_ERROR, NOTHING, close, queue
from bot.storage.rows import ANSWERS, Draft, Kind
from bot.storage.tables import outbox, trouble


@dataclass(frozen=True, slots=True)
class Posted:
    """A document that has been posted, where and when."""

    id: int
    receipt: Receipt
    now: datetime


# Made once: to build a statement takes longer than to carry it out.
_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(
        state=State.SENT,
        open=False,
        lease_until=None,
        last_error=None,
        sent_at=bindparam("b_now"),
        message_id=bindparam("b_message"),
        stands_in=bindparam("b_channel"),
        link=bindparam("b_link"),
    )
)
_LANES = (
    select(outbox.c.id, outbox.c.team, outbox.c.lane, outbox.c.kind, outbox.c.target_id)
    .where(outbox.c.id.in_(bindparam("b_ids", expanding=True)))
    .order_by(outbox.c.id)
)
_WORKS_AGAIN = delete(trouble).where(
    trouble.c.team == bindparam("b_team"), trouble.c.lane == bindparam("b_lane")
)


def sent(connection: Connection, posted: Sequence[Posted]) -> list[bool]:
    """Note that documents have been posted, and where; their lanes work again.

    Say of each whether it was an answer, of which no word is kept: it says back what was asked.
    Only what can be pressed under it stays, where it stands in a message of its own, and what
    states a record: that is to be corrected when the record is.
    """
    receipts = {each.id: each for each in posted}
    rows = connection.execute(_LANES, {"b_ids": list(receipts)}).all()
    # Before the documents, since whoever judges locks in this order too.
    links = {row.id: receipts[row.id].receipt.link for row in rows if row.kind == Kind.POST}
    histories.link_cards(connection, links)
    connection.execute(
        _SENT,
        [
            {
                "b_id": row.id,
                "b_now": receipts[row.id].now,
                "b_message": receipts[row.id].receipt.message_id,
                "b_channel": receipts[row.id].receipt.channel,
                "b_link": receipts[row.id].receipt.link,
            }
            for row in rows
        ],
    )
    lanes = sorted({(row.team, row.lane) for row in rows})
    connection.execute(_WORKS_AGAIN, [{"b_team": team, "b_lane": lane} for team, lane in lanes])
    answers = {row.id for row in rows if row.kind in {*ANSWERS, Kind.REVISE}}
    _empty(connection, answers)
    gone = {row.target_id for row in rows if row.kind == Kind.WITHDRAW}
    _change(connection, gone, {"state": State.WITHDRAWN})
    return [each.id in answers for each in posted]


def _empty(connection: Connection, answers: Collection[int]) -> None:
    columns = (outbox.c.id, outbox.c.target_id, outbox.c.message_id, outbox.c.document)
    there = select(*columns).where(outbox.c.id.in_(sorted(answers)), outbox.c.message_id != "")
    kept = {
        row.id if row.target_id is None else row.target_id: _pressable(row.document)
        for row in (connection.execute(there).all() if answers else ())
    }
    _change(connection, answers, {"document": to_json(NOTHING)})
    for id_, document in kept.items():
        _change(connection, {id_}, {"document": document})


def _pressable(document: str) -> str:
    """Leave what can be pressed; all where it states what is on record, which may be corrected."""
    whole = from_json(document)
    if abouts(whole):
        return document
    blocks = whole.blocks
    return to_json(Document("", tuple(each for each in blocks if isinstance(each, Actions))))


def _change(connection: Connection, ids: Collection[int], values: Mapping[str, str]) -> None:
    if ids:
        connection.execute(update(outbox).where(outbox.c.id.in_(sorted(ids))).values(values))


def put_back(connection: Connection, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
    """Make a claimed document pending again."""
    _release(connection, id, State.PENDING, error, not_before)


def doubt(connection: Connection, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
    """Note that a document may have been posted: the platform is asked before it goes again."""
    _release(connection, id, State.UNCERTAIN, error, not_before)


def _release(
    connection: Connection,
    id: int,  # noqa: A002 - as above
    state: State,
    error: str,
    not_before: datetime,
) -> None:
    # The lease stays, as what tells when the attempt was: see `_is_due`.
    values = {
        "state": state,
        "not_before": not_before,
        "last_error": error[:LONGEST_ERROR],
    }
    connection.execute(
        update(outbox).where(outbox.c.id == id, outbox.c.state == State.SENDING).values(values)
    )


def park(
    connection: Connection,
    id: int,  # noqa: A002 - as above
    error: str,
    now: datetime,
    notices: Sequence[tuple[Channel, Document]],
) -> bool:
    """Give a document up as failed; say whether that is the first trouble of its lane.

    A card that never arrived does not count as shown. `notices` are queued with the first trouble
    only, until the lane works again.
    """
    row = connection.execute(
        select(outbox).where(outbox.c.id == id, outbox.c.open).with_for_update()
    ).first()
    if row is None:
        return False
    close(connection, id, State.FAILED, error)
    if row.kind == Kind.POST:
        histories.forget_card(connection, id)
    if row.kind != Kind.POST:
        return False
    first = {"team": row.team, "lane": row.lane, "reason": error[:LONGEST_ERROR], "since": now}
    if insert_missing(connection, trouble, [first]) == 0:
        return False
    for channel, document in notices:
        if channel.key != row.lane:
            key = hashlib.sha256(f"trouble {row.team} {id} {channel.key}".encode()).hexdigest()
            queue(connection, Draft(key, row.team, channel, document), now)
    return True
