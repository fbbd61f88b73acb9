"""The watchlists in use: the packs' for all, and each team's own edits over them."""

from datetime import UTC, datetime
from pathlib import Path

from bot.core.editing.change import Change
from bot.core.editing.revision import Revision
from bot.core.editing.tree import tree_of
from bot.core.vendor import Vendor
from bot.current import CurrentWatchlist
from tests import build

ACME, ROAD = build.vendor(), build.vendor("road-runner")


class Log:
    """Revisions, as a database keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Revision]] = {}

    async def heads(self) -> dict[str, int]:
        """Give the last of each team."""
        return {team: len(kept) for team, kept in self.kept.items()}

    async def after(self, team: str, seq: int) -> tuple[Revision, ...]:
        """Give those after one."""
        return tuple(self.kept[team][seq:])

    def edit(self, team: str, vendor: str, *changes: Change) -> None:
        """Write one more."""
        kept = self.kept.setdefault(team, [])
        seq = len(kept) + 1
        at = datetime(2026, 3, 1, 9, tzinfo=UTC)
        kept.append(Revision(seq, team, vendor, "dana", at, "fake:#desk", changes, seq=seq))


def added(vendor: Vendor) -> Change:
    """Give the change that adds a vendor."""
    return Change((), None, tree_of(vendor))


def named(current: CurrentWatchlist, team: str, text: str) -> list[str]:
    """Give the vendors that a team finds in a text."""
    return [match.vendor for match in current.of(team).matcher.find(text)]


async def test_each_team_finds_its_own_vendors_and_the_packs(tmp_path: Path) -> None:
    """One team adds a vendor, another drops one: neither sees the other's."""
    current, log = CurrentWatchlist([build.write_pack(tmp_path, ACME, ROAD)]), Log()
    log.edit("blue", "new-cam", added(build.vendor("new-cam")))
    log.edit("red", "acme-cam", Change((), tree_of(ACME), None, tree_of(ACME)))
    await current.follow(log)
    text = "Acme Cam, New Cam and Road Runner"
    assert named(current, "default", text) == ["acme-cam", "road-runner"]
    assert named(current, "blue", text) == ["acme-cam", "new-cam", "road-runner"]
    assert named(current, "red", text) == ["road-runner"]
    assert current.of("default") is current.packs


async def test_what_others_edit_is_seen_with_the_next_look(tmp_path: Path) -> None:
    """Another process wrote it: this one finds the new name and the old no more."""
    current, log = CurrentWatchlist([build.write_pack(tmp_path, ACME)]), Log()
    await current.follow(log)
    name = {"value": "Gizmo Eye", "role": "brand"}
    log.edit("default", "acme-cam", Change(("names", "Gizmo Eye"), None, dict(name)))
    assert named(current, "default", "a Gizmo Eye") == []
    await current.look()
    assert named(current, "default", "a Gizmo Eye of Acme Cam") == ["acme-cam", "acme-cam"]
    log.edit("default", "acme-cam", Change(("names", "Gizmo Eye"), dict(name), None, holds=False))
    await current.look()
    assert named(current, "default", "a Gizmo Eye of Acme Cam") == ["acme-cam"]


async def test_a_newer_pack_flows_in_under_the_edits(tmp_path: Path) -> None:
    """The team's name stays, the pack's new vendor comes."""
    pack = build.write_pack(tmp_path, ACME)
    current, log = CurrentWatchlist([pack]), Log()
    name = {"value": "Gizmo Eye", "role": "brand"}
    log.edit("default", "acme-cam", Change(("names", "Gizmo Eye"), None, dict(name)))
    await current.follow(log)
    build.write_pack(tmp_path, ROAD)
    assert await current.reload_if_changed()
    assert named(current, "default", "Gizmo Eye, Road Runner") == ["acme-cam", "road-runner"]


async def test_a_team_can_block_what_a_pack_lists(tmp_path: Path) -> None:
    """A look-alike that the team adds keeps the pack's own name of that vendor silent."""
    current, log = CurrentWatchlist([build.write_pack(tmp_path, ACME)]), Log()
    blocked = {"phrase": "Acme Cam shaft", "why": "an engine's"}
    log.edit("blue", "acme-cam", Change(("not_this", "Acme Cam shaft"), None, dict(blocked)))
    await current.follow(log)
    assert named(current, "blue", "an Acme Cam shaft") == []
    assert named(current, "default", "an Acme Cam shaft") == ["acme-cam"]
