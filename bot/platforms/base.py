"""What every chat platform gives the bot, and what the bot gives it.

An adapter touches its SDK and nothing else; deciding, retrying, pacing and logging are the app's.
"""

from typing import Protocol

from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Message, Receipt


class Inbox(Protocol):
    """Where an adapter hands in what it hears. Returning means that it is safely kept."""

    async def on_message(self, message: Message) -> None:
        """Take what somebody said."""

    async def on_command(self, invocation: Invocation) -> None:
        """Take a command."""


class Platform(Protocol):
    """A chat platform. Every method is needed; none may be left out."""

    name: str

    async def run(self, inbox: Inbox) -> None:
        """Connect and hand in what is heard, until cancelled or the conversation ends."""

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Say something once: the same `key` again must not be seen twice where that can be had.

        Raise DeliveryError for everything that goes wrong.
        """

    async def reply(self, invocation: Invocation, document: Document) -> None:
        """Answer a command, privately where the platform can. Raise DeliveryError."""

    async def check(self) -> list[str]:
        """Say what is wrong with tokens, rights or connection; nothing if all is well."""
