"""What every chat platform gives the bot, and what the bot gives it.

An adapter touches its SDK and nothing else; deciding, retrying, pacing and logging are the app's.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from bot.core.commands import Role
from bot.core.document import Document
from bot.core.editing.tree import Fault
from bot.core.forms import Form
from bot.core.mention import Channel, Invocation, Message, Receipt


class Redelivery(StrEnum):
    """What becomes of a post whose outcome nobody knows, when it is posted again.

    `keyed`: the platform knows the key and shows it once. `asked`: `find` says whether it is
    there. `blind`: neither, so it may be seen twice; better that than not at all.
    """

    KEYED = "keyed"
    ASKED = "asked"
    BLIND = "blind"


class Inbox(Protocol):
    """Where an adapter hands in what it hears. Returning means that it is safely kept.

    Every method may raise StorageError: then it is not kept, and comes again or is told as lost.
    """

    async def on_message(self, message: Message) -> None:
        """Take what somebody said."""

    async def on_edit(self, message: Message) -> None:
        """Take a message as it reads now; its id is that of the one that was said."""

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Take it that a message is gone."""

    async def on_command(self, invocation: Invocation) -> None:
        """Take a command."""

    async def asks(self, invocation: Invocation) -> Form | None:
        """Give the form by which the command of a line asks for what is not there yet.

        None if it asks for nothing, or the line makes no sense: then it is to be handed in as it
        is. Raise DeniedError if it is not for whoever gives it. Nothing is kept.
        """

    async def tries(self, invocation: Invocation) -> Sequence[Fault]:
        """Say what would keep a command that has a form from being carried out, and where."""

    async def on_pressed(self, invocation: Invocation, sign: str) -> None:
        """Take it that somebody reacted with `sign` to a message (`on`); the line is empty.

        Carried out if that is the sign of a button there, or the mark of the bot (`signs.MARK`).
        """

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Take it that the bot is in a channel now; `event` is the same if it is told again."""

    async def on_left(self, channel: Channel) -> None:
        """Take it that the bot is out of a channel, or that nobody can post there."""

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Take it that a channel goes on as another one, which the bot is in.

        Whoever could say so for the old one has said so. `event` is the same if it is told again.
        """

    async def on_removed(self, platform: str, team: str) -> None:
        """Take it that a team has taken the bot out of its workspace."""


class Platform(Protocol):
    """A chat platform. Every member is needed; none may be left out.

    What speaks raises DeliveryError for everything that goes wrong, with `uncertain` set where it
    may have worked all the same. `key` is the same at every attempt.

    `private_answers`: an answer is seen by the asker alone unless it is shared.
    """

    name: str
    redelivery: Redelivery
    private_answers: bool

    async def run(self, inbox: Inbox) -> None:
        """Connect and hand in what is heard, until cancelled or the conversation ends."""

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Say something."""

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Say where what was posted with this key stands; None if it is not there.

        Called only where `redelivery` is `asked`.
        """

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a message of the bot's say something else."""

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Take a message of the bot's back; well if it is gone already."""

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Put a mark on somebody's message; `document` says in words what the mark stands for."""

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> Receipt | None:
        """Answer a command, privately where the platform can; a `shared` answer all may see.

        `key` is the same at every attempt.

        Say where the answer stands; None if it cannot be changed or taken back later.
        """

    def aside(self, channel: Channel, *, anew: bool) -> str | None:
        """Give the `reply_to` by which an answer goes to its asker alone; None if it does anyway.

        Without `anew` no place is made for it: where there is none, it goes where others go.
        """

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Share a long answer out among the messages that it takes; one at least."""

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Say what a person may do by the platform's own rights, and by the groups they are in.

        `groups` has the roles that the configuration gives to groups, by the platform's id.
        """

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Say whether a person may decide for a channel, and for it alone."""

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Give the ids of the private channels that both the person and the bot are in."""

    def managers(self) -> str:
        """Say in a sentence who is in charge by the platform's own rights; empty if nobody is."""

    def person(self, text: str) -> str | None:
        """Give the id of the person that a word of a command names; None if it names nobody."""

    def is_direct(self, channel: Channel) -> bool:
        """Say whether nobody but one person and the bot is in a channel."""

    def facts(self) -> Sequence[str]:
        """Say what somebody who looks after the bot wants to know of the connection, in lines."""

    async def check(self) -> list[str]:
        """Say what is wrong with tokens, rights or connection; nothing if all is well."""
