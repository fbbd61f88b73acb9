"""Forms of a command's own: opened with what stands now, tried before the command is given.

Slack is answered within three seconds and shows errors at their fields until the form is closed;
what takes longer to try is given as it is, and its answer says what was wrong.
"""

import asyncio
from dataclasses import dataclass, replace

import structlog

from bot.core.commands import Command, CommandTable
from bot.core.forms import Form, arguments, placed, wrong
from bot.core.mention import Invocation
from bot.errors import BotError, DeniedError, UsageError
from bot.platforms.base import Inbox
from bot.platforms.slack.forms import NO_COMMAND, UNREADABLE, Errors, composed
from bot.platforms.slack.told import Begun, Submitted
from bot.platforms.slack.where import Place
from bot.platforms.slack.windows import View, asking

log = structlog.get_logger()

ASKED_S = 0.8
"""Seconds that making a form may take, making the next one, and trying what was filled in."""
MOST_TOLD = 1_000
"""Characters of what is said at a field."""
CHANGED = (
    "What this is about is not there any more. Nothing was changed; close this and look again."
)
BUSY = "The bot is busy, so nothing was changed. Please send this again in a moment."
SAME = "Nothing is filled in or changed yet."


@dataclass(frozen=True, slots=True)
class Next:
    """What is asked for next, in the same window."""

    view: View


@dataclass(frozen=True, slots=True)
class Filling:
    """Draws the forms that commands have, and reads what was filled in."""

    inbox: Inbox
    commands: CommandTable

    async def drawn(self, invocation: Invocation) -> View | None:
        """Draw the form that a line's command has; None if it has none or nothing is asked.

        Raise DeniedError if the command is not for whoever gives it.
        """
        try:
            form = await self._form(invocation)
        except DeniedError:
            raise
        except (BotError, TimeoutError) as error:
            log.warning("a form was not made", error=_said(error))
            return None
        return None if form is None else self._view(form, invocation)

    async def read(self, submitted: Submitted) -> tuple[Command, str] | Errors | Next:
        """Give the line that a form stands for, what is asked for next, or what is wrong where."""
        try:
            return await self._read(submitted)
        except DeniedError as error:
            return _all_at_first(submitted, str(error))
        except (BotError, TimeoutError) as error:
            log.warning("a form was not read", error=_said(error))
            return _all_at_first(submitted, BUSY)

    async def _read(self, submitted: Submitted) -> tuple[Command, str] | Errors | Next:
        begun = submitted.begun
        command = self.commands.get(" ".join(begun.path))
        if command is None:
            return _all_at_first(submitted, NO_COMMAND)
        before = composed(self.commands, command, begun.given) or ""
        form = await self._form(replace(submitted.invocation, line=before))
        if form is None:
            return _all_at_first(submitted, CHANGED)
        line = self._line(command, form, submitted)
        if isinstance(line, dict):
            return line
        invocation = replace(submitted.invocation, line=line)
        following = await self.drawn(invocation)
        if following is not None:
            return Next(following)
        return await self._tried(invocation, form, submitted) or (command, line)

    def _line(self, command: Command, form: Form, submitted: Submitted) -> str | Errors:
        """Give the line that comes of what was filled in, or what is plainly wrong with it."""
        begun, values = submitted.begun, submitted.values
        errors = wrong(form, values)
        if errors:
            return errors
        given = arguments(form, values, submitted.shown, begun.seen)
        if given is None:
            return _all_at_first(submitted, SAME)
        line = composed(self.commands, command, {**begun.given, **given})
        return line or dict.fromkeys(values, UNREADABLE)

    async def _tried(self, invocation: Invocation, form: Form, submitted: Submitted) -> Errors:
        """Say at each field what would keep a line from being carried out; nothing if nothing."""
        try:
            async with asyncio.timeout(ASKED_S):
                faults = await self.inbox.tries(invocation)
        except DeniedError:
            raise
        except (BotError, TimeoutError) as error:
            log.warning("a form was not tried", error=_said(error))
            return {}
        told = placed(form, faults, submitted.values)
        return {name: each[:MOST_TOLD] for name, each in told.items()}

    async def _form(self, invocation: Invocation) -> Form | None:
        """Have a form made; raise BotError or TimeoutError if that fails."""
        try:
            command, _ = self.commands.meant(invocation.line)
        except UsageError:
            return None
        if command.form is None:
            return None
        async with asyncio.timeout(ASKED_S):
            return await self.inbox.asks(invocation)

    def _view(self, form: Form, invocation: Invocation) -> View | None:
        command, given = self.commands.parted(invocation.line)
        place = Place(invocation.channel, invocation.thread, invocation.on)
        return asking(form, Begun(command.path, given, own=True, seen=form.seen), place)


def _all_at_first(submitted: Submitted, told: str) -> Errors:
    """Say something at the first field."""
    return dict.fromkeys([*submitted.values][:1], told)


def _said(error: Exception) -> str:
    return str(error) or "no answer in time"
