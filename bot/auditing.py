"""Notes what becomes of commands that not everybody may give, whoever gives them."""

from dataclasses import dataclass, field

from bot.core.commands import Answer, Call, Command, CommandTable, Role
from bot.core.people import Attempt, Outcome
from bot.errors import DeniedError, UsageError

ALSO = frozenset({("vendor", "claim")})
"""Anybody may give it, and it makes an admin."""


@dataclass(slots=True)
class Auditing:
    """Follows one command. What it is about is known as far as it could be read."""

    commands: CommandTable
    _command: Command | None = field(init=False, default=None)
    _outcome: Outcome = field(init=False, default=Outcome.DONE)
    _revision: int | None = field(init=False, default=None)

    def begins(self, line: str) -> None:
        """Note what a line begins with; for what was waiting, that this is about that now."""
        try:
            self._command, _ = self.commands.meant(line)
        except UsageError:
            self._command = None

    def calls(self, call: Call) -> None:
        """Note what is called: what only shows something is no attempt."""
        if call.command.shows and not call.arguments:
            self._command = None

    def ends(self) -> None:
        """Keep nothing of it."""
        self._command = None

    def becomes(self, outcome: Outcome) -> None:
        """Note what became of it."""
        self._outcome = outcome

    def fails(self, error: Exception) -> None:
        """Note that it was not carried out, and why."""
        if isinstance(error, DeniedError):
            self._outcome = Outcome.REFUSED
        elif isinstance(error, UsageError):
            self._outcome = Outcome.USAGE
        else:
            self._outcome = Outcome.FAILED

    def makes(self, answer: Answer) -> None:
        """Note what it changed."""
        self._revision = answer.revision

    @property
    def refused(self) -> bool:
        """Whether it was not carried out because its giver may not."""
        return self._outcome is Outcome.REFUSED

    @property
    def attempt(self) -> Attempt | None:
        """What is to be kept; None for what everybody may do."""
        command = self._command
        if command is None or (command.role is Role.READER and command.path not in ALSO):
            return None
        return Attempt(" ".join(command.path), self._outcome, self._revision)
