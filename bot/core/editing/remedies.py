"""What to type where an edit does not stand, or stands as a draft alone. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.editing.choosing import answered
from bot.core.editing.parts import (
    ALLEGATION,
    MEASURE,
    NAME,
    RESPONSE,
    SOURCES,
    Ground,
    Part,
    item_line,
    items_of,
    part_of,
    speaks,
    values,
)
from bot.core.editing.sourcewords import EXAMPLE
from bot.core.editing.tree import Fault, Tree
from bot.core.vendor import MeasureStatus
from bot.core.watchlist import fold_name

CONFIRM = "confidence=confirmed"
_ITEM = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """What keeps a claim off cards, in words; `publish` is the command that ends it, if one can."""

    told: str
    publish: str = ""


def draft(vendor: str, tree: Tree, part: Part, key: str) -> Draft | None:
    """Say why an item does not speak, and what to type; None if it does, or never would."""
    item = items_of(tree, part).get(key)
    if item is None or not part.is_claim or speaks(item):
        return None
    if not values(item, SOURCES):
        again = item_line(part, "edit", vendor, key, EXAMPLE)
        return Draft(f"It is a draft, and stays off cards until it has a source: `{again}`")
    if part is ALLEGATION and not answered(tree, key):
        told = "It is a draft, and stays off cards until its answer is on record: "
        return Draft(told + _answer(vendor, key))
    publish = item_line(part, "edit", vendor, key, CONFIRM)
    told = "It is marked unverified and stays off cards until somebody says: "
    return Draft(f"{told}`{publish}`", publish)


def _answer(vendor: str, key: str) -> str:
    respond = RESPONSE.line("add", vendor, f'{key} kind=denial text="…" {EXAMPLE}')
    none = item_line(ALLEGATION, "edit", vendor, key, 'no_response="did not answer IPVM"')
    return f"`{respond}`, or that there is none: `{none}`"


def published(vendor: str, tree: Tree, response: str) -> Iterator[Draft]:
    """Give the drafts that nothing keeps off cards any more, once a response answers them."""
    item = items_of(tree, RESPONSE).get(response, {})
    for key in values(item, "answers") if speaks(item) else ():
        claim = items_of(tree, ALLEGATION).get(key)
        if claim is not None and not speaks(claim) and values(claim, SOURCES):
            publish = item_line(ALLEGATION, "edit", vendor, key, CONFIRM)
            told = f"The allegation {key} has its answer now; to put both on the card: `{publish}`"
            yield Draft(told, publish)


def remedies(ground: Ground, tree: Tree, faults: Iterable[Fault]) -> Iterator[str]:
    """Say what to type instead of an edit that does not stand, as far as that can be told."""
    told = (_remedy(ground, tree, fault) for fault in faults)
    yield from dict.fromkeys(each for each in told if each)


def _remedy(ground: Ground, tree: Tree, fault: Fault) -> str:
    part = part_of(fault.path[0]) if fault.path else None
    if part is None or len(fault.path) < _ITEM:
        return ""
    key = fault.path[1]
    shared = " also alerts for " in fault.message  # what the rule of shared names says
    if part is NAME and (shared or fault.path[2:] in {("match",), ("requires",)}):
        return f"Let it count only beside certain words: `{_beside(ground, tree, key)}`"
    item = items_of(tree, part).get(key, {})
    if len(fault.path) > _ITEM or not part.is_claim or not speaks(item):
        return ""
    if not values(item, SOURCES):
        return f"Say who printed it, {EXAMPLE}, or leave it as a draft: confidence=unverified."
    if part is ALLEGATION and not answered(tree, key):
        return f"Every allegation stands with its answer: {_answer(ground.vendor, key)}"
    return _of_measure(ground.vendor, key, item) if part is MEASURE else ""


def _beside(ground: Ground, tree: Tree, key: str) -> str:
    """Write the command for a name that counts only in context; it may be spelt otherwise here."""
    here = (each for each in items_of(tree, NAME) if fold_name(each) == fold_name(key))
    name = next(here, key)
    verb = "edit" if name in items_of(ground.tree, NAME) else "add"
    more = 'match=context requires="camera, surveillance"'
    return item_line(NAME, verb, ground.vendor, name, more)


def _of_measure(vendor: str, key: str, item: Tree) -> str:
    if item.get("status") == MeasureStatus.IN_FORCE:
        return "For example verified_on=2024-05-01: the date of the list copy or article."
    if "ended_on" in item:
        return ""
    return f"For example `{item_line(MEASURE, 'end', vendor, key, '2024-10-21')}`"
