"""Answers commands: takes them from the inbox, carries them out, queues what they say.

A command stays in the inbox until its answer is in the outbox, so a crash in between loses neither;
it is then carried out again.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Protocol

import structlog

from bot.auditing import Auditing
from bot.commands.context import Context
from bot.commands.edited import edited
from bot.confirmations import Confirmations
from bot.core.commands import Answer, Call, CommandTable
from bot.core.document import Document, said
from bot.core.limits import Allowance
from bot.core.mention import Channel, Invocation
from bot.core.people import Outcome
from bot.core.refused import RefusedError
from bot.errors import BotError, DeniedError, StorageError, UsageError
from bot.rights import allow
from bot.storage.rows import Command
from bot.storage.store import Store

log = structlog.get_logger()
LEASE = timedelta(seconds=60)
LONGEST_SLEEP_S = 2.0
"""How long a command that another process kept waits for somebody to look."""
MOST_ATTEMPTS = 3
"""A command that ends the process each time is answered without being tried a fourth time."""
AFTER_FAILURE_S = 5.0
AT_ONCE = 4
"""Commands that are answered beside each other: a page may take long, and others wait for less."""
GRACE_S = 4.0
"""What a command that was begun has to come to an end."""


class Asides(Protocol):
    """Gives the `reply_to` of an answer for its asker alone, as `Platform.aside` does."""

    def __call__(self, channel: Channel, *, anew: bool) -> str | None:
        """Give it; None if it goes where others go."""


def _as_others(channel: Channel, *, anew: bool) -> None:
    """Let an answer go where others go."""


@dataclass(slots=True)
class Clerk:
    """Answers commands, those of one person in a channel one after another.

    `answered` is called when an answer has been queued.

    `pages` shares an answer out among the messages that it takes in a channel; `aside` says how one
    goes to its asker alone. Whoever asks too often, or for what they may not do, is told so.
    """

    store: Store
    commands: CommandTable
    context: Callable[[Invocation], Awaitable[Context]]
    clock: Callable[[], datetime]
    answered: Callable[[], None]
    pages: Callable[[Channel, Document], tuple[Document, ...]] = lambda _, whole: (whole,)
    aside: Asides = _as_others
    allowance: Allowance = field(default_factory=Allowance)
    rng: Random = field(default_factory=SystemRandom)
    confirmations: Confirmations = field(init=False)
    _idle: dict[asyncio.Event, None] = field(init=False, default_factory=dict)
    _ending: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.confirmations = Confirmations(self.store, self.commands, self.clock, self.rng)

    def nudge(self) -> None:
        """Say that there is a command."""
        woken = next((each for each in self._idle if not each.is_set()), None)
        if woken is not None:
            woken.set()

    async def run(self) -> None:
        """Answer until cancelled; a command that was begun is then brought to its end."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        woken = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            answering: asyncio.Task[None] | None = None
            try:
                while True:
                    woken.clear()
                    answering = group.create_task(self._answer_all())
                    await asyncio.shield(answering)
                    await self._rest(woken)
            except asyncio.CancelledError:
                self._ending = True
                if answering is not None:
                    await asyncio.wait({answering}, timeout=GRACE_S)
                raise

    async def _rest(self, woken: asyncio.Event) -> None:
        """Wait for a nudge. One looks by itself now and then, the others have been told of it."""
        longest = LONGEST_SLEEP_S if not self._idle else LONGEST_SLEEP_S * AT_ONCE
        self._idle[woken] = None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(longest):
                    await woken.wait()
        finally:
            del self._idle[woken]

    async def _answer_all(self) -> None:
        """Answer what there is; whatever goes wrong is logged."""
        try:
            while not self._ending and await self.answer_one():
                pass
        except StorageError as error:
            log.error("inbox out of reach", reason=str(error), retry_in_s=AFTER_FAILURE_S)
            await asyncio.sleep(AFTER_FAILURE_S)
        except Exception:
            log.exception("the clerk stumbled", retry_in_s=AFTER_FAILURE_S)
            await asyncio.sleep(AFTER_FAILURE_S)

    async def answer_one(self) -> bool:
        """Answer the oldest command; say False if there is none."""
        command = await self.store.take_command(self.clock(), LEASE)
        if command is None:
            return False
        self.nudge()  # there may be more, and this one may take long
        audit = Auditing(self.commands)
        answer = await self._answer(command, audit)
        pages = () if answer.document is None else self.pages(command.channel, answer.document)
        command = self._placed(command, answer, audit)
        await self.store.people.answer(command, answer, self.clock(), pages, audit.attempt)
        self.answered()
        return True

    def _placed(self, command: Command, answer: Answer, audit: Auditing) -> Command:
        """Say of a command that its answer goes to its giver alone, if it is to."""
        if not answer.aside or command.reply_to is not None:
            return command
        return replace(command, reply_to=self.aside(command.channel, anew=not audit.refused))

    async def _answer(self, command: Command, audit: Auditing) -> Answer:
        """Carry a command out; whatever happens the asker gets an answer."""
        audit.begins(command.line)
        if command.attempts > MOST_ATTEMPTS:
            audit.becomes(Outcome.FAILED)
            return _told("That did not work: the bot stopped each time it tried.")
        invocation = Invocation(
            command.channel,
            command.message,
            command.actor,
            command.line,
            command.thread,
            command.reply_to,
            command.on,
            command.revises,
            command.doubt,
        )
        try:
            made = await self._carry_out(command, invocation, audit)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            audit.fails(error)
            if isinstance(error, RefusedError):
                return Answer(error.document)
            # Nobody knows who that is, so the one whose name they use is not written to.
            somebody = invocation.doubt or invocation.forgeable
            return replace(_told(_why(error)), aside=audit.refused and not somebody)
        answer = made if isinstance(made, Answer) else Answer(made)
        audit.makes(answer)
        return answer

    async def _carry_out(
        self, command: Command, invocation: Invocation, audit: Auditing
    ) -> Document | Answer:
        """Do what a command says, if its giver may. Raise UsageError."""
        channel = invocation.channel
        if command.attempts == 1 and invocation.actor:  # what nobody asked for takes no turn
            asker = f"{channel.platform} {channel.team} {invocation.actor}"
            wait = self.allowance.wait(asker, self.clock())
            if wait is not None:
                seconds = math.ceil(wait.total_seconds())
                audit.ends()  # a flood of commands must not be one of rows
                raise UsageError(f"That is more than I can answer; try again in {seconds} s.")
        if invocation.doubt:
            raise DeniedError(invocation.doubt)
        context = await self._context(command, invocation, audit)
        call = self.commands.read(command.line, context.words)
        audit.calls(call)
        await allow(context, call)
        preview = call.command.preview
        shown = None if preview is None else await preview(context, **call.arguments)
        if shown is not None:
            audit.becomes(Outcome.ASKED)
            return await self.confirmations.ask(context, command.event, command.line, shown)
        made = await _made(context, call, again=command.attempts > 1)
        if context.alone and isinstance(made, Answer):
            posts = tuple(each for each in made.posts if each[0].key != channel.key)
            made = replace(made, posts=posts)
        if call.command.aside:
            made = replace(made if isinstance(made, Answer) else Answer(made), aside=True)
        return made

    async def _context(self, command: Command, invocation: Invocation, audit: Auditing) -> Context:
        """Give a command's surroundings, in which it can confirm another one."""
        context = await self.context(invocation)

        async def confirm(code: str) -> Document | Answer:
            line = await self.confirmations.confirmed(context, command.event, code, audit.begins)
            call = self.commands.read(line, context.words)
            await allow(context, call)  # which may have changed meanwhile
            return await call.command.handler(context, **call.arguments)

        async def cancel(code: str) -> None:
            await self.confirmations.cancel(context, command.event, code, audit.begins)
            audit.becomes(Outcome.CANCELLED)

        return replace(context, confirm=confirm, cancel=cancel)


async def _made(context: Context, call: Call, *, again: bool) -> Document | Answer:
    """Carry a command out. One whose edit was made before, and its answer lost, tells of that."""
    try:
        return await call.command.handler(context, **call.arguments)
    except UsageError:
        done = await context.edits.before() if again else None
        if done is None:
            raise
        return edited(context, done, "That is done")


def _why(error: Exception) -> str:
    """Say why a command was not carried out; what the asker cannot mend is logged."""
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, BotError):
        log.error("command failed", error=str(error))
        return f"That did not work: {error}"
    log.error("command failed", exc_info=error)
    return "That did not work, and it is the bot's fault. Its log says why."


def _told(text: str) -> Answer:
    return Answer(said(text))
