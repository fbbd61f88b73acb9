"""Signed JSON as Matrix has it: canonical text, unpadded base64, Ed25519. Pure.

Rules: https://spec.matrix.org/v1.18/appendices/#canonical-json and #signing-json there.
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.platforms.matrix.values import Json

Random: TypeAlias = Callable[[int], bytes]
"""Gives as many random bytes as asked for, good enough for keys: `secrets.token_bytes`."""

SEED_BYTES = 32
_LARGEST = 2**53 - 1
_UNSIGNED = frozenset({"signatures", "unsigned"})


def canonical(value: object) -> bytes:
    """Give the one text of a JSON value; raise ValueError for what has none.

    That is a number which is no integer or beyond 2**53 - 1, half of a surrogate pair, a value
    that JSON does not know, or a nesting too deep to follow.
    """
    try:
        return json.dumps(
            _exact(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _exact(value: object) -> object:
    match value:
        case None | bool() | str():
            return value
        case int() | float() if value == value // 1 and abs(value) <= _LARGEST:
            return int(value)
        case list() | tuple():
            return [_exact(each) for each in value]
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key that is no text")
            return {key: _exact(each) for key, each in value.items()}
        case _:
            raise ValueError("not a value of canonical JSON")


def encoded(data: bytes) -> str:
    """Write bytes in base64 without padding."""
    return b64encode(data).decode().rstrip("=")


def decoded(text: object) -> bytes:
    """Read base64 with or without padding; raise ValueError if it is none.

    The last bits count as well, so that there is one spelling only of a key.
    """
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("not base64")
    bare_text = text.rstrip("=")
    try:
        data = b64decode(bare_text + "=" * (-len(bare_text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if encoded(data) != bare_text:
        raise ValueError("not base64")
    return data


def at(value: object, *path: str) -> object:
    """Give what stands in nested objects at a path; None if there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def bare(content: Json) -> dict[str, object]:
    """Give the part of an object that is signed."""
    return {key: value for key, value in content.items() if key not in _UNSIGNED}


def public_of(seed: bytes) -> str:
    """Give the public key of an Ed25519 seed, in unpadded base64."""
    return encoded(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def signature(content: Json, seed: bytes) -> str:
    """Sign an object with a seed of 32 bytes; raise ValueError if it has no canonical text."""
    return encoded(Ed25519PrivateKey.from_private_bytes(seed).sign(canonical(bare(content))))


def signed(content: Json, user_id: str, key: str, sig: str) -> dict[str, object]:
    """Give the signed part of an object with one signature, that of a user's key."""
    return {**bare(content), "signatures": {user_id: {f"ed25519:{key}": sig}}}


def is_signed(content: Json, user_id: str, key: str, public: str) -> bool:
    """Say whether a user's key, which goes by the id `key`, signed this object. Never raises."""
    try:
        sig = decoded(at(content, "signatures", user_id, f"ed25519:{key}"))
        verifier = Ed25519PublicKey.from_public_bytes(decoded(public))
        verifier.verify(sig, canonical(bare(content)))
    except (ValueError, InvalidSignature):
        return False
    return True
