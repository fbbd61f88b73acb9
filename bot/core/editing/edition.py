"""A team's watchlist as it stands, and the changes that an edit, an undo or a proposal comes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.core.editing.change import Change, differences
from bot.core.editing.overlay import TEAM, Laid, Overlay, lay
from bot.core.editing.revision import Revision
from bot.core.editing.tree import Path, Tree, Value, at, tree_of
from bot.core.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Stale:
    """What is to be changed is not as it was: `now` stands at `path` in place of `then`."""

    path: Path
    then: Value | None
    now: Value | None


@dataclass(frozen=True, slots=True)
class _Ground:
    """One vendor's record as the packs and as the team have it."""

    vendor: str
    pack: Tree | None
    record: Tree | None
    overlay: Overlay

    def holds(self, path: Path) -> bool:
        return self.overlay.holds(self.vendor, path)


@dataclass(frozen=True)
class Edition:
    """Packs and what a team laid over them. A new revision makes a new edition."""

    packs: Watchlist
    overlay: Overlay = field(default_factory=Overlay)

    @cached_property
    def laid(self) -> Laid:
        """The watchlist that the two make, and what of the team's does not fit."""
        return lay(self.overlay, self.packs)

    @property
    def watchlist(self) -> Watchlist:
        """The watchlist that the two make."""
        return self.laid.watchlist if self.overlay.vendors else self.packs

    def record(self, vendor: str) -> Tree | None:
        """Give a vendor's record as it stands; None if there is none."""
        return self.overlay.record(vendor, self.pack(vendor))

    def pack(self, vendor: str) -> Tree | None:
        """Give a vendor's record as the packs have it; what is the team's own is in none."""
        if vendor == TEAM:
            return {}
        theirs = self.packs.vendors.get(vendor)
        return None if theirs is None else tree_of(theirs)

    def edited(self, vendor: str, new: Tree | None) -> tuple[Change, ...]:
        """Give the changes that make a vendor's record what it is to be."""
        ground = self._ground(vendor)
        return tuple(_based(ground, differences(ground.record, new)))

    def undone(self, revision: Revision) -> tuple[Change, ...] | Stale:
        """Give the changes that take a revision back, or what was changed since.

        Where the packs spoke before, they speak again, as they do now.
        """
        ground = self._ground(revision.vendor)
        back: list[Change] = []
        for change in reversed(revision.changes):
            path, there = change.path, at(ground.record, change.path)
            if (there != change.new) if change.holds else ground.holds(path):
                return Stale(path, change.new, there)
            base = at(ground.pack, path)
            new = change.old if change.held else base
            back.append(Change(path, there, new, base, held=change.holds, holds=change.held))
        return self._told_as_it_comes(revision.vendor, back)

    def _told_as_it_comes(self, vendor: str, back: Iterable[Change]) -> tuple[Change, ...]:
        """Say of what the packs are to speak of again what will stand there.

        Something that the team said within it counts again.
        """
        made = tuple(back)
        if all(change.holds for change in made):
            return made
        record = self.overlay.with_changes(vendor, made).record(vendor, self.pack(vendor))
        return tuple(
            each if each.holds else replace(each, new=at(record, each.path)) for each in made
        )

    def rebased(self, vendor: str, changes: Sequence[Change]) -> tuple[Change, ...] | Stale:
        """Give changes over what stands now, or what is not as it was."""
        ground = self._ground(vendor)
        for change in changes:
            there = at(ground.record, change.path)
            if there not in (change.old, change.new):
                return Stale(change.path, change.old, there)
        return tuple(_based(ground, changes))

    def settled(self, vendor: str, path: Path, *, team: bool) -> tuple[Change, ...]:
        """End a conflict: the team's word holds over what the packs say by now, or theirs does.

        Theirs counts at `path` from now on, for as long as the team says nothing else.
        """
        ground = self._ground(vendor)
        there, theirs = at(ground.record, path), at(ground.pack, path)
        new = there if team else theirs
        change = Change(path, there, new, theirs, held=ground.holds(path), holds=team)
        return (change,) if team else self._told_as_it_comes(vendor, [change])

    def _ground(self, vendor: str) -> _Ground:
        return _Ground(vendor, self.pack(vendor), self.record(vendor), self.overlay)


def _based(ground: _Ground, changes: Iterable[Change]) -> Iterable[Change]:
    for change in changes:
        there = at(ground.record, change.path)
        held = ground.holds(change.path)
        if there != change.new or change.holds != held:
            base = at(ground.pack, change.path)
            yield replace(change, old=there, base=base, held=held)
