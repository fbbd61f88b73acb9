"""Commands that are carried out only once somebody has confirmed them, by a code or a button."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.commands.context import Context
from bot.core.commands import CommandTable, Role
from bot.core.document import Actions, Button, Document, Paragraph, quoted, spoken
from bot.errors import DeniedError, UsageError
from bot.rights import may, refuse_forgeable
from bot.storage.rows import Asked, Settled
from bot.storage.store import Store

OPEN_FOR = timedelta(minutes=10)
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that look like others."""
LENGTH = 4
TRIES = 8
"""Codes that are tried, of nearly a million: more are not taken at once."""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Asks whether a command is meant, and finds what is to be carried out once it is."""

    store: Store
    commands: CommandTable
    clock: Callable[[], datetime]
    rng: Random

    async def ask(self, context: Context, event: str, line: str, preview: Document) -> Document:
        """Let a command wait; give what it would do and how it is confirmed."""
        asker, channel = context.invocation.actor, context.invocation.channel
        codes = ["".join(self.rng.choices(LETTERS, k=LENGTH)) for _ in range(TRIES)]
        waiting = Asked(asker, line, self.clock() + OPEN_FOR)
        code = await self.store.ask(channel, waiting, event, codes)
        how = f"Nothing is done yet. Confirm with `vendor confirm {code}` within 10 minutes."
        buttons = (
            Button("Confirm", f"vendor confirm {code}", "✅"),
            Button("Cancel", f"vendor cancel {code}", "❎"),
        )
        blocks = (*preview.blocks, Paragraph(spoken(how)), Actions(buttons))
        return Document(preview.summary, blocks)

    async def confirmed(
        self, context: Context, event: str, code: str, found: Callable[[str], None]
    ) -> str:
        """Give the line that a code stands for, to be carried out now; raise UsageError if none.

        `found` is called with it first, whether it may be carried out or not.
        """
        return await self._settle(context, event, code, Settled.CONFIRMED, found)

    async def cancel(
        self, context: Context, event: str, code: str, found: Callable[[str], None]
    ) -> None:
        """Let a command not be carried out; raise UsageError if it does not wait."""
        await self._settle(context, event, code, Settled.CANCELLED, found)

    async def _settle(
        self,
        context: Context,
        event: str,
        code: str,
        settled: Settled,
        found: Callable[[str], None],
    ) -> str:
        invocation = context.invocation
        refuse_forgeable(invocation)
        code = code.casefold()
        asked = await self.store.asked(invocation.channel, code)
        if asked is None:
            raise UsageError(
                f"Nothing waits here under {quoted(code)}. After 10 minutes a command has to be "
                "given again."
            )
        found(asked.line)
        again = asked.used_by == event
        if asked.settled is not None and not again:
            raise UsageError(f"That was {asked.settled} already; nothing was done.")
        if not await self._is_theirs(context, asked):
            raise DeniedError("Only whoever gave that command may do this; nothing was done.")
        if not await self.store.settle(invocation.channel, code, event, settled, self.clock()):
            raise UsageError("That has expired; give the command again. Nothing was done.")
        return asked.line

    async def _is_theirs(self, context: Context, asked: Asked) -> bool:
        """Say whether somebody may confirm: the asker, or whoever sees after the channel."""
        if asked.actor == context.invocation.actor:
            return True
        call = self.commands.read(asked.line, context.words)
        if (await context.role()).reaches(Role.CURATOR):
            return await may(context, call)
        return call.command.local and await may(context, call)
