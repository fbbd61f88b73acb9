"""What a team lays over the packs: it holds, it can be undone, and newer packs flow in."""

import json
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from bot.core.editing.change import Change
from bot.core.editing.edition import Edition, Stale
from bot.core.editing.overlay import Overlay
from bot.core.editing.revision import Revision
from bot.core.editing.tree import Path, Tree, Value, at, put, tree_of
from bot.core.watchlist import Watchlist
from tests import build

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
PACKS = Watchlist.of([build.vendor(measures=[build.measure(), build.measure("second")])])


@dataclass(slots=True)
class Team:
    """Edits as the program makes them, without a database."""

    packs: Watchlist = PACKS
    log: list[Revision] = field(default_factory=list)
    overlay: Overlay = field(default_factory=Overlay)

    @property
    def edition(self) -> Edition:
        """What stands now."""
        return Edition(self.packs, self.overlay)

    @property
    def watchlist(self) -> Watchlist:
        """Say what the team has."""
        return self.edition.watchlist

    def write(self, vendor: str, changes: tuple[Change, ...]) -> Revision:
        """Let changes hold."""
        number = len(self.log) + 1
        desk = "console:#desk"
        made = Revision(number, "default", vendor, "dana", AT, desk, changes, seq=number)
        self.log.append(made)
        self.overlay = self.overlay.with_revision(made)
        return made

    def edit(self, vendor: str, new: Tree | None) -> Revision:
        """Make a record what it is to be."""
        return self.write(vendor, self.edition.edited(vendor, new))

    def set(self, path: Path, value: Value | None, vendor: str = "acme-cam") -> Revision:
        """Change one thing."""
        return self.edit(vendor, put(self.edition.record(vendor), path, value))

    def undo(self, number: int) -> Revision | Stale:
        """Take a revision back."""
        revision = self.log[number - 1]
        back = self.edition.undone(revision)
        return back if isinstance(back, Stale) else self.write(revision.vendor, back)


def changed_pack(**changes: str) -> Watchlist:
    """Give the packs as a newer version has them."""
    measures = [build.measure(**dict(changes)), build.measure("second")]
    return Watchlist.of([build.vendor(measures=measures)])


def state(watchlist: Watchlist) -> str:
    """Say all that a watchlist says, order included."""
    return json.dumps([each.model_dump(mode="json") for each in watchlist.vendors.values()])


STATUS = ("measures", "trade-list", "status")
TITLE = ("measures", "trade-list", "title")


def test_an_edit_holds_over_the_packs() -> None:
    """The team sees its word; whoever has no overlay sees the packs'."""
    team = Team()
    team.set(STATUS, "stayed")
    assert team.watchlist.get("acme-cam").measures[0].status == "stayed"
    assert PACKS.get("acme-cam").measures[0].status == "in_force"


def test_a_newer_pack_flows_in_where_nobody_edited() -> None:
    """The team changed the status; the pack's better title comes through."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = changed_pack(title="Zedland Trade Register")
    laid = team.edition.laid
    measure = laid.watchlist.get("acme-cam").measures[0]
    assert (measure.status, measure.title) == ("stayed", "Zedland Trade Register")
    assert laid.conflicts == ()


def test_where_both_changed_the_team_stands_and_it_is_told() -> None:
    """The pack says removed now, the team said stayed: a conflict with both words."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = changed_pack(status="removed", ended_on="2024-04")
    laid = team.edition.laid
    assert laid.watchlist.get("acme-cam").measures[0].status == "stayed"
    (conflict,) = laid.conflicts
    assert (conflict.path, conflict.team, conflict.pack) == (STATUS, "stayed", "removed")
    assert conflict.entry.by == "dana"


def test_a_pack_that_comes_to_say_the_same_is_no_conflict() -> None:
    """What the team knew first the pack says now."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = changed_pack(status="stayed")
    assert team.edition.laid.conflicts == ()


def test_what_the_pack_takes_away_under_an_edit_is_told() -> None:
    """The measure that the team edited is gone from the pack: nothing breaks, the edit is lost."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = Watchlist.of([build.vendor(measures=[build.measure("second")])])
    laid = team.edition.laid
    assert [each.id for each in laid.watchlist.get("acme-cam").measures] == ["second"]
    assert [each.path for each in laid.conflicts] == [STATUS]


def test_undo_lets_the_pack_speak_again_as_it_speaks_now() -> None:
    """The team's override is taken back after the pack moved on: the pack's new word holds."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = changed_pack(status="vacated")
    assert isinstance(team.undo(1), Revision)
    assert team.watchlist.get("acme-cam").measures[0].status == "vacated"
    assert team.edition.laid.conflicts == ()


def test_a_removed_part_comes_back_with_what_the_team_had_edited_in_it() -> None:
    """A measure is edited, removed, and the removal undone: the edit is still there."""
    team = Team()
    team.set(STATUS, "stayed")
    team.set(STATUS[:2], None)
    assert [each.id for each in team.watchlist.get("acme-cam").measures] == ["second"]
    assert isinstance(team.undo(2), Revision)
    assert team.watchlist.get("acme-cam").measures[0].status == "stayed"
    assert isinstance(team.undo(3), Revision)
    assert [each.id for each in team.watchlist.get("acme-cam").measures] == ["second"]


def test_an_undo_of_what_was_changed_since_is_refused() -> None:
    """The later word stands, and it is said what stands there now."""
    team = Team()
    team.set(TITLE, "One")
    team.set(TITLE, "Two")
    stale = team.undo(1)
    assert isinstance(stale, Stale)
    assert (stale.path, stale.then, stale.now) == (TITLE, "One", "Two")


def test_a_vendor_of_the_team_can_be_edited_removed_and_brought_back() -> None:
    """What lies around an edit is the team's as well."""
    team = Team()
    team.edit("new-cam", tree_of(build.vendor("new-cam")))
    team.set(("headquarters",), "Shelbyville", "new-cam")
    assert team.watchlist.get("new-cam").headquarters == "Shelbyville"
    team.edit("new-cam", None)
    assert "new-cam" not in team.watchlist.vendors
    assert isinstance(team.undo(3), Revision)
    assert team.watchlist.get("new-cam").headquarters == "Shelbyville"
    assert isinstance(team.undo(1), Stale)  # edited since: that first


def test_who_said_what_is_known_part_by_part() -> None:
    """A card marks what the team entered, and nothing else."""
    team = Team()
    team.set(STATUS, "stayed")
    team.set(("tags", "cameras"), "cameras")
    entries = team.overlay.entries("acme-cam")
    assert {path: entry.number for path, entry in entries.items()} == {
        ("measures", "trade-list"): 1,
        ("tags", "cameras"): 2,
    }
    team.undo(1)
    assert ("measures", "trade-list") not in team.overlay.entries("acme-cam")


def test_a_proposal_is_brought_over_what_changed_meanwhile() -> None:
    """Another field changed: it goes through. The same field changed: it does not."""
    team = Team()
    record = team.edition.record("acme-cam")
    wanted = team.edition.edited("acme-cam", put(record, STATUS, "stayed"))
    team.set(TITLE, "Another title")
    assert isinstance(team.edition.rebased("acme-cam", wanted), tuple)
    team.set(STATUS, "removed")
    stale = team.edition.rebased("acme-cam", wanted)
    assert isinstance(stale, Stale)
    assert stale.now == "removed"


@pytest.mark.parametrize(("team_stands", "status"), [(True, "stayed"), (False, "removed")])
def test_a_conflict_with_the_packs_is_settled(*, team_stands: bool, status: str) -> None:
    """Either word may hold from now on, and the conflict is over; that can be undone as well."""
    team = Team()
    team.set(STATUS, "stayed")
    team.packs = changed_pack(status="removed", ended_on="2024-04")
    team.write("acme-cam", team.edition.settled("acme-cam", STATUS, team=team_stands))
    assert team.edition.laid.conflicts == ()
    assert team.watchlist.get("acme-cam").measures[0].status == status
    assert isinstance(team.undo(2), Revision)
    assert team.watchlist.get("acme-cam").measures[0].status == "stayed"


def some_edit(team: Team, rng: random.Random) -> None:
    """Change something: a field, a part, a vendor."""
    vendor = rng.choice(["acme-cam", "new-cam", "third"])
    record = team.edition.record(vendor)
    number = rng.randrange(6)
    if record is None or rng.random() < 0.03:
        new = tree_of(build.vendor(vendor)) if record is None else None
        team.edit(vendor, new)
        return
    item = f"m-{number}"
    choices: list[tuple[Path, Value | None]] = [
        (("headquarters",), f"Town {number}"),
        (("tags", f"tag-{number}"), rng.choice([None, f"tag-{number}"])),
        (("identifiers", "lei"), rng.choice([None, f"L{number}"])),
        (("measures", item), rng.choice([None, tree_of_measure(item, number)])),
    ]
    if at(record, ("measures", item)) is not None:
        choices.append((("measures", item, "title"), f"Title {number}"))
    if at(record, ("measures", "trade-list")) is not None:
        choices += [(TITLE, f"T{number}"), (STATUS[:2], None)]
    path, value = rng.choice(choices)
    if at(record, path) != value:
        team.set(path, value, vendor)


def tree_of_measure(id_: str, number: int) -> Tree:
    """Give a measure as an item of a tree."""
    made = tree_of(build.vendor(measures=[build.measure(id_, since=f"20{10 + number}")]))
    item = at(made, ("measures", id_))
    assert isinstance(item, dict)
    return item


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_revisions_undone_and_redone_end_at_the_same_watchlist(seed: int) -> None:
    """Undone from the last to the first the packs stand again; redone, so does every word."""
    rng, team = random.Random(seed), Team()  # noqa: S311 - a game, no secret
    while len(team.log) < 350:
        some_edit(team, rng)
    edited, count = state(team.watchlist), len(team.log)
    for number in range(count, 0, -1):
        assert isinstance(team.undo(number), Revision), number
    assert state(team.watchlist) == state(PACKS)
    assert not team.overlay.vendors
    for number in range(2 * count, count, -1):
        assert isinstance(team.undo(number), Revision), number
    assert len(team.log) > 1_000
    assert state(team.watchlist) == edited


def test_a_record_that_fits_together_no_more_is_the_packs_own() -> None:
    """A newer model may refuse an old edit: the pack's record stands, and it is told."""
    team = Team()
    team.write("acme-cam", (Change(("country",), "ZZ", "nowhere"),))
    laid = team.edition.laid
    assert laid.watchlist.get("acme-cam") == PACKS.get("acme-cam")
    assert "country code" in laid.unfit["acme-cam"]


def test_the_policy_of_a_team_is_a_line() -> None:
    """It is changed and undone as everything else is."""
    team = Team()
    team.write("", (Change(("policy",), None, "Ask procurement first"),))
    assert team.overlay.policy() == "Ask procurement first"
    assert "" not in team.overlay.vendors


def test_vendors_can_be_of_the_team_alone() -> None:
    """An empty watchlist becomes one with a vendor."""
    team = Team(packs=Watchlist.of([]))
    team.edit("new-cam", tree_of(build.vendor("new-cam")))
    made = team.watchlist.get("new-cam")
    assert made == build.vendor("new-cam").model_copy(
        update={"names": tuple(sorted(made.names, key=lambda each: each.value))}
    )


def test_a_proposal_that_was_approved_late_came_after_what_held_before() -> None:
    """Though its number is lower: whoever saw only the other has not seen it."""
    team = Team()
    team.set(TITLE, "One")
    late = Revision(0, "default", "acme-cam", "eli", AT, "console:#desk", (), seq=9)
    changes = team.edition.edited(
        "acme-cam", put(team.edition.record("acme-cam"), STATUS, "stayed")
    )
    overlay = team.overlay.with_revision(replace(late, changes=changes))
    last = overlay.last_change("acme-cam", STATUS)
    assert last is not None
    assert overlay.came_after("acme-cam", last, 1)
    assert not overlay.came_after("acme-cam", last, 0)
    assert not overlay.came_after("acme-cam", last, 7)
