"""`vendorwatch matrix login`: who is logged in with what, and what is said where nobody can be."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from bot.cli import command_line
from bot.errors import BotError
from bot.platforms.matrix.settings import AccountSettings

ONE = "homeserver: a.example, user: '@one:a.example', pickle_key: sixteen characters, store: one"
TWO = ONE.replace("one", "two")
LOGIN = "bot.platforms.matrix.login"
# The command line as it is, with a homeserver that is not there, which says what it was given.
AT_TERMINAL = f"""
import hashlib, sys
from types import ModuleType
from bot.cli import command_line

async def first_login(account, password, random, *, anew):
    return [f"{{account.user}} {{hashlib.sha256(password.encode()).hexdigest()}}"]

sys.modules["{LOGIN}"] = login = ModuleType("{LOGIN}")
login.first_login = first_login
sys.exit(command_line(sys.argv[1:]))
"""
PASSWORD_HASH = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7"  # noqa: S105 - hunter2's


@dataclass(slots=True)
class Homeserver:
    """Takes logins; knows one right password, and any token."""

    tried: list[tuple[str, str | None]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    async def first_login(
        self,
        account: AccountSettings,
        password: str | None,
        random: Callable[[int], bytes],
        *,
        anew: bool,
    ) -> list[str]:
        """Log in, as the adapter would."""
        self.tried.append((account.user, password))
        if account.token is None and password != "hunter2":  # noqa: S105 - the test's own
            raise BotError(f"matrix: {account.user}: the password is wrong")
        assert len(random(32)) == 32
        self.replaced += [account.user] if anew else []
        return [f"{account.user} is logged in", "its recovery key is: EsTx"]


@pytest.fixture
def homeserver(monkeypatch: pytest.MonkeyPatch) -> Homeserver:
    server = Homeserver()
    module = ModuleType(LOGIN)
    module.first_login = server.first_login  # type: ignore[attr-defined] # a module made here
    monkeypatch.setitem(sys.modules, LOGIN, module)
    return server


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yml"


def write(config: Path, *accounts: str) -> None:
    listed = "".join(f"    - {{{each}}}\n" for each in accounts)
    config.write_text(f"matrix:\n  accounts:\n{listed}" if accounts else "team: default\n")


def login(config: Path, *arguments: str) -> int:
    return command_line(["matrix", "login", "--config", str(config), *arguments])


def test_the_one_account_is_logged_in_with_the_password_of_the_configuration(
    homeserver: Homeserver, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(config, f"{ONE}, password: hunter2")
    assert login(config) == 0
    assert homeserver.tried == [("@one:a.example", "hunter2")]
    out = "@one:a.example is logged in\nits recovery key is: EsTx\n"
    assert capsys.readouterr() == (out, "")
    assert homeserver.replaced == []


def test_a_token_needs_no_password(homeserver: Homeserver, config: Path) -> None:
    write(config, f"{ONE}, access_token: t0ken, device_id: D")
    assert login(config) == 0
    assert homeserver.tried == [("@one:a.example", None)]


def test_an_identity_is_replaced_only_when_asked_and_with_the_password(
    homeserver: Homeserver, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_token = f"{ONE}, access_token: t0ken, device_id: D"
    write(config, with_token)
    assert login(config, "--new-identity") == 2
    assert capsys.readouterr().err == f"vendorwatch: {NO_TERMINAL}\n"
    write(config, f"{with_token}, password: hunter2")
    assert login(config, "--new-identity") == 0
    assert homeserver.tried == [("@one:a.example", "hunter2")]
    assert homeserver.replaced == ["@one:a.example"]


@pytest.mark.parametrize("named", ["1", "@two:a.example"])
def test_one_of_several_is_named_by_its_number_or_its_user(
    homeserver: Homeserver, config: Path, named: str
) -> None:
    write(config, f"{ONE}, password: wrong", f"{TWO}, password: hunter2")
    assert login(config, "--account", named) == 0
    assert homeserver.tried == [("@two:a.example", "hunter2")]


NO_TERMINAL = (
    "@one:a.example has no password in the configuration, and there is no terminal to ask on: "
    "set password_file, or run this on a terminal"
)


@pytest.mark.parametrize(
    ("accounts", "arguments", "said"),
    [
        ((), (), "the configuration has no account under matrix.accounts"),
        ((ONE, TWO), (),
         "say which account with --account: 0 (@one:a.example), 1 (@two:a.example)"),
        ((ONE,), ("-a", "2"), "no account is called '2'; there is: 0 (@one:a.example)"),
        ((f"{ONE}, password: wrong",), (), "matrix: @one:a.example: the password is wrong"),
        ((ONE,), (),
         NO_TERMINAL),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("homeserver")
def test_what_keeps_an_account_from_its_login_is_one_line(
    config: Path,
    capsys: pytest.CaptureFixture[str],
    accounts: tuple[str, ...],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    write(config, *accounts)
    assert login(config, *arguments) == 2
    assert capsys.readouterr() == ("", f"vendorwatch: {said}\n")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a terminal showed, and what came out beside it."""

    code: int
    shown: str
    out: str


def at_terminal(config: Path, typed: bytes) -> Typed:
    """Log in at a real terminal, typing once the prompt is there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", AT_TERMINAL, "matrix", "login", "--config", str(config)]
    # In a session of its own, so that no terminal but this one can be asked.
    with subprocess.Popen(  # noqa: S603 - this Python
        command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        while not shown.endswith(b": ") and select.select([ours], [], [], 30)[0]:
            shown += os.read(ours, 1024)
        os.write(ours, typed)
        try:
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        try:
            while more := os.read(ours, 1024):
                shown += more
        except OSError:
            # The terminal has gone with the process.
            pass
        os.close(ours)
        return Typed(process.returncode, shown.decode(), out.decode())


def test_a_password_is_asked_for_at_a_terminal_and_shown_nowhere(config: Path) -> None:
    write(config, ONE)
    done = at_terminal(config, b"hunter2\n")
    assert (done.code, done.out) == (0, f"@one:a.example {PASSWORD_HASH}\n")
    assert done.shown.strip() == "Password of @one:a.example:"


def test_whoever_types_no_password_is_told_so(config: Path) -> None:
    write(config, ONE)
    done = at_terminal(config, b"\x04")
    assert (done.code, done.out) == (2, "")
    assert done.shown.splitlines()[-1] == "vendorwatch: no password was given"
