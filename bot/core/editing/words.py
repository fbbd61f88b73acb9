"""Edits in words: what was changed, from what to what, and why an edit is not made."""

from collections.abc import Iterable, Mapping

from bot.core.clean import shortened
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Handle,
    Inline,
    Inlines,
    Item,
    Paragraph,
    Struck,
    words,
)
from bot.core.editing.change import Change
from bot.core.editing.overlay import Entry
from bot.core.editing.tree import KEYS, Fault, Path, Tree, Value

LONGEST = 160
"""Characters of a value that a line tells."""
LONGEST_RULE = 400
"""Characters of a rule and what broke it."""

_PARTS: Mapping[str, str] = {
    "names": "name",
    "not_this": "look-alike",
    "related": "related company",
    "measures": "measure",
    "not_listed": "not listed",
    "allegations": "allegation",
    "responses": "response",
    "proceedings": "court proceeding",
    "background": "background",
    "sources": "source",
    "tags": "tag",
    "examples": "example",
    "identifiers": "identifier",
}
_TELLING = ("title", "text", "outcome", "value", "phrase", "name", "publisher", "program", "id")


def place_words(path: Path) -> str:
    """Say what a path leads to: `measure us-entity-list, status`."""
    if not path:
        return "the whole record"
    first, rest = path[0], list(path[1:])
    part = _PARTS.get(first, first.replace("_", " "))
    if not rest:
        return part
    if first == "examples":
        return f"{part} ({rest[0].replace('_', ' ')})"
    if first in KEYS or first in {"sources", "identifiers"}:
        named = f"{part} {rest.pop(0)}"
        return ", ".join((named, *(each.replace("_", " ") for each in rest)))
    if first == "tags":
        return f"{part} {rest[0]}"
    return ", ".join((part, *(each.replace("_", " ") for each in rest)))


def value_words(value: Value | None) -> str:
    """Say a value in a line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return _cut(_item_words(value))
    return _cut(", ".join(value) if isinstance(value, list) else value)


def _item_words(item: Tree) -> str:
    told = [item[key] for key in ("kind", "status", "by", "date", "since") if key in item]
    main = next((item[key] for key in _TELLING if key in item), "")
    return ": ".join(filter(None, (", ".join(map(str, told)), str(main))))


def change_words(change: Change) -> Inlines:
    """Say one change in a line, what stood there struck through."""
    place = place_words(change.path)
    packs = "" if change.holds else " (as the packs have it)"
    if change.old is None:
        return words(f"{place}: added, {value_words(change.new)}{packs}")
    old: Inline = Struck(value_words(change.old))
    if change.new is None:
        return words(f"{place}: removed, ", old)
    return words(f"{place}: ", old, f" → {value_words(change.new)}{packs}")


def changes_bullets(changes: Iterable[Change], most: int = 20) -> Bullets:
    """List changes; sources come after what they speak for."""
    ordered = sorted(changes, key=lambda change: change.path[:1] == ("sources",))
    items = [Item(change_words(each)) for each in ordered[:most]]
    if len(ordered) > most:
        items.append(Item(words(f"and {len(ordered) - most} more changes")))
    return Bullets(tuple(items))


def refusal(faults: Iterable[Fault]) -> Document:
    """Say why an edit does not stand, rule by rule."""
    told = [shortened(f"{place_words(each.path)}: {each.message}", LONGEST_RULE) for each in faults]
    lead = "That does not meet the standard, so nothing was changed."
    bullets = Bullets(tuple(Item(words(each)) for each in told))
    return Document(f"{lead} {told[0] if told else ''}".strip(), (Paragraph(words(lead)), bullets))


def stale_words(path: Path, then: Value | None, now: Value | None, last: Entry | None) -> Document:
    """Say that what an edit is about has changed: from what, into what, and by whom."""
    summary = f"{place_words(path)} is not as it was any more. Nothing was changed."
    by = () if last is None else words(" by ", Handle(last.by, "person"), f" in {last.number}")
    lead = words(f"{place_words(path)} has been changed", *by, ": ")
    told = words(*lead, Struck(value_words(then)), f" → {value_words(now)}. Nothing was changed.")
    blocks: list[Block] = [Paragraph(told)]
    if last is not None:
        button = Button(f"Show {last.number}", f"watchlist diff {last.number}")
        blocks.append(Actions((button,)))
    return Document(summary, tuple(blocks))


def crossing(change: Change, last: Entry) -> Document:
    """Say that somebody else has just changed the same."""
    place = place_words(change.path)
    summary = f"Somebody else has just changed {place}. Nothing was changed by you."
    lead = words(Handle(last.by, "person"), f" has just changed {place}, in revision {last.number}")
    now = f": it is {value_words(change.old)} now. You would make it {value_words(change.new)}."
    again = "Nothing was changed. If that is still right, give the command again."
    show = Actions((Button(f"Show {last.number}", f"watchlist diff {last.number}"),))
    return Document(summary, (Paragraph(words(*lead, now)), Paragraph(words(again)), show))


def crossed(change: Change, last: Entry) -> Fault:
    """Say the same where it is about one field, for whoever may send the same again."""
    now = "it is gone now" if change.old is None else f"it is {value_words(change.old)} now"
    told = f"somebody else has just changed this, in revision {last.number}: {now}. Nothing was "
    return Fault(change.path, f"{told}changed by you; to put yours in its place, send it again.")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
