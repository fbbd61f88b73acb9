"""Who may change what: the first admin, those who follow, and what was attempted."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.commands import Role
from bot.core.document import Document, Handle, Paragraph, quoted, said, words
from bot.core.people import Here, appointments, audit
from bot.errors import UsageError

SHOWN, MOST_SHOWN = 20, 100


@table.command("vendor claim", aside=True)
async def vendor_claim(context: Context, code: str) -> Document:
    """Become the first admin, by the code that the bot wrote into its log."""
    await context.people.claim(code)
    return said(
        "You are an admin now. Appoint others with `vendor appoint <person> curator`; "
        "`vendor roles` shows who may do what."
    )


@table.command("vendor roles", role=Role.CURATOR, aside=True)
async def vendor_roles(context: Context) -> Document:
    """Say who may change what, and why."""
    here = Here(context.invocation.channel.platform, lambda id_: context.person(_at(id_)))
    appointed = await context.people.appointed()
    return appointments(context.people.named(), appointed, context.people.rules(), here)


@table.command("vendor appoint", role=Role.ADMIN)
async def vendor_appoint(context: Context, person: str, role: str) -> Document:
    """Make somebody a curator or an admin: appoint @ada curator."""
    whom, given = _person(context, person), _role(role)
    new = await context.people.appoint(whom, given)
    is_now = f" is {'an' if given is Role.ADMIN else 'a'} {given}"
    who, tail = Handle(whom, "person"), f"{is_now} now." if new else f"{is_now} already."
    return Document(f"{whom}{tail}", (Paragraph(words(who, tail)),))


@table.command("vendor dismiss", role=Role.ADMIN)
async def vendor_dismiss(context: Context, person: str) -> Document:
    """Take back the role that somebody was given by chat."""
    whom = _person(context, person)
    tail = " holds no role by chat any more."
    if not await context.people.dismiss(whom):
        tail = " holds no role by chat; nothing was done."
    key = f"{context.invocation.channel.platform}:{whom}"
    if key in context.people.named():
        tail += " The configuration names them, and only whoever runs the bot changes that."
    return Document(f"{whom}{tail}", (Paragraph(words(Handle(whom, "person"), tail)),))


@table.command("vendor audit", role=Role.ADMIN, aside=True)
async def vendor_audit(context: Context, count: str = str(SHOWN)) -> Document:
    """Show who tried what not everybody may, and what came of it: the last 20, or so many."""
    if not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= MOST_SHOWN):
        raise UsageError(f"{quoted(count)} is no number from 1 to {MOST_SHOWN}.")
    here = context.invocation.channel
    private = await context.tellable() | {here.key}
    attempts = await context.people.attempts(int(count), private=private)
    return audit(attempts, context.people.attempts_kept.days)


def _at(id_: str) -> str:
    """Write an id as it is mentioned."""
    return id_ if id_.startswith("@") else f"@{id_}"


def _person(context: Context, text: str) -> str:
    """Read whom a word names; raise UsageError."""
    whom = context.person(text)
    if whom is None:
        raise UsageError(
            f"{quoted(text)} names nobody here. Mention the person as this chat does, with an @; "
            "on Matrix write the whole id, @name:server."
        )
    return whom


def _role(text: str) -> Role:
    """Read a role that can be given; raise UsageError."""
    role = text.casefold()
    if role not in {Role.CURATOR.value, Role.ADMIN.value}:
        raise UsageError(
            f"{quoted(text)} is neither curator nor admin. Type `vendor appoint <person> curator`, "
            "or `vendor dismiss <person>` to take a role back."
        )
    return Role(role)
