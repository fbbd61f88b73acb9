"""An account's folder: who the bot is logged in as, its identity and the encryption's own store.

All that is secret in it is sealed with the account's pickle key, and one process has it at a time.
"""

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from bot.errors import BotError

SHORTEST_KEY = 16
"""Characters of a pickle key."""
SALT_BYTES = 16
_LOGIN, _IDENTITY, _SALT, _LOCK = "login", "identity", "salt", "lock"


@dataclass(frozen=True, slots=True)
class Login:
    """One device of one account."""

    user_id: str
    device_id: str
    token: str = field(repr=False)


@dataclass(slots=True)
class Folder:
    """A folder that nobody else can read, made if missing. Every method may raise BotError."""

    path: Path
    key: str = field(repr=False)
    _box: Fernet | None = field(init=False, default=None, repr=False)

    def make(self) -> None:
        """Make the folder; raise BotError if it cannot be used or others can read it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            raise BotError(f"matrix: the store {self.path}: {error.strerror}") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep everybody else out for the length of a block; raise BotError if somebody is in."""
        self.make()
        with self._opened(_LOCK) as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                reason = "another process uses it; one store is one device is one process"
                raise BotError(f"matrix: the store {self.path}: {reason}") from None
            yield

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        try:
            handle = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BotError(f"matrix: {self.path / name}: {error.strerror}") from None
        try:
            yield handle
        finally:
            os.close(handle)

    def login(self) -> Login | None:
        """Give the login that is kept here."""
        kept = self._read(_LOGIN)
        if kept is None:
            return None
        try:
            return Login(str(kept["user_id"]), str(kept["device_id"]), str(kept["token"]))
        except KeyError:
            raise self._broken(_LOGIN) from None

    def keep_login(self, login: Login) -> None:
        """Keep a login in place of the one before."""
        made = {"user_id": login.user_id, "device_id": login.device_id, "token": login.token}
        self._write(_LOGIN, made)

    def identity(self) -> str | None:
        """Give the cross-signing keys that are kept here, as they were given."""
        kept = self._read(_IDENTITY)
        return None if kept is None else str(kept.get(_IDENTITY, ""))

    def keep_identity(self, keys: str) -> None:
        """Keep cross-signing keys; on return they survive a power loss."""
        self._write(_IDENTITY, {_IDENTITY: keys})

    def _read(self, name: str) -> Mapping[str, object] | None:
        try:
            sealed = (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BotError(f"matrix: {self.path / name}: {error.strerror}") from None
        try:
            made = json.loads(self._sealer().decrypt(sealed))
        except InvalidToken:
            raise BotError(
                f"matrix: {self.path / name} does not open with matrix.accounts[].pickle_key; "
                "it takes the key that it was made with, or it is damaged: restore it from a backup"
            ) from None
        except ValueError:
            raise self._broken(name) from None
        if not isinstance(made, dict):
            raise self._broken(name)
        return made

    def _broken(self, name: str) -> BotError:
        reason = "it is damaged; restore it from a backup, or move the folder away to log in anew"
        return BotError(f"matrix: {self.path / name}: {reason}")

    def _write(self, name: str, made: Mapping[str, object]) -> None:
        self.make()
        self._put(name, self._sealer(new=True).encrypt(json.dumps(dict(made)).encode()))

    def _put(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all; on return it survives a power loss."""
        there, new = self.path / name, self.path / f".{name}.new"
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(there)
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise BotError(f"matrix: {there}: {error.strerror}") from None

    def _sealer(self, *, new: bool = False) -> Fernet:
        if self._box is None:
            salt = self._salt(new=new)
            made = hashlib.scrypt(self.key.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
            self._box = Fernet(base64.urlsafe_b64encode(made))
        return self._box

    def _salt(self, *, new: bool) -> bytes:
        """Give the salt, made if nothing is sealed yet: what is sealed opens with its own alone."""
        try:
            salt = (self.path / _SALT).read_bytes()
        except FileNotFoundError:
            sealed = any((self.path / each).exists() for each in (_LOGIN, _IDENTITY))
            if sealed or not new:
                raise self._broken(_SALT) from None
            salt = os.urandom(SALT_BYTES)
            self._put(_SALT, salt)
        except OSError as error:
            raise BotError(f"matrix: {self.path / _SALT}: {error.strerror}") from None
        if len(salt) != SALT_BYTES:
            raise self._broken(_SALT)
        return salt
