"""A channel that goes on as another one, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot.core.document import Document
from bot.core.mention import Channel
from bot.core.places import Listening
from bot.core.status import State
from bot.storage import outbox, subscriptions
from bot.storage.database import insert_missing
from bot.storage.places import row_of
from bot.storage.rows import Draft, Kind
from bot.storage.tables import (
    channel_setting,
    held,
    mute,
    place,
    trouble,
    vendor_state,
    wrong_match,
)
from bot.storage.tables import outbox as outbox_table

ELSEWHERE = "the channel goes on as another one, which others may read"


def move(  # noqa: PLR0913, PLR0917 - from where, to where, and what is said of it
    connection: Connection,
    old: Channel,
    new: Channel,
    event: str,
    notice: Document,
    now: datetime,
) -> bool:
    """Let all that was chosen for a channel, and waits for it, go on in another one.

    Say False if this event is known, or both are the same. What waits is given up where the new
    one is less closed than the old one. That the bot listens does not go on into a channel that is
    encrypted and was not.
    """
    if old.key == new.key:
        return False
    key = f"moved {old.key} {event}"
    if outbox.queue(connection, Draft(key, new.team, new, notice), now) is None:
        return False
    for each in (old, new):
        insert_missing(connection, place, [row_of(each) | {"since": now}])
    _place(connection, old, new, now)
    _choices(connection, old, new)
    subscriptions.move(connection, old, new)
    closed = (new.private or not old.private) and (new.encrypted or not old.encrypted)
    _waiting(connection, old, new, closed=closed)
    return True


def _place(connection: Connection, old: Channel, new: Channel, now: datetime) -> None:
    was = connection.execute(select(place).where(*_of(old))).one()
    there = connection.execute(select(place).where(*_of(new))).one()
    values: dict[str, object] = {
        "private": new.private,
        "external": new.external,
        "encrypted": new.encrypted or there.encrypted,
        "left_at": None,
        "moved_to": None,
    }
    closed = old.encrypted or was.encrypted
    listening = was.listening
    if listening is None and closed and not new.encrypted:
        listening = Listening.OFF.value  # it did not listen, and nobody has decided that it does
    carried = listening == Listening.OFF or closed or not new.encrypted
    if there.listening is None and listening is not None and carried:
        values |= {"listening": listening, "knowing": was.knowing, "by": was.by}
    connection.execute(update(place).where(*_of(new)).values(values))
    gone = {"left_at": now, "moved_to": new.key}
    connection.execute(update(place).where(*_of(old)).values(gone))


def _of(channel: Channel) -> tuple[ColumnElement[bool], ...]:
    return (place.c.team == channel.team, place.c.channel == channel.key)


def _choices(connection: Connection, old: Channel, new: Channel) -> None:
    there = select(channel_setting.c.channel).where(
        channel_setting.c.team == new.team, channel_setting.c.channel == new.key
    )
    if connection.execute(there).first() is None:
        chosen = (channel_setting.c.team == old.team, channel_setting.c.channel == old.key)
        connection.execute(update(channel_setting).where(*chosen).values(channel=new.key))
    muted = (mute.c.team == old.team, mute.c.channel == old.key)
    kind = {"private": True} if new.private else {}  # what was said in private stays so
    connection.execute(update(mute).where(*muted).values({"channel": new.key} | kind))
    wrong = (wrong_match.c.team == old.team, wrong_match.c.channel == old.key)
    connection.execute(update(wrong_match).where(*wrong).values(channel=new.key))
    states = vendor_state.alias("there")
    known = select(states.c.vendor).where(states.c.team == new.team, states.c.channel == new.key)
    told = (
        vendor_state.c.team == old.team,
        vendor_state.c.channel == old.key,
        vendor_state.c.vendor.not_in(known),
    )
    connection.execute(update(vendor_state).where(*told).values(channel=new.key))


def _waiting(connection: Connection, old: Channel, new: Channel, *, closed: bool) -> None:
    """Bring what waits for the old channel to the new one, or give it up."""
    posts = (
        outbox_table.c.team == old.team,
        outbox_table.c.lane == old.key,
        outbox_table.c.open,
        outbox_table.c.state == State.PENDING,
        ~outbox_table.c.unsure,
    )
    late = (
        held.c.team == old.team,
        held.c.platform == old.platform,
        held.c.channel == old.id,
    )
    given_up = {"state": State.FAILED, "open": False, "last_error": ELSEWHERE}
    kind = outbox_table.c.kind
    if closed:
        kinds = {"private": new.private, "encrypted": new.encrypted}
        there = {"channel": new.id, "lane": new.key, "thread": None} | kinds
        moved = update(outbox_table).where(*posts, kind == Kind.POST)
        connection.execute(moved.values(there))
        connection.execute(update(held).where(*late).values({"channel": new.id} | kinds))
    else:
        connection.execute(update(outbox_table).where(*posts, kind == Kind.POST).values(given_up))
        connection.execute(delete(held).where(*late))
    # A mark is on a message that stays behind.
    connection.execute(update(outbox_table).where(*posts, kind == Kind.MARK).values(given_up))
    connection.execute(delete(trouble).where(trouble.c.team == old.team, trouble.c.lane == old.key))
