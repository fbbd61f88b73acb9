"""Documents on their way to a channel, in the caller's transaction.

The oldest document of a lane that is open (pending, sending or uncertain) is its head; only heads
are claimed, so one document of a channel is on its way at a time and the order in it holds.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import Document, from_json, to_json
from bot.core.mention import Channel, Receipt
from bot.core.policy import Form
from bot.core.status import Parked, State
from bot.storage.database import insert_missing
from bot.storage.rows import Draft, Kind, Outgoing
from bot.storage.tables import mention, outbox, pause, trouble, vendor_state

LONGEST_ERROR = 500
_CLAIM_LOCK = 7_305_841_174
LONGEST_LEASE = timedelta(minutes=10)
NOTHING = Document("", ())
"""What a withdrawal has to say."""
# What goes out although a team's posting is stopped: answers, and taking back.
_EVEN_PAUSED = (Kind.REPLY, Kind.WITHDRAW)

# Made once: to build a statement takes longer than to carry it out.
_NUMBER = select(outbox.c.id).where(outbox.c.key == bindparam("b_key"))
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
        link=bindparam("b_link"),
    )
)
_ITS_LANE = (
    select(outbox.c.team, outbox.c.lane, outbox.c.kind, outbox.c.target_id)
    .where(outbox.c.id == bindparam("b_id"))
    .with_for_update()
)
_WORKS_AGAIN = delete(trouble).where(
    trouble.c.team == bindparam("b_team"), trouble.c.lane == bindparam("b_lane")
)
_TAKE = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(
        state=State.SENDING,
        lease_until=bindparam("b_until"),
        attempts=bindparam("b_attempts"),
        unsure=bindparam("b_unsure"),
    )
)
_CARDS = select(
    mention.c.team.label("b_team"),
    mention.c.channel.label("b_channel"),
    mention.c.vendor.label("b_vendor"),
    mention.c.created_at.label("b_card_at"),
).where(mention.c.outbox_id == bindparam("b_outbox"), mention.c.form == Form.CARD.value)
_CARD = update(vendor_state).where(
    vendor_state.c.team == bindparam("b_team"),
    vendor_state.c.channel == bindparam("b_channel"),
    vendor_state.c.vendor == bindparam("b_vendor"),
    vendor_state.c.card_at == bindparam("b_card_at"),
)

_due = case((outbox.c.state == State.SENDING, outbox.c.lease_until), else_=outbox.c.not_before)


def queue(connection: Connection, draft: Draft, now: datetime) -> int | None:
    """Queue a document; give its number, or None if that key has been queued before."""
    row = {
        "key": draft.key,
        "team": draft.team,
        "lane": draft.lane or draft.channel.key,
        "kind": draft.kind,
        "platform": draft.channel.platform,
        "channel": draft.channel.id,
        "private": draft.channel.private,
        "encrypted": draft.channel.encrypted,
        "thread": draft.thread,
        "target_id": draft.target_id,
        "message": draft.message,
        "actor": draft.actor,
        "reply_to": draft.reply_to,
        "document": to_json(draft.document),
        "vendor": draft.vendor,
        "state": State.PENDING,
        "created_at": now,
        "not_before": now,
    }
    if insert_missing(connection, outbox, [row]) == 0:
        return None
    return int(connection.execute(_NUMBER, {"b_key": draft.key}).scalar_one())


def claim(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    resting: Collection[str],
) -> tuple[Outgoing, ...]:
    """Take heads that are due, oldest first, from lanes that are not resting."""
    if connection.dialect.name == "postgresql":
        # One claim at a time, so that none decides by a state that another has just changed.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    asked = {
        "b_now": now,
        "b_far": now + LONGEST_LEASE,
        "b_resting": sorted(resting),
        "b_most": limit,
    }
    rows = connection.execute(_claimable(), asked).all()
    claimed: list[Outgoing] = []
    taken: list[dict[str, object]] = []
    for row in rows:
        outgoing = _outgoing(row)
        if outgoing is None:
            close(connection, row.id, State.FAILED, "the stored document cannot be read")
            continue
        # What was marked stays as people wrote it; what is gone cannot be changed any more.
        if row.target_id is not None and (
            row.target_message is None or row.there == State.WITHDRAWN
        ):
            close(connection, row.id, State.WITHDRAWN, "what it is about is not there")
            continue
        taken.append(
            {
                "b_id": row.id,
                "b_until": now + lease,
                "b_attempts": outgoing.attempts,
                "b_unsure": outgoing.unsure,
            }
        )
        claimed.append(outgoing)
    if taken:
        connection.execute(_TAKE, taken)
    return tuple(claimed)


def sent(connection: Connection, id: int, receipt: Receipt, now: datetime) -> bool:  # noqa: A002 - the column's name
    """Note that a document has been posted, and where; its lane works again.

    Say whether it was an answer, of which no word is kept: it says back what was asked.
    """
    row = connection.execute(_ITS_LANE, {"b_id": id}).one()
    posted = {"b_message": receipt.message_id, "b_link": receipt.link}
    connection.execute(_SENT, {"b_id": id, "b_now": now, **posted})
    connection.execute(_WORKS_AGAIN, {"b_team": row.team, "b_lane": row.lane})
    if row.kind == Kind.REPLY:
        silent = update(outbox).where(outbox.c.id == id).values(document=to_json(NOTHING))
        connection.execute(silent)
    if row.kind == Kind.POST:
        _update_cards(connection, id, {"card_link": receipt.link})
    elif row.kind == Kind.WITHDRAW and row.target_id is not None:
        connection.execute(
            update(outbox).where(outbox.c.id == row.target_id).values(state=State.WITHDRAWN)
        )
    return bool(row.kind == Kind.REPLY)


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
        _update_cards(connection, id, {"card_at": None, "card_revision": None, "card_link": None})
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


def close(connection: Connection, id: int, state: State, why: str | None) -> None:  # noqa: A002 - as above
    """End a document's way without its having been posted."""
    values = {
        "state": state,
        "open": False,
        "lease_until": None,
        "last_error": why[:LONGEST_ERROR] if why else None,
    }
    connection.execute(update(outbox).where(outbox.c.id == id).values(values))


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


def withdraw(connection: Connection, id: int, now: datetime) -> bool:  # noqa: A002 - as above
    """Take a document back, posted or not; say False if there is nothing to take back."""
    row = connection.execute(select(outbox).where(outbox.c.id == id).with_for_update()).first()
    if row is None or row.state == State.WITHDRAWN:
        return False
    if row.state == State.FAILED:
        close(connection, id, State.WITHDRAWN, row.last_error)  # not to be tried again
        return False
    if row.state == State.PENDING and not row.unsure:
        close(connection, id, State.WITHDRAWN, None)
        _forget_alert(connection, id)
        return True
    # A mark stands on somebody's message: to take that back would delete what a person wrote.
    if row.kind != Kind.POST or is_leaving(connection, id):
        return False
    _forget_alert(connection, id)
    _follow(connection, row, Kind.WITHDRAW, NOTHING, now)
    return True


def leaving(id: ColumnElement[int]) -> ColumnElement[bool]:  # noqa: A002 - as above
    """Say of documents whether they are about to be taken back."""
    last = outbox.alias("last")
    return exists().where(
        last.c.target_id == id, last.c.kind == Kind.WITHDRAW, last.c.state != State.FAILED
    )


def is_leaving(connection: Connection, id: int) -> bool:  # noqa: A002 - as above
    """Say whether a document is about to be taken back."""
    return bool(connection.scalar(select(leaving(literal(id)))))


def _forget_alert(connection: Connection, outbox_id: int) -> None:
    """Let what is taken back count as never said: no cooldown, and no card to refer to."""
    _update_cards(
        connection, outbox_id, {"card_at": None, "card_revision": None, "card_link": None}
    )
    said = connection.execute(select(mention).where(mention.c.outbox_id == outbox_id)).all()
    for each in said:
        before = (
            select(func.max(mention.c.created_at))
            .select_from(mention)
            .outerjoin(outbox, outbox.c.id == mention.c.outbox_id)
            .where(
                mention.c.team == each.team,
                mention.c.channel == each.channel,
                mention.c.vendor == each.vendor,
                or_(
                    mention.c.outcome == "hold",
                    and_(
                        mention.c.outcome == "post",
                        mention.c.outbox_id != outbox_id,
                        mention.c.form != Form.MARK.value,
                        outbox.c.state != State.WITHDRAWN,
                        ~leaving(outbox.c.id),
                    ),
                ),
            )
        )
        connection.execute(
            update(vendor_state)
            .where(
                vendor_state.c.team == each.team,
                vendor_state.c.channel == each.channel,
                vendor_state.c.vendor == each.vendor,
                vendor_state.c.alerted_at == each.created_at,
            )
            .values(alerted_at=before.scalar_subquery())
        )


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
        channel=Channel(row.platform, row.channel, row.private, row.encrypted),
        document=document,
        thread=row.thread,
        kind=kind,
        lane=row.lane,
        target_id=row.id,
        vendor=row.vendor,
    )
    queue(connection, draft, now)


def parked(
    connection: Connection, team: str, limit: int, *which: ColumnElement[bool]
) -> tuple[Parked, ...]:
    """Give documents that were given up, newest first."""
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.team == team, outbox.c.state == State.FAILED, *which)
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Parked(
            id=row.id,
            place=_named(row),
            reason=_reason(row),
            created_at=row.created_at,
            attempts=row.attempts,
        )
        for row in rows
    )


def _named(row: "Row[*tuple[object, ...]]") -> str:
    """Name a document's channel; a lane may hold who asked."""
    if row.private:
        return f"a private channel on {row.platform}"
    return Channel(row.platform, row.channel).key


def _reason(row: "Row[*tuple[object, ...]]") -> str:
    reason = row.last_error or ""
    return reason.replace(row.channel, "the channel") if row.private else reason


def retry(connection: Connection, team: str, ids: Collection[int] | None, now: datetime) -> int:
    """Let documents that were given up go again; all of a team's or these. Give how many."""
    where = [
        outbox.c.team == team,
        outbox.c.state == State.FAILED,
        # What has been forgotten meanwhile has nothing to say any more.
        or_(outbox.c.document != to_json(NOTHING), outbox.c.kind == Kind.WITHDRAW),
    ]
    if ids is not None:
        where.append(outbox.c.id.in_(sorted(ids)))
    done = connection.execute(
        update(outbox)
        .where(*where)
        .values(state=State.PENDING, open=True, attempts=0, not_before=now)
    )
    return done.rowcount


def next_due(connection: Connection, resting: Collection[str]) -> datetime | None:
    """Give when the first head can be claimed; None if there is none."""
    due: datetime | None = connection.scalar(_next(), {"b_resting": sorted(resting)})
    return due


def shown(here: str | None) -> ColumnElement[bool]:
    """Say what may be counted for somebody in the channel `here` (its key)."""
    return or_(~outbox.c.private, outbox.c.platform + ":" + outbox.c.channel == (here or ""))


def depth(
    connection: Connection, team: str | None, *which: ColumnElement[bool]
) -> dict[State, int]:
    """Count documents by state, of one team or all."""
    query = select(outbox.c.state, func.count()).where(*which).group_by(outbox.c.state)
    if team is not None:
        query = query.where(outbox.c.team == team)
    counts = {State(state): int(count) for state, count in connection.execute(query)}
    return {state: counts.get(state, 0) for state in State}


@cache
def _claimable() -> "Select[*tuple[Any, ...]]":
    target = outbox.alias("target")
    return (
        select(outbox, target.c.message_id.label("target_message"), target.c.state.label("there"))
        .outerjoin(target, target.c.id == outbox.c.target_id)
        .where(_heads(), _is_due())
        .order_by(outbox.c.id)
        .limit(bindparam("b_most", type_=Integer))
        .with_for_update(of=outbox, skip_locked=True)
    )


@cache
def _next() -> "Select[datetime]":
    return select(func.min(_due)).where(_heads())


def _heads() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    # An older one may be committed, or taken up again, while a younger one is on its way; then the
    # younger one comes to its end first, even if whoever carried it has died.
    before = or_(
        and_(earlier.c.id < outbox.c.id, outbox.c.state != State.SENDING),
        and_(
            earlier.c.state == State.SENDING,
            or_(outbox.c.state != State.SENDING, earlier.c.id < outbox.c.id),
        ),
    )
    # What a pause holds up does not hold up what goes out all the same.
    stopped = and_(
        earlier.c.state == State.PENDING,
        earlier.c.kind.not_in(_EVEN_PAUSED),
        earlier.c.id != outbox.c.target_id,
        earlier.c.team.in_(select(pause.c.team)),
        outbox.c.kind == Kind.WITHDRAW,
    )
    blocked = exists().where(
        earlier.c.open,
        earlier.c.lane == outbox.c.lane,
        earlier.c.id != outbox.c.id,
        before,
        ~stopped,
    )
    rested = outbox.c.lane.not_in(bindparam("b_resting", expanding=True))
    posting = or_(outbox.c.kind.in_(_EVEN_PAUSED), outbox.c.team.not_in(select(pause.c.team)))
    return and_(outbox.c.open, rested, posting, ~blocked)


def _is_due() -> ColumnElement[bool]:
    """Say whether a head can be claimed.

    What was never tried always can; a lease that ends far ahead, present or past, is from before
    the clock was set back, and so is the time to try again.
    """
    now, far = (bindparam(name, type_=outbox.c.not_before.type) for name in ("b_now", "b_far"))
    untried = and_(outbox.c.state == State.PENDING, outbox.c.attempts == 0)
    stray = outbox.c.lease_until > far
    return or_(_due <= now, untried, stray)


def _outgoing(row: "Row[*tuple[object, ...]]") -> Outgoing | None:
    try:
        document = from_json(row.document)
    except ValueError:
        return None
    # A lease that ran out leaves open whether its holder posted before it died.
    unsure = row.unsure or row.state in {State.SENDING, State.UNCERTAIN}
    return Outgoing(
        id=row.id,
        key=row.key,
        team=row.team,
        lane=row.lane,
        channel=Channel(row.platform, row.channel, row.private, row.encrypted),
        thread=row.thread,
        document=document,
        attempts=row.attempts + 1,
        kind=Kind(row.kind),
        unsure=unsure,
        message=row.target_message if row.target_id is not None else row.message,
        actor=row.actor,
        reply_to=row.reply_to,
        vendor=row.vendor,
    )


def _update_cards(connection: Connection, outbox_id: int, values: Mapping[str, str | None]) -> None:
    """Change what is remembered of a card, unless a newer card has taken its place."""
    for card in connection.execute(_CARDS, {"b_outbox": outbox_id}).mappings().all():
        connection.execute(_CARD, {**card, **values})
