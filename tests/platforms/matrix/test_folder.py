"""An account's folder: one process has it, nobody else reads it, and a power loss costs nothing."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.platforms.matrix.folder import Folder, Login

KEY = "a key of sixteen or more"
LOGIN = Login("@bot:a.example", "DEVICE", "t0ken")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "deep" / "store", KEY)
    made.keep_login(LOGIN)
    made.keep_identity("the seeds")
    return made


def refused(folder: Folder) -> str:
    with pytest.raises(BotError) as caught:
        folder.login()
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert str(folder.path) in line
    assert KEY not in line
    return line


def test_what_was_kept_is_there_after_a_restart(folder: Folder) -> None:
    again = Folder(folder.path, KEY)
    assert again.login() == LOGIN
    assert again.identity() == "the seeds"


def test_nothing_was_kept_yet(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "store", KEY)
    assert folder.login() is None
    assert folder.identity() is None
    assert not folder.path.exists()  # whoever only looks makes nothing


def test_nobody_else_reads_any_of_it(folder: Folder) -> None:
    folder.path.chmod(0o755)
    with folder.held():
        modes = {stat.S_IMODE(each.stat().st_mode) for each in folder.path.iterdir()}
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert modes == {0o600}


def test_nothing_secret_can_be_read_off_the_files(folder: Folder) -> None:
    written = b"".join(each.read_bytes() for each in folder.path.iterdir())
    assert b"t0ken" not in written
    assert b"seeds" not in written
    assert "t0ken" not in repr(LOGIN)
    assert KEY not in repr(folder)


def test_two_stores_with_one_key_are_sealed_differently(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other", KEY)
    other.keep_login(LOGIN)
    (other.path / "login").write_bytes((folder.path / "login").read_bytes())
    assert "does not open" in refused(Folder(other.path, KEY))


def test_another_key_is_told_from_damage(folder: Folder) -> None:
    line = refused(Folder(folder.path, "another key of sixteen"))
    assert "does not open with matrix.accounts[].pickle_key" in line


@pytest.mark.parametrize("name", ["login", "salt"])
@pytest.mark.parametrize("left", [0, 7])
def test_a_file_of_which_half_is_there_is_told(folder: Folder, name: str, left: int) -> None:
    there = folder.path / name
    there.write_bytes(there.read_bytes()[:left])
    before = {each: each.read_bytes() for each in folder.path.iterdir()}
    line = refused(Folder(folder.path, KEY))
    assert name in line
    assert "restore it from a backup" in line or "does not open" in line
    assert {each: each.read_bytes() for each in folder.path.iterdir()} == before


def test_a_salt_that_is_gone_is_not_made_anew_over_what_it_sealed(folder: Folder) -> None:
    (folder.path / "salt").unlink()
    assert "salt" in refused(Folder(folder.path, KEY))
    assert not (folder.path / "salt").exists()


def test_a_power_loss_while_writing_leaves_what_was_there(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerLossError(BaseException):
        pass

    def lost(handle: int) -> None:
        os.ftruncate(handle, 5)  # of what was written, this much had reached the disk
        raise PowerLossError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lost)
        with pytest.raises(PowerLossError):
            folder.keep_login(Login("@bot:a.example", "NEW", "new"))
    again = Folder(folder.path, KEY)
    assert again.login() == LOGIN
    again.keep_login(Login("@bot:a.example", "NEW", "new"))
    kept = Folder(folder.path, KEY).login()
    assert kept is not None
    assert kept.device_id == "NEW"


def test_a_power_loss_at_the_very_first_start_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        del handle
        raise OSError(28, "No space left on device")

    folder = Folder(tmp_path / "store", KEY)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(BotError, match="No space left on device"):
            folder.keep_login(LOGIN)
    again = Folder(folder.path, KEY)
    assert again.login() is None
    again.keep_login(LOGIN)
    assert Folder(folder.path, KEY).login() == LOGIN


def _hold(path: Path, told: "multiprocessing.connection.Connection") -> None:
    try:
        with Folder(path, KEY).held():
            told.send("in")
    except BotError as error:
        told.send(str(error))


def test_a_second_process_is_kept_out_and_told_why(folder: Folder) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with folder.held():
        second = context.Process(target=_hold, args=(folder.path, there))
        second.start()
        assert here.poll(30)
        assert "another process uses it" in here.recv()
        second.join(10)
    with folder.held():  # and the first may come again
        pass


def test_a_store_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BotError, match=r"the store .*file: File exists"):
        Folder(tmp_path / "file", KEY).keep_login(LOGIN)
    with pytest.raises(BotError, match="Not a directory"):
        Folder(tmp_path / "file" / "below", KEY).make()
