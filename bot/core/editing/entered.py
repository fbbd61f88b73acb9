"""Whose word a statement is, where a team's counts: `Team entry by @dana, 3 Nov 2026`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeAlias

from bot.core.document import Handle, Inline, Inlines, Text, words
from bot.core.editing.overlay import Entry
from bot.core.editing.tree import Path

Entries: TypeAlias = Mapping[Path, Entry]
"""Who is behind each part of a record in which a team's word counts; see `Overlay.entries`."""
NOBODY: Entries = MappingProxyType({})
_LEAD = Text(" Team entry by ")


def entered(entries: Entries, *parts: Path) -> Inlines:
    """Say who of the team is behind one of these parts, the last if there are several.

    A part is led to by a word, such as `makes`, or two; what is in it counts. Nothing is said
    where the packs speak.
    """
    found = [entry for path, entry in entries.items() if _is_of(path, parts)]
    if not found:
        return ()
    last = max(found, key=lambda entry: entry.seq)
    return (_LEAD, Handle(last.by, "person"), Text(f", {day_words(last.at)}"))


def others(entries: Entries, told: Iterable[Path]) -> Inlines:
    """Name those of the team who are behind anything but what was told of: `Team entries by …`."""
    parts = tuple(told)
    rest = [entry for path, entry in entries.items() if not path or not _is_of(path, parts)]
    people = list(dict.fromkeys(entry.by for entry in sorted(rest, key=lambda each: each.seq)))
    if not people:
        return ()
    named: list[str | Inline] = []
    for number, person in enumerate(people):
        named += [", " if number else "", Handle(person, "person")]
    return words(" Team entries by ", *named, ".")


def unmarked(text: Inlines) -> Inlines:
    """Give a run without what `entered` added at its end."""
    return text[: text.index(_LEAD)] if _LEAD in text else text


def day_words(at: datetime) -> str:
    """Write the day of a moment as people read it."""
    day = at.astimezone(UTC)
    return f"{day.day} {day:%b %Y}"


def _is_of(path: Path, parts: tuple[Path, ...]) -> bool:
    """Whether a path leads to one of the parts, into it, or to the whole record."""
    return not path or any(path[: len(part)] == part for part in parts)
