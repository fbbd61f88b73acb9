"""Which part of a record is meant: by its id, its name, or words of it. Pure."""

from collections.abc import Iterable, Mapping

from bot.core.clean import shortened
from bot.core.document import quoted
from bot.core.editing.fieldwords import FieldWords
from bot.core.editing.parts import ALLEGATION, RESPONSE, Ground, Part, items_of, values
from bot.core.editing.tree import Tree
from bot.core.spelling import suggestion
from bot.errors import UsageError

MOST_NAMED = 12
"""Parts that are named where one has to be chosen."""
LONGEST_SHOWN = 60
# By which words a part is found, beside its id.
_TELLING = (
    "title", "listed_as", "by", "text", "case", "court", "outcome", "name", "publisher", "url",
    "program", "authority",
)  # fmt: skip


def find(ground: Ground, part: Part, asked: str) -> str:
    """Find an item by its id, its name or words of it; raise UsageError that says what there is."""
    items = items_of(ground.tree, part)
    if not items:
        told = f"{ground.name} has no {part.noun} on record. Add one: "
        raise UsageError(f"{told}`{part.add_example(ground.vendor)}`")
    if not asked:
        raise UsageError(f"Which {part.noun}? There {_there(items)}. Nothing was done.")
    found = _found(items, asked)
    if len(found) == 1:
        return found[0]
    shown = quoted(shortened(asked, LONGEST_SHOWN))
    if found:
        several = ", ".join(found[:MOST_NAMED])
        raise UsageError(f"{shown} may be {several}. Give the id. Nothing was done.")
    meant = suggestion(asked.casefold(), items)
    told = f"There is no {part.noun} {shown} of {ground.name}{meant or '.'} There {_there(items)}."
    raise UsageError(f"{told} Nothing was done.")


def _there(items: Iterable[str]) -> str:
    named = list(items)
    more = len(named) - MOST_NAMED
    told = ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{'is' if len(named) == 1 else 'are'} {told}"


def _found(items: Mapping[str, Tree], asked: str) -> list[str]:
    low = asked.casefold()
    same = [key for key in items if key == asked] or [key for key in items if key.casefold() == low]
    if same:
        return same
    terms = low.split()
    return [key for key, item in items.items() if all(each in _words(key, item) for each in terms)]


def _words(key: str, item: Tree) -> str:
    told = (str(item[each]) for each in _TELLING if each in item)
    return " ".join((key, *told)).casefold()


def references(ground: Ground, parts: Iterable[Part], asked: Iterable[str]) -> list[str]:
    """Find what a response answers or a ruling affects: ids, or words of them between commas."""
    items = {key: item for part in parts for key, item in items_of(ground.tree, part).items()}
    found: list[str] = []
    for each in asked:
        for piece in _pieces(each, items):
            some = _found(items, piece)
            if len(some) != 1:
                raise UsageError(_which(ground, piece, some, items))
            found += some
    return list(dict.fromkeys(found))


def _pieces(asked: str, items: Mapping[str, Tree]) -> list[str]:
    """Part what was asked for where each of its words is an id."""
    single = asked.split()
    return single if all(each in items for each in single) else [asked]


def _which(ground: Ground, asked: str, found: list[str], items: Mapping[str, Tree]) -> str:
    shown = quoted(shortened(asked, LONGEST_SHOWN))
    if found:
        return f"{shown} may be {', '.join(found[:MOST_NAMED])}. Give the id. Nothing was done."
    meant = suggestion(asked.casefold(), items)
    told = f"{ground.name} has no allegation, measure or court case {shown}{meant or '.'}"
    if items:
        told += f" There {_there(items)}."
    return f"{told} Nothing was done."


def missing(part: Part, item: Tree) -> list[str]:
    """Give the fields that an item needs and does not have; ids are made."""
    needed = (name for name, each in part.model.model_fields.items() if each.is_required())
    return [name for name in needed if name not in item and name != "id"]


def answered(tree: Tree, allegation: str) -> bool:
    """Whether a record has an answer to an allegation, or says that there is none."""
    item = items_of(tree, ALLEGATION).get(allegation, {})
    said = items_of(tree, RESPONSE).values()
    return "no_response" in item or any(allegation in values(each, "answers") for each in said)


def with_lead(part: Part, line: FieldWords) -> FieldWords:
    """Give a line whose first words are the field that they stand for.

    Raise UsageError if that field is there as well.
    """
    if not line.lead or not part.lead:
        return line
    if line.has(part.lead):
        shown = quoted(shortened(line.words, LONGEST_SHOWN))
        told = f"{shown} and {part.lead}= both say what its {part.lead} is. Nothing was done."
        raise UsageError(told)
    return line.before(part.lead)
