"""A real homeserver for tests: Synapse from PyPI, on SQLite and loopback, in a folder of its own.

It talks to no other server and needs none. What it wrote to its log is in `log` of the folder.
"""

import base64
import hashlib
import hmac
import http.client
import json
import random
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

LIMIT = 60.0
"""Seconds that starting, stopping or a request may take; a busy machine needs some."""
MISSING = "Synapse is missing: run `make test-matrix`, which sets it up"
RateLimits = Literal["generous", "tight"]

_SECRET = "a secret that only tests know"  # noqa: S105 - the tests' own server
# Its input ends when whoever started it has, in whatever way; then no server is left behind.
_WATCH = 'cat > /dev/null; kill -KILL "$0" 2> /dev/null'
_PLENTY = {"per_second": 10_000, "burst_count": 10_000}
_LIMITS: dict[str, object] = {
    "rc_message": _PLENTY,
    "rc_registration": _PLENTY,
    "rc_login": {"address": _PLENTY, "account": _PLENTY, "failed_attempts": _PLENTY},
    "rc_joins": {"local": _PLENTY, "remote": _PLENTY},
    "rc_joins_per_room": _PLENTY,
    "rc_invites": {"per_room": _PLENTY, "per_user": _PLENTY, "per_issuer": _PLENTY},
    "rc_room_creation": _PLENTY,
    "rc_key_requests": _PLENTY,
    "rc_media_create": _PLENTY,
    "rc_reports": _PLENTY,
    "rc_admin_redaction": _PLENTY,
}
# As strict as a large public server is with a stranger, and stricter.
_TIGHT = {"rc_message": {"per_second": 0.2, "burst_count": 3}}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on the server, and the device that registering made."""

    user_id: str
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    device_id: str

    @property
    def localpart(self) -> str:
        """The name before the server's."""
        return self.user_id[1:].partition(":")[0]


@dataclass(slots=True)
class Homeserver:
    """A Synapse. All of it blocks: a coroutine calls it by `asyncio.to_thread`."""

    folder: Path
    port: int
    rate_limits: RateLimits = "generous"
    name: str = "hall.example"
    _newcomers: int = 0
    _admin: Account | None = None
    _process: "subprocess.Popen[bytes] | None" = None
    _watch: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, here or again after `stop` or `kill`; return when it answers."""
        self._write_settings()
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.json"]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                command, cwd=self.folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self._watch = subprocess.Popen(  # noqa: S603 - our own words
            ["/bin/sh", "-c", _WATCH, str(self._process.pid)],
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + LIMIT
        while not self._answers():
            if not self.running or time.monotonic() > end:
                said = (self.folder / "output").read_text(encoding="utf-8", errors="replace")
                self.kill()
                raise RuntimeError(f"Synapse does not start: {said[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order if it runs; it keeps its data."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End it as a loss of power would."""
        if self._process is not None:
            self._process.kill()
        self._reap()

    def restart(self) -> None:
        """Stop it and start it with the same data, at the same address."""
        self.stop()
        self.start()

    def register(self, localpart: str, password: str = "", *, admin: bool = False) -> Account:
        """Make a user, with a password of its own choice if none is given."""
        password = password or secrets.token_urlsafe(12)
        nonce = self.request("GET", "/_synapse/admin/v1/register")["nonce"]
        said = "\0".join([str(nonce), localpart, password, "admin" if admin else "notadmin"])
        mac = hmac.new(_SECRET.encode(), said.encode(), hashlib.sha1).hexdigest()
        made = self.request(
            "POST",
            "/_synapse/admin/v1/register",
            {
                "nonce": nonce, "username": localpart, "password": password,
                "admin": admin, "mac": mac,
            },
        )  # fmt: skip
        token, device = str(made["access_token"]), str(made["device_id"])
        return Account(str(made["user_id"]), password, token, device)

    def newcomer(self, name: str) -> Account:
        """Make a user who is nobody else's in tests that share the server: anna1, anna2, ..."""
        self._newcomers += 1
        return self.register(f"{name}{self._newcomers}")

    def exempt(self, account: Account) -> None:
        """Let somebody talk as fast as they like, whatever the limits."""
        if self._admin is None:
            self._admin = self.register("warden", admin=True)
        path = f"/_synapse/admin/v1/users/{account.user_id}/override_ratelimit"
        none = {"messages_per_second": 0, "burst_count": 0}
        self.request("POST", path, none, token=self._admin.access_token)

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
    ) -> dict[str, object]:
        """Ask the server something. Raise RuntimeError with what it said against it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {said.decode()}")
        answer: dict[str, object] = json.loads(said)
        return answer

    def _answers(self) -> bool:
        try:
            self.request("GET", "/_matrix/client/versions")
        except (OSError, RuntimeError, http.client.HTTPException):
            return False
        return True

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(LIMIT)
        if self._watch is not None:
            self._watch.communicate(timeout=LIMIT)
        self._process = self._watch = None

    def _write_settings(self) -> None:
        """Write what Synapse reads: JSON is YAML as well."""
        key = self.folder / "signing.key"
        if not key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            key.write_text(f"ed25519 a_test {seed}\n", encoding="utf-8")
        for name, content in [
            ("homeserver.json", self._settings()),
            ("logging.json", _logging(self.folder)),
        ]:
            (self.folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _settings(self) -> dict[str, object]:
        listener = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "type": "http",
            "tls": False,
            "resources": [{"names": ["client", "media"], "compress": False}],
        }
        settings: dict[str, object] = {
            "server_name": self.name,
            "public_baseurl": f"{self.base_url}/",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "data.db")}},
            "signing_key_path": str(self.folder / "signing.key"),
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self.folder / "logging.json"),
            "registration_shared_secret": _SECRET,
            "macaroon_secret_key": _SECRET,
            "form_secret": _SECRET,
            "bcrypt_rounds": 4,
            "report_stats": False,
            "presence": {"enabled": False},
            "url_preview_enabled": False,
            "filter_timeline_limit": 1_000,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
        }
        limits = _LIMITS | (_TIGHT if self.rate_limits == "tight" else {})
        return settings | limits


@contextmanager
def homeserver(folder: Path, *, rate_limits: RateLimits = "generous") -> Iterator[Homeserver]:
    """Run a server with nobody on it until the block ends, or this process in whatever way.

    `tight` takes three messages of a user at once and then one in five seconds.
    Raise RuntimeError where Synapse is not installed.
    """
    if not installed():
        raise RuntimeError(MISSING)
    running = Homeserver(folder, _free_port(), rate_limits)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def installed() -> bool:
    """Say whether there is a Synapse to start."""
    return find_spec("synapse") is not None


def _free_port() -> int:
    """Find a port that nobody is given by chance while the server is away."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - nobody is to be kept from guessing
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


def _logging(folder: Path) -> dict[str, object]:
    """Say what goes into the log: only what is wrong."""
    return {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(folder / "log"),
                "formatter": "line",
            }
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
