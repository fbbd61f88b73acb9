"""The emoji by which buttons are offered where people react to a message instead of pressing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.core.clean import cleaned
from bot.core.document import Actions, Button, Document

KEYCAPS = (*(f"{digit}\ufe0f\u20e3" for digit in range(1, 10)), "\U0001f51f")
"""One to ten, for buttons without a sign of their own."""

MARK = "👀"
"""The emoji that the bot puts on a message it knows a card for."""

# Clients write an emoji with and without U+FE0F, and people choose a skin tone.
_VARIANT = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def signed(document: Document) -> tuple[tuple[str, Button], ...]:
    """Give the buttons of a document with the sign of each, in order; no sign stands twice.

    A button keeps its own sign unless one before it has the same; the others get the keycaps that
    are left, in order, and are left out where there are no more. Those without a command are no
    choice and left out as well.
    """
    buttons = _buttons(numbered(cleaned(document)))
    return tuple((button.sign, button) for button in buttons if button.sign)


def meant(document: Document, sign: str) -> Button | None:
    """Give the button that a reaction means, whatever its variant or skin tone; None for others."""
    key = _key(sign)
    return next((button for own, button in signed(document) if _key(own) == key), None)


def is_mark(sign: str) -> bool:
    """Say whether a reaction is the bot's mark, whatever its variant."""
    return _key(sign) == MARK


def numbered(document: Document) -> Document:
    """Give a clean document whose buttons have the signs that `signed` gives them, or none.

    Doing it twice changes nothing more.
    """
    signs = _signs(_buttons(document))
    blocks = tuple(
        Actions(tuple(replace(button, sign=next(signs)) for button in block.buttons))
        if isinstance(block, Actions)
        else block
        for block in document.blocks
    )
    return replace(document, blocks=blocks)


def _signs(buttons: Iterable[Button]) -> Iterator[str]:
    offered = tuple(buttons)
    taken: set[str] = set()
    own = []
    for button in offered:
        key = _key(button.sign) if button.line else ""
        own.append(button.sign if key not in taken | {""} else "")
        taken.add(key)
    left = (keycap for keycap in KEYCAPS if _key(keycap) not in taken)
    for button, sign in zip(offered, own, strict=True):
        yield sign or (next(left, "") if button.line else "")


def _key(sign: str) -> str:
    return _VARIANT.sub("", sign)


def _buttons(document: Document) -> Iterable[Button]:
    return (
        button
        for block in document.blocks
        if isinstance(block, Actions)
        for button in block.buttons
    )
