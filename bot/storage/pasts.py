"""What the last days brought about a vendor, counted in the caller's transaction."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bot.core.mention import Channel
from bot.core.overview import Told
from bot.core.past import DAYS, Day, Fate, Past
from bot.core.status import State
from bot.storage.tables import mention, outbox

ALERTS = 10
_SHOWN = or_(
    and_(mention.c.private.is_(False), mention.c.encrypted.is_(False)),
    mention.c.channel.in_(bindparam("b_private", expanding=True)),
)
_OF = (mention.c.team == bindparam("b_team"), mention.c.vendor == bindparam("b_vendor"), _SHOWN)
_ALERTS = (
    select(
        mention.c.channel,
        mention.c.private,
        mention.c.encrypted,
        mention.c.created_at,
        outbox.c.link,
    )
    .join(outbox, outbox.c.id == mention.c.outbox_id)
    .where(*_OF, mention.c.outcome == "post", outbox.c.state == State.SENT)
    .order_by(mention.c.created_at.desc(), mention.c.id.desc())
    .limit(ALERTS)
)


def past(
    connection: Connection, team: str, vendor: str, now: datetime, private: frozenset[str]
) -> Past:
    """Count a vendor's mentions by day, UTC, today's last; give the newest alerts, newest first.

    Of private channels and encrypted rooms only what is of those with a key in `private`.
    """
    today = now.date()
    first = today - timedelta(days=DAYS - 1)
    whose = {"b_team": team, "b_vendor": vendor, "b_private": sorted(private)}
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    counted: Counter[tuple[date, Fate]] = Counter()
    reasons: Counter[str] = Counter()
    rows = connection.execute(_by_day(connection.dialect.name), {**whose, "b_since": since})
    for row in rows:
        fate = _fate(row.outcome, told=bool(row.told))
        counted[date.fromisoformat(str(row.day)), fate] += int(row.mentions)
        if fate is Fate.QUIET:
            reasons[row.reason] += int(row.mentions)
    days = (first + timedelta(days=n) for n in range(DAYS))
    alerts = tuple(
        Told(vendor, _channel(row.channel, team, private=row.private), row.created_at, row.link)
        for row in connection.execute(_ALERTS, whose)
    )
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    by_day = tuple(Day(day, {fate: counted[day, fate] for fate in Fate}) for day in days)
    return Past(by_day, tuple(ordered), alerts)


def _fate(outcome: str, *, told: bool) -> Fate:
    if outcome == "post":
        return Fate.POSTED
    return (Fate.DIGEST if told else Fate.WAITING) if outcome == "hold" else Fate.QUIET


@cache
def _by_day(dialect: str) -> "Select[*tuple[Any, ...]]":
    day = _day(dialect).label("day")
    told = mention.c.outbox_id.is_not(None).label("told")
    return (
        select(day, mention.c.outcome, mention.c.reason, told, func.count().label("mentions"))
        .where(*_OF, mention.c.created_at >= bindparam("b_since"))
        .group_by(day, mention.c.outcome, mention.c.reason, told)
    )


def _day(dialect: str) -> ColumnElement[str]:
    """Give the day of a mention, UTC: a server may be set to another zone."""
    if dialect == "sqlite":
        return func.date(mention.c.created_at)
    return func.to_char(func.timezone("UTC", mention.c.created_at), "YYYY-MM-DD")


def _channel(key: str, team: str, *, private: bool) -> Channel:
    platform, _, id_ = key.partition(":")
    return Channel(platform, id_, private, team=team)
