"""Commands, declared once: a typed function is the syntax, the help and the documentation.

Every platform, the help text and the README's table come from one `CommandTable`. Reading a line
is pure; carrying it out is the shell's.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.core.arguments import (
    STRANGER,
    Block,
    Explained,
    Fields,
    Kind,
    Known,
    Parameter,
    Rest,
    Url,
    WhichVendorError,
    parameters_of,
)
from bot.core.clean import shortened
from bot.core.document import Document, quoted
from bot.core.forms import Form
from bot.core.line import evened, first_words, plain_line
from bot.core.mention import Channel
from bot.core.reading import arguments, shared_out
from bot.core.spelling import nearest
from bot.errors import UsageError

__all__ = [
    "Answer",
    "Block",
    "Call",
    "Command",
    "CommandTable",
    "Explained",
    "Fields",
    "Kind",
    "Known",
    "Parameter",
    "Rest",
    "Role",
    "Topic",
    "Url",
    "WhichVendorError",
    "plain_line",
]

LONGEST_SHOWN = 80
"""Characters of what was typed wrong that are said back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command comes to: what its giver is told, all of the channel where it is `shared`.

    `posts` goes to other channels, or to this one for all to see. Without `document` nothing is
    said. `revision` is the number of the change that it made to the watchlist, if it made one.
    `aside`: it is for its giver's eyes alone, where a platform shows answers to all as well.
    """

    document: Document | None
    shared: bool = False
    posts: tuple[tuple[Channel, Document], ...] = ()
    revision: int | None = None
    aside: bool = False


Handler = Callable[..., Awaitable[Document | Answer]]
Preview = Callable[..., Awaitable[Document | None]]
Asks = Callable[..., Awaitable[Form | None]]
H = TypeVar("H", bound=Handler)


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
class Command:
    """One command: the words that call it, its parameters and what it does.

    A `long` answer gets a page of its own where a platform has such. One that is not `listed` is
    given by buttons and the like, and no help speaks of it. A `local` one whoever moderates a
    channel may use for that channel, whatever their role. One that `shows` anybody may give without
    arguments: then it says how things are, and changes nothing. What `preview` (the context and the
    same arguments) says it would do is to be confirmed first; None: nothing is. What an `aside` one
    comes to is for its giver's eyes alone on every platform. `form` (the context and the arguments
    that are there) says what it asks for where platforms draw forms, None if that is nothing; such
    a command changes nothing but the watchlist. `help` is one line, `explained` what more there is
    to say.
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
    aside: bool = False
    explained: str = ""
    form: Asks | None = None

    @property
    def usage(self) -> str:
        """How it is typed: `vendor list [tag]`."""
        return " ".join((*self.path, *map(str, self.parameters)))


@dataclass(frozen=True, slots=True)
class Call:
    """A command and the arguments to call its handler with, after the context."""

    command: Command
    arguments: dict[str, object]


@dataclass(frozen=True, slots=True)
class Topic:
    """What some commands are about: those whose path begins with one of `starts`.

    Of several topics the one with the longest such beginning has a command.
    """

    name: str
    about: str
    starts: tuple[str, ...]


class CommandTable:
    """All commands there are, what they are about, and those that people need most."""

    def __init__(self, topics: tuple[Topic, ...] = (), first: tuple[str, ...] = ()) -> None:
        self._commands: dict[tuple[str, ...], Command] = {}
        self._longest = 0
        self.topics = topics
        self.first = first

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
        aside: bool = False,
        form: Asks | None = None,
    ) -> Callable[[H], H]:
        """Declare a command; raise TypeError if its function lacks a docstring or is untyped."""

        def declare(handler: H) -> H:
            help_, _, more = (inspect.getdoc(handler) or "").partition("\n")
            if not help_:
                raise TypeError(f"command {path!r} has no docstring")
            key = tuple(path.split())
            if key in self._commands:
                raise TypeError(f"command {path!r} is declared twice")
            taken = parameters_of(handler)
            self._longest = max(self._longest, len(key))
            self._commands[key] = Command(
                path=key,
                parameters=taken,
                help=help_,
                role=role,
                handler=handler,
                long=long,
                listed=listed,
                local=local,
                preview=preview,
                shows=shows,
                aside=aside,
                explained=more.strip(),
                form=form,
            )
            return handler

        return declare

    @property
    def first_words(self) -> frozenset[str]:
        """The words a line must start with to be a command."""
        return frozenset(path[0] for path in self._commands)

    def get(self, path: str) -> Command | None:
        """Give the command that is called so, whatever the case; None if there is none."""
        return self._commands.get(tuple(path.casefold().split()))

    def topic(self, command: Command) -> str:
        """Give the topic that a command belongs to; an empty string if to none."""
        whole = f"{' '.join(command.path)} "
        starts = [
            (len(start), topic.name)
            for topic in self.topics
            for start in topic.starts
            if whole.startswith(f"{start} ")
        ]
        return max(starts, default=(0, ""))[1]

    def read(self, line: str, known: Known = STRANGER) -> Call:
        """Make out which command a line gives; raise UsageError with what to type instead.

        Where the name of a vendor is unknown, or that of several, it is a WhichVendorError.
        """
        line = evened(line)
        command, at = self.called(line)
        return Call(command, arguments(command.parameters, command.usage, line, at, known))

    def begun(self, line: str, known: Known = STRANGER) -> Call:
        """Make out the command of a line and what is there of its arguments, which may lack some.

        Raise UsageError, perhaps a WhichVendorError, for what cannot be read.
        """
        line = evened(line)
        command, at = self.called(line)
        read = arguments(command.parameters, command.usage, line, at, known, partly=True)
        return Call(command, read)

    def parted(self, line: str) -> tuple[Command, dict[str, str]]:
        """Give the command of a line and what it has for each parameter, as far as it goes.

        For whoever knows no vendor: a name of several words is one only in quotation marks, or at
        the end. Raise UsageError if there is no such command, or more than it takes.
        """
        line = evened(line)
        command, at = self.called(line)
        found, at = shared_out(command.parameters, line, at)
        if line[at:].strip():
            raise UsageError(f"That is more than it takes. Type `{command.usage}`.")
        return command, {name: part.text for name, part in found.items()}

    def meant(self, line: str) -> tuple[Command, tuple[Parameter, ...]]:
        """Give the command that a line begins with, and the parameters that it still needs.

        For platforms that can ask for what is missing. Raise UsageError if there is no such
        command.
        """
        line = evened(line)
        command, at = self.called(line)
        found, _ = shared_out(command.parameters, line, at)
        lacking = (each for each in command.parameters if each.name not in found)
        return command, tuple(each for each in lacking if each.required)

    def called(self, line: str) -> tuple[Command, int]:
        """Give the command with the most words that an even line begins with, and where they end.

        Raise UsageError, with the command that may be meant, if there is none.
        """
        said = first_words(line, 0, self._longest)
        for length in range(len(said), 0, -1):
            path = tuple(word.text.lower() for word in said[:length] if not word.quoted)
            command = self._commands.get(path) if len(path) == length else None
            if command is not None:
                return command, said[length - 1].end
        typed = [word.text for word in said]
        raise UsageError(self._unknown(" ".join(typed), typed[0] if typed else ""))

    def _unknown(self, typed: str, first: str) -> str:
        """Say that there is no such command, and which one may be meant."""
        listed = {" ".join(each.path): each.usage for each in self if each.listed}
        if first.casefold() not in self.first_words:
            return f"There is no command {quoted(shortened(first, LONGEST_SHOWN))}. " + _HELP
        begun = tuple(typed.casefold().split())
        if any(each.path[: len(begun)] == begun for each in self if each.listed):
            path = " ".join(begun)
            return f"{quoted(path)} goes on in several ways. Type `vendor help {path}`."
        meant = nearest(typed.casefold(), listed)
        told = f"There is no command {quoted(shortened(typed, LONGEST_SHOWN))}"
        near = f"; did you mean `{listed[meant]}`? " if meant else ". "
        return told + near + _HELP


_HELP = "Type `vendor help`."
