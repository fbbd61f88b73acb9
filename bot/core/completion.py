"""How a line that somebody has begun to type may go on. Pure."""

from collections.abc import Iterator
from datetime import date

from bot.core.arguments import Kind, Known, Parameter
from bot.core.commands import Command, CommandTable
from bot.core.mention import Channel
from bot.core.reading import shared_out
from bot.core.watchlist import Watchlist
from bot.errors import UsageError

MOST = 200
"""Lines that are given; who sees more types on."""
_ALWAYS: dict[Kind, tuple[str, ...]] = {
    Kind.CHANNEL: ("here",),
    Kind.DATE: ("today",),
    Kind.DURATION: ("1h", "1d", "7d", "2 weeks"),
}


def completions(table: CommandTable, watchlist: Watchlist, text: str) -> tuple[str, ...]:
    """Give the lines that a line may become next, in order; each begins as it does.

    A command's words come one at a time, an argument whole. Case does not count.
    """
    found = {*_paths(table, text), *_arguments(table, watchlist, text)}
    return tuple(sorted(found - {text})[:MOST])


def _paths(table: CommandTable, text: str) -> Iterator[str]:
    """Give the line with its last word made one of a command's words."""
    begun = "" if text[-1:].isspace() else (text.split() or [""])[-1]
    start = text[: len(text) - len(begun)]
    path = tuple(start.casefold().split())
    listed = [each for each in table if each.listed and each.path[: len(path)] == path]
    further = [each.path[len(path)] for each in listed if len(each.path) > len(path)]
    for word in further:
        if word.startswith(begun.casefold()):
            yield f"{start}{word}{' ' if _goes_on(listed, (*path, word)) else ''}"


def _goes_on(commands: list[Command], path: tuple[str, ...]) -> bool:
    """Whether something can follow the words."""
    same = [each for each in commands if each.path[: len(path)] == path]
    return any(each.path != path or each.parameters for each in same)


def _arguments(table: CommandTable, watchlist: Watchlist, text: str) -> Iterator[str]:
    """Give the line with the argument that it ends in made whole."""
    known = Known(watchlist.find, Channel("", ""), lambda channel: channel, date.min)
    try:
        command, at = table.called(text)
        given, _ = shared_out(command.parameters, text, at, known)
    except UsageError:
        return
    if not text[at:][:1].isspace():
        return  # the command's own last word is being typed
    for parameter in command.parameters:
        at += len(text[at:]) - len(text[at:].lstrip())
        begun = text[at:]
        options = _options(parameter, watchlist, begun)
        more = "" if parameter is command.parameters[-1] else " "
        if options:
            yield from (f"{text[:at]}{each}{more}" for each in options)
            return
        if parameter.takes_rest:
            yield from _with_a_word(parameter, text, at)
        if parameter.name not in given:
            return
        at = given[parameter.name].end


def _options(parameter: Parameter, watchlist: Watchlist, begun: str) -> list[str]:
    """Give what a parameter may be that begins so, and is longer."""
    kind = parameter.like
    some: tuple[str, ...] = parameter.choices or _ALWAYS.get(kind, ())
    if kind is Kind.VENDOR:
        some = _names(watchlist, every=bool(begun))
    low = begun.casefold()
    return [each for each in some if each.casefold().startswith(low) and each.casefold() != low]


def _names(watchlist: Watchlist, *, every: bool) -> tuple[str, ...]:
    """Give what vendors are called: one name each, or `every` one of them."""
    vendors = watchlist.vendors.values()
    if not every:
        return tuple(each.id for each in vendors)
    named = ((each.id, each.name, *(name.value for name in each.names)) for each in vendors)
    return tuple(name for names in named for name in names)


def _with_a_word(parameter: Parameter, text: str, at: int) -> Iterator[str]:
    """Give the line with its last word made one that the rest may have."""
    last = "" if text[-1:].isspace() else (text[at:].split() or [""])[-1]
    for each in parameter.words:
        if each.startswith(last.casefold()) and each != last:
            yield f"{text[: len(text) - len(last)]}{each}"
