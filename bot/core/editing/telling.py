"""The parts of a record in a line each, with the ids that commands take. Pure."""

from collections.abc import Iterator

from bot.core.editing.fieldwords import Specs
from bot.core.editing.parts import Part, items_of, speaks
from bot.core.editing.tree import Tree

LONGEST = 140
_TOLD = (
    "role", "kind", "status", "relation", "stage", "match", "by", "court", "date", "since",
    "decided_on", "checked_on", "tier", "title", "case", "publisher", "short", "text", "why", "url",
)  # fmt: skip


def part_lines(tree: Tree, part: Part) -> Iterator[tuple[str, str]]:
    """Give what names each item of a part, and what it says in a line."""
    for key, item in items_of(tree, part).items():
        # A name that nobody confirmed may still be looked for.
        doubt = "[draft] " if part.is_claim else "[unverified] "
        yield key, f"{'' if speaks(item) else doubt}{item_words(item)}"


def item_words(item: Tree) -> str:
    """Say an item in a line: what it is, who said it when, and what."""
    ends = f"to {item['ended_on']}" if "ended_on" in item else ""
    left_out = "text" if "short" in item else ""
    told = [str(item[key]) for key in _TOLD if key in item and key != left_out]
    text = ", ".join(filter(None, (*told, ends)))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def fields_told(specs: Specs) -> str:
    """Name the fields of a part, with what may be chosen for each."""
    told = [
        f"{key} ({', '.join(spec.choices)})" if spec.choices else key for key, spec in specs.items()
    ]
    return ", ".join(told)
