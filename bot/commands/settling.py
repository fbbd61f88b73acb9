"""Confirming what a command would do, or leaving it."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.commands import Answer
from bot.core.document import Document, said


@table.command("vendor confirm")
async def vendor_confirm(context: Context, code: str) -> Document | Answer:
    """Carry out what the bot asked to be confirmed."""
    return await context.confirm(code)


@table.command("vendor cancel")
async def vendor_cancel(context: Context, code: str) -> Document:
    """Leave what the bot asked to be confirmed."""
    await context.cancel(code)
    return said("Cancelled; nothing was done.")
