"""Commands that wait for their answer, in the caller's transaction."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, or_, select, update

from bot.core.commands import Answer
from bot.core.mention import Channel, Invocation
from bot.storage import outbox
from bot.storage.database import insert_missing
from bot.storage.rows import Command, Draft, Kind
from bot.storage.tables import inbox
from bot.storage.tables import outbox as outbox_table


def _reply_key(event: str) -> str:
    """Name the answer to a command for good."""
    return f"reply {event}"


def receive(connection: Connection, invocation: Invocation, now: datetime) -> bool:
    """Keep a command; say False if this event has been received before."""
    channel = invocation.channel
    event = f"{channel.key} {invocation.id}"
    answered = select(outbox_table.c.id).where(outbox_table.c.key == _reply_key(event))
    if connection.execute(answered).first() is not None:
        return False
    row = {
        "event": event,
        "team": channel.team,
        "platform": channel.platform,
        "channel": channel.id,
        "private": channel.private,
        "encrypted": channel.encrypted,
        "thread": invocation.thread,
        "message": invocation.id,
        "actor": invocation.actor,
        "reply_to": invocation.reply_to,
        "on_message": invocation.on,
        "line": invocation.line,
        "received_at": now,
    }
    return insert_missing(connection, inbox, [row]) == 1


def take(connection: Connection, now: datetime, lease: timedelta) -> Command | None:
    """Take the oldest command that nobody is answering."""
    earlier = inbox.alias("earlier")
    # A person's commands are carried out one after another.
    under_way = exists().where(
        earlier.c.platform == inbox.c.platform,
        earlier.c.channel == inbox.c.channel,
        earlier.c.actor == inbox.c.actor,
        earlier.c.id < inbox.c.id,
    )
    free = or_(
        inbox.c.lease_until.is_(None),
        inbox.c.lease_until <= now,
        inbox.c.lease_until > now + outbox.LONGEST_LEASE,  # from before the clock was set back
    )
    row = connection.execute(
        select(inbox)
        .where(free, ~under_way)
        .order_by(inbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    values = {"lease_until": now + lease, "attempts": row.attempts + 1}
    connection.execute(update(inbox).where(inbox.c.id == row.id).values(values))
    return Command(
        id=row.id,
        event=row.event,
        team=row.team,
        channel=Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team),
        message=row.message,
        actor=row.actor,
        line=row.line,
        thread=row.thread,
        reply_to=row.reply_to,
        on=row.on_message,
        attempts=row.attempts + 1,
    )


def answer(connection: Connection, command: Command, made: Answer, now: datetime) -> bool:
    """Queue what a command brings and forget the command; False if it was answered before."""
    # SQLite gives a number again when the last row is gone.
    this = (inbox.c.id == command.id, inbox.c.event == command.event)
    if connection.execute(delete(inbox).where(*this)).rowcount == 0:
        return False
    for number, (channel, document) in enumerate(made.posts):
        key = f"brought {number} by {command.event}"
        outbox.queue(connection, Draft(key, channel.team, channel, document), now)
    if made.document is None:
        return True
    draft = Draft(
        key=_reply_key(command.event),
        team=command.team,
        channel=command.channel,
        document=made.document,
        thread=command.thread,
        kind=Kind.SHARE if made.shared else Kind.REPLY,
        # A person's answers come in order, and nobody's wait behind a channel's alerts.
        lane=f"reply {command.channel.key} {command.actor}",
        message=command.message,
        actor=command.actor,
        reply_to=command.reply_to,
    )
    outbox.queue(connection, draft, now)
    return True
