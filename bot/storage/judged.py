"""What was said of entries when they came, in the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, tuple_

from bot.core.mention import Cause, Channel
from bot.storage import wrong_matches
from bot.storage.tables import mention
from bot.storage.wrong_matches import Wrong


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of entries: which alerted about which vendor before, and what is called wrong.

    An entry is its feed and its id; before it stands the vendor.
    """

    told: frozenset[tuple[str, str, str]]
    wrong: Wrong


def judged(
    connection: Connection,
    channel: Channel,
    vendors: Sequence[str],
    entries: Collection[tuple[str, str]],
) -> Judged:
    """Say what is known of entries where something is told; nothing that only others may know."""
    told = mention.c
    rows = connection.execute(
        select(told.vendor, told.feed, told.cause_id).where(
            told.team == channel.team,
            told.vendor.in_(vendors),
            told.cause == Cause.ENTRY,
            told.outcome != "skip",
            or_(~told.private & ~told.encrypted, told.channel == channel.key),
            tuple_(told.feed, told.cause_id).in_(sorted(entries)),
        )
    )
    known = frozenset((row.vendor, row.feed, row.cause_id) for row in rows)
    return Judged(known, wrong_matches.about(connection, channel.team, vendors))
