"""Words that somebody marked as a wrong match, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from bot.core.choices import Precision, WrongMatch
from bot.core.text import fold
from bot.storage.tables import mention, place, wrong_match

PROPOSED, APPROVED, REJECTED = "proposed", "approved", "rejected"
NOT_WRONG = "called a wrong match, and is none"
WRONG = "a wrong match, somebody said"
"""The reason of an alert that was marked as wrong afterwards."""

# Made once: to build a statement takes longer than to carry it out.
_WRONG = select(
    wrong_match.c.vendor, wrong_match.c.channel, wrong_match.c.words, wrong_match.c.name
).where(
    wrong_match.c.team == bindparam("b_team"),
    wrong_match.c.vendor.in_(bindparam("b_vendors", expanding=True)),
    wrong_match.c.state != REJECTED,
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was marked as wrong: vendor, channel (None: anywhere), words and listed name."""

    marked: frozenset[tuple[str, str | None, str, str]]

    def covers(self, channel: str, vendor: str, matched: str, name: str) -> bool:
        """Say whether somebody marked these words as a wrong match, there or anywhere.

        Of what was marked in an encrypted room no words are known: that is about the whole name.
        """
        return any(
            (vendor, where, words, name) in self.marked
            for where in (channel, None)
            for words in (words_of(matched), "")
        )


def words_of(matched: str) -> str:
    """Give matched words as they are compared: case and width do not matter."""
    return " ".join(fold(matched).split())


def add(connection: Connection, team: str, new: WrongMatch) -> None:
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


def listed(
    connection: Connection, team: str, channel: str, state: str | None
) -> tuple[WrongMatch, ...]:
    """Give what was marked as wrong in a channel (its key) or holds anywhere, in order."""
    where = [wrong_match.c.team == team, _seen_from(channel)]
    if state is not None:
        where.append(wrong_match.c.state == state)
    return tuple(
        map(
            _wrong, connection.execute(select(wrong_match).where(*where).order_by(wrong_match.c.id))
        )
    )


def proposals(connection: Connection, team: str, seen: frozenset[str]) -> tuple[WrongMatch, ...]:
    """Give what nobody settled, in order: of `seen` channels (their keys) and of open ones."""
    open_ = exists().where(
        place.c.team == team, place.c.channel == wrong_match.c.channel, ~place.c.private
    )
    shown = or_(wrong_match.c.channel.is_(None), wrong_match.c.channel.in_(sorted(seen)), open_)
    where = (wrong_match.c.team == team, wrong_match.c.state == PROPOSED, shown)
    rows = connection.execute(select(wrong_match).where(*where).order_by(wrong_match.c.id))
    return tuple(map(_wrong, rows))


def about(connection: Connection, team: str, vendors: Sequence[str]) -> Wrong:
    """Give what was marked as wrong about some vendors, and holds."""
    rows = connection.execute(_WRONG, {"b_team": team, "b_vendors": vendors})
    return Wrong(frozenset((row.vendor, row.channel, row.words, row.name) for row in rows))


def _seen_from(channel: str) -> ColumnElement[bool]:
    """Say what may be told in a channel: what another one marked for itself is its own."""
    return or_(wrong_match.c.channel.is_(None), wrong_match.c.channel == channel)


def settle(  # noqa: PLR0913 - which, from where and how are all needed
    connection: Connection,
    team: str,
    channel: str,
    id: int,  # noqa: A002 - the column's name
    state: str,
    *,
    everywhere: bool = False,
) -> WrongMatch | None:
    """Approve or reject what was proposed; None if nothing of that number is seen from there.

    Where it is to hold `everywhere`, the same words that others marked are settled with it.
    """
    row = connection.execute(
        select(wrong_match)
        .where(wrong_match.c.team == team, wrong_match.c.id == id, _seen_from(channel))
        .with_for_update()
    ).first()
    if row is None or row.state != PROPOSED:
        return None
    values: dict[str, object] = {"state": state}
    if everywhere and row.words:  # of an encrypted room no words are known
        values["channel"] = None
        same = (wrong_match.c.vendor == row.vendor, wrong_match.c.words == row.words)
        alike = (wrong_match.c.team == team, *same, wrong_match.c.name == row.name)
        waiting = update(wrong_match).where(*alike, wrong_match.c.state == PROPOSED)
        connection.execute(waiting.values(state=state))
    connection.execute(update(wrong_match).where(wrong_match.c.id == id).values(values))
    if state == REJECTED:
        _acquit(connection, team, row)
    channel_now = None if "channel" in values else row.channel
    return replace(_wrong(row), channel=channel_now, state=state)


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


def _wrong(row: "Row[*tuple[object, ...]]") -> WrongMatch:
    return WrongMatch(
        row.id, row.vendor, row.channel, row.words, row.name, row.by, row.created_at, row.state
    )
