"""Which entries tell the same news, and where it has been told; in the caller's transaction."""

import struct
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, exists, insert, select, text, update

from bot.core.compact import also_in
from bot.core.document import from_json
from bot.core.mention import Cause, Mention
from bot.core.policy import Told
from bot.core.shingles import Words
from bot.core.status import State
from bot.core.stories import Fingerprint, same_story
from bot.storage import changes, outbox, wrong_matches
from bot.storage.database import insert_missing
from bot.storage.rows import Hearing, Kind
from bot.storage.tables import mention as mention_table
from bot.storage.tables import outbox as outbox_table
from bot.storage.tables import story, story_entry

WINDOW = timedelta(days=7)
"""How long a story is open: what comes later is news again."""
LINKS = timedelta(days=30)
"""How long a link to a story stays quiet where the story has been posted."""
_MOST = 2000
"""Entries that a new one is compared with, the latest first."""
# Two entries that tell the same must not both become a new story: one poll at a time looks.
_STORY_LOCK = 7_305_841_173


def shelve(
    connection: Connection, mentions: Sequence[Mention], hearing: Hearing
) -> dict[tuple[str | None, str], int]:
    """Give the story of each entry among the causes, made if it is new, by feed and entry id."""
    entries = {(each.feed, each.cause_id): each for each in mentions if each.cause is Cause.ENTRY}
    if not entries:
        return {}
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STORY_LOCK})
    known = _told_lately(connection, hearing.team, hearing.now)
    found: dict[tuple[str | None, str], int] = {}
    for key, mention in entries.items():
        own = hearing.fingerprints.get(mention.cause_id) or Fingerprint(None, "")
        story_id = _shelved(connection, hearing.team, mention) or next(
            (id_ for id_, other in known if same_story(own, other)), None
        )
        if story_id is None:
            story_id = _make(connection, hearing)
        known.append((story_id, own))
        _add(connection, hearing, story_id, mention, own)
        found[key] = story_id
    return found


def _told_lately(connection: Connection, team: str, now: datetime) -> list[tuple[int, Fingerprint]]:
    """Give the entries of open stories; a copy of a copy may be like the later one alone."""
    rows = connection.execute(
        select(
            story_entry.c.story_id,
            story_entry.c.url,
            story_entry.c.headline,
            story_entry.c.words,
        )
        .join(story, story.c.id == story_entry.c.story_id)
        .where(story.c.team == team, story.c.first_seen_at > now - WINDOW)
        .order_by(story_entry.c.seen_at.desc(), story_entry.c.story_id.desc())
        .limit(_MOST)
    )
    return [
        (row.story_id, Fingerprint(row.url, row.headline, _unpacked(row.words or b"")))
        for row in rows
    ]


def _shelved(connection: Connection, team: str, mention: Mention) -> int | None:
    found: int | None = connection.scalar(
        select(story_entry.c.story_id).where(
            story_entry.c.team == team,
            story_entry.c.feed == (mention.feed or ""),
            story_entry.c.entry == mention.cause_id,
        )
    )
    return found


def _make(connection: Connection, hearing: Hearing) -> int:
    done = connection.execute(insert(story).values(team=hearing.team, first_seen_at=hearing.now))
    (story_id,) = done.inserted_primary_key or (0,)
    _forget_words(connection, hearing)
    return int(story_id)


def _forget_words(connection: Connection, hearing: Hearing) -> None:
    """Drop the words of stories that have been closed lately: nothing is compared with them."""
    closed = hearing.now - WINDOW
    ids = select(story.c.id).where(
        story.c.team == hearing.team,
        story.c.first_seen_at <= closed,
        story.c.first_seen_at > closed - LINKS,
    )
    connection.execute(
        update(story_entry)
        .where(story_entry.c.story_id.in_(ids), story_entry.c.words.is_not(None))
        .values(words=None)
    )


def _add(
    connection: Connection, hearing: Hearing, story_id: int, mention: Mention, own: Fingerprint
) -> None:
    row = {
        "story_id": story_id,
        "feed": mention.feed or "",
        "entry": mention.cause_id,
        "team": hearing.team,
        "url": own.url,
        "title": mention.title or "",
        "headline": own.title,
        "words": _packed(own.words) or None,
        "link": mention.link,
        "seen_at": hearing.now,
    }
    insert_missing(connection, story_entry, [row])


def told(connection: Connection, hearing: Hearing, mention: Mention, story_id: int | None) -> Told:
    """Say whether an entry's story, or that of a link in a message, brought the vendor here."""
    ids = [story_id] if story_id is not None else _linked(connection, hearing, mention)
    if not ids:
        return Told.NOT_YET
    rows = connection.execute(
        select(
            mention_table.c.outcome,
            outbox_table.c.state,
            outbox.leaving(outbox_table.c.id).label("leaving"),
        )
        .outerjoin(outbox_table, outbox_table.c.id == mention_table.c.outbox_id)
        .where(
            mention_table.c.story_id.in_(ids),
            mention_table.c.channel == mention.channel.key,
            mention_table.c.vendor == mention.vendor,
            mention_table.c.team == hearing.team,
            mention_table.c.outcome.in_(("post", "hold")),
            mention_table.c.reason != wrong_matches.WRONG,
        )
    ).all()
    gone = {State.FAILED, State.WITHDRAWN}
    outcomes = {row.outcome for row in rows if row.state not in gone and not row.leaving}
    if "post" in outcomes:
        return Told.POSTED
    # Or told in a digest.
    return Told.WAITING if "hold" in outcomes else Told.NOT_YET


def _linked(connection: Connection, hearing: Hearing, mention: Mention) -> list[int]:
    if not mention.links:
        return []
    rows = connection.execute(
        select(story_entry.c.story_id)
        .where(
            story_entry.c.team == hearing.team,
            story_entry.c.url.in_(mention.links[:50]),
            story_entry.c.seen_at > hearing.now - LINKS,
        )
        .distinct()
    )
    return list(rows.scalars())


def say_also(connection: Connection, hearing: Hearing, channel: str, story_id: int) -> None:
    """Add to the cards that a story brought to a channel where else it stands now.

    Only entries that were for this channel are named: what feeds others follow is their own.
    """
    targets = connection.execute(
        select(mention_table.c.outbox_id)
        .where(
            mention_table.c.story_id == story_id,
            mention_table.c.channel == channel,
            mention_table.c.team == hearing.team,
            mention_table.c.outcome == "post",
            mention_table.c.outbox_id.is_not(None),
        )
        .distinct()
    ).scalars()
    for outbox_id in sorted(targets):
        row = connection.execute(
            select(outbox_table).where(outbox_table.c.id == outbox_id).with_for_update()
        ).one()
        document = from_json(row.document)
        if (
            row.kind != Kind.POST
            or row.state in {State.FAILED, State.WITHDRAWN}
            or document == outbox.NOTHING  # its words have been forgotten
            or outbox.is_leaving(connection, outbox_id)
        ):
            continue
        brought = connection.execute(
            select(mention_table.c.feed, mention_table.c.cause_id, mention_table.c.vendor).where(
                mention_table.c.outbox_id == outbox_id
            )
        ).all()
        own = {(each.feed, each.cause_id) for each in brought}
        vendors = sorted({each.vendor for each in brought})
        others = _others(_places(connection, channel, story_id, vendors), own)
        if others:
            changes.revise(connection, row, also_in(document, others), hearing.now)


class _Place(NamedTuple):
    """Where a story stands: which entry of which feed, and its address in one spelling."""

    key: tuple[str, str]
    title: str
    link: str | None
    url: str | None

    @property
    def page(self) -> tuple[str, str | None]:
        """What is shown of it, but for who clicked."""
        return (self.title, self.url)


def _others(
    places: Sequence[_Place], own: Collection[tuple[str, str]]
) -> list[tuple[str, str | None]]:
    """Give title and link of what stands elsewhere than `own` entries do.

    Several feeds of a site list the same page: under the same title it is not said again.
    """
    said = {each.page for each in places if each.key in own and each.url is not None}
    others = []
    for each in places:
        if each.key not in own and each.page not in said:
            others.append((each.title, each.link))
            if each.url is not None:
                said.add(each.page)
    return others


def _places(
    connection: Connection, channel: str, story_id: int, vendors: Sequence[str]
) -> list[_Place]:
    """Give a story's entries that named vendors in a channel, in the order in which they came."""
    named = exists().where(
        mention_table.c.story_id == story_entry.c.story_id,
        mention_table.c.feed == story_entry.c.feed,
        mention_table.c.cause_id == story_entry.c.entry,
        mention_table.c.channel == channel,
        mention_table.c.vendor.in_(vendors),
    )
    rows = connection.execute(
        select(story_entry)
        .where(story_entry.c.story_id == story_id, named)
        .order_by(story_entry.c.seen_at, story_entry.c.feed, story_entry.c.entry)
    )
    return [_Place((row.feed, row.entry), row.title, row.link, row.url) for row in rows]


def _packed(words: Words) -> bytes:
    """Give four bytes a word; the lowest bit, which no word has, says that it is a name."""
    whole = (word | (word in words.names) for word in words.line)
    return struct.pack(f"<{len(words.line)}I", *whole)


def _unpacked(data: bytes) -> Words:
    whole = struct.unpack(f"<{len(data) // 4}I", data)
    names = frozenset(word - 1 for word in whole if word & 1)
    return Words(tuple(map((~1).__and__, whole)), names)
