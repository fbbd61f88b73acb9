"""What a record states before and after an edit, and what the edit makes of each statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from bot.core.answers import all_answers
from bot.core.cards import Desk, measure_item
from bot.core.document import Bullets, Inlines, Item, words
from bot.core.record import record
from bot.core.statements import (
    NAMED,
    allegation_item,
    allegations_words,
    profile_words,
    status_words,
)
from bot.core.struck import CORRECTED, UPDATED, WITHDRAWN
from bot.core.vendor import Measure, Vendor
from bot.core.wording import Standing

_WHOLE = "record/"


def statements(vendor: Vendor, desk: Desk) -> dict[str, Item]:
    """Give all that cards and records state of a vendor, by what follows its id in `about`."""
    found = {
        "status": Item(words(status_words(vendor, desk.today))),
        "profile": Item(profile_words(vendor, desk.by_team(vendor))),
        "allegations": Item(words(allegations_words(vendor))),
    }
    entries = desk.by_team(vendor)
    items = [measure_item(vendor, each, desk) for each in vendor.measures if each.speaks]
    items += [allegation_item(vendor, each, entries) for each in vendor.allegations if each.speaks]
    blocks = record(vendor, desk).blocks
    items += [item for block in blocks if isinstance(block, Bullets) for item in block.items]
    return found | {item.about.partition(" ")[2]: item for item in items if item.about}


@dataclass(frozen=True)
class Correction:
    """A record before and after an edit, and what it states then; make one with `of`.

    `said` and `says` are drawn alike, so that they differ only where the record does; `now` says
    also whose word it is. None: the vendor is not on the watchlist.
    """

    before: Vendor | None
    after: Vendor | None
    desk: Desk
    reason: str = ""
    said: Mapping[str, Item] = field(default_factory=dict)
    says: Mapping[str, Item] = field(default_factory=dict)
    now: Mapping[str, Item] = field(default_factory=dict)

    @classmethod
    def of(
        cls, before: Vendor | None, after: Vendor | None, desk: Desk, reason: str = ""
    ) -> "Correction":
        """Compare a record before and after an edit; `desk` is as it is after."""
        plain = desk.but()
        said, says, now = (
            {} if vendor is None else statements(vendor, on)
            for vendor, on in ((before, plain), (after, plain), (after, desk))
        )
        return cls(before, after, desk, reason, said, says, now)

    @property
    def vendor(self) -> str:
        """The vendor's id."""
        return self.either.id

    @property
    def name(self) -> str:
        """What the vendor is called."""
        return self.either.name

    @property
    def either(self) -> Vendor:
        """The vendor as it is, or as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a correction is about a vendor that was there before or is after")
        return found

    @cached_property
    def changed(self) -> frozenset[str]:
        """What the record says otherwise now, by what follows the vendor's id in `about`."""
        keys = {*self.said, *self.says}
        return frozenset(key for key in keys if self.said.get(key) != self.says.get(key))

    @cached_property
    def _wrong(self) -> frozenset[str]:
        """What was said and does not hold: what holds says it otherwise, and not just more."""
        return frozenset(key for key in self.changed if key in self.said and not self._holds(key))

    def _holds(self, key: str) -> bool:
        before, after = self.before, self.after
        if before is None or after is None or key not in self.says:
            return False
        of = key.removeprefix(_WHOLE).partition("/")[2]
        same = self.said[key].text == self.says[key].text
        return same and {*all_answers(before, of)} <= {*all_answers(after, of)}

    @cached_property
    def groups(self) -> tuple[Mapping[str, Sequence[Measure]], Mapping[str, Sequence[Measure]]]:
        """Give the measures before and after by how lines name those without one of their own."""
        return _groups(self.before), _groups(self.after)

    @cached_property
    def stands(self) -> Mapping[str, tuple[Inlines, ...]]:
        """Give the answers to what changed that may be shown as they are."""
        if self.after is None:
            return {}
        ids = {key: key.partition("/")[2] for key in self.changed & self.says.keys()}
        return {
            key: (
                *self.says[key].answers,
                *(() if key.startswith(_WHOLE) else all_answers(self.after, id_)),
            )
            for key, id_ in ids.items()
        }

    def adds(self, key: str) -> bool:
        """Whether nothing that a statement said has become wrong: the record only says more."""
        if key in {"status", "measures", "allegations"} or key.startswith("named/"):
            part = "allegations/" if key == "allegations" else "measures/"
            return not any(each.startswith(part) for each in self._wrong)
        return key not in self._wrong

    def mark(self, key: str, on: date) -> str:
        """Say what is done to a statement: it is corrected, brought up to date or withdrawn."""
        if self.after is None or (key not in self.says and "/" in key and key[:6] != "named/"):
            return f"{WITHDRAWN} on {on.day} {on:%b %Y}"
        return f"{UPDATED if self.adds(key) else CORRECTED} on {on.day} {on:%b %Y}"

    def marks(self, on: date) -> str:
        """Say what is done to a card as a whole."""
        if self.after is None:
            return self.mark("status", on)
        wrong = any(not key.startswith(_WHOLE) for key in self._wrong - {"status", "allegations"})
        return f"{CORRECTED if wrong else UPDATED} on {on.day} {on:%b %Y}"


def _groups(vendor: Vendor | None) -> Mapping[str, Sequence[Measure]]:
    if vendor is None:
        return {}
    standing = Standing.of(vendor)
    told = (standing.in_force, standing.ended, standing.uncounted)
    return dict(zip(NAMED, told, strict=True))
