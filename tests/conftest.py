"""What all tests share: golden files, a clean environment, and no way out to the network."""

import gc
import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, event

from bot import pack
from bot.core.watchlist import Watchlist

# Enough to find what is wrong in the long run, and few enough that nobody minds running them;
# HYPOTHESIS_PROFILE=thorough looks for longer.
# A busy machine is no defect of a strategy.
SLOW = [HealthCheck.too_slow]
settings.register_profile("quick", max_examples=20, suppress_health_check=SLOW)
settings.register_profile("thorough", max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --golden, which rewrites golden files instead of comparing with them."""
    parser.addoption("--golden", action="store_true", help="rewrite golden files")


def pytest_collection_finish() -> None:
    """Let no collection of garbage look through all modules and tests again and again."""
    gc.collect()
    gc.freeze()


class _Compiled:
    """What SQLAlchemy made of statements for SQLite, kept for every database of this process.

    It would make it anew for every connection, which takes a third of a test's time. A bot has
    connections as long as it runs, so its statements too are made once.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], object] = {}

    def get(self, key: tuple[object, ...]) -> object:
        """Give what was made; the key begins with a dialect, of which each engine has its own."""
        return self._made.get(key[1:])

    def __setitem__(self, key: tuple[object, ...], made: object) -> None:
        self._made[key[1:]] = made


_COMPILED = _Compiled()


@event.listens_for(Engine, "engine_connect")
def _share_what_is_compiled(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execution_options(compiled_cache=_COMPILED)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file; `make golden` rewrites it, and the diff is the review."""
    rewrite: bool = request.config.getoption("--golden")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if rewrite:
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == kept, f"{name} has changed; look at it and run `make golden`"

    return compare


@pytest.fixture(scope="session")
def shipped() -> Watchlist:
    """Give the curated watchlist, which takes its time to be read."""
    return pack.load([pack.shipped()])


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for variable in [each for each in os.environ if each.startswith("VENDORWATCH_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(autouse=True)
def _logging_as_found() -> Iterator[None]:
    """Undo what a test set up for logging: its stream is closed when the test is over."""
    yield
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if each.get_name() == "vendorwatch"]:
        root.removeHandler(handler)


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if not isinstance(host, str) or (
            host and not host.startswith(("127.", "::1", "localhost"))
        ):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(socket.socket, "connect", guarded)
