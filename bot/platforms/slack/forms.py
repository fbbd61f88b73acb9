"""What a command still lacks, and the line that comes of a form that was filled in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.commands import Command, CommandTable, Parameter, plain_line
from bot.errors import UsageError
from bot.platforms.slack.told import Form, Submitted

_STAND_IN = "-"

Errors: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A command and what it still needs."""

    command: Command
    missing: tuple[Parameter, ...]
    form: Form


def lacking(table: CommandTable, line: str) -> Lacking | None:
    """Say what a line lacks to be carried out; None if nothing, or if it makes no sense."""
    try:
        command, missing = table.meant(line)
        if not missing:
            return None
        # What was given is what reads as such once the rest is there too.
        call = table.read(" ".join((line, *(_STAND_IN for _ in missing))))
    except UsageError:
        return None
    if call.command is not command:
        return None
    lacks = {parameter.name for parameter in missing}
    given = {name: value for name, value in call.arguments.items() if name not in lacks}
    return Lacking(command, missing, Form(command.path, given))


def filled(table: CommandTable, submitted: Submitted) -> tuple[Command, str] | Errors:
    """Give the command and the line that a form stands for, or what is wrong with each field."""
    command = next((each for each in table if each.path == submitted.form.path), None)
    values = {name: plain_line(value) for name, value in submitted.values.items()}
    if command is None:
        return dict.fromkeys(values, "There is no such command any more.")
    empty = [name for name, value in values.items() if not value]
    if empty:
        return dict.fromkeys(empty, "Please fill this in.")
    line = composed(table, command, {**submitted.form.given, **values})
    if line is None:
        return dict.fromkeys(values, "This cannot be read; try it without quotation marks.")
    return command, line


def composed(table: CommandTable, command: Command, arguments: Mapping[str, str]) -> str | None:
    """Write the line that reads as this command with these arguments; None if none does."""
    values = [arguments[each.name] for each in command.parameters if each.name in arguments]
    for written in (values, list(map(_quoted, values))):
        line = " ".join((*command.path, *written))
        if _reads_as(table, line, command, arguments):
            return line
    return None


def _reads_as(
    table: CommandTable, line: str, command: Command, arguments: Mapping[str, str]
) -> bool:
    try:
        call = table.read(line)
    except UsageError:
        return False
    return call.command is command and call.arguments == dict(arguments)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
