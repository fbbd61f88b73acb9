"""What the bot says about its commands: all of it follows from how they are declared. Pure."""

from collections.abc import Iterable

from bot.core.clean import shortened
from bot.core.commands import Command, CommandTable, Parameter, Role
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    FieldRow,
    Fields,
    Item,
    Paragraph,
    Typed,
    quoted,
    spoken,
    strong,
    words,
)
from bot.core.line import plain_line
from bot.core.spelling import nearest
from bot.errors import UsageError

ALL = "all"
WHO = {Role.CURATOR: "curators and admins", Role.ADMIN: "admins"}
LONGEST_SHOWN = 80
"""Characters of what nobody can explain that are said back."""


def help_document(table: CommandTable, asked: str = "") -> Document:
    """Explain what most need, or what is asked about: all, a topic, or a command by its words.

    Raise UsageError for what is none of these.
    """
    about = plain_line(asked).strip("`/! ").casefold()
    listed = [each for each in table if each.listed]
    if not about:
        return _short(table, listed)
    if about == ALL:
        return _listing("What you can type", listed)
    for topic in table.topics:
        if about == topic.name:
            under = [each for each in listed if table.topic(each) == about]
            return _listing(f"{topic.name.capitalize()}: {topic.about}", under)
    command = _called(table, about)
    if command is not None:
        return _one(command)
    some = [each for each in listed if _begins(each, about)]
    if some:
        return _listing("What you can type", some)
    known = [ALL, *(each.name for each in table.topics)]
    known += [" ".join(part) for each in listed for part in (each.path, each.path[1:]) if part]
    near = nearest(about, known)
    meant = f" Did you mean `vendor help {near}`?" if near else ""
    what = quoted(shortened(about, LONGEST_SHOWN))
    raise UsageError(f"There is no help on {what}.{meant} Type `vendor help`.")


def _short(table: CommandTable, listed: list[Command]) -> Document:
    """Give the few commands that people need most, and the way to the others."""
    lead = "What you can do"
    first = [command for path in table.first if (command := table.get(path)) is not None]
    topics = [each for each in table.topics if any(table.topic(one) == each.name for one in listed)]
    more = [Item(words(Typed(f"vendor help {each.name}"), f": {each.about}")) for each in topics]
    more.append(Item(words(Typed(f"vendor help {ALL}"), ": every command")))
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if first:
        blocks.append(Bullets(tuple(map(_item, first))))
    names = {each.name for each in table.topics}
    plain = [each.path[-1] for each in first if len(each.path) > 1 and each.path[-1] not in names]
    if plain:
        how = f"All about one command: `vendor help {plain[0]}`. There is more:"
        blocks.append(Paragraph(spoken(how)))
    buttons = [Button(each.name.capitalize(), f"vendor help {each.name}") for each in topics]
    blocks += [Bullets(tuple(more)), Actions(tuple(buttons))]
    return Document(lead, tuple(blocks))


def _listing(lead: str, commands: Iterable[Command]) -> Document:
    blocks = (Paragraph(words(strong(lead))), Bullets(tuple(map(_item, commands))))
    return Document(lead, blocks)


def _item(command: Command) -> Item:
    return Item(words(Typed(command.usage), f": {command.help}"))


def _called(table: CommandTable, about: str) -> Command | None:
    """Find a command by its words, the first of which may be left out."""
    starts = ("", *(f"{each} " for each in sorted(table.first_words, reverse=True)))
    return next((one for each in starts if (one := table.get(f"{each}{about}"))), None)


def _begins(command: Command, about: str) -> bool:
    """Whether a command's words begin so, or do after the first of them."""
    parts = (command.path, command.path[1:])
    return any(f"{' '.join(part)} ".startswith(f"{about} ") for part in parts)


def _one(command: Command) -> Document:
    """Explain one command: what it does, what it takes, who may give it."""
    blocks: list[Block] = [
        Paragraph(words(Typed(command.usage))),
        Paragraph(spoken(command.help)),
    ]
    blocks += [Paragraph(spoken(each)) for each in command.explained.split("\n\n") if each]
    rows = tuple(FieldRow(str(each), spoken(_meaning(each))) for each in command.parameters)
    if rows:
        blocks.append(Fields(rows))
    example = _example(command)
    if example:
        blocks.append(Paragraph(words("For example: ", Typed(example))))
    who = _who(command)
    if who:
        blocks.append(Paragraph(words(who)))
    return Document(f"{command.usage}: {command.help}", tuple(blocks))


def _meaning(parameter: Parameter) -> str:
    """Say what is to be typed for a parameter, and whether it must be."""
    told = parameter.hint
    if not told:
        rest = parameter.takes_rest
        told = "the rest of the line" if rest else "a word, or several in quotation marks"
    if parameter.choices:
        told += f": {', '.join(parameter.choices)}"
    elif parameter.example and parameter.example not in told:
        told += f", such as {parameter.example}"
    return told if parameter.required else f"{told}; may be left out"


def _example(command: Command) -> str:
    """Give a line as somebody would type it; none where a parameter has no example."""
    needed = [each.example for each in command.parameters if each.required]
    return " ".join((*command.path, *needed)) if needed and all(needed) else ""


def _who(command: Command) -> str:
    if command.role is Role.READER:
        return ""
    who = WHO[command.role] + (", and whoever moderates the channel" if command.local else "")
    shows = " Anybody may ask how it is, without more words." if command.shows else ""
    return f"For {who}.{shows}"
