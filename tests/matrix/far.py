"""The far side of a conversation: people whose client and encryption have nothing of the bot's.

They live in a program for Node (`far/`), with matrix-js-sdk and the Rust crypto that Element has.
It is started once and takes connections; each reads a request a line and writes an answer a line.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from tests.matrix.homeserver import Account, Homeserver
from tests.matrix.person import Person
from tests.matrix.seen import LIMIT, FarError

FOLDER = Path(__file__).parent / "far"
ENDED = "the far side has ended; its log tells why"


def missing() -> str | None:
    """Say what the far side lacks on this machine, or None."""
    if shutil.which("node") is None:
        return "Node is missing (20 or newer): tests against Element's encryption are skipped"
    if not (FOLDER / "node_modules" / "matrix-js-sdk").is_dir():
        return "matrix-js-sdk is missing: run `make test-matrix`, which sets it up"
    return None


@dataclass(slots=True)
class _Line(asyncio.Protocol):
    """What is under way with the program: a future for every request."""

    waiting: dict[int, asyncio.Future[object]] = field(default_factory=dict)
    closed: bool = False
    _rest: bytes = b""

    def data_received(self, data: bytes) -> None:
        """Hand answers to whoever waits for them."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            future = self.waiting.pop(answer["id"], None)
            if future is None or future.done():
                continue
            if "error" in answer:
                future.set_exception(FarError(answer["error"], answer["code"]))
            else:
                future.set_result(answer["result"])

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that there will be no answer."""
        del exc
        self.closed = True
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(FarError(ENDED, None))


@dataclass(slots=True)
class Far:
    """A connection to the program, on which people log in."""

    _line: _Line
    _transport: asyncio.WriteTransport
    _requests: int = 0
    _people: int = 0

    async def login(
        self,
        server: Homeserver,
        account: Account,
        *,
        signed: bool = True,
        identity: bool | None = None,
        device_name: str = "Element",
    ) -> Person:
        """Log somebody in on a new device, which restores nothing from another one.

        Signed, the device is what Element asks for in 2026: it belongs to an identity (made if
        the account has none; another device of the account has to sign this one), gives keys
        only to devices that do, and shows messages only of those. Unsigned, it is the device of
        old that Element refuses. `identity=False` leaves a signed device to be signed later.
        """
        self._people += 1
        name = f"p{self._people}"
        who = await self.ask(
            name,
            "login",
            {
                "base_url": server.base_url,
                "user": account.localpart,
                "password": account.password,
                "signed": signed,
                "identity": signed if identity is None else identity,
                "device_name": device_name,
            },
            LIMIT,
        )
        ids = cast("Mapping[str, str]", who)
        return Person(ids["user_id"], ids["device_id"], partial(self.ask, name))

    async def ask(self, person: str, op: str, args: Mapping[str, object], limit: float) -> object:
        """Have something done; `far/person.mjs` has the operations and their arguments.

        Raise FarError if it fails or takes more than `limit` seconds.
        """
        if self._line.closed:
            raise FarError(ENDED, None)
        self._requests += 1
        number = self._requests
        request = {"id": number, "person": person, "op": op, "args": args, "limit": limit}
        answer = asyncio.get_running_loop().create_future()
        self._line.waiting[number] = answer
        self._transport.write(json.dumps(request).encode() + b"\n")
        try:
            # The program has the limit as well, and can say what took so long.
            return cast("object", await asyncio.wait_for(answer, limit + 5))
        except TimeoutError:
            raise FarError(f"{op}: no answer within {limit:g} s", None) from None
        finally:
            self._line.waiting.pop(number, None)


@dataclass(frozen=True, slots=True)
class Program:
    """The running program."""

    socket: Path
    pid: int

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Far]:
        """Open a connection; whoever logs in on it closes their client when the block ends."""
        transport, line = await asyncio.get_running_loop().create_unix_connection(
            _Line, str(self.socket)
        )
        try:
            yield Far(line, transport)
        finally:
            transport.close()


@contextmanager
def program(log: Path) -> Iterator[Program]:
    """Run the program until the block ends, or this process in whatever way.

    What it complains of goes to `log`. Raise RuntimeError if it does not start.
    """
    # Not where TMPDIR says: the path of a socket may have no more than 107 bytes.
    with TemporaryDirectory(prefix="vendorwatch-far-", dir="/tmp") as folder, log.open("wb") as out:
        socket = Path(folder) / "socket"
        process = subprocess.Popen(  # noqa: S603 - our own words
            ["node", str(FOLDER / "far.mjs"), str(socket)],  # noqa: S607 - wherever it is
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                process.kill()
                said = log.read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"the far side does not start: {said[-2000:]}")
            try:
                yield Program(socket, process.pid)
            finally:
                process.kill()
