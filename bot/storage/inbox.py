"""Commands that wait for their answer, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, or_, select, update

from bot.core.commands import Answer
from bot.core.document import Document
from bot.core.mention import Channel, Invocation
from bot.core.people import Attempt
from bot.storage import answers, audits, confirmations, outbox
from bot.storage.database import insert_missing
from bot.storage.rows import Command, Draft, Kind
from bot.storage.tables import inbox


def receive(connection: Connection, invocation: Invocation, now: datetime) -> bool:
    """Keep a command; say False if this event has been received before.

    An edit of a command that was answered too long ago, or was somebody else's, is not kept.
    """
    channel = invocation.channel
    event = answers.event_of(channel, invocation.id)
    if answers.is_answered(connection, event):
        return False
    if invocation.revises is not None and not answers.may_revise(connection, invocation, now):
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
        "revises": invocation.revises,
        "doubt": invocation.doubt,
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
        revises=row.revises,
        doubt=row.doubt,
    )


def answer(  # noqa: PLR0913, PLR0917 - all that is to be one transaction
    connection: Connection,
    command: Command,
    made: Answer,
    pages: Sequence[Document],
    now: datetime,
    attempt: Attempt | None = None,
) -> bool:
    """Queue what a command brings and forget the command; False if it was answered before.

    `pages` are the messages that the answer takes. An `attempt` is kept.
    """
    # SQLite gives a number again when the last row is gone.
    this = (inbox.c.id == command.id, inbox.c.event == command.event)
    if connection.execute(delete(inbox).where(*this)).rowcount == 0:
        return False
    confirmations.forget_line(connection, command.event)
    if attempt is not None:
        audits.keep(connection, command, attempt, now)
    for number, (channel, document) in enumerate(made.posts):
        key = f"{outbox.BROUGHT}{number} by {command.event}"
        outbox.queue(connection, Draft(key, channel.team, channel, document), now)
    kind = Kind.SHARE if made.shared else Kind.REPLY
    answers.queue(connection, command, pages, kind, now)
    return True
