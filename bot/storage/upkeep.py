"""Forgetting what is old enough, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from bot.core.document import to_json
from bot.storage import (
    audits,
    backsearches,
    confirmations,
    entries,
    pages,
    paragraphs,
    sealed,
    teams,
)
from bot.storage.outbox import NOTHING
from bot.storage.rows import ANSWERS, Retention
from bot.storage.tables import held, mention, outbox, story, story_entry

_AT_ONCE = 500
"""Rows of a table that one transaction forgets, so that nobody waits long for it."""


def purge(connection: Connection, now: datetime, keep: Retention) -> int:
    """Forget some of what is too old; give how many rows changed. Nothing left to forget: 0."""
    return (
        _mentions(connection, now, keep)
        + _documents(connection, now, keep)
        + _answers(connection, now - keep.answers)
        + confirmations.purge(connection, now)
        + audits.purge(connection, now - keep.mentions, _AT_ONCE)
        + backsearches.purge(connection, now - keep.entries, _AT_ONCE)
        + entries.empty(connection, now - keep.entries, _AT_ONCE)
        + pages.purge(connection)
        + entries.forget(connection, now - keep.ids, _AT_ONCE)
        + paragraphs.purge(connection, now - keep.paragraphs, _AT_ONCE)
        + sealed.purge(connection, now - keep.sealed, _AT_ONCE)
        + _stories(connection, now - max(keep.documents, keep.entries))
        + sum(teams.erase(connection, *gone) for gone in teams.due(connection, now - keep.removed))
    )


def _mentions(connection: Connection, now: datetime, keep: Retention) -> int:
    old = select(mention.c.id).where(
        or_(
            mention.c.created_at < now - keep.mentions,
            mention.c.encrypted & (mention.c.created_at < now - keep.encrypted_mentions),
        ),
        mention.c.id.not_in(select(held.c.mention_id)),
    )
    return connection.execute(delete(mention).where(mention.c.id.in_(old.limit(_AT_ONCE)))).rowcount


def _documents(connection: Connection, now: datetime, keep: Retention) -> int:
    """Empty what was posted long ago, and drop what no mention leads to any more."""
    in_room = min(keep.documents, keep.encrypted_mentions)
    old = or_(
        outbox.c.created_at < now - keep.documents,
        outbox.c.encrypted & (outbox.c.created_at < now - in_room),
    )
    ended = (~outbox.c.open, old)
    empty = to_json(NOTHING)
    full = select(outbox.c.id).where(*ended, outbox.c.document != empty).limit(_AT_ONCE)
    emptied = connection.execute(
        update(outbox).where(outbox.c.id.in_(full)).values(document=empty)
    ).rowcount
    cited = select(mention.c.outbox_id).where(mention.c.outbox_id.is_not(None))
    targets = select(outbox.c.target_id).where(outbox.c.target_id.is_not(None))
    loose = (
        select(outbox.c.id)
        .where(*ended, outbox.c.id.not_in(cited), outbox.c.id.not_in(targets))
        .limit(_AT_ONCE)
    )
    gone = connection.execute(delete(outbox).where(outbox.c.id.in_(loose))).rowcount
    return emptied + gone


def _answers(connection: Connection, before: datetime) -> int:
    """Empty answers that nobody presses anything under any more."""
    empty = to_json(NOTHING)
    old = select(outbox.c.id).where(
        outbox.c.kind.in_(ANSWERS),
        outbox.c.sent_at < before,
        outbox.c.document != empty,
        outbox.c.vendor.is_(None),  # what states a record is kept as cards are
    )
    some = outbox.c.id.in_(old.limit(_AT_ONCE))
    return connection.execute(update(outbox).where(some).values(document=empty)).rowcount


def _stories(connection: Connection, before: datetime) -> int:
    """Drop stories that nothing can join or link to any more."""
    old = select(story.c.id).where(story.c.first_seen_at < before).limit(_AT_ONCE)
    ids = list(connection.execute(old).scalars())
    if not ids:
        return 0
    connection.execute(update(mention).where(mention.c.story_id.in_(ids)).values(story_id=None))
    connection.execute(delete(story_entry).where(story_entry.c.story_id.in_(ids)))
    return connection.execute(delete(story).where(story.c.id.in_(ids))).rowcount
