"""Commands, declared once: a typed function is the syntax, the help and the documentation.

Every platform, the help text and the README's table come from one `CommandTable`. Reading a line
is pure; carrying it out is the shell's.
"""

import inspect
import shlex
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeVar, get_type_hints

from bot.core.document import Bullets, Document, Item, Paragraph, Typed, quoted, words
from bot.core.mention import Channel
from bot.errors import UsageError

Rest = NewType("Rest", str)
"""A parameter that takes the rest of the line as it stands."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command comes to: what its giver is told, all of the channel where it is `shared`.

    `posts` goes to other channels, or to this one for all to see. Without `document` nothing is
    said.
    """

    document: Document | None
    shared: bool = False
    posts: tuple[tuple[Channel, Document], ...] = ()


Handler = Callable[..., Awaitable[Document | Answer]]
Preview = Callable[..., Awaitable[Document | None]]
H = TypeVar("H", bound=Handler)

# Phones and word processors write these for the plain ones.
_PLAIN = str.maketrans("“”„«»‘’\u00a0\u2007\u202f", '"""""\'\'   ')


class Role(StrEnum):
    """Who may use a command."""

    READER = "reader"
    CURATOR = "curator"
    ADMIN = "admin"

    def reaches(self, needed: "Role") -> bool:
        """Whether whoever has this role may do what `needed` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command."""

    name: str
    takes_rest: bool
    required: bool

    def __str__(self) -> str:
        return f"<{self.name}>" if self.required else f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the words that call it, its parameters and what it does.

    A `long` answer gets a page of its own where a platform has such. One that is not `listed` is
    given by buttons and the like, and no help speaks of it. A `local` one whoever moderates a
    channel may use for that channel, whatever their role. One that `shows` anybody may give without
    arguments: then it says how things are, and changes nothing. What `preview` (the context and the
    same arguments) says it would do is to be confirmed first; None: nothing is.
    """

    path: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    help: str
    role: Role
    handler: Handler
    long: bool = False
    listed: bool = True
    local: bool = False
    preview: Preview | None = None
    shows: bool = False

    @property
    def usage(self) -> str:
        """How it is typed: `vendor list [tag]`."""
        return " ".join((*self.path, *map(str, self.parameters)))


@dataclass(frozen=True, slots=True)
class Call:
    """A command and the arguments to call its handler with, after the context."""

    command: Command
    arguments: dict[str, str]


class CommandTable:
    """All commands there are."""

    def __init__(self) -> None:
        self._commands: dict[tuple[str, ...], Command] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def command(  # noqa: PLR0913 - each says something else of it, and has a default
        self,
        path: str,
        *,
        role: Role = Role.READER,
        long: bool = False,
        listed: bool = True,
        local: bool = False,
        preview: Preview | None = None,
        shows: bool = False,
    ) -> Callable[[H], H]:
        """Declare a command; raise TypeError if its function lacks a docstring or is untyped."""

        def declare(handler: H) -> H:
            help_ = (inspect.getdoc(handler) or "").split("\n", 1)[0]
            if not help_:
                raise TypeError(f"command {path!r} has no docstring")
            key = tuple(path.split())
            if key in self._commands:
                raise TypeError(f"command {path!r} is declared twice")
            self._commands[key] = Command(
                key, _parameters(handler), help_, role, handler, long, listed, local, preview, shows
            )
            return handler

        return declare

    @property
    def first_words(self) -> frozenset[str]:
        """The words a line must start with to be a command."""
        return frozenset(path[0] for path in self._commands)

    def read(self, line: str) -> Call:
        """Make out which command a line gives; raise UsageError with what to type instead."""
        command, rest = self._parted(line)
        return Call(command, _arguments(command, rest))

    def meant(self, line: str) -> tuple[Command, tuple[Parameter, ...]]:
        """Give the command that a line begins with, and the parameters that it still needs.

        For platforms that can ask for what is missing. Raise UsageError if there is no such
        command.
        """
        command, rest = self._parted(line)
        given = len(_words_of(rest))
        return command, tuple(each for each in command.parameters[given:] if each.required)

    def _parted(self, line: str) -> tuple[Command, str]:
        line = plain_line(line)
        said = line.split(" ")
        for length in range(len(said), 0, -1):
            command = self._commands.get(tuple(word.lower() for word in said[:length]))
            if command is not None:
                return command, " ".join(said[length:])
        raise UsageError(f"There is no command {quoted(said[0])}. Type `vendor help`.")

    def help(self) -> Document:
        """Say what can be typed."""
        listed = [command for command in self if command.listed]
        items = tuple(Item(words(Typed(each.usage), f": {each.help}")) for each in listed)
        lead = Paragraph(words("What you can type:"))
        return Document("What you can type", (lead, Bullets(items)))


def plain_line(text: str) -> str:
    """Give a text as a command line has it: in one line, with plain quotation marks and spaces."""
    return " ".join(text.translate(_PLAIN).split())


def _parameters(handler: Handler) -> tuple[Parameter, ...]:
    hints = get_type_hints(handler)
    declared = list(inspect.signature(handler).parameters.values())[1:]
    parameters = []
    for each in declared:
        hint = hints.get(each.name)
        if hint not in (str, Rest, str | None):
            raise TypeError(f"parameter {each.name!r} has a type that no command can read: {hint}")
        required = each.default is inspect.Parameter.empty
        parameters.append(Parameter(each.name, hint is Rest, required))
    return tuple(parameters)


def _arguments(command: Command, text: str) -> dict[str, str]:
    """Share a line's remaining words out among a command's parameters."""
    said = _words_of(text)
    arguments: dict[str, str] = {}
    for parameter in command.parameters:
        if not said:
            if parameter.required:
                raise UsageError(f"That needs a {parameter.name}. Type `{command.usage}`.")
            return arguments
        if parameter.takes_rest:
            arguments[parameter.name] = " ".join(said)
            return arguments
        arguments[parameter.name] = said.pop(0)
    if said:
        more = quoted(" ".join(said))
        raise UsageError(f"{more} is more than it takes. Type `{command.usage}`.")
    return arguments


def _words_of(text: str) -> list[str]:
    """Part a line into words; what stands in quotation marks is one."""
    try:
        return shlex.split(text) if '"' in text else text.split()
    except ValueError:
        return text.replace('"', " ").split()
