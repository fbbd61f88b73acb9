"""From mentions to alerts, in the caller's transaction; and the alerts of the past."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.core.mention import Cause, Mention
from bot.core.policy import (
    Decision,
    Form,
    History,
    Hold,
    Join,
    Post,
    Situation,
    Skip,
    SkipReason,
    Telling,
    together,
)
from bot.storage import held, outbox, stories
from bot.storage.choices import Choices
from bot.storage.database import insert_missing
from bot.storage.rows import Draft, Hearing, Kind, PastAlert, Ruling
from bot.storage.tables import DEFAULT_TEAM, vendor_state
from bot.storage.tables import mention as table
from bot.storage.tables import outbox as outbox_table

# Made once: to build a statement takes longer than to carry it out.
_INSERT = insert(table)
_KNOWN = select(table.c.key).where(table.c.key.in_(bindparam("b_keys", expanding=True)))
_THERE = (
    vendor_state.c.team == bindparam("b_team"),
    vendor_state.c.channel == bindparam("b_channel"),
    vendor_state.c.vendor == bindparam("b_vendor"),
)
_LOCK = select(vendor_state).where(*_THERE).with_for_update()
_REMEMBER = (
    update(vendor_state)
    .where(*_THERE)
    .values(
        alerted_at=bindparam("b_alerted"),
        card_at=bindparam("b_card"),
        card_revision=bindparam("b_revision"),
        card_link=bindparam("b_link"),
    )
)
_MOST_KEYS = 500
"""Databases bound the number of values in a statement; this is well below all of them."""


class _Place(NamedTuple):
    """A vendor in a channel: what is locked. The order of the fields is the order of locking."""

    channel: str
    vendor: str


def mention_key(mention: Mention, team: str = DEFAULT_TEAM) -> str:
    """Name a mention: the same cause gives the same key, however often it is delivered.

    64 hexadecimal digits. Entries of two feeds may have the same id, so the feed is in it.
    """
    parts = [
        team, mention.channel.key, mention.vendor, mention.cause.value, mention.cause_id,
        mention.feed,
    ]  # fmt: skip
    return _digest(parts)


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(slots=True)
class _Session:
    """One call's work: what has been read under lock, and what it has come to so far."""

    connection: Connection
    hearing: Hearing
    choices: Choices
    histories: dict[_Place, History]
    known: set[str]
    story_of: dict[tuple[str | None, str], int]
    changed: set[_Place] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A mention with its key, its story and what was decided."""

    mention: Mention
    key: str
    story: int | None
    decision: Decision


def rule(
    connection: Connection, mentions: Sequence[Mention], hearing: Hearing
) -> tuple[Ruling, ...]:
    """Judge mentions cause by cause, each knowing of those before it, and queue the alerts."""
    if not mentions:
        return ()
    story_of = stories.shelve(connection, mentions, hearing)
    places = {_Place(each.channel.key, each.vendor) for each in mentions}
    session = _Session(
        connection,
        hearing,
        Choices.read(connection, hearing.team, mentions, hearing.settings, hearing.now),
        _lock(connection, sorted(places), hearing.team),
        _known(connection, [mention_key(each, hearing.team) for each in mentions]),
        story_of,
    )
    rulings: list[Ruling] = []
    for _, group in groupby(mentions, lambda each: (each.channel, each.cause_id, each.feed)):
        rulings += _rule_cause(session, list(group))
    for place in sorted(session.changed):
        _remember(connection, hearing.team, place, session.histories[place])
    return tuple(rulings)


def _rule_cause(session: _Session, mentions: Sequence[Mention]) -> list[Ruling]:
    """Judge what one message or entry brings to one channel; what is posted is one message."""
    rulings: list[Ruling] = []
    judged: list[_Judged] = []
    for mention in mentions:
        key = mention_key(mention, session.hearing.team)
        if key in session.known:
            rulings.append(Ruling(mention, Skip(SkipReason.DUPLICATE)))
            continue
        session.known.add(key)
        story = session.story_of.get((mention.feed, mention.cause_id))
        decision = session.hearing.judge.decide(mention, _situation(session, mention, story))
        judged.append(_Judged(mention, key, story, decision))
        rulings.append(Ruling(mention, decision))
    posts = [each for each in judged if isinstance(each.decision, Post)]
    tellings = together(
        [
            _telling(session, each.mention, each.decision)
            for each in judged
            if isinstance(each.decision, Post)
        ]
    )
    outbox_id = _queue(session, [each.key for each in posts], tellings) if tellings else None
    for each, telling in zip(posts, tellings, strict=True):
        _count(session, each.mention, telling.post)
        _insert(session, each, telling.post, outbox_id)
    for each in judged:
        match each.decision:
            case Hold(post=post) as hold:
                _count(session, each.mention, replace(post, form=Form.LINE))
                row = _insert(session, each, hold, None)
                held.keep(session.connection, row, each.mention, hold, session.hearing.team)
            case Skip() | Join():
                _insert(session, each, each.decision, None)
    if any(isinstance(each.decision, Join) for each in judged):
        _join(session, judged)
    return rulings


def _situation(session: _Session, mention: Mention, story: int | None) -> Situation:
    place = _Place(mention.channel.key, mention.vendor)
    told = stories.told(session.connection, session.hearing, mention, story)
    choices = session.choices
    return Situation(
        settings=choices.settings(mention.channel.key),
        history=session.histories[place],
        told=told,
        muted=choices.muted(mention.channel.key, mention.vendor),
        wrong=choices.wrong(mention),
        paused=choices.paused,
    )


def _telling(session: _Session, mention: Mention, post: Post) -> Telling:
    place = _Place(mention.channel.key, mention.vendor)
    return Telling(mention, post, session.histories[place])


def _queue(session: _Session, keys: Sequence[str], tellings: Sequence[Telling]) -> int | None:
    first = tellings[0].mention
    settings = session.choices.settings(first.channel.key)
    marks = tellings[0].post.form is Form.MARK
    draft = Draft(
        key=keys[0] if len(keys) == 1 else _digest(sorted(keys)),
        team=session.hearing.team,
        channel=first.channel,
        document=session.hearing.judge.compose(tellings),
        thread=first.thread if settings.in_threads or marks else None,
        kind=Kind.MARK if marks else Kind.POST,
        message=first.cause_id if marks else None,
        vendor=first.vendor if len(tellings) == 1 else None,
    )
    return outbox.queue(session.connection, draft, session.hearing.now)


def _join(session: _Session, judged: Iterable[_Judged]) -> None:
    """Say on the cards that a story brought here before where else it stands now."""
    joined = [each for each in judged if isinstance(each.decision, Join)]
    for channel, story in sorted({(each.mention.channel.key, each.story or 0) for each in joined}):
        stories.say_also(session.connection, session.hearing, channel, story)


def _count(session: _Session, mention: Mention, post: Post) -> None:
    """Note in the history of its place that something is posted."""
    if post.form is Form.MARK:
        return
    place = _Place(mention.channel.key, mention.vendor)
    now = session.hearing.now
    history = session.histories[place]
    if post.form is Form.CARD:
        # The new card has no address until it is delivered, and the old one's would mislead.
        revision = session.hearing.judge.revision(mention.vendor)
        session.histories[place] = History(now, now, revision, None)
    else:
        session.histories[place] = replace(history, alerted_at=now)
    session.changed.add(place)


def _insert(session: _Session, judged: _Judged, decision: Decision, outbox_id: int | None) -> int:
    mention = judged.mention
    posted = decision if isinstance(decision, Post) else None
    values = {
        "key": judged.key,
        "team": session.hearing.team,
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
        "outcome": type(decision).__name__.lower(),
        "reason": decision.reason.value,
        "form": posted.form.value if posted else None,
        "revision": session.hearing.judge.revision(mention.vendor) if posted else None,
        "outbox_id": outbox_id,
        "story_id": judged.story,
        "created_at": session.hearing.now,
    }
    done = session.connection.execute(_INSERT, values)
    (row_id,) = done.inserted_primary_key or (0,)
    return int(row_id)


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
    """Give the documents that a message brought about."""
    rows = connection.execute(
        select(table.c.outbox_id)
        .where(
            table.c.team == team,
            table.c.channel == channel,
            table.c.cause == Cause.MESSAGE.value,
            table.c.cause_id == cause_id,
            table.c.outbox_id.is_not(None),
        )
        .distinct()
    )
    return tuple(sorted(rows.scalars()))


def _lock(connection: Connection, places: Sequence[_Place], team: str) -> dict[_Place, History]:
    """Lock the states of all places, always in the same order so that nobody waits in a circle."""
    histories = {}
    for place in places:
        row = connection.execute(_LOCK, _at(team, place)).first()
        if row is None:
            insert_missing(connection, vendor_state, [{"team": team, **place._asdict()}])
            row = connection.execute(_LOCK, _at(team, place)).one()
        histories[place] = History(row.alerted_at, row.card_at, row.card_revision, row.card_link)
    return histories


def _known(connection: Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _MOST_KEYS):
        some = {"b_keys": list(keys[start : start + _MOST_KEYS])}
        found |= set(connection.execute(_KNOWN, some).scalars())
    return found


def _remember(connection: Connection, team: str, place: _Place, history: History) -> None:
    state = {
        "b_alerted": history.alerted_at,
        "b_card": history.card_at,
        "b_revision": history.card_revision,
        "b_link": history.card_link,
    }
    connection.execute(_REMEMBER, _at(team, place) | state)


def _at(team: str, place: _Place) -> dict[str, object]:
    return {"b_team": team, "b_channel": place.channel, "b_vendor": place.vendor}
