"""What people say about alerts afterwards, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from bot.core.choices import Report, WrongMatch
from bot.core.compact import without
from bot.core.document import Document, from_json
from bot.core.mention import Channel
from bot.core.status import State
from bot.storage import answers, changes, held, mentions, outbox, settings, wrong_matches
from bot.storage.rows import Hearing
from bot.storage.tables import mention as mention_table
from bot.storage.tables import outbox as outbox_table


def withdraw_for(
    connection: Connection, channel: Channel, message_id: str, hearing: Hearing
) -> int:
    """Take back what a deleted message brought, if its channel wants that; its answer always."""
    answered = answers.withdraw(connection, channel, message_id, hearing.now)
    chosen = settings.chosen(connection, hearing.team, channel.key)
    if not settings.readable(hearing.settings, chosen).withdraws:
        return answered
    brought = mentions.brought(connection, hearing.team, channel.key, message_id)
    waited = held.forget(connection, hearing.team, channel.key, message_id)
    taken = sum(changes.withdraw(connection, each, hearing.now) for each in brought)
    return answered + waited + taken


def wrong_match(connection: Connection, report: Report, now: datetime, team: str) -> int:
    """Keep that an alert was wrong; take back the message, or the vendor out of it."""
    documents = connection.execute(
        select(outbox_table)
        .where(
            outbox_table.c.team == team,
            outbox_table.c.platform == report.channel.platform,
            outbox_table.c.channel == report.channel.id,
            outbox_table.c.message_id == report.message_id,
            outbox_table.c.kind == "post",
            outbox_table.c.state != State.WITHDRAWN,
        )
        .with_for_update()
    ).all()
    return sum(_mark(connection, report, row, now, team) for row in documents)


def told_in(
    connection: Connection, channel: Channel, message_id: str, team: str
) -> tuple[str, ...]:
    """Give the vendors that a message of the bot's tells of, in the order of the alerts."""
    rows = connection.execute(
        select(mention_table.c.vendor)
        .join(outbox_table, outbox_table.c.id == mention_table.c.outbox_id)
        .where(
            outbox_table.c.team == team,
            outbox_table.c.platform == channel.platform,
            outbox_table.c.channel == channel.id,
            outbox_table.c.message_id == message_id,
            outbox_table.c.kind == "post",
            outbox_table.c.state != State.WITHDRAWN,
            mention_table.c.outcome == "post",
            mention_table.c.reason != wrong_matches.WRONG,
        )
        .order_by(mention_table.c.id)
    )
    return tuple(dict.fromkeys(row.vendor for row in rows))


def _mark(
    connection: Connection,
    report: Report,
    document: "Row[*tuple[object, ...]]",
    now: datetime,
    team: str,
) -> int:
    posted = connection.execute(
        select(mention_table).where(
            mention_table.c.outbox_id == document.id, mention_table.c.outcome == "post"
        )
    ).all()
    said_before = {row.id for row in posted if row.reason == wrong_matches.WRONG}
    wrong = [
        row for row in posted if report.vendor in {None, row.vendor} and row.id not in said_before
    ]
    for row in wrong:
        where = None if report.everywhere else report.channel.key
        said = wrong_matches.words_of(row.matched)
        wrong_matches.add(
            connection,
            team,
            WrongMatch(
                0, row.vendor, where, said, row.name, report.by, now, wrong_matches.PROPOSED
            ),
        )
        connection.execute(
            update(mention_table)
            .where(mention_table.c.id == row.id)
            .values(reason=wrong_matches.WRONG)
        )
    if not wrong or outbox.is_leaving(connection, document.id):
        return 0
    right = [row for row in posted if row not in wrong and row.reason != wrong_matches.WRONG]
    left: Document | None = from_json(document.document)
    for row in wrong:
        left = without(left, row.vendor) if right and left is not None else None
    if left is None:
        return int(changes.withdraw(connection, document.id, now))
    changes.revise(connection, document, left, now)
    return 1
