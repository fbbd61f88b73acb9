"""The real bot as a process of its own, on an account of the tests' homeserver."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.matrix.homeserver import Account, Homeserver

LIMIT = 60.0
"""Seconds that the bot may take to start or stop on a busy machine."""
KEY = "a pickle key that only tests use"
_MAIN = "from bot.__main__ import main; main()"


@dataclass(slots=True)
class Bot:
    """A bot in a folder: its configuration, its database and its store stay between starts."""

    folder: Path
    homeserver: Homeserver
    account: Account
    settings: dict[str, object] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)
    matrix: dict[str, object] = field(default_factory=dict)
    first: list[dict[str, object]] = field(default_factory=list)
    others: list[dict[str, object]] = field(default_factory=list)
    """More accounts, before and after its own, and more that holds for all of them."""
    before: str = ""
    """What is carried out in the process first: Python, as to have a wait be shorter."""
    lines: list[dict[str, object]] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _reading: "asyncio.Task[None] | None" = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def user_id(self) -> str:
        """Whom people invite."""
        return self.account.user_id

    @property
    def store(self) -> Path:
        """Where its keys are."""
        return self.folder / "store"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def write(self) -> Path:
        """Write the configuration."""
        account = {
            "homeserver": self.homeserver.base_url,
            "user": self.account.user_id,
            "password": self.account.password,
            "store": str(self.store),
            "pickle_key": KEY,
            **self.settings,
        }
        config: dict[str, object] = {
            "console": {"enabled": False},
            "database": {"url": f"sqlite+aiosqlite:///{self.folder / 'bot.db'}"},
            "matrix": {"accounts": [*self.first, account, *self.others], **self.matrix},
            **self.more,
        }
        path = self.folder / "config.yml"
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML as well
        return path

    async def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it is connected."""
        config = self.write()
        known = len(self.lines)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"{self.before}\n{_MAIN}", "run", "--config", str(config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
        self._reading = asyncio.create_task(self._read(self._process))
        if wait:
            await self.wait_line("matrix: connected", after=known)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode(errors="replace").strip()
            try:
                told = json.loads(line)
            except ValueError:
                told = {"event": line}
            async with self._news:
                self.lines.append(told)
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def wait_line(self, event: str, *, after: int = 0) -> Mapping[str, object]:
        """Wait until the log says something that contains `event`; give that line."""
        async with asyncio.timeout(LIMIT), self._news:
            while True:
                for line in self.lines[after:]:
                    if event in str(line.get("event")):
                        return line
                if self._reading is not None and self._reading.done():
                    raise AssertionError(f"the bot ended: {self.lines[-5:]}")
                await self._news.wait()

    async def stop(self) -> int:
        """Stop it in good order; give its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a loss of power would."""
        await self._end(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it has ended by itself; give its exit code."""
        assert self._process is not None
        async with asyncio.timeout(LIMIT):
            code = await self._process.wait()
            if self._reading is not None:
                await self._reading
        return code

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self.wait()

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def running(
    folder: Path,
    homeserver: Homeserver,
    *,
    settings: dict[str, object] | None = None,
    more: dict[str, object] | None = None,
    matrix: dict[str, object] | None = None,
) -> AsyncIterator[Bot]:
    """Run a bot on a new account until the block ends."""
    account = await asyncio.to_thread(homeserver.newcomer, "bot")
    bot = Bot(folder, homeserver, account, settings or {}, more or {}, matrix or {})
    await bot.start()
    try:
        yield bot
    finally:
        if bot.running:
            await bot.kill()
