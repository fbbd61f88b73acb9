"""Documents on their way to a channel, queued and claimed in the caller's transaction.

The oldest document of a lane that is open (pending, sending or uncertain) is its head; only heads
are claimed, so one document of a channel is on its way at a time and the order in it holds.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
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
from bot.core.mention import Channel
from bot.core.status import State
from bot.storage.database import insert_all, insert_missing, portions
from bot.storage.rows import ANSWERS, Draft, Kind, Outgoing
from bot.storage.tables import outbox, pause

LONGEST_ERROR = 500
_CLAIM_LOCK = 7_305_841_174
LONGEST_LEASE = timedelta(minutes=10)
NOTHING = Document("", ())
"""What a withdrawal has to say."""
# What goes out although a team's posting is stopped: answers, and taking back.
_EVEN_PAUSED = (*ANSWERS, Kind.REVISE, Kind.WITHDRAW)
BROUGHT = "brought "
"""How the keys begin of what a command tells others; that goes out even so."""

# Made once: to build a statement takes longer than to carry it out.
_NUMBERS = select(outbox.c.id, outbox.c.key).where(
    outbox.c.key.in_(bindparam("b_keys", expanding=True))
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

_due = case((outbox.c.state == State.SENDING, outbox.c.lease_until), else_=outbox.c.not_before)


def queue(connection: Connection, draft: Draft, now: datetime) -> int | None:
    """Queue a document; give its number, or None if that key has been queued before."""
    if insert_missing(connection, outbox, [_row(draft, now)]) == 0:
        return None
    return _numbers(connection, [draft.key])[draft.key]


def queue_all(connection: Connection, drafts: Sequence[tuple[Draft, datetime]]) -> dict[str, int]:
    """Queue documents in order, unless their keys have been queued before; give their numbers."""
    insert_all(connection, outbox, [_row(draft, now) for draft, now in drafts])
    return _numbers(connection, [draft.key for draft, _ in drafts])


def _numbers(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    rows = (connection.execute(_NUMBERS, {"b_keys": some}) for some in portions(keys))
    return {row.key: row.id for row in chain.from_iterable(rows)}


def _row(draft: Draft, now: datetime) -> dict[str, object]:
    return {
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
        if row.target_id is not None and (not row.target_message or row.there == State.WITHDRAWN):
            close(connection, row.id, State.WITHDRAWN, "what it is about is not there")
            if row.kind == Kind.REVISE:  # of an answer no word is kept
                nothing = {"document": to_json(NOTHING)}
                connection.execute(update(outbox).where(outbox.c.id == row.id).values(nothing))
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


def close(connection: Connection, id: int, state: State, why: str | None) -> None:  # noqa: A002 - the column's name
    """End a document's way without its having been posted."""
    values = {
        "state": state,
        "open": False,
        "lease_until": None,
        "last_error": why[:LONGEST_ERROR] if why else None,
    }
    connection.execute(update(outbox).where(outbox.c.id == id).values(values))


def leaving(id: ColumnElement[int]) -> ColumnElement[bool]:  # noqa: A002 - as above
    """Say of documents whether they are about to be taken back."""
    last = outbox.alias("last")
    return exists().where(
        last.c.target_id == id, last.c.kind == Kind.WITHDRAW, last.c.state != State.FAILED
    )


def is_leaving(connection: Connection, id: int) -> bool:  # noqa: A002 - as above
    """Say whether a document is about to be taken back."""
    return bool(connection.scalar(select(leaving(literal(id)))))


def next_due(connection: Connection, resting: Collection[str]) -> datetime | None:
    """Give when the first head can be claimed; None if there is none."""
    due: datetime | None = connection.scalar(_next(), {"b_resting": sorted(resting)})
    return due


@cache
def _claimable() -> "Select[*tuple[Any, ...]]":
    target = outbox.alias("target")
    return (
        select(
            outbox,
            target.c.message_id.label("target_message"),
            target.c.stands_in.label("target_stands_in"),
            target.c.state.label("there"),
        )
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
        ~earlier.c.key.startswith(BROUGHT),
        or_(outbox.c.target_id.is_(None), earlier.c.id != outbox.c.target_id),
        earlier.c.team.in_(select(pause.c.team)),
        or_(outbox.c.kind == Kind.WITHDRAW, outbox.c.key.startswith(BROUGHT)),
    )
    blocked = exists().where(
        earlier.c.open,
        earlier.c.lane == outbox.c.lane,
        earlier.c.id != outbox.c.id,
        before,
        ~stopped,
    )
    rested = outbox.c.lane.not_in(bindparam("b_resting", expanding=True))
    posting = or_(
        outbox.c.kind.in_(_EVEN_PAUSED),
        outbox.c.key.startswith(BROUGHT),
        outbox.c.team.not_in(select(pause.c.team)),
    )
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
    channel = Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team)
    if row.target_stands_in is not None:  # with its asker alone
        channel = replace(channel, id=row.target_stands_in, private=True)
    return Outgoing(
        id=row.id,
        key=row.key,
        team=row.team,
        lane=row.lane,
        channel=channel,
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
