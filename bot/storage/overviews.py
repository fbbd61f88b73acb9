"""What is watched where, read in the caller's transaction for one who may see some of it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bot.core.mention import Channel
from bot.core.overview import FeedHealth, Overview, Told, Watched
from bot.core.places import Listening, holds
from bot.core.status import State
from bot.storage import feeds, mutes, revisions, settings
from bot.storage.tables import mention as mention_table
from bot.storage.tables import outbox as outbox_table
from bot.storage.tables import place

LOOKED_BACK = timedelta(days=30)
TOLD = 10


def overview(connection: Connection, team: str, now: datetime, private: frozenset[str]) -> Overview:
    """Give what is watched where; private channels only where their key is in `private`."""
    return Overview(
        channels=_channels(connection, team, now, private),
        mutes=mutes.seen(connection, team, now, private),
        feeds=tuple(
            FeedHealth(
                each.url,
                each.title,
                each.checked_at,
                0 if each.gone else each.failures,
                each.last_error,
                gone=each.gone,
            )
            for each in feeds.active(connection)
        ),
        alerts=_alerts(connection, team, now, private),
        proposals=revisions.waiting(connection, team),
        policy=revisions.policy(connection, team),
    )


def _channels(
    connection: Connection, team: str, now: datetime, private: frozenset[str]
) -> tuple[Watched, ...]:
    """Give the channels that the bot is in, and others that got alerts lately."""
    recent = (
        select(mention_table.c.channel, mention_table.c.private, func.count().label("alerts"))
        .where(
            mention_table.c.team == team,
            mention_table.c.outcome == "post",
            mention_table.c.created_at >= now - LOOKED_BACK,
            _shown(private),
        )
        .group_by(mention_table.c.channel, mention_table.c.private)
    )
    alerts = {row.channel: (row.private, int(row.alerts)) for row in connection.execute(recent)}
    known = {
        row.channel: row for row in connection.execute(select(place).where(place.c.team == team))
    }
    shown = {
        key
        for key, row in known.items()
        if row.left_at is None and (not row.private or key in private)
    }
    shown |= {key for key in alerts if key not in known}
    found = []
    for key in sorted(shown):
        row = known.get(key)
        chosen = settings.chosen(connection, team, key)
        channel = _channel(
            key,
            team,
            private=row.private if row else alerts[key][0],
            external=bool(row and row.external),
            encrypted=bool(row and row.encrypted),
        )
        decision = Listening(row.listening) if row and row.listening else None
        if row is not None:
            decision = holds(decision, encrypted=row.encrypted, knowing=row.knowing)
        found.append(Watched(channel, decision, chosen.get("mode"), alerts.get(key, (False, 0))[1]))
    return tuple(found)


def _alerts(
    connection: Connection, team: str, now: datetime, private: frozenset[str]
) -> tuple[Told, ...]:
    rows = connection.execute(
        select(
            mention_table.c.vendor,
            mention_table.c.channel,
            mention_table.c.private,
            mention_table.c.created_at,
            outbox_table.c.link,
        )
        .join(outbox_table, outbox_table.c.id == mention_table.c.outbox_id)
        .where(
            mention_table.c.team == team,
            mention_table.c.outcome == "post",
            mention_table.c.created_at >= now - LOOKED_BACK,
            outbox_table.c.state == State.SENT,
            _shown(private),
        )
        .order_by(mention_table.c.created_at.desc(), mention_table.c.id.desc())
        .limit(TOLD)
    )
    return tuple(
        Told(
            row.vendor,
            _channel(row.channel, team, private=row.private),
            row.created_at,
            row.link,
        )
        for row in rows
    )


def _shown(private: frozenset[str]) -> ColumnElement[bool]:
    return or_(mention_table.c.private.is_(False), mention_table.c.channel.in_(sorted(private)))


def _channel(
    key: str, team: str, *, private: bool, external: bool = False, encrypted: bool = False
) -> Channel:
    platform, _, id_ = key.partition(":")
    return Channel(platform, id_, private, encrypted, external=external, team=team)
