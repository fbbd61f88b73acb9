"""`vendorwatch db ...`, as an operator and a cron job use it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import command_line
from tests.postgres import shared


@dataclass(slots=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Shell:
    """Runs `vendorwatch db ...`."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        """Run one; at most one line may come of it on either stream."""
        code = command_line(["db", *arguments])
        out, err = self.capsys.readouterr()
        assert out.count("\n") + err.count("\n") == 1, out + err
        return Ran(code, out, err)


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of an empty database on a server, and configure it."""
    url = shared()("cli")
    monkeypatch.setenv("VENDORWATCH_DATABASE__URL", url)
    yield url
    shared().drop("cli")


def test_an_upgrade_says_what_it_did(shell: Shell) -> None:
    made = shell("upgrade")
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith("database vendorwatch.db: made (schema 0")
    again = shell("upgrade")
    assert (again.code, again.err) == (0, "")
    assert again.out.startswith("database vendorwatch.db: is up to date (schema 0")


def test_an_upgrade_works_on_a_server(shell: Shell, server: str) -> None:
    assert " made (schema " in shell("upgrade").out
    assert " is up to date (schema " in shell("upgrade").out
    shared().execute("UPDATE alembic_version SET version_num = '9999'", database="cli")
    refused = shell("upgrade")
    assert (refused.code, refused.out) == (2, "")
    assert "was written by a newer vendorwatch (schema 9999)" in refused.err
    assert "postgres@" in server


def test_a_backup_is_restored(shell: Shell, tmp_path: Path) -> None:
    shell("upgrade")
    backed_up = shell("backup", "kept.db")
    assert (backed_up.code, backed_up.out, backed_up.err) == (0, "kept.db\n", "")
    restored = shell("restore", "kept.db")
    assert (restored.code, restored.err) == (0, "")
    (kept,) = tmp_path.glob("vendorwatch.db.before-restore-*")
    assert restored.out == f"restored; what was there is kept as {kept.name}\n"
    (tmp_path / "vendorwatch.db").unlink()
    assert shell("restore", "kept.db").out == "restored\n"
    assert " is up to date " in shell("upgrade").out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["backup", "kept.db"], "vendorwatch.db: there is no such file"),
        (["restore", "kept.db"], "kept.db: there is no such file"),
        (["restore", "."], ".: is a folder"),
        (["backup"], "Missing argument"),
        (["upgrade", "--config", "missing.yml"], "missing.yml"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(
    shell: Shell, line: list[str], said: str
) -> None:
    ran = shell(*line)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(("what", "program"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_on_a_server_the_program_for_it_is_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, what: str, program: str
) -> None:
    url = "postgresql+asyncpg://anna:hunter2@db.example/bot"
    monkeypatch.setenv("VENDORWATCH_DATABASE__URL", url)
    ran = shell(what, "kept.dump")
    assert (ran.code, ran.out) == (2, "")
    assert f"{program} --" in ran.err
    assert "hunter2" not in ran.err


def test_on_a_terminal_the_progress_is_drawn(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("upgrade")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command_line(["db", "backup", "kept.db"]) == 0
    out, err = capsys.readouterr()
    assert out == "kept.db\n"
    assert "backup" in err
    assert "100%" in err


def test_erasing_wants_to_be_meant(shell: Shell) -> None:
    asked = shell("erase", "slack", "T0123")
    assert asked.code == 2
    assert "for good; add --yes" in asked.err
    done = shell("erase", "slack", "T0123", "--yes")
    assert (done.code, done.out) == (0, "erased: 0 rows of T0123 on slack\n")
