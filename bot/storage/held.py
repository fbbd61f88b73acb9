"""Alerts that wait, and the digests that they become; in the caller's transaction."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.core.digest import Held
from bot.core.mention import Channel, Mention
from bot.core.policy import Hold, HoldReason
from bot.storage import outbox
from bot.storage.rows import DigestWriter, Draft
from bot.storage.tables import held, pause

_MOST_CHANNELS = 50
"""Digests that are written in one transaction."""
MOST_TOLD = 500
"""Alerts that one digest counts; what waits beyond them comes with the next look."""


def keep(connection: Connection, mention_id: int, mention: Mention, hold: Hold, team: str) -> None:
    """Let an alert wait."""
    channel = mention.channel
    connection.execute(
        insert(held).values(
            mention_id=mention_id,
            team=team,
            platform=channel.platform,
            channel=channel.id,
            private=channel.private,
            encrypted=channel.encrypted,
            vendor=mention.vendor,
            hold=hold.reason.value,
            reason=hold.post.reason.value,
            title=mention.title,
            link=mention.link,
            at=mention.at,
            due_at=hold.until,
        )
    )


def end_pause(connection: Connection, team: str, now: datetime) -> int:
    """Let what waited for the end of a team's pause come due; give how much that is."""
    done = connection.execute(
        update(held)
        .where(held.c.team == team, held.c.hold == HoldReason.PAUSE.value, held.c.due_at.is_(None))
        .values(due_at=now)
    )
    return done.rowcount


def release(connection: Connection, now: datetime, write: DigestWriter) -> int:
    """Queue a digest for each channel and reason that has alerts due; give how many.

    A team that is paused goes on waiting.
    """
    groups = connection.execute(
        select(held.c.team, held.c.platform, held.c.channel, held.c.hold)
        .where(held.c.due_at <= now, held.c.team.not_in(select(pause.c.team)))
        .group_by(held.c.team, held.c.platform, held.c.channel, held.c.hold)
        .order_by(func.min(held.c.due_at))
        .limit(_MOST_CHANNELS)
    ).all()
    return sum(_release(connection, now, write, *group) for group in groups)


def _release(  # noqa: PLR0913, PLR0917 - the four name one group
    connection: Connection,
    now: datetime,
    write: DigestWriter,
    team: str,
    platform: str,
    channel: str,
    hold: str,
) -> int:
    rows = connection.execute(
        select(held)
        .where(
            held.c.team == team,
            held.c.platform == platform,
            held.c.channel == channel,
            held.c.hold == hold,
            held.c.due_at <= now,
        )
        .order_by(held.c.id)
        .limit(MOST_TOLD)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    waited = [Held(row.vendor, row.vendor, row.reason, row.at, row.title, row.link) for row in rows]
    ids = [row.id for row in rows]
    draft = Draft(
        key=hashlib.sha256(f"digest {team} {ids}".encode()).hexdigest(),
        team=team,
        channel=Channel(platform, channel, rows[0].private, rows[0].encrypted),
        document=write(HoldReason(hold), waited),
    )
    outbox.queue(connection, draft, now)
    connection.execute(delete(held).where(held.c.id.in_(ids)))
    return 1


def next_due(connection: Connection) -> datetime | None:
    """Give when the first digest comes due; None if nothing waits for a time."""
    due: datetime | None = connection.scalar(
        select(func.min(held.c.due_at)).where(held.c.team.not_in(select(pause.c.team)))
    )
    return due


def waiting(connection: Connection, team: str) -> int:
    """Count what waits for a team."""
    return int(connection.scalar(select(func.count()).where(held.c.team == team)) or 0)
