"""What a command still lacks, and the line that comes of a form that was filled in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.commands import Command, CommandTable, Kind, Parameter, plain_line
from bot.core.line import block_of, evened, in_marks, written
from bot.core.reading import fault
from bot.errors import UsageError
from bot.platforms.slack.told import Begun, Submitted

Errors: TypeAlias = dict[str, str]
NO_COMMAND = "There is no such command any more."
UNREADABLE = "This cannot be read; try it without quotation marks."


@dataclass(frozen=True, slots=True)
class Lacking:
    """A command and what it still needs."""

    command: Command
    missing: tuple[Parameter, ...]
    begun: Begun


def lacking(table: CommandTable, line: str) -> Lacking | None:
    """Say what a line lacks to be carried out; None if nothing, or if it makes no sense."""
    try:
        command, missing = table.meant(line)
        _, given = table.parted(line)
    except UsageError:
        return None
    if not missing or not all(given.values()):
        return None
    return Lacking(command, missing, Begun(command.path, given))


def filled(table: CommandTable, submitted: Submitted) -> tuple[Command, str] | Errors:
    """Give the command and the line that a form stands for, or what is wrong with each field."""
    command = next((each for each in table if each.path == submitted.begun.path), None)
    if command is None:
        return dict.fromkeys(submitted.values, NO_COMMAND)
    pasted = {each.name for each in command.parameters if each.kind is Kind.BLOCK}
    try:
        values = {
            name: block_of(evened(f"\n{value}"), 0) if name in pasted else plain_line(value)
            for name, value in submitted.values.items()
        }
    except ValueError as error:
        return dict.fromkeys(pasted, f"This cannot be read: {error}.")
    empty = [name for name, value in values.items() if not value]
    if empty:
        return dict.fromkeys(empty, "Please fill this in.")
    asked = [each for each in command.parameters if each.name in values]
    faults = {each.name: told for each in asked if (told := fault(each, values[each.name]))}
    if faults:
        return faults
    line = composed(table, command, {**submitted.begun.given, **values})
    if line is None:
        return dict.fromkeys(values, UNREADABLE)
    return command, line


def composed(table: CommandTable, command: Command, arguments: Mapping[str, str]) -> str | None:
    """Write the line that reads as this command with these arguments; None if none does."""
    given = [(each, arguments[each.name]) for each in command.parameters if each.name in arguments]
    for write in (_bare, _in_marks):
        line = " ".join((*command.path, *(write(each, value) for each, value in given)))
        if _reads_as(table, line, command, arguments):
            return line
    return None


def _reads_as(
    table: CommandTable, line: str, command: Command, arguments: Mapping[str, str]
) -> bool:
    try:
        called, read = table.parted(line)
    except UsageError:
        return False
    return called is command and read == dict(arguments)


def _bare(parameter: Parameter, value: str) -> str:
    if parameter.kind is Kind.BLOCK:
        return f"\n{value}"
    return value if parameter.takes_rest else written(value)


def _in_marks(parameter: Parameter, value: str) -> str:
    if parameter.kind is Kind.BLOCK:
        return f"\n```\n{value}\n```"
    return value if parameter.kind is Kind.FIELDS else in_marks(value)
