"""Alerts that wait, and the digests that they become; in the caller's transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from bot.core.digest import Held
from bot.core.mention import Cause, Channel, Mention
from bot.core.policy import Hold, HoldReason, SkipReason
from bot.core.settings import DEFAULTS, Mode, Settings
from bot.storage import mentions, mutes, outbox, settings, wrong_matches
from bot.storage.rows import DigestWriter, Draft
from bot.storage.tables import held, mention, pause

# Made once: to build a statement takes longer than to carry it out.
_KEEP = insert(held)
_MOST_CHANNELS = 50
"""Digests that are written in one transaction."""
MOST_TOLD = 500
"""Alerts that one digest counts; what waits beyond them comes with the next look."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is to wait. `key` is its mention's."""

    key: str
    mention: Mention
    hold: Hold
    team: str


def keep(connection: Connection, waiting: Sequence[Waiting]) -> None:
    """Let alerts wait whose mentions have been kept."""
    ids = mentions.ids_of(connection, [each.key for each in waiting])
    connection.execute(_KEEP, [_row(each, ids[each.key]) for each in waiting])


def _row(waiting: Waiting, mention_id: int) -> dict[str, object]:
    mention, hold = waiting.mention, waiting.hold
    channel = mention.channel
    return {
        "mention_id": mention_id,
        "team": waiting.team,
        "platform": channel.platform,
        "channel": channel.id,
        "private": channel.private,
        "encrypted": channel.encrypted,
        "vendor": mention.vendor,
        "hold": hold.reason.value,
        "reason": hold.post.reason.value,
        "title": mention.title,
        "link": mention.link,
        "at": mention.at,
        "due_at": hold.until,
    }


def end_pause(connection: Connection, team: str, now: datetime, defaults: Settings) -> int:
    """Let what waited for the end of a team's pause come due, where it is quiet in the morning.

    What waits for that morning too is told with it. Give how much there was, private channels left
    out: whoever is told may be in none of them.
    """
    waited = and_(
        held.c.team == team, held.c.hold == HoldReason.PAUSE.value, held.c.due_at.is_(None)
    )
    places = connection.execute(select(held.c.platform, held.c.channel).where(waited).distinct())
    told = select(func.count()).select_from(held).where(waited, ~held.c.private)
    count = int(connection.scalar(told) or 0)
    for platform, channel in sorted((row.platform, row.channel) for row in places):
        chosen = settings.chosen(connection, team, Channel(platform, channel).key)
        quiet = settings.readable(defaults, chosen).quiet
        due = (quiet.until(now) if quiet else None) or now
        here = and_(held.c.platform == platform, held.c.channel == channel)
        connection.execute(update(held).where(waited, here).values(due_at=due))
        connection.execute(
            update(held)
            .where(
                held.c.team == team,
                here,
                held.c.hold == HoldReason.QUIET.value,
                held.c.due_at <= due,
            )
            .values(hold=HoldReason.PAUSE.value, due_at=due)
        )
    return count


def forget(connection: Connection, team: str, channel: str, cause_id: str) -> int:
    """Let what a message brought wait no more; give how much that is."""
    waited = select(mention.c.id).where(
        mention.c.team == team,
        mention.c.channel == channel,
        mention.c.cause == Cause.MESSAGE.value,
        mention.c.cause_id == cause_id,
        mention.c.outcome == "hold",
    )
    return connection.execute(delete(held).where(held.c.mention_id.in_(waited))).rowcount


def release(
    connection: Connection, now: datetime, write: DigestWriter, defaults: Settings = DEFAULTS
) -> int:
    """Queue a digest for each channel and reason that has alerts due; give how many.

    A team that is paused goes on waiting. What has been muted or marked as wrong meanwhile is left
    out, and so is everything where alerts have been turned off.
    """
    groups = connection.execute(
        select(held.c.team, held.c.platform, held.c.channel, held.c.hold)
        .where(held.c.due_at <= now, held.c.team.not_in(select(pause.c.team)))
        .group_by(held.c.team, held.c.platform, held.c.channel, held.c.hold)
        .order_by(func.min(held.c.due_at))
        .limit(_MOST_CHANNELS)
    ).all()
    return sum(_release(connection, now, write, defaults, *group) for group in groups)


def _release(  # noqa: PLR0913, PLR0917 - the last four name one group
    connection: Connection,
    now: datetime,
    write: DigestWriter,
    defaults: Settings,
    team: str,
    platform: str,
    channel: str,
    hold: str,
) -> int:
    rows = connection.execute(
        select(held)
        .where(
            held.c.team == team,
            held.c.platform == platform,
            held.c.channel == channel,
            held.c.hold == hold,
            held.c.due_at <= now,
        )
        .order_by(held.c.id)
        .limit(MOST_TOLD)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    place = Channel(platform, channel, rows[0].private, rows[0].encrypted, team=team)
    unwanted = _unwanted(connection, now, place, defaults, rows)
    for reason in sorted(set(unwanted.values())):
        mentions.skip(connection, [id_ for id_, why in unwanted.items() if why is reason], reason)
    wanted = [row for row in rows if row.mention_id not in unwanted]
    if wanted:
        waited = [
            Held(row.vendor, row.vendor, row.reason, row.at, row.title, row.link) for row in wanted
        ]
        ids = [row.mention_id for row in wanted]
        # Not by their numbers, which SQLite gives again when the last row is gone.
        keys = sorted(mentions.keys_of(connection, ids))
        key = hashlib.sha256(f"digest {team} {keys}".encode()).hexdigest()
        draft = Draft(key, team, place, write(team, HoldReason(hold), waited))
        mentions.tell_in(connection, ids, outbox.queue(connection, draft, now))
    connection.execute(delete(held).where(held.c.id.in_([row.id for row in rows])))
    return 1 if wanted else 0


def _unwanted(
    connection: Connection,
    now: datetime,
    place: Channel,
    defaults: Settings,
    rows: Sequence["Row[*tuple[object, ...]]"],
) -> dict[int, SkipReason]:
    """Give what nobody wants to hear of any more, by its mention, and why: as `decide` would."""
    chosen = settings.chosen(connection, place.team, place.key)
    if settings.readable(defaults, chosen).mode is Mode.OFF:
        return {row.mention_id: SkipReason.OFF for row in rows}
    wrong = wrong_matches.about(connection, place.team, sorted({row.vendor for row in rows}))
    muted = mutes.active(connection, place.team, now)
    words = mentions.words_of(connection, [row.mention_id for row in rows])
    found: dict[int, SkipReason] = {}
    for row in rows:
        if wrong.covers(place.key, row.vendor, *words[row.mention_id]):
            found[row.mention_id] = SkipReason.WRONG_MATCH
        elif muted.covers(place.key, row.vendor, now):
            found[row.mention_id] = SkipReason.MUTED
    return found


def next_due(connection: Connection) -> datetime | None:
    """Give when the first digest comes due; None if nothing waits for a time."""
    due: datetime | None = connection.scalar(
        select(func.min(held.c.due_at)).where(held.c.team.not_in(select(pause.c.team)))
    )
    return due


def waiting(connection: Connection, team: str, here: str | None) -> int:
    """Count what waits for a team; of private channels only `here` (its key)."""
    shown = or_(~held.c.private, held.c.platform + ":" + held.c.channel == (here or ""))
    count = select(func.count()).select_from(held).where(held.c.team == team, shown)
    return int(connection.scalar(count) or 0)
