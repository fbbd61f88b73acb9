"""Every command there is: importing this package declares them all."""

from bot.commands import lookup, status
from bot.commands.declared import table

__all__ = ["lookup", "status", "table"]
