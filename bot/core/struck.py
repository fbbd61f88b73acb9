"""Statements that hold no more, struck through, with what is said instead and since when.

What stood before an earlier correction is left out: of everything that was said in between, the
last remains.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.core.document import Inline, Inlines, Item, Struck, Text, plain, strong, words
from bot.core.editing.entered import unmarked

CORRECTED, UPDATED, WITHDRAWN = "Corrected", "Updated", "Withdrawn"
_UNDER = Text("↳ ")
_MARK = re.compile(rf"({CORRECTED}|{UPDATED}|{WITHDRAWN}) on \d{{1,2}} \w+ \d{{4}}")


def present(item: Item) -> Item | None:
    """Give what an item says by now; None if that was withdrawn."""
    own = tuple(each for each in item.answers if not _is_ours(each))
    if not _is_struck(item.text):
        return Item(item.text, own, item.about)
    instead = next((each for each in item.answers if _is_instead(each)), None)
    return None if instead is None else Item(instead[3:], own, item.about)


def same(one: Item, other: Item) -> bool:
    """Whether two items say the same, whoever of the team says so."""
    return _bare(one) == _bare(other)


def retold(item: Item, now: Item, mark: str, stands: Iterable[Inlines]) -> Item:
    """Let an item say what `now` does; of its old answers those that do not stand are struck."""
    before = present(item)
    standing = [plain(unmarked(each)) for each in stands]
    old = () if before is None else before.answers
    struck = [_strike(each) for each in old if not plain(each).startswith(tuple(standing))]
    if before is not None and unmarked(before.text) == unmarked(now.text):
        told = (*struck, *now.answers, words(_UNDER, strong(mark), "."))
        return Item(now.text, told, item.about)
    said = item.text if before is None else (Struck(plain(unmarked(before.text))),)
    instead = words(_UNDER, strong(mark), ": ", *now.text)
    return Item(said, (instead, *struck, *now.answers), item.about)


def added(now: Item, mark: str) -> Item:
    """Give an item that was not there before."""
    return replace(now, answers=(*now.answers, words(_UNDER, strong(mark), ".")))


def withdrawn(item: Item, mark: str, reason: str = "") -> Item:
    """Strike an item and its answers."""
    before = present(item)
    if before is None:
        return item
    why = words(_UNDER, strong(mark), f": {reason}" if reason else ".")
    said = (Struck(plain(unmarked(before.text))),)
    return Item(said, (*map(_strike, before.answers), why), item.about)


def present_run(text: Inlines, lead: int) -> Inlines:
    """Give what a run says by now after so many words of lead, () if that was withdrawn."""
    at = next((n for n, part in enumerate(text) if _is_mark(part)), None)
    if at is None:
        return text[lead:]
    part = text[at]
    gone = isinstance(part, Text) and part.value.startswith(WITHDRAWN)
    return () if gone else text[at + 2 :]


def retold_run(text: Inlines, now: Inlines, mark: str, lead: int) -> Inlines:
    """Strike what a run said after its lead and let it say something else."""
    before = present_run(text, lead)
    old = next((part for part in text if isinstance(part, Struck)), Struck(""))
    said = Struck(plain(unmarked(before))) if before else old
    return words(*text[:lead], said, " ", strong(mark), ": ", *now)


def _bare(item: Item) -> tuple[Inlines, list[str]]:
    return unmarked(item.text), [plain(unmarked(each)) for each in item.answers]


def _strike(answer: Inlines) -> Inlines:
    said = answer[1:] if answer[:1] == (_UNDER,) else answer
    return words(_UNDER, Struck(plain(unmarked(said))))


def _is_mark(part: Inline) -> bool:
    return isinstance(part, Text) and part.strong and _MARK.fullmatch(part.value) is not None


def _is_struck(text: Inlines) -> bool:
    return bool(text) and all(isinstance(part, Struck) for part in text)


def _is_ours(answer: Inlines) -> bool:
    """Whether a line under an item tells of a correction."""
    return any(isinstance(part, Struck) for part in answer) or any(map(_is_mark, answer[1:2]))


def _is_instead(answer: Inlines) -> bool:
    """Whether a line says what holds in place of what it stands under."""
    return len(answer) > 3 and _is_mark(answer[1]) and not plain(answer[1:2]).startswith(WITHDRAWN)
