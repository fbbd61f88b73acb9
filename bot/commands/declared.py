"""The table that every command is declared in."""

from bot.core.commands import CommandTable

table = CommandTable()
