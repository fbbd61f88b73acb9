"""From mentions to alerts, in the caller's transaction; and the alerts of the past."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.mention import Mention
from bot.core.policy import Alert, Form, History, Skip, SkipReason
from bot.storage import outbox
from bot.storage.database import insert_missing
from bot.storage.rows import Draft, Hearing, PastAlert, Ruling
from bot.storage.tables import DEFAULT_TEAM, alert, vendor_state


class _Place(NamedTuple):
    """A vendor in a channel: what is locked. The order of the fields is the order of locking."""

    channel: str
    vendor: str


def alert_key(mention: Mention, team: str = DEFAULT_TEAM, feed: str | None = None) -> str:
    """Name an alert: the same cause gives the same key, however often it is delivered.

    `feed` is the address of the feed an entry is from, as entries of two feeds may have the same
    id. 64 hexadecimal digits.
    """
    parts = [team, mention.channel.key, mention.vendor, mention.cause.value, mention.cause_id, feed]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def rule(
    connection: Connection, mentions: Sequence[Mention], hearing: Hearing
) -> tuple[Ruling, ...]:
    """Judge mentions one after another, each knowing of those before it, and queue the alerts."""
    histories = _lock(connection, mentions, hearing.team)
    changed: set[_Place] = set()
    rulings = []
    for mention in mentions:
        place = _Place(mention.channel.key, mention.vendor)
        key = alert_key(mention, hearing.team, hearing.feed)
        if _exists(connection, key):
            rulings.append(Ruling(mention, Skip(SkipReason.DUPLICATE)))
            continue
        decision = hearing.judge(mention, histories[place])
        if isinstance(decision, Alert):
            _queue(connection, key, mention, decision, hearing)
            histories[place] = _after(histories[place], decision, hearing.now)
            changed.add(place)
        rulings.append(Ruling(mention, decision))
    for place in sorted(changed):
        _remember(connection, hearing.team, place, histories[place])
    return tuple(rulings)


def last(
    connection: Connection, vendor: str, channel: str | None, limit: int
) -> tuple[PastAlert, ...]:
    """Give a vendor's newest alerts, newest first."""
    where = alert.c.private.is_(False) if channel is None else alert.c.channel == channel
    rows = connection.execute(
        select(alert)
        .where(alert.c.vendor == vendor, where)
        .order_by(alert.c.created_at.desc(), alert.c.id.desc())
        .limit(limit)
    )
    return tuple(
        PastAlert(
            vendor=row.vendor,
            channel=row.channel,
            cause=row.cause,
            matched=row.matched,
            match_kind=row.match_kind,
            reason=row.reason,
            form=row.form,
            revision=row.revision,
            created_at=row.created_at,
            sent_at=row.sent_at,
            link=row.link,
        )
        for row in rows
    )


def _lock(connection: Connection, mentions: Sequence[Mention], team: str) -> dict[_Place, History]:
    """Lock the states of all places, always in the same order so that nobody waits in a circle."""
    histories = {}
    for place in sorted({_Place(mention.channel.key, mention.vendor) for mention in mentions}):
        insert_missing(connection, vendor_state, [{"team": team, **place._asdict()}])
        row = connection.execute(
            select(vendor_state).where(_at(team, place)).with_for_update()
        ).one()
        histories[place] = History(row.alerted_at, row.card_at, row.card_revision, row.card_link)
    return histories


def _exists(connection: Connection, key: str) -> bool:
    return connection.execute(select(alert.c.id).where(alert.c.key == key)).first() is not None


def _queue(
    connection: Connection, key: str, mention: Mention, decision: Alert, hearing: Hearing
) -> None:
    done = connection.execute(
        insert(alert).values(
            key=key,
            team=hearing.team,
            channel=mention.channel.key,
            platform=mention.channel.platform,
            private=mention.channel.private,
            vendor=mention.vendor,
            cause=mention.cause.value,
            cause_id=mention.cause_id,
            matched=mention.match.matched,
            match_kind=mention.match.kind.value,
            reason=decision.post.reason.value,
            form=decision.post.form.value,
            revision=decision.revision,
            created_at=hearing.now,
        )
    )
    (alert_id,) = done.inserted_primary_key or (None,)
    draft = Draft(key, hearing.team, mention.channel, decision.document, mention.thread, alert_id)
    outbox.queue(connection, draft, hearing.now)


def _after(history: History, decision: Alert, now: datetime) -> History:
    if decision.post.form is not Form.CARD:
        return replace(history, alerted_at=now)
    # The new card has no address until it is delivered, and the old one's would mislead.
    return History(now, now, decision.revision, None)


def _remember(connection: Connection, team: str, place: _Place, history: History) -> None:
    connection.execute(
        update(vendor_state)
        .where(_at(team, place))
        .values(
            alerted_at=history.alerted_at,
            card_at=history.card_at,
            card_revision=history.card_revision,
            card_link=history.card_link,
        )
    )


def _at(team: str, place: _Place) -> ColumnElement[bool]:
    return and_(
        vendor_state.c.team == team,
        vendor_state.c.channel == place.channel,
        vendor_state.c.vendor == place.vendor,
    )
