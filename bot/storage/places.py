"""The channels that the bot is in, and where it listens; in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from bot.core.document import Document
from bot.core.mention import Channel
from bot.core.places import Listening, Place, holds
from bot.core.status import State
from bot.storage import outbox, teams
from bot.storage.database import insert_missing
from bot.storage.rows import Draft, Kind
from bot.storage.tables import held, place
from bot.storage.tables import outbox as outbox_table

GONE = "the bot is not in that channel any more"


def join(  # noqa: PLR0913, PLR0917 - who, where, when and what to say
    connection: Connection,
    channel: Channel,
    by: str | None,
    event: str,
    posts: Sequence[tuple[Channel, Document]],
    now: datetime,
) -> bool:
    """Note that the bot is in a channel and queue what it says; False if this event is known."""
    keys = [f"joined {channel.key} {event} {number}" for number, _ in enumerate(posts)]
    queued = [
        outbox.queue(connection, Draft(key, there.team, there, document), now)
        for key, (there, document) in zip(keys, posts, strict=True)
    ]
    if queued and not any(queued):
        return False
    row = row_of(channel) | {"by": by, "since": now}
    if not insert_missing(connection, place, [row]):
        # It may have been decided about before anybody knew what kind of channel it is.
        kind = {"private": channel.private, "external": channel.external}
        if channel.encrypted:  # for good
            kind["encrypted"] = True
        _change(connection, channel, left_at=None, **kind)
    teams.is_back(connection, channel.platform, channel.team)
    return True


def leave(connection: Connection, channel: Channel, now: datetime) -> None:
    """Note that the bot is out of a channel; what it was going to say there is given up."""
    insert_missing(connection, place, [row_of(channel) | {"since": now}])
    _change(connection, channel, left_at=now)
    waiting = (
        outbox_table.c.team == channel.team,
        outbox_table.c.platform == channel.platform,
        outbox_table.c.channel == channel.id,
        outbox_table.c.kind != Kind.REPLY,
        outbox_table.c.state == State.PENDING,
    )
    given_up = {"state": State.FAILED, "open": False, "last_error": GONE}
    connection.execute(update(outbox_table).where(*waiting).values(given_up))
    connection.execute(
        delete(held).where(
            held.c.team == channel.team,
            held.c.platform == channel.platform,
            held.c.channel == channel.id,
        )
    )


def listen(
    connection: Connection, channel: Channel, listening: Listening, by: str, now: datetime
) -> None:
    """Decide whether the bot listens in a channel."""
    insert_missing(connection, place, [row_of(channel) | {"since": now}])
    knowing = channel.encrypted
    _change(connection, channel, listening=listening.value, knowing=knowing, by=by, since=now)
    if knowing:
        _change(connection, channel, encrypted=True)


def listening(connection: Connection, channel: Channel) -> Listening | None:
    """Give what was decided about a channel and holds."""
    there = (place.c.team == channel.team, place.c.channel == channel.key)
    row = connection.execute(select(place).where(*there)).first()
    if row is None or row.listening is None:
        return None
    encrypted = channel.encrypted or row.encrypted
    return holds(Listening(row.listening), encrypted=encrypted, knowing=row.knowing)


def known(connection: Connection) -> dict[tuple[str, str], Place]:
    """Give what is known of every channel, by team and channel key."""
    return {
        (row.team, row.channel): Place(
            row.private,
            row.external,
            None if row.listening is None else Listening(row.listening),
            row.encrypted,
            row.knowing,
            row.moved_to,
        )
        for row in connection.execute(select(place))
    }


def row_of(channel: Channel) -> dict[str, object]:
    """Give what a channel says of itself."""
    return {
        "team": channel.team,
        "channel": channel.key,
        "platform": channel.platform,
        "private": channel.private,
        "external": channel.external,
        "encrypted": channel.encrypted,
    }


def _change(connection: Connection, channel: Channel, **values: object) -> None:
    there = (place.c.team == channel.team, place.c.channel == channel.key)
    connection.execute(update(place).where(*there).values(values))
