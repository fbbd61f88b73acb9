"""Asking back whom a name means: a guess shows no record."""

from bot.core.document import Actions, Button, Document, Footnote, Paragraph, words
from bot.core.vendor import Vendor

LONGEST_SHOWN = 80
"""Characters of an unknown name that are said back."""
NOT_CLEARANCE = "Not being on this watchlist is not clearance."


def candidates_document(
    name: str, candidates: tuple[Vendor, ...], line: str | None = "vendor {}"
) -> Document:
    """Say that a name is not on the watchlist as typed, and offer the nearest ones.

    What is said about one company must not land on another by our correction. `line` is the command
    that each button gives, with the vendor's id in its place; without one the ids are told.
    """
    shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
    told = f"No watched vendor is called “{shown}”."
    if not candidates:
        blocks = (Paragraph(words(told)), Footnote(words(NOT_CLEARANCE)))
        return Document(f"{told} {NOT_CLEARANCE}", blocks)
    named = " or ".join(each.name for each in candidates)
    question = f"Did you mean {named}?"
    foot = Footnote(words(NOT_CLEARANCE))
    if line is None:
        ids = " or ".join(each.id for each in candidates)
        again = f"Then send it again with {ids} in its place; nothing was done."
        lead = Paragraph(words(told, " ", question, " ", again))
        return Document(f"{told} {question} {again}", (lead, foot))
    buttons = tuple(Button(each.name, line.format(each.id)) for each in candidates)
    lead = Paragraph(words(told, " ", question))
    return Document(f"{told} {question}", (lead, Actions(buttons), foot))
