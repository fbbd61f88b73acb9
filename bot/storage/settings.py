"""What channels chose otherwise than the configuration says, in the caller's transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from bot.core.settings import Settings
from bot.storage.database import insert_missing
from bot.storage.tables import channel_setting

# Made once: to build a statement takes longer than to carry it out.
_CHOSEN = select(channel_setting.c.channel, channel_setting.c.choices).where(
    channel_setting.c.team == bindparam("b_team"),
    channel_setting.c.channel.in_(bindparam("b_channels", expanding=True)),
)


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


def chosen_by(
    connection: Connection, team: str, channels: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Give what channels chose, of those that chose something."""
    rows = connection.execute(_CHOSEN, {"b_team": team, "b_channels": channels})
    return {row.channel: _loaded(row.choices) for row in rows}


def _loaded(text: str | None) -> dict[str, str]:
    """Read stored choices; what is no text, or damaged, is left out."""
    try:
        loaded = json.loads(text or "{}")
    except ValueError:
        return {}
    found = loaded.items() if isinstance(loaded, dict) else ()
    return {key: value for key, value in found if isinstance(value, str)}
