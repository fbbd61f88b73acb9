"""What was attempted that not everybody may, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from bot.core.mention import Channel
from bot.core.people import Attempt, Attempted, Outcome
from bot.storage.rows import Command
from bot.storage.tables import audit


def keep(connection: Connection, command: Command, attempt: Attempt, now: datetime) -> None:
    """Keep who attempted what, where and when."""
    channel = command.channel
    connection.execute(
        insert(audit).values(
            team=channel.team,
            at=now,
            actor=command.actor,
            channel=channel.key,
            private=channel.private or channel.encrypted,
            command=attempt.command,
            outcome=attempt.outcome.value,
            revision=attempt.revision,
        )
    )


def last(
    connection: Connection, team: str, limit: int, private: frozenset[str]
) -> tuple[Attempted, ...]:
    """Give the newest attempts, newest first; of private channels only those in `private`."""
    shown = or_(audit.c.private.is_(False), audit.c.channel.in_(sorted(private)))
    rows = connection.execute(
        select(audit).where(audit.c.team == team, shown).order_by(audit.c.id.desc()).limit(limit)
    )
    found = []
    for row in rows:
        platform, _, id_ = row.channel.partition(":")
        attempt = Attempt(row.command, Outcome(row.outcome), row.revision)
        there = Channel(platform, id_, row.private, team=team)
        found.append(Attempted(attempt, row.actor, there, row.at))
    return tuple(found)


def purge(connection: Connection, before: datetime, most: int) -> int:
    """Forget some of what is older; give how many went."""
    old = select(audit.c.id).where(audit.c.at < before).limit(most)
    return connection.execute(delete(audit).where(audit.c.id.in_(old))).rowcount
