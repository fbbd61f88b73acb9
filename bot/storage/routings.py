"""Which feeds come to a channel by chat, and the log of it, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from bot.core.editing.change import Change
from bot.core.editing.overlay import ROUTES
from bot.core.editing.revision import Revision
from bot.core.mention import Channel
from bot.core.routes import RouteChange
from bot.storage import revisions, subscriptions
from bot.storage.revisions import Wanted


def put(  # noqa: PLR0913, PLR0917 - what is wanted where, by whom, when, and by which command
    connection: Connection,
    channel: Channel,
    wanted: Mapping[str, str | None],
    by: str,
    now: datetime,
    event: str | None,
    undoes: int | None,
) -> tuple[RouteChange, ...]:
    """Let feeds come on these terms or no more, as a revision; give what each route was before."""
    before = revisions.of_event(connection, event) if event else None
    if before is not None:
        return of(before)
    made = subscriptions.put_all(connection, channel.team, channel, wanted, by, now)
    changes = tuple(
        Change((each.channel_key, each.feed), each.old, each.new)
        for each in made
        if each.old != each.new
    )
    if changes and event:
        revision = Wanted(event, channel, ROUTES, by, now, changes, undoes=undoes)
        revisions.write(connection, revision, None)
    return made


def of(revision: Revision) -> tuple[RouteChange, ...]:
    """Give what a revision did to routes."""
    return tuple(
        RouteChange(each.path[1], each.path[0], _text(each.old), _text(each.new))
        for each in revision.changes
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
