"""Documents on their way to a channel, in the caller's transaction.

The oldest document of a channel that is pending or sending is its head; only heads are claimed, so
one document of a channel is on its way at a time and the order within a channel holds.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, case, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import from_json, to_json
from bot.core.mention import Channel, Receipt
from bot.core.policy import Form
from bot.storage.database import insert_missing
from bot.storage.rows import Draft, Outgoing, State
from bot.storage.tables import alert, outbox, vendor_state

_LONGEST_ERROR = 500

_due = case((outbox.c.state == State.SENDING, outbox.c.lease_until), else_=outbox.c.not_before)


def queue(connection: Connection, draft: Draft, now: datetime) -> bool:
    """Queue a document; say False if that key has been queued before."""
    row = {
        "key": draft.key,
        "alert_id": draft.alert_id,
        "team": draft.team,
        "platform": draft.channel.platform,
        "channel": draft.channel.id,
        "private": draft.channel.private,
        "thread": draft.thread,
        "document": to_json(draft.document),
        "state": State.PENDING,
        "created_at": now,
        "not_before": now,
    }
    return insert_missing(connection, outbox, [row]) == 1


def claim(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    resting: Collection[str],
) -> tuple[Outgoing, ...]:
    """Take heads that are due, oldest first, from channels that are not resting."""
    rows = connection.execute(
        select(outbox, alert.c.vendor)
        .outerjoin(alert, alert.c.id == outbox.c.alert_id)
        .where(_heads(resting), _due <= now)
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(of=outbox, skip_locked=True)
    ).all()
    claimed = []
    for row in rows:
        outgoing = _outgoing(row)
        if outgoing is None:
            park(connection, row.id, "the stored document cannot be read", State.FAILED)
            continue
        taken = {"state": State.SENDING, "lease_until": now + lease, "attempts": outgoing.attempts}
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(taken))
        claimed.append(outgoing)
    return tuple(claimed)


def sent(connection: Connection, id: int, receipt: Receipt, now: datetime) -> None:  # noqa: A002 - the column's name
    """Note that a document has been posted, and where."""
    row = connection.execute(
        select(outbox.c.alert_id).where(outbox.c.id == id).with_for_update()
    ).one()
    connection.execute(
        update(outbox)
        .where(outbox.c.id == id)
        .values(state=State.SENT, sent_at=now, lease_until=None, last_error=None)
    )
    if row.alert_id is None:
        return
    connection.execute(
        update(alert)
        .where(alert.c.id == row.alert_id)
        .values(sent_at=now, message_id=receipt.message_id, link=receipt.link)
    )
    _update_card(connection, row.alert_id, {"card_link": receipt.link})


def put_back(connection: Connection, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
    """Make a claimed document pending again."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.state == State.SENDING)
        .values(
            state=State.PENDING,
            not_before=not_before,
            lease_until=None,
            last_error=error[:_LONGEST_ERROR],
        )
    )


def park(connection: Connection, id: int, error: str, state: State) -> None:  # noqa: A002 - as above
    """Give a document up. A card that never arrived does not count as shown."""
    row = connection.execute(
        select(outbox.c.alert_id)
        .where(outbox.c.id == id, outbox.c.state.in_((State.PENDING, State.SENDING)))
        .with_for_update()
    ).first()
    if row is None:
        return
    connection.execute(
        update(outbox)
        .where(outbox.c.id == id)
        .values(state=state, lease_until=None, last_error=error[:_LONGEST_ERROR])
    )
    if state is State.FAILED and row.alert_id is not None:
        no_card = {"card_at": None, "card_revision": None, "card_link": None}
        _update_card(connection, row.alert_id, no_card)


def next_due(connection: Connection, resting: Collection[str]) -> datetime | None:
    """Give when the first head can be claimed; None if there is none."""
    due: datetime | None = connection.scalar(select(func.min(_due)).where(_heads(resting)))
    return due


def depth(connection: Connection) -> dict[State, int]:
    """Count documents by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    counts = {State(state): int(count) for state, count in rows}
    return {state: counts.get(state, 0) for state in State}


def _heads(resting: Collection[str]) -> ColumnElement[bool]:
    channel = outbox.c.platform + ":" + outbox.c.channel
    heads = (
        select(func.min(outbox.c.id))
        .where(outbox.c.state.in_((State.PENDING, State.SENDING)))
        .group_by(outbox.c.platform, outbox.c.channel)
    )
    return and_(outbox.c.id.in_(heads), channel.not_in(sorted(resting)))


def _outgoing(row: "Row[*tuple[object, ...]]") -> Outgoing | None:
    try:
        document = from_json(row.document)
    except ValueError:
        return None
    return Outgoing(
        id=row.id,
        key=row.key,
        team=row.team,
        channel=Channel(row.platform, row.channel, row.private),
        thread=row.thread,
        document=document,
        attempts=row.attempts + 1,
        alert_id=row.alert_id,
        vendor=row.vendor,
    )


def _update_card(connection: Connection, alert_id: int, values: Mapping[str, str | None]) -> None:
    """Change what is remembered of a card, unless a newer card has taken its place."""
    card = connection.execute(
        select(alert).where(alert.c.id == alert_id, alert.c.form == Form.CARD.value)
    ).first()
    if card is None:
        return
    connection.execute(
        update(vendor_state)
        .where(
            vendor_state.c.team == card.team,
            vendor_state.c.channel == card.channel,
            vendor_state.c.vendor == card.vendor,
            vendor_state.c.card_at == card.created_at,
        )
        .values(values)
    )
