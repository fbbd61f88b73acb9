"""The account's secret storage: the recovery key that opens it, and what lies in it.

Rules: https://spec.matrix.org/v1.18/client-server-api/#secret-storage, and for the text of a
recovery key https://spec.matrix.org/v1.18/appendices/#cryptographic-key-representation
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from hashlib import pbkdf2_hmac
from operator import xor
from typing import TypeAlias
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.platforms.matrix.errors import IdentityError, MatrixError
from bot.platforms.matrix.signing import Random, at, decoded, encoded
from bot.platforms.matrix.values import Json

Call: TypeAlias = Callable[[str, str, Json | None], Awaitable[Json]]
"""Asks the homeserver: verb, path below `/_matrix/client/v3`, body. Raises MatrixError."""

SETTING = "matrix.accounts[].recovery_key"
ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
DEFAULT_KEY = "m.secret_storage.default_key"
KEY_BYTES = 32
MOST_ITERATIONS = 10_000_000
"""Rounds of PBKDF2 that a homeserver may ask for, some ten seconds; Element asks for 500,000."""

_PREFIX = b"\x8b\x01"
_LETTERS = 48
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHECKED = bytes(32)
"""What is encrypted to see whether a key is the right one."""


@dataclass(frozen=True, slots=True)
class StorageKey:
    """A key that opens the secret storage, and the id by which secrets name it."""

    id: str
    key: bytes = field(repr=False)


def decode_recovery_key(text: str) -> bytes:
    """Give the 32 bytes that a recovery key stands for; spaces do not count.

    Raise ValueError with one line that never holds any of the key.
    """
    letters = "".join(text.split())
    if len(letters) != _LETTERS or not letters.startswith("Es"):
        raise ValueError(f"{SETTING} is no recovery key: one begins with Es and has 48 letters")
    if not set(letters) <= set(_ALPHABET):
        raise ValueError(f"{SETTING} is no recovery key: none has 0, O, I, l or signs in it")
    number = reduce(lambda sum_, letter: sum_ * 58 + _ALPHABET.index(letter), letters, 0)
    data = number.to_bytes(len(_PREFIX) + KEY_BYTES + 1, "big")
    if not data.startswith(_PREFIX) or reduce(xor, data) != 0:
        raise ValueError(f"{SETTING} has a letter wrong: compare it with your copy")
    return data[len(_PREFIX) : -1]


def encode_recovery_key(key: bytes) -> str:
    """Write a key of 32 bytes as people keep it, in groups of four letters."""
    data = _PREFIX + key
    number = int.from_bytes(data + bytes([reduce(xor, data)]), "big")
    letters = ""
    while number:
        number, place = divmod(number, 58)
        letters = _ALPHABET[place] + letters
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def make_recovery_key(random: Random) -> tuple[str, bytes]:
    """Make a key for a secret storage of one's own: as people keep it, and its bytes."""
    key = random(KEY_BYTES)
    return encode_recovery_key(key), key


async def unlock(call: Call, user_id: str, given: str) -> StorageKey:
    """Find the key that a recovery key, or the passphrase it was made of, stands for.

    Raise IdentityError if the account has no secret storage or that does not open it.
    """
    key_id, description = await _default_key(call, user_id)
    if description is None:
        raise IdentityError(
            f"{SETTING} opens nothing, since the account has no secret storage: set up recovery in "
            "a client that is logged in to it"
        )
    key = await _key_of(given, description)
    if not _fits(key, description):
        raise IdentityError(
            f"{SETTING} does not open the account's secret storage: give the newest recovery key"
        )
    return StorageKey(key_id, key)


async def fetch_secret(call: Call, user_id: str, storage: StorageKey, name: str) -> bytes | None:
    """Give a secret, which is kept as base64; None if it is not there, or not under this key.

    Raise IdentityError if it was not written with this key or is damaged.
    """
    kept = at(await _account_data(call, user_id, name), "encrypted", storage.id)
    if kept is None:
        return None
    try:
        return decoded(_opened(kept, storage.key, name).decode())
    except ValueError:
        raise IdentityError(
            f"{name} in the account's secret storage is damaged: set up recovery anew in a client "
            "that is logged in to it"
        ) from None


async def store_secrets(
    call: Call, user_id: str, secrets: Mapping[str, bytes], key: bytes, random: Random
) -> StorageKey:
    """Put secrets into the account's secret storage, under a key of 32 bytes.

    Makes the storage if there is none, and writes the same again if it is this key's. Raise
    IdentityError if it is another key's: that is never overwritten.
    """
    key_id, description = await _default_key(call, user_id)
    if description is not None and not (_has_mac(description) and _fits(key, description)):
        raise IdentityError(
            "the account has a secret storage already, with another recovery key: nothing was "
            f"changed; give that key as {SETTING}"
        )
    if description is None:
        key_id = random(16).hex()
        closed = _closed(_CHECKED, key, "", random)
        described = {"algorithm": ALGORITHM, "iv": closed["iv"], "mac": closed["mac"]}
        await _put(call, user_id, f"m.secret_storage.key.{key_id}", described)
    for name, secret in secrets.items():
        kept = _closed(encoded(secret).encode(), key, name, random)
        await _put(call, user_id, name, {"encrypted": {key_id: kept}})
    if description is None:
        # Last, so that a storage which is there at all is whole.
        await _put(call, user_id, DEFAULT_KEY, {"key": key_id})
    return StorageKey(key_id, key)


async def _default_key(call: Call, user_id: str) -> tuple[str, Json | None]:
    """Give the id and the description of the key that new secrets are under, if there is one."""
    key_id = at(await _account_data(call, user_id, DEFAULT_KEY), "key")
    if not isinstance(key_id, str) or not key_id:
        return "", None
    return key_id, await _account_data(call, user_id, f"m.secret_storage.key.{key_id}")


async def _key_of(given: str, description: Json) -> bytes:
    try:
        return decode_recovery_key(given)
    except ValueError as error:
        way = description.get("passphrase")
        salt, rounds, bits = (at(way, name) for name in ("salt", "iterations", "bits"))
        if (
            at(way, "algorithm") != "m.pbkdf2"
            or not isinstance(salt, str)
            or not isinstance(rounds, int)
            or not 0 < rounds <= MOST_ITERATIONS
            or bits not in (None, 8 * KEY_BYTES)
        ):
            raise IdentityError(str(error)) from None
    # It takes a second or so of pure counting. Text that is no Unicode only makes a wrong key.
    phrase, salted = (text.encode(errors="replace") for text in (given, salt))
    return await asyncio.to_thread(pbkdf2_hmac, "sha512", phrase, salted, rounds, KEY_BYTES)


def _has_mac(description: Json) -> bool:
    return description.get("mac") is not None


def _fits(key: bytes, description: Json) -> bool:
    """Say whether a key is the one described; one that is described too little is believed."""
    if description.get("algorithm") != ALGORITHM:
        return False
    if not _has_mac(description):
        return True
    try:
        cipher = _crypt(_CHECKED, _keys(key, "")[0], decoded(description.get("iv")))
        return hmac.compare_digest(_mac(cipher, key, ""), decoded(description.get("mac")))
    except ValueError:
        return False


def _opened(kept: object, key: bytes, name: str) -> bytes:
    """Decrypt; raise ValueError if it was not written with this key and name."""
    iv, cipher, mac = (decoded(at(kept, part)) for part in ("iv", "ciphertext", "mac"))
    if not hmac.compare_digest(_mac(cipher, key, name), mac):
        raise ValueError(name)
    return _crypt(cipher, _keys(key, name)[0], iv)


def _closed(text: bytes, key: bytes, name: str, random: Random) -> dict[str, str]:
    drawn = random(16)
    # Android counts in 63 bits, so the specification wants bit 63 clear.
    iv = drawn[:8] + bytes([drawn[8] & 0x7F]) + drawn[9:]
    cipher = _crypt(text, _keys(key, name)[0], iv)
    mac = _mac(cipher, key, name)
    return {"iv": encoded(iv), "ciphertext": encoded(cipher), "mac": encoded(mac)}


def _keys(key: bytes, name: str) -> tuple[bytes, bytes]:
    """Give the keys for AES and for the MAC of one secret."""
    both = HKDF(SHA256(), 64, salt=bytes(32), info=name.encode()).derive(key)
    return both[:32], both[32:]


def _crypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """Encrypt or decrypt, which is the same; raise ValueError if `iv` is not 16 bytes."""
    return Cipher(AES(key), CTR(iv)).encryptor().update(data)


def _mac(cipher: bytes, key: bytes, name: str) -> bytes:
    return hmac.digest(_keys(key, name)[1], cipher, "sha256")


def _path(user_id: str, kind: str) -> str:
    user, data = (quote(part, safe="", errors="replace") for part in (user_id, kind))
    return f"/user/{user}/account_data/{data}"


async def _account_data(call: Call, user_id: str, kind: str) -> Json | None:
    """Give what is kept with the account; None if there is nothing."""
    try:
        # Some servers keep an empty object in place of what was deleted.
        return await call("GET", _path(user_id, kind), None) or None
    except MatrixError as error:
        if error.status == 404:
            return None
        raise


async def _put(call: Call, user_id: str, kind: str, content: Json) -> None:
    await call("PUT", _path(user_id, kind), content)
