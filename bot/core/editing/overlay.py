"""What a team says otherwise than the packs, field by field, and the watchlist that it makes.

Where the team said nothing the packs speak, so that a newer pack flows in. Where both changed the
same thing the team's word stands, and the conflict is told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from bot.core.editing.change import Change, overlap
from bot.core.editing.revision import Revision
from bot.core.editing.tree import (
    Path,
    Tree,
    UnfitError,
    Value,
    at,
    ordered,
    put,
    tree_of,
    vendor_of,
)
from bot.core.watchlist import Watchlist

TEAM = ""
"""In place of a vendor's id: what is the team's own, such as its policy."""
ROUTES = "~routes"
"""In place of a vendor's id: which feeds come to a channel. They are in the log, and no record."""
_ITEM = 2
"""How many words lead to a part of a record that is told of as one: `measures`, its id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who said something last, when, and in which revision."""

    by: str
    at: datetime
    number: int
    seq: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a team says at a path (None: that nothing is there), and what the packs said then."""

    value: Value | None
    base: Value | None
    entry: Entry


@dataclass(frozen=True, slots=True)
class Conflict:
    """The packs say something else than when a team said otherwise.

    `lost`: what the team changed is not there any more, so that its word has no place.
    """

    vendor: str
    path: Path
    team: Value | None
    pack: Value | None
    entry: Entry
    lost: bool = False


_NOTHING: Mapping[Path, Said] = MappingProxyType({})
_NOBODY = Entry("", datetime.min.replace(tzinfo=UTC), 0, 0)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a team says, by vendor and path. `seq` is that of the last revision in it."""

    seq: int = 0
    said: Mapping[str, Mapping[Path, Said]] = field(default_factory=dict)
    last: Mapping[str, Mapping[Path, Entry]] = field(default_factory=dict)

    def with_revision(self, revision: Revision) -> "Overlay":
        """Lay one more revision over all before it."""
        entry = Entry(revision.by, revision.at, revision.number, revision.seq or 0)
        if revision.vendor == ROUTES:
            return replace(self, seq=max(self.seq, entry.seq))
        return self._with(revision.vendor, revision.changes, entry)

    def with_changes(self, vendor: str, changes: Iterable[Change]) -> "Overlay":
        """Lay changes over all before them that are nobody's revision yet."""
        return self._with(vendor, changes, _NOBODY)

    def _with(self, vendor: str, changes: Iterable[Change], entry: Entry) -> "Overlay":
        said = dict(self.said.get(vendor, _NOTHING))
        last = dict(self.last.get(vendor, {}))
        for change in changes:
            _lay(said, change, entry)
            last[change.path] = entry
        seq = max(self.seq, entry.seq)
        return Overlay(seq, {**self.said, vendor: said}, {**self.last, vendor: last})

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> "Overlay":
        """Lay revisions over each other, in the order in which they hold."""
        overlay = cls()
        for revision in revisions:
            overlay = overlay.with_revision(revision)
        return overlay

    @property
    def vendors(self) -> frozenset[str]:
        """The vendors of which the team says something."""
        return frozenset(vendor for vendor, said in self.said.items() if vendor != TEAM and said)

    def holds(self, vendor: str, path: Path) -> bool:
        """Whether the team's word counts at a path: it said what is there, or what is around it."""
        said = self.said.get(vendor, _NOTHING)
        return any(path[:length] in said for length in range(len(path) + 1))

    def record(self, vendor: str, pack: Tree | None) -> Tree | None:
        """Give a record as the team has it; None if there is none."""
        said = self.said.get(vendor, _NOTHING)
        tree = pack
        for path in sorted(said, key=len):
            if any(path[:length] in said for length in range(len(path))):
                continue  # what the team said around it counts
            try:
                tree = put(tree, path, said[path].value)
            except KeyError:
                continue  # its place is gone: `conflicts` tells
        return None if tree is None else ordered(tree, pack)

    def policy(self) -> str | None:
        """Give the line that the team wants on its cards."""
        said = self.said.get(TEAM, _NOTHING).get(("policy",))
        return said.value if said is not None and isinstance(said.value, str) else None

    def last_change(self, vendor: str, path: Path) -> Entry | None:
        """Say who changed what stands at a path last, or something in it or around it."""
        near = (entry for there, entry in self.last.get(vendor, {}).items() if overlap(there, path))
        return max(near, key=lambda entry: entry.seq, default=None)

    def last_within(self, vendor: str, path: Path) -> Entry | None:
        """Say who changed what stands at a path last, or something in it."""
        within = (
            entry
            for there, entry in self.last.get(vendor, {}).items()
            if there[: len(path)] == path
        )
        return max(within, key=lambda entry: entry.seq, default=None)

    def came_after(self, vendor: str, entry: Entry, number: int) -> bool:
        """Say whether what an entry tells of holds since after a revision of that number did.

        A proposal that was approved late has a lower number than what it came after.
        """
        seqs = [each.seq for each in self.last.get(vendor, {}).values() if each.number == number]
        return entry.seq > seqs[0] if seqs else entry.number > number

    def conflicts(self, vendor: str, pack: Tree | None) -> Iterator[Conflict]:
        """Say where the packs have moved under what the team says of a vendor."""
        said = self.said.get(vendor, _NOTHING)
        for path, each in said.items():
            if any(path[:length] in said for length in range(len(path))):
                continue
            theirs = at(pack, path)
            if theirs not in (each.base, each.value):
                yield Conflict(vendor, path, each.value, theirs, each.entry)
            elif each.value is not None and not _has_place(pack, path):
                yield Conflict(vendor, path, each.value, None, each.entry, lost=True)

    def entries(self, vendor: str) -> dict[Path, Entry]:
        """Say who is behind each part of a record in which the team's word counts.

        A part is led to by one word or two: `makes`, or `measures` and an id.
        """
        said = self.said.get(vendor, _NOTHING)
        found: dict[Path, Entry] = {}
        for path, entry in self.last.get(vendor, {}).items():
            part = path[:_ITEM]
            if not self.holds(vendor, path) and not any(overlap(each, path) for each in said):
                continue
            if part not in found or found[part].seq < entry.seq:
                found[part] = entry
        return found


def _lay(said: dict[Path, Said], change: Change, entry: Entry) -> None:
    """Lay one change over what was said before."""
    path = change.path
    for length in range(len(path)):
        around = said.get(path[:length])
        if around is not None:
            if isinstance(around.value, dict):
                tree = put(around.value, path[length:], change.new)
                said[path[:length]] = replace(around, value=None if tree is None else tree)
            return
    if change.holds:
        said[path] = Said(change.new, change.base, entry)
    else:
        said.pop(path, None)


def _has_place(pack: Tree | None, path: Path) -> bool:
    if not path:
        return True
    try:
        put(pack, path, "")
    except KeyError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Laid:
    """A watchlist with an overlay on it, and what of it did not fit."""

    watchlist: Watchlist
    changed: frozenset[str] = frozenset()
    conflicts: tuple[Conflict, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)


def lay(overlay: Overlay, packs: Watchlist) -> Laid:
    """Make a team's watchlist. A record that does not fit together is the packs' own, and told."""
    vendors = dict(packs.vendors)
    conflicts: list[Conflict] = []
    unfit: dict[str, str] = {}
    for vendor in sorted(overlay.vendors):
        theirs = packs.vendors.get(vendor)
        pack = None if theirs is None else tree_of(theirs)
        conflicts += overlay.conflicts(vendor, pack)
        tree = overlay.record(vendor, pack)
        if tree is None:
            vendors.pop(vendor, None)
            continue
        try:
            vendors[vendor] = vendor_of(tree)
        except UnfitError as error:
            unfit[vendor] = str(error)
    watchlist = Watchlist(vendors, packs.programs)
    return Laid(watchlist, overlay.vendors, tuple(conflicts), MappingProxyType(unfit))
