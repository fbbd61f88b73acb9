"""Carries one claimed document to its platform: posts, edits, takes back, marks, answers."""

from bot.core.mention import Invocation, Receipt
from bot.errors import DeliveryError
from bot.platforms.base import Platform, Redelivery
from bot.storage.rows import Kind, Outgoing

NOWHERE = Receipt("")
"""Where an answer stands that nobody can change: the message it answers is a person's."""


async def carry(platform: Platform, outgoing: Outgoing) -> Receipt:
    """Do with a document what is to be done; say where it stands. Raise DeliveryError."""
    channel, document, key = outgoing.channel, outgoing.document, outgoing.key
    match outgoing.kind:
        case Kind.POST:
            there = await _there(platform, outgoing)
            if there is not None:
                return there
            return await platform.post(channel, document, key=key, thread=outgoing.thread)
        case Kind.EDIT | Kind.REVISE:
            await platform.edit(channel, _message(outgoing), document, key=key)
        case Kind.WITHDRAW:
            await platform.withdraw(channel, _message(outgoing), key=key)
        case Kind.MARK:
            await platform.mark(channel, _message(outgoing), document, key=key)
        case Kind.REPLY:
            return await platform.reply(_asked(outgoing), document, key=key) or NOWHERE
        case Kind.SHARE:
            told = _asked(outgoing)
            return await platform.reply(told, document, key=key, shared=True) or NOWHERE
    return Receipt(outgoing.message or "")


async def _there(platform: Platform, outgoing: Outgoing) -> Receipt | None:
    """Ask the platform for a post that an earlier attempt may have made."""
    if not outgoing.unsure or platform.redelivery is not Redelivery.ASKED:
        return None
    return await platform.find(outgoing.channel, key=outgoing.key, thread=outgoing.thread)


def _message(outgoing: Outgoing) -> str:
    if outgoing.message is None:
        raise DeliveryError("it names no message", permanent=True)
    return outgoing.message


def _asked(outgoing: Outgoing) -> Invocation:
    """Give back the command that is answered, without its line, which nobody keeps."""
    return Invocation(
        channel=outgoing.channel,
        id=outgoing.message or "",
        actor=outgoing.actor or "",
        line="",
        thread=outgoing.thread,
        reply_to=outgoing.reply_to,
    )
