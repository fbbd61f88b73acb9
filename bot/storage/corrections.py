"""An edit of a record reaches all who were told otherwise, in the caller's transaction.

What a document of the last months says is corrected where it stands; channels that follow the
vendor hear of measures that changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, exists, or_, select, update

from bot.core.announcement import announcement, note
from bot.core.corrections import corrected
from bot.core.document import Document, from_json, to_json
from bot.core.editing.revision import Revision
from bot.core.mention import Channel
from bot.core.places import Listening
from bot.core.policy import Form
from bot.core.restated import Correction
from bot.core.settings import DEFAULTS, Mode, Settings
from bot.core.status import State
from bot.storage import changes, mutes, outbox, settings, wrong_matches
from bot.storage.mentions import digest
from bot.storage.rows import ANSWERS, Draft, Kind
from bot.storage.tables import channel_setting, mention, place, revision, vendor_state
from bot.storage.tables import outbox as outbox_table

AS_OLD = timedelta(days=180)
"""Documents older than this are not corrected any more."""
MOST = 300
"""Documents of a vendor that an edit corrects, the newest; each takes 3 to 10 ms of one write."""
FOLLOWS = timedelta(days=365)
"""A channel that was alerted about a vendor within this time follows it."""
TAKEN_BACK = timedelta(minutes=5)
"""An edit undone so soon, and told to nobody yet, is not told at all."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What an edit comes to and whom it is told. `tags` are the vendor's, before and after.

    `defaults` hold in channels that chose nothing. `here` is the key of the channel where the edit
    was made, if all in it see what comes of that.
    """

    correction: Correction
    tags: frozenset[str] = frozenset()
    defaults: Settings = DEFAULTS
    here: str | None = None


def tell(connection: Connection, made: Revision, telling: Telling, now: datetime) -> None:
    """Correct what was said, and announce what is new; `made` holds since this transaction."""
    correction = telling.correction
    if not correction.changed:
        return
    rows = _documents(connection, made.team, correction.vendor, now)
    _correct(connection, correction, rows, now)
    below = note(correction, now.date())
    if below is not None:
        notes = [_note(made, row, below, correction) for row in rows if _is_forgotten(row)]
        outbox.queue_all(connection, [(each, now) for each in notes])
    told = announcement(correction, made.by)
    if told is not None:
        _announce(connection, made, telling, told, now)


def _documents(
    connection: Connection, team: str, vendor: str, now: datetime
) -> "list[Row[*tuple[object, ...]]]":
    """Give what was posted or is to be posted about a vendor, locked, in order."""
    alerts = select(mention.c.outbox_id).where(
        mention.c.team == team,
        mention.c.vendor == vendor,
        mention.c.created_at >= now - AS_OLD,
        mention.c.outbox_id.is_not(None),
    )
    answers = and_(
        or_(
            outbox_table.c.message.is_not(None),
            outbox_table.c.key.startswith(outbox.BROUGHT),
        ),
        outbox_table.c.vendor == vendor,
    )
    carded = exists().where(
        mention.c.outbox_id == outbox_table.c.id,
        mention.c.vendor == vendor,
        mention.c.form == Form.CARD.value,
        mention.c.outcome == "post",
        mention.c.reason != wrong_matches.WRONG,
    )
    rows = connection.execute(
        select(outbox_table, carded.label("carded"))
        .where(
            outbox_table.c.team == team,
            or_(outbox_table.c.id.in_(alerts), answers),
            outbox_table.c.kind.in_((Kind.POST, *ANSWERS)),
            outbox_table.c.state != State.WITHDRAWN,
            outbox_table.c.created_at >= now - AS_OLD,
            ~outbox.leaving(outbox_table.c.id),
        )
        .order_by(outbox_table.c.id.desc())
        .limit(MOST)
        .with_for_update(of=outbox_table)
    )
    return list(reversed(rows.all()))


def _correct(
    connection: Connection,
    correction: Correction,
    rows: "Sequence[Row[*tuple[object, ...]]]",
    now: datetime,
) -> None:
    """Let each document say what holds."""
    told: dict[tuple[str, bool], Document | None] = {}  # what a feed brings is alike in channels
    posted: list[tuple[Row[*tuple[object, ...]], Document]] = []
    for row in rows:
        if f'"about":"{correction.vendor} ' not in row.document:
            continue
        seen = row.state != State.PENDING or row.unsure
        if not seen and correction.after is None and row.vendor == correction.vendor:
            changes.withdraw(connection, row.id, now)  # nobody is to be told of it any more
            continue
        key = row.document, seen
        if key not in told:
            told[key] = corrected(from_json(row.document), correction, now.date(), seen=seen)
        document = told[key]
        if document is None:
            continue
        if row.state == State.FAILED:  # should it be tried again
            values = {"document": to_json(document)}
            this = outbox_table.c.id == row.id
            connection.execute(update(outbox_table).where(this).values(values))
        elif row.message_id != "" or row.kind == Kind.POST:
            posted.append((row, document))
    changes.revise_all(connection, posted, now)


def _is_forgotten(row: "Row[*tuple[object, ...]]") -> bool:
    """Whether a card stands somewhere of which nobody knows any more what it says."""
    stands = row.kind == Kind.POST and row.state == State.SENT and row.message_id
    return bool(row.carded and stands) and '"about":"' not in row.document


def _note(
    made: Revision, row: "Row[*tuple[object, ...]]", below: Document, correction: Correction
) -> Draft:
    channel = Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team)
    key = digest(["correction", made.team, made.number, row.key])
    thread = row.thread or row.message_id
    return Draft(key, row.team, channel, below, thread, vendor=correction.vendor)


def _announce(
    connection: Connection, made: Revision, telling: Telling, told: Document, now: datetime
) -> None:
    undone = _just_undone(connection, made, now)
    for channel in _followers(connection, made.team, telling, now):
        if undone is not None and _take_back(connection, made.team, undone, channel):
            continue
        key = _key(made.team, made.number, channel)
        draft = Draft(key, made.team, channel, told, vendor=telling.correction.vendor)
        outbox.queue(connection, draft, now)


def _key(team: str, number: int, channel: Channel) -> str:
    return digest(["announcement", team, number, channel.key])


def _just_undone(connection: Connection, made: Revision, now: datetime) -> int | None:
    """Give the number of the revision that this one takes back, if it held for a moment only."""
    if made.undoes is None:
        return None
    row = connection.execute(
        select(revision.c.at, revision.c.decided_at).where(
            revision.c.team == made.team, revision.c.number == made.undoes
        )
    ).first()
    held = row is not None and now - (row.decided_at or row.at) <= TAKEN_BACK
    return made.undoes if held else None


def _take_back(connection: Connection, team: str, number: int, channel: Channel) -> bool:
    """Take back what a channel was going to be told of a revision; False if it was told."""
    row = connection.execute(
        select(outbox_table)
        .where(outbox_table.c.key == _key(team, number, channel))
        .with_for_update()
    ).first()
    if row is None or row.state != State.PENDING or row.unsure:
        return False
    outbox.close(connection, row.id, State.WITHDRAWN, None)
    return True


def _followers(
    connection: Connection, team: str, telling: Telling, now: datetime
) -> Iterator[Channel]:
    """Give the channels that follow a vendor and want to hear of it, in order of their keys."""
    vendor = telling.correction.vendor
    alerted = select(vendor_state.c.channel).where(
        vendor_state.c.team == team,
        vendor_state.c.vendor == vendor,
        vendor_state.c.alerted_at >= now - FOLLOWS,
    )
    keys = set(connection.execute(alerted).scalars())
    chosen = select(channel_setting.c.channel).where(channel_setting.c.team == team)
    choosing = set(connection.execute(chosen).scalars())
    choices = settings.chosen_by(connection, team, sorted(keys | choosing))
    muted = mutes.active(connection, team, now)
    for key in sorted(keys | choosing):
        wanted = settings.readable(telling.defaults, choices.get(key, {}))
        follows = key in keys or vendor in wanted.vendors
        silent = wanted.mode in {Mode.OFF, Mode.TRIAL} or not wanted.wants(vendor, telling.tags)
        if not follows or silent or key == telling.here or muted.covers(key, vendor, now):
            continue
        channel = _channel(connection, team, key)
        if channel is not None:
            yield channel


def _channel(connection: Connection, team: str, key: str) -> Channel | None:
    """Give a channel as the bot knows it; None where it is not any more, or is not to speak."""
    there = select(place).where(place.c.team == team, place.c.channel == key)
    platform, _, id_ = key.partition(":")
    row = connection.execute(there).first()
    if row is not None:
        silent = row.left_at is not None or row.moved_to or row.listening == Listening.OFF
        kind = (row.private, row.encrypted, row.external)
        return None if silent else Channel(platform, id_, *kind, team=team)
    said = (
        select(mention.c.private, mention.c.encrypted)
        .where(mention.c.team == team, mention.c.channel == key)
        .order_by(mention.c.id.desc())
        .limit(1)
    )
    last = connection.execute(said).first()
    if last is None:
        at = Channel.at(key)
        return Channel(at.platform, at.id, at.private, team=team)
    return Channel(platform, id_, last.private, last.encrypted, team=team)
