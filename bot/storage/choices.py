"""What people chose (settings, mutes, pauses, wrong matches), in the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.choices import Mute, Precision, WrongMatch
from bot.core.mention import Mention
from bot.core.settings import Settings
from bot.core.status import Pause
from bot.core.text import fold
from bot.storage.database import insert_missing
from bot.storage.tables import channel_setting, mention, mute, pause, wrong_match

PROPOSED, APPROVED, REJECTED = "proposed", "approved", "rejected"

# Made once: to build a statement takes longer than to carry it out.
_CHOSEN = select(channel_setting.c.channel, channel_setting.c.choices).where(
    channel_setting.c.team == bindparam("b_team"),
    channel_setting.c.channel.in_(bindparam("b_channels", expanding=True)),
)
_MUTED = select(mute.c.vendor, mute.c.channel).where(
    mute.c.team == bindparam("b_team"),
    mute.c.ended_at.is_(None),
    or_(mute.c.until.is_(None), mute.c.until > bindparam("b_now")),
)
_WRONG = select(
    wrong_match.c.vendor, wrong_match.c.channel, wrong_match.c.words, wrong_match.c.name
).where(
    wrong_match.c.team == bindparam("b_team"),
    wrong_match.c.vendor.in_(bindparam("b_vendors", expanding=True)),
    wrong_match.c.state != REJECTED,
)
_PAUSED = select(pause).where(pause.c.team == bindparam("b_team"))


@dataclass(slots=True)
class Choices:
    """All choices that bear on some mentions, read once for all of them."""

    defaults: Settings
    by_channel: Mapping[str, Mapping[str, str]]
    mutes: Sequence[tuple[str | None, str | None]]
    wrong_words: frozenset[tuple[str, str | None, str, str]]
    paused: bool
    _made: dict[str, Settings] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        connection: Connection,
        team: str,
        mentions: Iterable[Mention],
        defaults: Settings,
        now: datetime,
    ) -> "Choices":
        """Read what was chosen for the mentions' channels and vendors."""
        channels = sorted({each.channel.key for each in mentions})
        vendors = sorted({each.vendor for each in mentions})
        chosen = connection.execute(_CHOSEN, {"b_team": team, "b_channels": channels})
        active = connection.execute(_MUTED, {"b_team": team, "b_now": now})
        wrong = connection.execute(_WRONG, {"b_team": team, "b_vendors": vendors})
        return cls(
            defaults,
            {row.channel: _loaded(row.choices) for row in chosen},
            [(row.vendor, row.channel) for row in active],
            frozenset((row.vendor, row.channel, row.words, row.name) for row in wrong),
            paused(connection, team) is not None,
        )

    def settings(self, channel: str) -> Settings:
        """Give a channel's settings."""
        if channel not in self._made:
            self._made[channel] = readable(self.defaults, self.by_channel.get(channel, {}))
        return self._made[channel]

    def muted(self, channel: str, vendor: str) -> bool:
        """Say whether somebody muted the vendor there."""
        return any(
            whom in {None, vendor} and where in {None, channel} for whom, where in self.mutes
        )

    def wrong(self, mention: Mention) -> bool:
        """Say whether somebody marked these words as a wrong match, there or anywhere."""
        return any(
            (mention.vendor, where, *said) in self.wrong_words
            for where in (mention.channel.key, None)
            for said in (
                (words_of(mention.match.matched), mention.match.name),
                ("", mention.match.name),
            )
        )


def words_of(matched: str) -> str:
    """Give matched words as they are compared: case and width do not matter."""
    return " ".join(fold(matched).split())


def readable(defaults: Settings, choices: Mapping[str, str]) -> Settings:
    """Apply choices one by one: what a newer or older program wrote and nobody can read is left."""
    settings = defaults
    for key, text in choices.items():
        try:
            settings = settings.changed({key: text})
        except ValueError:
            continue
    return settings


def choose(  # noqa: PLR0913, PLR0917 - who, where, what and when are all needed
    connection: Connection,
    team: str,
    channel: str,
    choices: Mapping[str, str | None],
    by: str,
    now: datetime,
) -> dict[str, str]:
    """Change a channel's choices; None takes one back. Give all that hold now."""
    held = chosen(connection, team, channel, lock=True)
    merged = {key: text for key, text in (held | dict(choices)).items() if text is not None}
    key = {"team": team, "channel": channel}
    values = {"choices": json.dumps(merged, sort_keys=True), "by": by, "changed_at": now}
    if not insert_missing(connection, channel_setting, [key | values]):
        connection.execute(
            update(channel_setting)
            .where(channel_setting.c.team == team, channel_setting.c.channel == channel)
            .values(values)
        )
    return merged


def chosen(
    connection: Connection, team: str, channel: str, *, lock: bool = False
) -> dict[str, str]:
    """Give what a channel chose otherwise than the configuration says."""
    query = select(channel_setting.c.choices).where(
        channel_setting.c.team == team, channel_setting.c.channel == channel
    )
    # PostgreSQL locks nothing in a transaction that only reads.
    return _loaded(connection.scalar(query.with_for_update() if lock else query))


def _loaded(text: str | None) -> dict[str, str]:
    """Read stored choices; what is no text, or damaged, is left out."""
    try:
        loaded = json.loads(text or "{}")
    except ValueError:
        return {}
    found = loaded.items() if isinstance(loaded, dict) else ()
    return {key: value for key, value in found if isinstance(value, str)}


# Mutes


def add_mute(connection: Connection, team: str, new: Mute) -> Mute:
    """Mute; give the mute with its number."""
    done = connection.execute(
        insert(mute).values(
            team=team,
            vendor=new.vendor,
            channel=new.channel,
            until=new.until,
            reason=new.reason,
            by=new.by,
            created_at=new.created_at,
        )
    )
    (row_id,) = done.inserted_primary_key or (0,)
    return Mute(int(row_id), new.vendor, new.channel, new.until, new.reason, new.by, new.created_at)


def end_mute(connection: Connection, team: str, id: int, by: str, now: datetime) -> bool:  # noqa: A002 - the column's name
    """Undo a mute; say False if it is not in force."""
    done = connection.execute(
        update(mute).where(mute.c.id == id, *_in_force(team, now)).values(ended_at=now, ended_by=by)
    )
    return done.rowcount == 1


def mutes(
    connection: Connection, team: str, channel: str | None, now: datetime
) -> tuple[Mute, ...]:
    """Give the mutes in force: those of a channel and those that hold everywhere, or all."""
    where = [*_in_force(team, now)]
    if channel is not None:
        where.append(or_(mute.c.channel.is_(None), mute.c.channel == channel))
    rows = connection.execute(select(mute).where(*where).order_by(mute.c.id))
    return tuple(
        Mute(row.id, row.vendor, row.channel, row.until, row.reason, row.by, row.created_at)
        for row in rows
    )


def _in_force(team: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        mute.c.team == team,
        mute.c.ended_at.is_(None),
        or_(mute.c.until.is_(None), mute.c.until > now),
    )


# The pause


def paused(connection: Connection, team: str) -> Pause | None:
    """Say who stopped a team's posting, if somebody did."""
    row = connection.execute(_PAUSED, {"b_team": team}).first()
    return None if row is None else Pause(row.by, row.since)


def stop(connection: Connection, team: str, by: str, now: datetime) -> bool:
    """Stop a team's posting; say False if it is stopped already."""
    return insert_missing(connection, pause, [{"team": team, "by": by, "since": now}]) == 1


def go_on(connection: Connection, team: str) -> bool:
    """Let a team's posting go on; say False if it was not stopped."""
    return connection.execute(delete(pause).where(pause.c.team == team)).rowcount == 1


# Wrong matches


def add_wrong(connection: Connection, team: str, new: WrongMatch) -> None:
    """Keep that words do not mean the vendor; once for the same place and words."""
    same = select(wrong_match.c.id).where(
        wrong_match.c.team == team,
        wrong_match.c.vendor == new.vendor,
        wrong_match.c.words == new.words,
        wrong_match.c.name == new.name,
        wrong_match.c.channel.is_(None)
        if new.channel is None
        else wrong_match.c.channel == new.channel,
        wrong_match.c.state != REJECTED,
    )
    if connection.execute(same).first() is None:
        connection.execute(
            insert(wrong_match).values(
                team=team,
                vendor=new.vendor,
                channel=new.channel,
                words=new.words,
                name=new.name,
                by=new.by,
                created_at=new.created_at,
                state=new.state,
            )
        )


def wrong_matches(connection: Connection, team: str, state: str | None) -> tuple[WrongMatch, ...]:
    """Give what was marked as wrong, in order; of one state or all."""
    where = [wrong_match.c.team == team]
    if state is not None:
        where.append(wrong_match.c.state == state)
    return tuple(
        map(
            _wrong, connection.execute(select(wrong_match).where(*where).order_by(wrong_match.c.id))
        )
    )


def settle_wrong(connection: Connection, team: str, id: int, state: str) -> WrongMatch | None:  # noqa: A002 - the column's name
    """Approve or reject what was proposed; None if there is no such proposal."""
    row = connection.execute(
        select(wrong_match)
        .where(wrong_match.c.team == team, wrong_match.c.id == id)
        .with_for_update()
    ).first()
    if row is None or row.state != PROPOSED:
        return None
    connection.execute(update(wrong_match).where(wrong_match.c.id == id).values(state=state))
    if state == REJECTED:
        _acquit(connection, team, row)
    return _wrong(row)


def _acquit(connection: Connection, team: str, row: "Row[*tuple[object, ...]]") -> None:
    """Let alerts that were called wrong, and were not, count as right."""
    called = [
        mention.c.team == team,
        mention.c.vendor == row.vendor,
        mention.c.name == row.name,
        mention.c.reason == WRONG,
    ]
    if row.channel is not None:
        called.append(mention.c.channel == row.channel)
    for each in connection.execute(select(mention.c.id, mention.c.matched).where(*called)).all():
        if words_of(each.matched) == row.words:
            connection.execute(
                update(mention).where(mention.c.id == each.id).values(reason=NOT_WRONG)
            )


def precision(connection: Connection, team: str) -> tuple[Precision, ...]:
    """Count for each listed name how many alerts it brought and how many were marked wrong."""
    wrong = func.sum(case((mention.c.reason == WRONG, 1), else_=0))
    rows = connection.execute(
        select(mention.c.vendor, mention.c.name, func.count().label("alerts"), wrong.label("wrong"))
        .where(mention.c.team == team, mention.c.outcome == "post", mention.c.private.is_(False))
        .group_by(mention.c.vendor, mention.c.name)
        .order_by(mention.c.vendor, mention.c.name)
    )
    return tuple(Precision(row.vendor, row.name, row.alerts, int(row.wrong)) for row in rows)


NOT_WRONG = "called a wrong match, and is none"
WRONG = "a wrong match, somebody said"
"""The reason of an alert that was marked as wrong afterwards."""


def _wrong(row: "Row[*tuple[object, ...]]") -> WrongMatch:
    return WrongMatch(
        row.id, row.vendor, row.channel, row.words, row.name, row.by, row.created_at, row.state
    )
