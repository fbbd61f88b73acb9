"""What an edit changes in a record, told field by field."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.editing.tree import HOLDERS, Path, Tree, Value


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise after an edit. None: not there.

    `base` is what the packs said there when it was made. `held` says whether the team's word
    counted there before, `holds` whether it does after: a change that holds no more lets the packs
    speak again.
    """

    path: Path
    old: Value | None
    new: Value | None
    base: Value | None = None
    held: bool = False
    holds: bool = True


def differences(old: Tree | None, new: Tree | None) -> tuple[Change, ...]:
    """Say what makes the second out of the first: each item that is new or gone, each field."""
    if old == new:
        return ()
    if old is None or new is None:
        return (Change((), old, new),)
    return tuple(_inside(old, new, ()))


def _inside(old: Tree, new: Tree, path: Path) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        here, before, after = (*path, key), old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _inside(before, after, here)
        elif here in HOLDERS:
            # It comes and goes with its items.
            yield from _inside(_items(before), _items(after), here)
        else:
            yield Change(here, before, after)


def _items(value: Value | None) -> Tree:
    return value if isinstance(value, dict) else {}


def overlap(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same place, or one of them into the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
