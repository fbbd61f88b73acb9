"""`vendorwatch watchlist export` and `import` with what a team edited: files out, edits in."""

import io
import json
import random
import sys
from pathlib import Path

import pytest

from bot import pack
from bot.core.editing.intake import intake
from bot.core.editing.tree import tree_of
from bot.core.watchlist import Watchlist
from bot.interchange import stream, vendor_text
from bot.recordtexts import RecordTexts
from tests.build import full_vendor, name, program, vendor, write_pack
from tests.core.editing.test_overlay import Team, some_edit
from tests.test_cli import Shell

ACME = full_vendor(tags=["cameras"], names=[name("Acme Cam")])
ROAD = vendor("road-runner", names=[name("Road Runner")])


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Give a command line in a folder with a pack, and a configuration that names a database."""
    monkeypatch.chdir(tmp_path)
    made = Shell(capsys, write_pack(tmp_path / "pack", ACME, ROAD, programs={"ZZ-A": program()}))
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    settings = {"database": {"url": url}, "watchlists": ["pack"], "shipped_watchlist": False}
    (tmp_path / "c.yml").write_text(json.dumps(settings))
    assert made("db", "upgrade", "-c", "c.yml").code == 0
    return made


class Keyboard(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def put(folder: Path, *vendors: object) -> None:
    """Write records into a stream."""
    (folder / "in.yml").write_text("".join(f"---\n{each}" for each in vendors), encoding="utf-8")


def test_records_become_edits_and_edits_become_a_pack(shell: Shell, tmp_path: Path) -> None:
    changed = ACME.model_copy(update={"headquarters": "Shelbyville"})
    put(tmp_path, vendor_text(changed), vendor_text(vendor("new-cam")), vendor_text(ROAD))
    given = ("watchlist", "import", "in.yml", "--edits", "-c", "c.yml")
    ran = shell(*given)
    assert ran.code == 2
    assert "That would change 2 records." in ran.out
    assert "headquarters: ~~Springfield~~ → Shelbyville" in ran.out
    assert "New Cam: new" in ran.out
    assert "As it is already: Road Runner." in ran.out
    assert ran.err == "vendorwatch: nothing was taken in: say --yes where nobody can be asked\n"
    ran = shell(*given, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-2:] == ["Acme Cam: revision 1", "New Cam: revision 2"]
    assert "Nothing to take in." in shell(*given).out
    ran = shell("watchlist", "export", "--edits", "--folder", "out", "-c", "c.yml")
    assert ran.code == 0
    assert shell("watchlist", "check", "out").out == "3 vendors, no errors, 0 warnings\n"
    out, there = tmp_path / "out", tmp_path / "pack"
    for same in ("vendors/road-runner.yml", "programs.yml"):
        assert (out / same).read_bytes() == (there / same).read_bytes()
    assert (out / "vendors/acme-cam.yml").read_text("utf-8") == vendor_text(changed)
    assert "Shelbyville" not in shell("watchlist", "export", "-f", "yaml", "-c", "c.yml").out
    ran = shell("watchlist", "export", "-f", "yaml", "--team", "default", "-c", "c.yml")
    assert "Shelbyville" in ran.out


def test_one_bad_record_keeps_all_out(shell: Shell, tmp_path: Path) -> None:
    put(tmp_path, vendor_text(vendor("new-cam")), "schema: vendorwatch/1\nid: x\n")
    ran = shell("watchlist", "import", "in.yml", "--yes", "--edits", "-c", "c.yml")
    assert ran.code == 2
    assert "Not taken in:" in ran.out
    assert "line " in ran.out
    assert ran.err == "vendorwatch: nothing was taken in; mend those first\n"
    assert shell("watchlist", "export", "--team", "default", "-c", "c.yml").code == 2


def test_whoever_says_no_changes_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, vendor_text(vendor("new-cam")))
    given = ("watchlist", "import", "in.yml", "--edits", "-c", "c.yml")
    for answer, code in (("n\n", 1), ("y\n", 0)):
        monkeypatch.setattr(sys, "stdin", Keyboard(answer))
        assert shell(*given).code == code
    assert "New Cam" in shell("watchlist", "export", "--edits", "-c", "c.yml").out


def test_another_database_and_another_team_are_named(shell: Shell, tmp_path: Path) -> None:
    put(tmp_path, vendor_text(vendor("new-cam")))
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    given = ("--database", url, "--team", "T1")
    assert shell("watchlist", "import", "in.yml", "--yes", *given).code == 0
    ran = shell("watchlist", "export", "--team", "T2", "-c", "c.yml")
    assert ran.code == 2
    assert "nobody edited the watchlist of the team 'T2'; there are edits of T1" in ran.err
    assert "new-cam" in shell("watchlist", "export", *given, "pack").out


def test_what_is_not_edited_is_written_byte_for_byte(tmp_path: Path, shell: Shell) -> None:
    shipped = pack.shipped()
    ran = shell("watchlist", "export", "--edits", "--folder", "out", "-c", "c.yml", str(shipped))
    assert ran.code == 0
    for path in pack.files([shipped]):
        assert (tmp_path / "out" / path.relative_to(shipped)).read_bytes() == path.read_bytes()
    own = tmp_path / "pack/vendors/acme-cam.yml"
    own.write_text(f"# our own words\n{own.read_text('utf-8')}", "utf-8")
    shell("watchlist", "export", "--edits", "--folder", "again", "pack", "-c", "c.yml")
    assert (tmp_path / "again/vendors/acme-cam.yml").read_bytes() == own.read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_what_is_written_is_taken_in_as_it_was(seed: int) -> None:
    """Any edits, written and read by a team that has nothing yet: the same watchlist."""
    rng, team = random.Random(seed), Team()  # noqa: S311 - a game, no secret
    while len(team.log) < 60:
        some_edit(team, rng)
    text = "".join(stream(team.watchlist))
    other = Team(packs=Watchlist.of([]))
    found = intake(other.edition, RecordTexts().read(text))
    assert found.refused == ()
    for each in found.incoming:
        other.edit(each.vendor.id, each.tree)
    assert same(other.watchlist) == same(team.watchlist)
    again = intake(team.edition, RecordTexts().read(text))
    assert (again.incoming, len(again.same)) == ((), len(team.watchlist.vendors))


def same(watchlist: Watchlist) -> object:
    """Say what a watchlist says, whatever the order in which it came."""
    return sorted(json.dumps(tree_of(each), sort_keys=True) for each in watchlist.vendors.values())
