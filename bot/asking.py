"""Asks for what a command lacks, and tries a line before it is given. Nothing is kept or changed.

A platform that draws a form for a command has it from here, filled with what stands now; what was
filled in comes back as the command's line and is tried by the command itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.commands.context import Context
from bot.core.commands import CommandTable
from bot.core.editing.done import TriedError
from bot.core.editing.tree import Fault
from bot.core.forms import Form
from bot.core.mention import Invocation
from bot.core.refused import RefusedError
from bot.errors import DeniedError, UsageError
from bot.rights import allow


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks on behalf of commands. `context` gives a command's surroundings."""

    commands: CommandTable
    context: Callable[[Invocation], Awaitable[Context]]

    async def form(self, invocation: Invocation) -> Form | None:
        """Give the form by which a line's command asks for the rest.

        None if it asks for nothing or if the line makes no sense, which its answer says best. Raise
        DeniedError if it is not for whoever gives it.
        """
        try:
            asks = self.commands.meant(invocation.line)[0].form
            if asks is None:
                return None
            context = await self.context(invocation)
            call = self.commands.begun(invocation.line, context.words)
            await allow(context, call)
            return await asks(context, **call.arguments)
        except DeniedError:
            raise
        except UsageError:
            return None

    async def faults(self, invocation: Invocation) -> tuple[Fault, ...]:
        """Say what would keep a line from being carried out; nothing if it would be.

        Of a command without a form nothing is known before. Raise DeniedError.
        """
        context = await self.context(invocation)
        try:
            call = self.commands.read(invocation.line, context.words)
            if call.command.form is None:
                return ()
            await allow(context, call)
            trial = replace(context, edits=context.edits.tried())
            await call.command.handler(trial, **call.arguments)
        except TriedError:
            return ()
        except DeniedError:
            raise
        except RefusedError as error:
            return error.faults or (Fault((), str(error)),)
        except UsageError as error:
            return (Fault((), str(error)),)
        return ()
