"""Every command there is: importing this package declares them all, the first one first in help."""

from bot.commands import (
    lookup,
    loudness,
    muting,
    pausing,
    people,
    places,
    proposing,
    records,
    revising,
    routing,
    searching,
    settling,
    sharing,
    status,
    subscribing,
    taking,
    wrongs,
)
from bot.commands.declared import table

__all__ = [
    "lookup",
    "loudness",
    "muting",
    "pausing",
    "people",
    "places",
    "proposing",
    "records",
    "revising",
    "routing",
    "searching",
    "settling",
    "sharing",
    "status",
    "subscribing",
    "table",
    "taking",
    "wrongs",
]
