"""Searches of stored entries, in the caller's transaction: one at a time, by one process, once.

A search that a process does not bring to its end goes on, in whichever takes it up, where it was.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, and_, delete, exists, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import Document
from bot.core.mention import Channel, Invocation
from bot.storage import answers, outbox
from bot.storage.database import insert_missing
from bot.storage.entries import EntryKey
from bot.storage.tables import backsearch, inbox

NEWEST = 20
"""Entries that a search keeps the keys of; the others it counts."""


class _State(StrEnum):
    WAITING = "waiting"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a search has come: the last entry, and how many were searched.

    And what it found: how many `entries`, of which `feeds`, and the `newest`, newest last. Those
    that are `known` alerted before, and are none of them.
    """

    after: EntryKey | None = None
    searched: int = 0
    entries: int = 0
    known: int = 0
    feeds: frozenset[str] = frozenset()
    newest: tuple[EntryKey, ...] = ()

    def found(self, key: EntryKey) -> "Reached":
        """Add an entry, the newest so far."""
        newest = (*self.newest, key)[-NEWEST:]
        feeds = self.feeds | {key[1]}
        return replace(self, entries=self.entries + 1, feeds=feeds, newest=newest)


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: `vendors` in entries first seen `since` then, as was `asked` `at` one.

    It is told where the command was given.
    """

    asked: Invocation
    vendors: tuple[str, ...]
    since: datetime
    at: datetime

    @property
    def event(self) -> str:
        """The command that asked for it."""
        return answers.event_of(self.asked.channel, self.asked.id)

    @property
    def days(self) -> int:
        """How many days it goes back."""
        return max(1, round((self.at - self.since) / timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Leased:
    """A search that somebody carries out, who has it until then. `attempts` counts this one.

    They begin anew whenever it gets on.
    """

    id: int
    search: Search
    reached: Reached
    attempts: int
    until: datetime


def queue(connection: Connection, search: Search) -> None:
    """Let something be searched for; what one command adds to is one search."""
    this = backsearch.c.event == search.event
    columns = (backsearch.c.id, backsearch.c.vendors, backsearch.c.state)
    row = connection.execute(select(*columns).where(this).with_for_update()).first()
    if row is None:
        insert_missing(connection, backsearch, [_row(search)])
        return
    there = json.loads(row.vendors)
    new = [each for each in search.vendors if each not in there]
    if new and row.state == _State.WAITING:
        # From the beginning, if it has begun.
        values = {"vendors": json.dumps([*there, *new]), "reached": _written(Reached())}
        connection.execute(update(backsearch).where(this).values(values))


def lease(connection: Connection, now: datetime, length: timedelta) -> Leased | None:
    """Take the oldest search that nobody carries out, once its command has been answered."""
    row = connection.execute(
        select(backsearch)
        .where(_free(now))
        .order_by(backsearch.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    until = now + length
    values = {"lease_until": until, "attempts": row.attempts + 1}
    connection.execute(update(backsearch).where(backsearch.c.id == row.id).values(values))
    return Leased(row.id, _search(row), _read(row.reached), row.attempts + 1, until)


def waits(connection: Connection, now: datetime) -> bool:
    """Say whether there is something to lease."""
    return (
        connection.execute(select(backsearch.c.id).where(_free(now)).limit(1)).first() is not None
    )


def _free(now: datetime) -> ColumnElement[bool]:
    free = or_(
        backsearch.c.lease_until.is_(None),
        backsearch.c.lease_until <= now,
        backsearch.c.lease_until > now + outbox.LONGEST_LEASE,  # the clock was set back
    )
    # What is found comes after the answer of the command that asked.
    under_way = exists().where(inbox.c.event == backsearch.c.event)
    return and_(backsearch.c.state == _State.WAITING, free, ~under_way)


def reach(connection: Connection, leased: Leased, until: datetime) -> bool:
    """Keep how far a search has come, and the lease until then; False if another has it now."""
    values = {"reached": _written(leased.reached), "lease_until": until, "attempts": 0}
    mine = update(backsearch).where(*_mine(leased)).values(values)
    return connection.execute(mine).rowcount == 1


def show(connection: Connection, leased: Leased, document: Document, now: datetime) -> None:
    """Say in one message how far a search has come; that is changed where it can be."""
    answers.say(
        connection, leased.search.asked, document, f"backsearch {leased.search.event} way", now
    )


def finish(
    connection: Connection,
    leased: Leased,
    pages: Sequence[Document],
    last: Document | None,
    now: datetime,
) -> bool:
    """Queue what is told of a search, and end it; False if another has it now, or had.

    `last` is what the message says from now on that told how far it has come.
    """
    values = {"state": _State.TOLD, "reached": _written(leased.reached), "lease_until": None}
    ended = connection.execute(update(backsearch).where(*_mine(leased)).values(values))
    if ended.rowcount == 0:
        return False
    if last is not None:
        show(connection, leased, last, now)
    asked = leased.search.asked
    for number, page in enumerate(pages, 1):
        key = f"backsearch {leased.search.event}" + ("" if number == 1 else f" page {number}")
        outbox.queue(connection, answers.draft(asked, page, key), now)
    return True


def find(connection: Connection, team: str, number: int) -> tuple[Search, Reached] | None:
    """Give a team's search that came to its end, and what it found."""
    row = connection.execute(
        select(backsearch).where(
            backsearch.c.id == number,
            backsearch.c.team == team,
            backsearch.c.state == _State.TOLD,
        )
    ).first()
    return None if row is None else (_search(row), _read(row.reached))


def of_event(connection: Connection, event: str) -> Search | None:
    """Give what a command asked for, if anything."""
    row = connection.execute(select(backsearch).where(backsearch.c.event == event)).first()
    return None if row is None else _search(row)


def purge(connection: Connection, before: datetime, most: int) -> int:
    """Forget searches that were asked for long ago; give how many."""
    old = select(backsearch.c.id).where(backsearch.c.asked_at < before).limit(most)
    return connection.execute(delete(backsearch).where(backsearch.c.id.in_(old))).rowcount


def _mine(leased: Leased) -> tuple[ColumnElement[bool], ...]:
    return (
        backsearch.c.id == leased.id,
        backsearch.c.event == leased.search.event,
        backsearch.c.state == _State.WAITING,
        backsearch.c.lease_until == leased.until,
    )


def _row(search: Search) -> dict[str, object]:
    asked, channel = search.asked, search.asked.channel
    return {
        "team": channel.team,
        "event": search.event,
        "platform": channel.platform,
        "channel": channel.id,
        "private": channel.private,
        "encrypted": channel.encrypted,
        "thread": asked.thread,
        "message": asked.id,
        "actor": asked.actor,
        "reply_to": asked.reply_to,
        "vendors": json.dumps(search.vendors),
        "since": search.since,
        "asked_at": search.at,
        "reached": _written(Reached()),
        "state": _State.WAITING,
    }


def _search(row: "Row[*tuple[object, ...]]") -> Search:
    channel = Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team)
    asked = Invocation(channel, row.message, row.actor, "", row.thread, row.reply_to)
    return Search(asked, tuple(json.loads(row.vendors)), row.since, row.asked_at)


def _written(reached: Reached) -> str:
    plain = {
        "after": None if reached.after is None else _plain(reached.after),
        "searched": reached.searched,
        "entries": reached.entries,
        "known": reached.known,
        "feeds": sorted(reached.feeds),
        "newest": [_plain(each) for each in reached.newest],
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _read(text: str) -> Reached:
    plain = json.loads(text)
    return Reached(
        after=None if plain["after"] is None else _key(*plain["after"]),
        searched=plain["searched"],
        entries=plain["entries"],
        known=plain["known"],
        feeds=frozenset(plain["feeds"]),
        newest=tuple(_key(*each) for each in plain["newest"]),
    )


def _plain(key: EntryKey) -> tuple[str, str, str]:
    return key[0].isoformat(), key[1], key[2]


def _key(at: str, feed: str, id_: str) -> EntryKey:
    return datetime.fromisoformat(at), feed, id_
