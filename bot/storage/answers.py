"""What commands are answered with: a message a page, changed or gone as its command is.

In the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import Document, abouts, from_json, to_json
from bot.core.mention import Channel, Invocation
from bot.core.status import State
from bot.storage import changes, outbox
from bot.storage.rows import ANSWERS, Command, Draft, Kind, Shown
from bot.storage.tables import inbox
from bot.storage.tables import outbox as outbox_table

REVISED_WITHIN = timedelta(minutes=10)
"""How long after its answer a command may be edited; later its answer may have been acted upon."""


def event_of(channel: Channel, id_: str) -> str:
    """Name a command for good."""
    return f"{channel.key} {id_}"


def is_answered(connection: Connection, event: str) -> bool:
    """Say whether a command has its answer, or had it."""
    answered = select(outbox_table.c.id).where(outbox_table.c.key == _key(event, 1))
    return connection.execute(answered).first() is not None


def _key(event: str, page: int) -> str:
    """Name a page of the answer to a command for good."""
    return f"reply {event}" if page == 1 else f"reply {event} page {page}"


def may_revise(connection: Connection, invocation: Invocation, now: datetime) -> bool:
    """Say whether an edit of a command is carried out: in time, and by whoever gave it.

    An edit of what was no command is one as good as any.
    """
    revised = invocation.revises or ""
    waiting = select(inbox.c.actor).where(
        inbox.c.event == event_of(invocation.channel, revised),
        inbox.c.team == invocation.channel.team,
    )
    there = select(outbox_table.c.actor, outbox_table.c.created_at).where(
        *_about(invocation.channel, revised)
    )
    answers = connection.execute(there).all()
    actors = {*connection.execute(waiting).scalars(), *(row.actor for row in answers)}
    if not actors <= {invocation.actor}:
        return False
    return not answers or now - min(row.created_at for row in answers) <= REVISED_WITHIN


def queue(
    connection: Connection, command: Command, pages: Sequence[Document], kind: Kind, now: datetime
) -> None:
    """Queue the pages of an answer; those of the command that this one replaces are changed."""
    before = _standing(connection, command) if command.revises else []
    if before and (before[0].reply_to, before[0].kind) != (command.reply_to, kind):
        # It is for other eyes now.
        _take_back(connection, before, now)
        before = []
    for number, page in enumerate(pages, 1):
        key = _key(command.event, number)
        if number <= len(before):
            _change(connection, before[number - 1], page, key, now)
        else:
            outbox.queue(connection, _draft(command, page, key, kind), now)
    _take_back(connection, before[len(pages) :], now)


def _draft(command: Command, page: Document, key: str, kind: Kind) -> Draft:
    asked = Invocation(
        command.channel,
        command.message,
        command.actor,
        command.line,
        command.thread,
        command.reply_to,
        revises=command.revises,
    )
    return draft(asked, page, key, kind)


def draft(asked: Invocation, page: Document, key: str, kind: Kind = Kind.REPLY) -> Draft:
    """Make what is said to whoever gave a command, where it was given."""
    return Draft(
        key=key,
        team=asked.channel.team,
        channel=asked.channel,
        document=page,
        thread=asked.thread,
        kind=kind,
        # A person's answers come in order, and nobody's wait behind a channel's alerts.
        lane=f"reply {asked.channel.key} {asked.actor}",
        message=asked.revises or asked.id,
        actor=asked.actor,
        reply_to=asked.reply_to,
        vendor=_about_whom(page),
    )


def _about_whom(page: Document) -> str | None:
    """Give the vendor whose record a page states, so that it is found when that is corrected."""
    vendors = {about.partition(" ")[0] for about in abouts(page)}
    return vendors.pop() if len(vendors) == 1 else None


def say(connection: Connection, asked: Invocation, page: Document, key: str, now: datetime) -> None:
    """Say something more to whoever gave a command; said again, the same message says it.

    Where that cannot be changed it stays as it is.
    """
    if outbox.queue(connection, draft(asked, page, key), now) is not None:
        return
    row = connection.execute(
        select(outbox_table).where(outbox_table.c.key == key).with_for_update()
    ).one()
    there = row.open or (row.state == State.SENT and row.message_id)
    if there and not outbox.is_leaving(connection, row.id):
        about = outbox_table.c.target_id == row.id
        number = connection.scalar(select(func.count()).select_from(outbox_table).where(about))
        _change(connection, row, page, f"{key} {number}", now)


def _standing(connection: Connection, command: Command) -> "list[Row[*tuple[object, ...]]]":
    """Give the pages that the command which this one replaces was answered with, in order."""
    there = or_(
        outbox_table.c.open,
        and_(outbox_table.c.state == State.SENT, outbox_table.c.message_id != ""),
    )
    about = _about(command.channel, command.revises or "")
    rows = connection.execute(
        select(outbox_table)
        .where(*about, there, ~outbox.leaving(outbox_table.c.id))
        .order_by(outbox_table.c.id)
        .with_for_update()
    )
    return list(rows)


def _about(channel: Channel, id_: str) -> tuple[ColumnElement[bool], ...]:
    """Say of documents whether they answer a message."""
    return (
        outbox_table.c.message == id_,
        outbox_table.c.team == channel.team,
        outbox_table.c.platform == channel.platform,
        outbox_table.c.channel == channel.id,
        outbox_table.c.kind.in_(ANSWERS),
    )


def _change(
    connection: Connection,
    row: "Row[*tuple[object, ...]]",
    page: Document,
    key: str,
    now: datetime,
) -> None:
    """Let a page say something else: before it is posted in place, afterwards by an edit."""
    channel = Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team)
    draft = Draft(key, row.team, channel, page, row.thread, Kind.REVISE, row.lane, row.id)
    in_place = row.state == State.PENDING and not row.unsure
    older = select(outbox_table.c.id).where(
        outbox_table.c.target_id == row.id,
        outbox_table.c.kind == Kind.REVISE,
        outbox_table.c.state.in_((State.PENDING, State.FAILED)),
    )
    for id_ in connection.execute(older).scalars().all():
        _drop(connection, id_)
    number = outbox.queue(connection, draft, now)
    if number is not None:
        of = {"vendor": _about_whom(page)}
        connection.execute(update(outbox_table).where(outbox_table.c.id == row.id).values(of))
    if in_place and number is not None:
        document = to_json(page)
        this = outbox_table.c.id == row.id
        connection.execute(update(outbox_table).where(this).values(document=document))
        _drop(connection, number)  # its key stays: the edit has been carried out


def _take_back(
    connection: Connection, rows: "Sequence[Row[*tuple[object, ...]]]", now: datetime
) -> int:
    done = 0
    for row in rows:
        done += changes.withdraw(connection, row.id, now)
        _forget(connection, row.id)
    return done


def _drop(connection: Connection, id_: int) -> None:
    outbox.close(connection, id_, State.WITHDRAWN, None)
    _forget(connection, id_)


def _forget(connection: Connection, id_: int) -> None:
    """Keep no word of an answer: it says back what was asked."""
    # What is on its way is emptied when it has arrived.
    mine = (outbox_table.c.id == id_, outbox_table.c.state.in_((State.SENT, State.WITHDRAWN)))
    nothing = {"document": to_json(outbox.NOTHING)}
    connection.execute(update(outbox_table).where(*mine).values(nothing))


def withdraw(connection: Connection, channel: Channel, id_: str, now: datetime) -> int:
    """Take back what a deleted message was answered with; give how many messages that is.

    If it was a command that waits for its answer, it is not carried out any more.
    """
    connection.execute(
        delete(inbox).where(
            inbox.c.team == channel.team,
            inbox.c.platform == channel.platform,
            inbox.c.channel == channel.id,
            or_(inbox.c.message == id_, inbox.c.revises == id_),
        )
    )
    ids = select(outbox_table).where(*_about(channel, id_)).order_by(outbox_table.c.id)
    return _take_back(connection, connection.execute(ids).all(), now)


def shown(connection: Connection, channel: Channel, message_id: str) -> Shown | None:
    """Give what a message of the bot's says now and where its buttons count.

    None if it is not the bot's, is taken back, or so old that nobody knows what it said.
    """
    if not message_id:
        return None
    stands_in = func.coalesce(outbox_table.c.stands_in, outbox_table.c.channel)
    row = connection.execute(
        select(outbox_table)
        .where(
            outbox_table.c.message_id == message_id,
            outbox_table.c.team == channel.team,
            outbox_table.c.platform == channel.platform,
            outbox_table.c.kind.in_((Kind.POST, *ANSWERS)),
            outbox_table.c.state == State.SENT,
            stands_in == channel.id,
        )
        .order_by(outbox_table.c.id.desc())
        .limit(1)
    ).first()
    if row is None or outbox.is_leaving(connection, row.id):
        return None
    try:
        document = from_json(row.document)
    except ValueError:
        return None
    home = Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team)
    if row.stands_in is None:
        home = channel  # as it is now
    thread = row.thread or (message_id if row.kind == Kind.POST else row.message)
    return Shown(document, home, thread, row.reply_to) if document.blocks else None
