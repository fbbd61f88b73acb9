"""Every command there is: importing this package declares them all."""

from bot.commands import feeds, lookup, muting, places, settling, sharing, status
from bot.commands.declared import table

__all__ = ["feeds", "lookup", "muting", "places", "settling", "sharing", "status", "table"]
