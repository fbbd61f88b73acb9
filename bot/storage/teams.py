"""A team that takes the bot out: nothing more goes there, and what is kept of it is erased."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.mention import DEFAULT_TEAM
from bot.core.status import State
from bot.storage import subscriptions
from bot.storage.database import insert_missing
from bot.storage.tables import (
    appointment,
    audit,
    backsearch,
    channel_setting,
    claim,
    confirmation,
    cursor,
    edition,
    held,
    inbox,
    installation,
    mention,
    mute,
    oauth_state,
    outbox,
    pause,
    place,
    revision,
    sealed_event,
    story,
    story_entry,
    trouble,
    vendor_state,
    wrong_match,
)

OUT = "the bot was taken out of that workspace"


def remove(connection: Connection, platform: str, team: str, now: datetime) -> None:
    """Give up all that waits for a team on a platform, and note since when it is out."""
    ours = (installation.c.platform == platform, installation.c.team == team)
    out = update(installation).where(*ours, installation.c.removed_at.is_(None))
    connection.execute(out.values(removed_at=now, data=""))
    if connection.execute(select(installation.c.team).where(*ours)).first() is None:
        # One of the configuration, which nobody installed.
        row = {"platform": platform, "workspace": team, "team": team, "data": ""}
        insert_missing(connection, installation, [row | {"installed_at": now, "removed_at": now}])
    there = (outbox.c.team == team, outbox.c.platform == platform)
    connection.execute(
        update(outbox)
        .where(*there, outbox.c.open)
        .values(state=State.FAILED, open=False, last_error=OUT, lease_until=None)
    )
    for table in (inbox, confirmation, backsearch):
        connection.execute(delete(table).where(table.c.team == team, table.c.platform == platform))
    connection.execute(delete(held).where(held.c.team == team, held.c.platform == platform))
    connection.execute(
        update(place)
        .where(place.c.team == team, place.c.platform == platform, place.c.left_at.is_(None))
        .values(left_at=now)
    )


def is_back(connection: Connection, platform: str, team: str) -> None:
    """Note that a team has the bot again: what is kept of it stays."""
    connection.execute(
        delete(installation).where(
            installation.c.platform == platform,
            installation.c.team == team,
            installation.c.removed_at.is_not(None),
        )
    )


def due(connection: Connection, before: datetime) -> list[tuple[str, str]]:
    """Give the platform and team of those that took the bot out so long ago, and have it not."""
    again = installation.alias("again")
    has_it = exists().where(
        again.c.platform == installation.c.platform,
        again.c.team == installation.c.team,
        or_(again.c.removed_at.is_(None), again.c.removed_at >= before),
    )
    rows = connection.execute(
        select(installation.c.platform, installation.c.team)
        .where(installation.c.removed_at < before, ~has_it)
        .distinct()
    )
    return [(row.platform, row.team) for row in rows]


def erase(connection: Connection, platform: str, team: str) -> int:
    """Forget all that is kept of a team on a platform; give how many rows went."""
    gone = 0
    for table, there in (
        (held, held.c.platform == platform),
        (mention, _on(mention.c.channel, platform)),
        (inbox, inbox.c.platform == platform),
        (backsearch, backsearch.c.platform == platform),
        (confirmation, confirmation.c.platform == platform),
        (mute, _on(mute.c.channel, platform)),
        (wrong_match, _on(wrong_match.c.channel, platform)),
        (channel_setting, _on(channel_setting.c.channel, platform)),
        (vendor_state, _on(vendor_state.c.channel, platform)),
        (place, place.c.platform == platform),
        (cursor, cursor.c.platform == platform),
        (sealed_event, sealed_event.c.platform == platform),
        (appointment, appointment.c.platform == platform),
        (audit, _on(audit.c.channel, platform)),
    ):
        gone += connection.execute(delete(table).where(table.c.team == team, there)).rowcount
    gone += subscriptions.erase(connection, platform, team)
    gone += _outbox(connection, platform, team)
    gone += connection.execute(
        delete(trouble).where(
            trouble.c.team == team,
            or_(
                trouble.c.lane.startswith(f"{platform}:", autoescape=True),
                trouble.c.lane.startswith(f"reply {platform}:", autoescape=True),
            ),
        )
    ).rowcount
    gone += connection.execute(
        delete(installation).where(installation.c.platform == platform, installation.c.team == team)
    ).rowcount
    if _is_alone(connection, team):
        own = (pause, claim, mute, wrong_match, story_entry, story, oauth_state, revision, edition)
        for table in own:
            gone += connection.execute(delete(table).where(table.c.team == team)).rowcount
    return gone


def _on(channel: ColumnElement[str | None], platform: str) -> ColumnElement[bool]:
    return channel.startswith(f"{platform}:", autoescape=True)


def _outbox(connection: Connection, platform: str, team: str) -> int:
    there = (outbox.c.team == team, outbox.c.platform == platform)
    # What points at a document goes before it.
    gone = connection.execute(
        delete(outbox).where(*there, outbox.c.target_id.is_not(None))
    ).rowcount
    return gone + connection.execute(delete(outbox).where(*there)).rowcount


def _is_alone(connection: Connection, team: str) -> bool:
    """Say whether nothing is left of a team on any platform."""
    left = (
        connection.execute(select(table.c.team).where(table.c.team == team).limit(1)).first()
        for table in (installation, place, mention, outbox, channel_setting)
    )
    return team != DEFAULT_TEAM and not any(left)
