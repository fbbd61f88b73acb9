"""Every command there is: importing this package declares them all, the first one first in help."""

from bot.commands import (
    lookup,
    loudness,
    muting,
    pausing,
    places,
    proposing,
    records,
    revising,
    settling,
    sharing,
    status,
    subscribing,
    wrongs,
)
from bot.commands.declared import table

__all__ = [
    "lookup",
    "loudness",
    "muting",
    "pausing",
    "places",
    "proposing",
    "records",
    "revising",
    "settling",
    "sharing",
    "status",
    "subscribing",
    "table",
    "wrongs",
]
