"""How a channel wants its alerts: said, and changed by whoever sees after it."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from bot.commands.choosing import as_told, tag_names, vendor_ids
from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.core.commands import Answer, Explained, Rest, Role
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Handle,
    Item,
    Paragraph,
    said,
    spoken,
    words,
)
from bot.core.settings import Mode, Settings
from bot.core.wishes import (
    EXAMPLES,
    TAGS,
    TAKEN_BACK,
    VENDORS,
    again,
    read_wish,
    shown,
    told,
    typed,
    written,
)
from bot.errors import UsageError

NAMED = 10
"""Vendors that a preview names before it only counts them."""
LONGEST_UNDO = 1_000
"""Characters of a command that a button gives; longer ones no platform takes."""
Changes: TypeAlias = Annotated[
    Rest,
    Explained(
        f"a mode ({', '.join(Mode)}), settings as in cooldown=12h min=exact, or default",
        "digest",
        (*Mode, *(f"{typed(key)}=" for key in EXAMPLES), TAKEN_BACK),
    ),
]


async def _what_changing_does(context: Context, changes: Changes = NOTHING) -> Document | None:
    """Say it before alerts end here, all of them or those about some vendors."""
    choices, before = await context.chosen()
    after = _changed(context, choices, _wish(context, changes))
    if before.mode is Mode.OFF:
        return None
    if after.mode is Mode.OFF:
        return said(
            "That would turn alerts off here: no vendor that is named here, nor any news for this "
            "channel, is told any more, and what waits for a digest is dropped."
        )
    watched = context.watchlist.vendors.values()
    lost = [
        each.name
        for each in watched
        if before.wants(each.id, frozenset(each.tags))
        and not after.wants(each.id, frozenset(each.tags))
    ]
    if not lost:
        return None
    if not any(after.wants(each.id, frozenset(each.tags)) for each in watched):
        return said("That would leave no watched vendor that alerts here.")
    names = ", ".join(lost[:NAMED])
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    told_of = f"That would end the alerts here about {names}{more}."
    return Document(told_of, (Paragraph(words(told_of)),))


@table.command(
    "vendor alerts", role=Role.CURATOR, local=True, shows=True, preview=_what_changing_does
)
async def vendor_alerts(context: Context, changes: Changes = NOTHING) -> Document | Answer:
    """Say how alerts come here, or change it: digest, cooldown=12h, tags=cameras, default ..."""
    choices, before = await context.chosen()
    if not changes:
        return _settings(context, choices, before)
    wish = _wish(context, changes)
    new = {key: value for key, value in wish.items() if choices.get(key) != value}
    if not new:
        return said("That is how it is already; nothing was changed.")
    by = context.invocation.actor
    held = await context.records.choose(_here(context), new, by, context.now, context.team)
    after = context.readable(held)
    document = _news(context, before, after, {key: choices.get(key) for key in new})
    # Where all see the answer they are told by it.
    posts = ((context.invocation.channel, document),) if context.private_answers else ()
    return Answer(document, posts=posts)


def _here(context: Context) -> str:
    return context.invocation.channel.key


def _changed(
    context: Context, choices: Mapping[str, str], wish: Mapping[str, str | None]
) -> Settings:
    """Give the settings that would hold here."""
    merged = {**choices, **wish}
    return context.readable({key: text for key, text in merged.items() if text is not None})


def _wish(context: Context, changes: str) -> dict[str, str | None]:
    """Read what is to change, vendors by their ids. Raise UsageError."""
    try:
        wish = read_wish(changes)
    except ValueError as error:
        raise UsageError(f"{as_told(error)} Type `vendor alerts`.") from None
    for key, text in wish.items():
        if text and key in VENDORS:
            wish[key] = ",".join(vendor_ids(context.watchlist, text))
        elif text and key in TAGS:
            wish[key] = ",".join(tag_names(context.watchlist, text))
    return wish


def _settings(context: Context, choices: Mapping[str, str], settings: Settings) -> Document:
    """Say how alerts come here, what was chosen, who may change it and how."""
    lead = f"Alerts here: {settings.mode}"
    items = tuple(map(Item, told(settings, context.settings, choices, context.name)))
    how = (
        "Curators, admins and whoever moderates this channel change it: a mode "
        f"({', '.join(Mode)}), as in `vendor alerts digest`; or settings, as in "
        "`vendor alerts cooldown=12h min=exact`, "
        "`vendor alerts quiet=22:00-07:00 Europe/Berlin` or `vendor alerts tags=cameras`. "
        "`vendor alerts default` takes back all that was chosen here."
    )
    blocks: list[Block] = [
        Paragraph(words("How alerts come in ", Handle(context.invocation.channel.id, "channel"))),
        Bullets(items),
        Paragraph(spoken(how)),
    ]
    return Document(lead, tuple(blocks))


def _news(
    context: Context, before: Settings, after: Settings, old: Mapping[str, str | None]
) -> Document:
    """Say what was changed, by whom, and offer to undo it. `old` is what was chosen before."""
    by = Handle(context.invocation.actor, "person")
    items = []
    for key in sorted(old, key=tuple(EXAMPLES).index):
        was = shown(before, key, context.name).partition("=")[2]
        now = shown(after, key, context.name)
        # What is taken back may be what the configuration says as well.
        told_was = "" if written(before, key) == written(after, key) else f" (was {was})"
        items.append(Item(words(now, told_was)))
    lead = Paragraph(words("How alerts come here was changed by ", by, ":"))
    blocks: list[Block] = [lead, Bullets(tuple(items))]
    undo = f"vendor alerts {again(old)}"
    if len(undo) <= LONGEST_UNDO:
        blocks.append(Actions((Button("Undo this change", undo),)))
    changes = ", ".join(shown(after, key, context.name) for key in old)
    return Document(f"How alerts come here was changed: {changes}.", tuple(blocks))
