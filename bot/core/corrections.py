"""What an edit of a record changes of what was said: each statement that holds no more, struck.

Whoever read the old card is told there. A new answer reaches old cards as well, since that is only
fair, and so does a new measure; both as an update, as what stood there was right.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.core.cards import card
from bot.core.document import (
    Block,
    Bullets,
    Document,
    Fields,
    Inlines,
    Item,
    Paragraph,
    Struck,
    strong,
    words,
)
from bot.core.editing.entered import unmarked
from bot.core.restated import Correction
from bot.core.statements import NAMED, STUB, named
from bot.core.struck import added, present, present_run, retold, retold_run, same, withdrawn
from bot.core.wording import sentence

_RUNS = ("status", "profile", "allegations")
"""Statements that are a run of text, not an item with answers."""


def corrected(
    document: Document, correction: Correction, on: date, *, seen: bool = True
) -> Document | None:
    """Let a document say what the record says after an edit; None if it says nothing that changed.

    What held before is struck, with what holds now under it and the day. Where nobody has `seen`
    the document it just says what holds. Correcting twice changes nothing more.
    """
    pen = _Pen(correction, on, seen=seen)
    told = pen.written(document.blocks)
    if not correction.changed or told == document.blocks:
        return None
    return Document(pen.summary(document), told)


@dataclass(frozen=True, slots=True)
class _Pen:
    """What a document is corrected with."""

    correction: Correction
    on: date
    seen: bool

    def written(self, before: tuple[Block, ...]) -> tuple[Block, ...]:
        own = _own_lines(self._items(before))
        blocks = tuple(self._blocks(before))
        if self._is_card(before):
            blocks = _with_items(blocks, self._added(blocks))
        now = _own_lines(self._items(blocks))
        lines = {key: self._named(key, own, now) for key in NAMED}
        told = tuple(self._with_named(blocks, lines))
        if self._is_card(before):
            there = {item.about for item in self._items(told)}
            new = [each for _, each in lines.values() if each and each.about not in there]
            marked = [self._add(each, "measures") for each in new]
            told = _with_items(told, marked)
        return tuple(block for block in told if block != Bullets(()))

    def summary(self, document: Document) -> str:
        """Say anew what a document about this vendor alone says in a sentence."""
        after = self.correction.after
        status = f"{self.correction.vendor} status"
        if not any(
            isinstance(each, Paragraph) and each.about == status for each in document.blocks
        ):
            return document.summary
        mark = self.correction.marks(self.on)
        if after is None:
            return f"{mark}: {self._gone()}"
        told = card(after, self.correction.desk).summary
        return f"{mark}. {told}" if self.seen else told

    def _key(self, about: str) -> str:
        """Give what a statement is about if it is one of the vendor's."""
        vendor, _, key = about.partition(" ")
        return key if vendor == self.correction.vendor else ""

    def _items(self, blocks: Iterable[Block]) -> list[Item]:
        lists = (block.items for block in blocks if isinstance(block, Bullets))
        return [item for items in lists for item in items if self._key(item.about)]

    def _is_card(self, blocks: Iterable[Block]) -> bool:
        """Whether it is a card; a full record has fields."""
        there = tuple(blocks)
        about = {block.about for block in there if isinstance(block, Paragraph)}
        fields = any(isinstance(block, Fields) for block in there)
        return f"{self.correction.vendor} status" in about and not fields

    def _blocks(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            match block:
                case Paragraph(about=about) if self._key(about) in self.correction.changed:
                    yield replace(block, text=self._run(block.text, self._key(about)))
                case Bullets(items):
                    told = (self._item(each, self._key(each.about)) for each in items)
                    yield Bullets(tuple(each for each in told if each is not None))
                case _:
                    yield block

    def _run(self, text: Inlines, key: str) -> Inlines:
        struck = next((n for n, part in enumerate(text) if isinstance(part, Struck)), None)
        lead = struck if struck is not None else _lead(text, key)
        before, now = present_run(text, lead), self.correction.now.get(key)
        mark = self.correction.mark(key, self.on)
        if now is None:  # the vendor is gone: its seat and goods are no claim to take back
            is_said = key == "status" and before
            return retold_run(text, words(self._gone()), mark, lead) if is_said else text
        if unmarked(before) == unmarked(now.text):
            return text
        if not self.seen:
            return (*text[:lead], *now.text)
        return retold_run(text, now.text, mark, lead)

    def _gone(self) -> str:
        reason = self.correction.reason
        why = f" Reason: {sentence(reason)}" if reason else ""
        return f"{self.correction.name} was taken off the watchlist.{why}"

    def _item(self, item: Item, key: str) -> Item | None:
        if key not in self.correction.changed:
            return item
        if key in _RUNS:
            return replace(item, text=self._run(item.text, key))
        return self._told(item, self.correction.now.get(key), key)

    def _told(self, item: Item, now: Item | None, key: str) -> Item | None:
        before, mark = present(item), self.correction.mark(key, self.on)
        if now is None:
            if not self.seen:
                return None
            of_vendor = self.correction.after is None
            return withdrawn(item, mark, "" if of_vendor else sentence(self.correction.reason))
        if before is not None and same(before, now):
            return item
        if not self.seen:
            return replace(now, about=item.about)
        return retold(item, now, mark, self.correction.stands.get(key, ()))

    def _added(self, blocks: Iterable[Block]) -> list[Item]:
        """Give the measures that are new, or have a line of their own since they changed."""
        after = self.correction.after
        if after is None:
            return []
        there = {item.about for item in self._items(blocks)}
        shown = self._items(card(after, self.correction.desk).blocks)
        return [
            self._add(item, key)
            for item in shown
            if (key := self._key(item.about)).startswith("measures/")
            and key in self.correction.changed
            and item.about not in there
        ]

    def _add(self, item: Item, key: str) -> Item:
        return added(item, self.correction.mark(key, self.on)) if self.seen else item

    def _named(
        self, group: str, own: frozenset[str], now: frozenset[str]
    ) -> tuple[Item | None, Item | None]:
        """Give a line that names measures without one of their `own`, before and now."""
        vendor, (before, after) = self.correction.either, self.correction.groups
        lines = (
            named(vendor, group, [each for each in measures.get(group, ()) if each.id not in told])
            for measures, told in ((before, own), (after, now))
        )
        was, holds = (next(iter(line), None) for line in lines)
        return was, holds

    def _with_named(
        self, blocks: Iterable[Block], lines: Mapping[str, tuple[Item | None, Item | None]]
    ) -> Iterator[Block]:
        for block in blocks:
            if not isinstance(block, Bullets):
                yield block
                continue
            told: list[Item | None] = []
            for item in block.items:
                key = self._key(item.about)
                before, now = lines.get(key.removeprefix("named/"), (None, None))
                is_named = key.startswith("named/") and before != now
                told.append(self._told(item, now, key) if is_named else item)
            yield Bullets(tuple(each for each in told if each is not None))


def _lead(text: Inlines, key: str) -> int:
    """Count the words before what a run states: of a stub that is all of it."""
    return len(text) - 1 if key == "status" and text[:1] != (strong(STUB),) else 0


def _own_lines(items: Iterable[Item]) -> frozenset[str]:
    """Give the ids of the measures that have a line."""
    keys = (each.about.partition(" ")[2] for each in items if present(each) is not None)
    return frozenset(key.removeprefix("measures/") for key in keys if key.startswith("measures/"))


def _with_items(blocks: tuple[Block, ...], items: Sequence[Item]) -> tuple[Block, ...]:
    """Put items at the end of the list of measures; make one below the status if there is none."""
    if not items:
        return blocks
    for at, block in enumerate(blocks):
        if isinstance(block, Bullets) and any(_is_measure(each) for each in block.items):
            told = Bullets((*block.items, *items))
            return (*blocks[:at], told, *blocks[at + 1 :])
    for at, block in enumerate(blocks):
        if isinstance(block, Paragraph) and block.about.endswith(" status"):
            return (*blocks[: at + 1], Bullets(tuple(items)), *blocks[at + 1 :])
    return blocks


def _is_measure(item: Item) -> bool:
    return item.about.partition(" ")[2].startswith(("measures/", "named/"))
