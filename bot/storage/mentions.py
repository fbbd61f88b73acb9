"""Every mention that was judged, in the caller's transaction; and the alerts of the past."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.core.mention import DEFAULT_TEAM, Cause, Mention
from bot.core.policy import Decision, Post, Skip, SkipReason
from bot.storage.database import portions
from bot.storage.rows import Hearing, PastAlert
from bot.storage.tables import mention as table
from bot.storage.tables import outbox as outbox_table

# Made once: to build a statement takes longer than to carry it out.
_INSERT = insert(table)
_IDS = select(table.c.id, table.c.key).where(table.c.key.in_(bindparam("b_keys", expanding=True)))


def mention_key(mention: Mention, team: str = DEFAULT_TEAM) -> str:
    """Name a mention: the same cause gives the same key, however often it is delivered.

    64 hexadecimal digits. Entries of two feeds may have the same id, so the feed is in it.
    """
    parts = [
        team, mention.channel.key, mention.vendor, mention.cause.value, mention.cause_id,
        mention.feed,
    ]  # fmt: skip
    return digest(parts)


def digest(parts: Sequence[object]) -> str:
    """Make a key of some words."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention with its key, its story and what was decided."""

    mention: Mention
    key: str
    story: int | None
    decision: Decision


def row_of(
    judged: Judged, hearing: Hearing, decision: Decision, outbox_id: int | None
) -> dict[str, object]:
    """Give a mention with what became of it, as it is stored."""
    mention = judged.mention
    posted = decision if isinstance(decision, Post) else None
    return {
        "key": judged.key,
        "team": hearing.team,
        "channel": mention.channel.key,
        "private": mention.channel.private,
        "encrypted": mention.channel.encrypted,
        "vendor": mention.vendor,
        "cause": mention.cause.value,
        "cause_id": mention.cause_id,
        "feed": mention.feed,
        "name": mention.match.name,
        "matched": "" if mention.channel.encrypted else mention.match.matched,
        "match_kind": mention.match.kind.value,
        **_said(decision),
        "form": posted.form.value if posted else None,
        "revision": hearing.judge.revision(mention.vendor) if posted else None,
        "outbox_id": outbox_id,
        "story_id": judged.story,
        "created_at": hearing.now,
    }


def keep(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep mentions, in order; see `row_of`."""
    connection.execute(_INSERT, [dict(row) for row in rows])


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Give those of the keys whose mentions were judged before."""
    return set(ids_of(connection, keys))


def ids_of(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Give the numbers of the mentions that are there, by their keys."""
    rows = (connection.execute(_IDS, {"b_keys": some}) for some in portions(keys))
    return {row.key: row.id for row in chain.from_iterable(rows)}


def keys_of(connection: Connection, ids: Sequence[int]) -> list[str]:
    """Give the keys of mentions."""
    return list(connection.execute(select(table.c.key).where(table.c.id.in_(ids))).scalars())


def words_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Give the matched words of mentions, as far as they are kept, and the listed names."""
    rows = connection.execute(
        select(table.c.id, table.c.matched, table.c.name).where(table.c.id.in_(ids))
    )
    return {row.id: (row.matched, row.name) for row in rows}


def tell_in(connection: Connection, ids: Sequence[int], outbox_id: int | None) -> None:
    """Note which digest tells of mentions that waited."""
    connection.execute(update(table).where(table.c.id.in_(ids)).values(outbox_id=outbox_id))


def skip(connection: Connection, ids: Sequence[int], reason: SkipReason) -> None:
    """Note that mentions which waited are not told after all."""
    said = _said(Skip(reason))
    connection.execute(update(table).where(table.c.id.in_(ids)).values(said))


def _said(decision: Decision) -> dict[str, str]:
    """Say what was decided as it is stored."""
    return {"outcome": type(decision).__name__.lower(), "reason": decision.reason.value}


def last(
    connection: Connection, team: str, vendor: str, channel: str | None, limit: int
) -> tuple[PastAlert, ...]:
    """Give a vendor's newest alerts, newest first."""
    where = table.c.private.is_(False) if channel is None else table.c.channel == channel
    rows = connection.execute(
        select(table, outbox_table.c.sent_at, outbox_table.c.link)
        .join(outbox_table, outbox_table.c.id == table.c.outbox_id)
        .where(table.c.team == team, table.c.vendor == vendor, where, table.c.outcome == "post")
        .order_by(table.c.created_at.desc(), table.c.id.desc())
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


def named_before(connection: Connection, team: str, channel: str, cause_id: str) -> frozenset[str]:
    """Give the vendors that a message was known to name, whatever came of it."""
    rows = connection.execute(
        select(table.c.vendor).where(
            table.c.team == team,
            table.c.channel == channel,
            table.c.cause == Cause.MESSAGE.value,
            table.c.cause_id == cause_id,
        )
    )
    return frozenset(rows.scalars())


def brought(connection: Connection, team: str, channel: str, cause_id: str) -> tuple[int, ...]:
    """Give the documents that a message brought about; a digest tells of others too."""
    rows = connection.execute(
        select(table.c.outbox_id)
        .where(
            table.c.team == team,
            table.c.channel == channel,
            table.c.cause == Cause.MESSAGE.value,
            table.c.cause_id == cause_id,
            table.c.outcome == "post",
            table.c.outbox_id.is_not(None),
        )
        .distinct()
    )
    return tuple(sorted(rows.scalars()))
