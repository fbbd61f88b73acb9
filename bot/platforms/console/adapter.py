"""A chat in the terminal: channels, people and threads, with no account and no network.

Typed lines are messages; lines that start with a command's first word are commands; `/as`,
`/join`, `/thread`, `/say`, `/help` and `/quit` steer the chat itself; a number chooses what a card
offers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.core.clean import clean
from bot.core.commands import Role
from bot.core.document import Actions, Document
from bot.core.mention import Channel, Invocation, Message, Receipt
from bot.errors import BotError
from bot.platforms.base import Inbox, Redelivery
from bot.platforms.console.keyboard import Complete, Keyboard
from bot.platforms.console.pasted import FENCE, Pasted
from bot.platforms.console.render import parts

HELP = (
    "Type a message, or a command: vendor help",
    "/as NAME speak as somebody else · /join #CHANNEL go elsewhere",
    "/thread N answer in the thread of message N, /thread leaves it",
    "/say TEXT say a line that would be a command · /quit",
    "/edit N TEXT let message N read otherwise · /delete N",
    "A number on its own chooses what a card offers.",
    "A line that ends in ``` begins a block, which a line ``` ends: watchlist edit ```",
)
CHOICES_KEPT = 200


@dataclass(slots=True)
class _Place:
    """Who is speaking where."""

    user: str
    channel: str
    thread: str | None = None


@dataclass(slots=True)
class ConsolePlatform:
    """The console as a chat platform.

    `lines` gives what is typed, without line ends; it ends when the conversation does. A `keyboard`
    that they come from shows the prompt. `echo`
    prints each line as the prompt would have shown it, for input that does not come from a
    keyboard. With `keep_open` the end of the input does not end the conversation: posts go on.
    """

    lines: AsyncIterator[str]
    screen: Console
    commands: frozenset[str]
    clock: Callable[[], datetime]
    channel: str = "#general"
    user: str = "you"
    echo: bool = False
    keep_open: bool = False
    keyboard: Keyboard | None = None
    name: str = "console"
    redelivery: Redelivery = Redelivery.BLIND
    private_answers: bool = True
    _place: _Place = field(init=False)
    _said: int = field(init=False, default=0)
    _posted: int = field(init=False, default=0)
    _choices: dict[int, tuple[str, str | None]] = field(init=False, default_factory=dict)
    _next_choice: int = field(init=False, default=1)
    _documents: dict[str, Document] = field(init=False, default_factory=dict)
    _prompting: bool = field(init=False, default=False)
    _pasted: Pasted = field(init=False, default_factory=Pasted)
    _session: str = field(init=False)

    def __post_init__(self) -> None:
        self._place = _Place(self.user, self.channel)
        # A message keeps its id for ever, so the counter alone would repeat in the next session.
        self._session = f"{self.clock():%Y%m%d%H%M%S%f}"

    async def run(self, inbox: Inbox) -> None:
        """Read lines until they end or somebody types /quit."""
        if not self.echo:
            self._prompt()
        async for line in self.lines:
            self._prompting = False
            if line.strip() == "/quit" and not self._pasted.is_open:
                return
            if self.echo:
                await self.type(inbox, line)
            else:
                await self._take(inbox, line)
                self._prompt()
        if self._pasted.is_open:
            self._say(f"The block was not ended by {FENCE}, so nothing was done with it.")
        if self.keep_open:
            await asyncio.Event().wait()

    async def type(self, inbox: Inbox, line: str) -> None:
        """Take a line as if somebody typed it here: show it at the prompt, then hear it."""
        self.screen.print(self._lead(), end="")
        indent = len(line) - len(line.lstrip()) if self._pasted.is_open else 0
        self.screen.print(Text(" " * indent + clean(line).strip()))
        await self._take(inbox, line)

    async def _take(self, inbox: Inbox, line: str) -> None:
        """Take a line that may be one of several."""
        whole = self._pasted.take(line)
        if whole is not None:
            await self.hear(inbox, whole)

    async def hear(self, inbox: Inbox, line: str) -> None:
        """Take one typed line, or a whole block, and hand in what it is."""
        first = line.split(maxsplit=1)[0].lower() if line else ""
        if not line:
            return
        try:
            await self._hand_in(inbox, first, line)
        except BotError as error:
            told = f"That could not be recorded and was not looked at: {error}"
            self.screen.print(Text(clean(told), style="bold red"))

    async def _hand_in(self, inbox: Inbox, first: str, line: str) -> None:
        if line.isascii() and line.isdigit() and int(line) in self._choices:
            await inbox.on_command(self._invocation(*self._choices[int(line)]))
        elif first == "/say" or not (first.startswith("/") or first in self.commands):
            await inbox.on_message(self._message(line.removeprefix("/say").strip()))
        elif first == "/edit":
            await self._edited(inbox, line[len(first) :].strip())
        elif first == "/delete":
            channel = Channel(self.name, self._place.channel)
            await inbox.on_delete(channel, self._id(line[len(first) :].strip()))
        elif first.startswith("/"):
            self._steer(first, line[len(first) :].strip())
        else:
            await inbox.on_command(self._invocation(line))

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Print a document where it belongs; what has been printed cannot fail to be delivered."""
        del key
        self._posted += 1
        number = thread.rsplit(".", 1)[-1] if thread else ""
        where = f"{channel.id} · in the thread of message {number}" if thread else channel.id
        id_ = f"post-{self._session}.{self._posted}"
        self._show(f"VendorWatch → {where}", document, indent=4 if thread else 0, on=id_)
        self._keep(id_, document)
        return Receipt(message_id=id_)

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Find nothing: what a terminal showed is not kept."""
        del channel, key, thread
        return None

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Print how a message begins and what is new in it: what was shown cannot be changed."""
        del key
        before = self._documents.get(message_id)
        known = () if before is None else before.blocks
        new = tuple(each for each in document.blocks[1:] if each not in known)
        changed = replace(document, blocks=(*document.blocks[:1], *new)) if new else document
        self._show(f"VendorWatch → {channel.id} · {message_id} now reads", changed, 0, message_id)
        self._keep(message_id, document)

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Say that a message is taken back."""
        del key
        self._say(f"VendorWatch → {channel.id} · {message_id} is taken back")

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Say in a line what a mark would."""
        del key
        number = message_id.rsplit(".", 1)[-1]
        self._show(
            f"VendorWatch → {channel.id} · 👁 on message {number}", document, indent=0, on=None
        )

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Leave an answer whole: a terminal scrolls."""
        return (document,)

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> None:
        """Print the answer to a command."""
        del key
        to = invocation.channel.id if shared else f"{invocation.actor}, privately"
        self._show(f"VendorWatch → {to}", document, indent=0, on=None)

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Whoever sits at the terminal runs the bot."""
        del channel, actor, groups
        return Role.ADMIN

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Whoever sits at the terminal runs the bot."""
        del channel, actor
        return True

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """There are none."""
        del actor, team
        return frozenset()

    def managers(self) -> str:
        """Say who is in charge."""
        return "Whoever sits at the terminal is an admin."

    def person(self, text: str) -> str | None:
        """Take any name, as `/as` does."""
        return text.removeprefix("@") or None

    def aside(self, channel: Channel, *, anew: bool) -> None:
        """Need no other place: nobody else is at the terminal."""

    def is_direct(self, channel: Channel) -> bool:
        """Nobody is alone here."""
        del channel
        return False

    def facts(self) -> Sequence[str]:
        """Tell nothing."""
        return ()

    async def check(self) -> list[str]:
        """Find nothing wrong: a terminal needs no token."""
        return []

    def complete_with(self, complete: Complete) -> None:
        """Take what completes a line that is being typed."""
        if self.keyboard is not None:
            self.keyboard.complete = complete

    def _say(self, text: str) -> None:
        waiting = self._prompting
        if waiting:
            self.screen.print()
        self.screen.print(Padding(Text(clean(text), style="dim"), (1, 0, 1, 0)))
        if waiting:
            self._prompt()

    def _show(self, lead: str, document: Document, indent: int, on: str | None) -> None:
        width = max(40, min(self.screen.width, 110) - indent)
        drawn = [*parts(document, width, first_choice=self._next_choice)]
        for block in document.blocks:
            if isinstance(block, Actions):
                self._offer([(button.line, on) for button in block.buttons])
        waiting = self._prompting
        if waiting:
            self.screen.print()
        self.screen.print(Padding(Text(clean(lead), style="dim"), (1, 0, 0, indent)))
        for part in drawn:
            if isinstance(part, Text):
                self.screen.print(part, soft_wrap=True)  # whole lines, to be copied
            else:
                self.screen.print(Padding(part, (0, 0, 0, indent)))
        self.screen.print()
        if waiting:
            self._prompt()

    def _keep(self, message_id: str, document: Document) -> None:
        self._documents.pop(message_id, None)
        self._documents[message_id] = document
        if len(self._documents) > CHOICES_KEPT:
            del self._documents[next(iter(self._documents))]

    def _offer(self, choices: Sequence[tuple[str, str | None]]) -> None:
        for choice in choices:
            self._choices[self._next_choice] = choice
            self._choices.pop(self._next_choice - CHOICES_KEPT, None)
            self._next_choice += 1

    async def _edited(self, inbox: Inbox, rest: str) -> None:
        number, _, text = rest.partition(" ")
        await inbox.on_edit(self._message(text, number))

    def _message(self, text: str, number: str | None = None) -> Message:
        if number is None:
            self._said += 1
            number = str(self._said)
        channel = Channel(self.name, self._place.channel)
        return Message(
            channel, self._id(number), self._place.user, text, self.clock(), self._thread()
        )

    def _invocation(self, line: str, on: str | None = None) -> Invocation:
        self._said += 1
        place = self._place
        channel = Channel(self.name, place.channel)
        id_, thread = self._id(self._said), self._thread()
        return Invocation(channel, id_, place.user, line, thread, on=on)

    def _id(self, number: int | str) -> str:
        return f"{self._session}.{number}"

    def _thread(self) -> str | None:
        return self._id(self._place.thread) if self._place.thread else None

    def _steer(self, word: str, rest: str) -> None:
        match word:
            case "/as" if rest:
                self._place.user = rest
            case "/join" if rest:
                self._place.channel = rest if rest.startswith("#") else f"#{rest}"
                self._place.thread = None
            case "/thread":
                self._place.thread = rest or None
            case _:
                for line in HELP:
                    self.screen.print(Text(line, style="dim"))

    def _prompt(self) -> None:
        if self.keyboard is not None:
            self.keyboard.ask(self._lead().plain)
        else:
            self.screen.print(self._lead(), end="")
        self._prompting = True

    def _lead(self) -> Text:
        """Give what stands before a line that is typed."""
        if self._pasted.is_open:
            return Text(f"{FENCE}> ", style="bold")
        place = self._place
        thread = f" ↳{place.thread}" if place.thread else ""
        text = f"{place.channel}{thread} {place.user} [{self._said + 1}]> "
        return Text(clean(text), style="bold")
