"""Which devices are signed by their owner, by what a homeserver says of them. Pure.

Rules: https://spec.matrix.org/v1.18/client-server-api/#cross-signing
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.platforms.matrix.signing import at, decoded, is_signed
from bot.platforms.matrix.values import Json


@dataclass(frozen=True, slots=True)
class Device:
    """A device's keys, in unpadded base64. Both are covered by its own signature."""

    id: str
    ed25519: str
    curve25519: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What holds of a user's keys: each part is there only if the signatures down to it are right.

    `master` is the public key that all rests on, which nothing vouches for: whoever trusts it
    compares it, or keeps the first one seen. `signed` has the devices by their ids. Compare their
    keys with those a message is encrypted to: an id alone may have had other keys before.
    """

    master: str | None = None
    self_signing: str | None = None
    signed: Mapping[str, Device] = field(default_factory=dict)

    @property
    def devices(self) -> frozenset[str]:
        """The ids of the devices that are signed by their owner."""
        return frozenset(self.signed)


def signed_devices(query: Json, user_id: str) -> Chain:
    """Read the answer to `/keys/query` for one user. Never raises, whatever stands there."""
    master = _cross_signing_key(at(query, "master_keys", user_id), user_id, "master")
    if master is None:
        return Chain()
    given = at(query, "self_signing_keys", user_id)
    self_signing = _cross_signing_key(given, user_id, "self_signing")
    if (
        self_signing is None
        or not isinstance(given, Mapping)
        or not is_signed(given, user_id, master, master)
    ):
        return Chain(master)
    listed = at(query, "device_keys", user_id)
    found = {
        name: device
        for name, keys in (listed.items() if isinstance(listed, Mapping) else ())
        if isinstance(keys, Mapping)
        and (device := device_of(keys, user_id, name)) is not None
        and is_signed(keys, user_id, self_signing, self_signing)
    }
    return Chain(master, self_signing, found)


def device_of(keys: Json, user_id: str, device_id: str) -> Device | None:
    """Read what a device says of itself; None if it is not this one's or its signature is wrong."""
    ed25519 = _key(at(keys, "keys", f"ed25519:{device_id}"))
    curve25519 = _key(at(keys, "keys", f"curve25519:{device_id}"))
    if (
        not device_id
        or ed25519 is None
        or curve25519 is None
        or keys.get("user_id") != user_id
        or keys.get("device_id") != device_id
        or not is_signed(keys, user_id, device_id, ed25519)
    ):
        return None
    return Device(device_id, ed25519, curve25519)


def has_identity(query: Json, user_id: str) -> bool:
    """Say whether the homeserver has any cross-signing key of a user, be it right or wrong."""
    return any(
        at(query, kind, user_id)
        for kind in ("master_keys", "self_signing_keys", "user_signing_keys")
    )


def changed(known: str | None, chain: Chain) -> bool:
    """Say whether a user's master key is another than the one known; also if it is gone."""
    return known is not None and chain.master != known


def fingerprint(master: str) -> str:
    """Write a public key in groups of four, as people compare it."""
    return " ".join(master[start : start + 4] for start in range(0, len(master), 4))


def _cross_signing_key(given: object, user_id: str, usage: str) -> str | None:
    """Give the public key of an object that is such a key of this user's and none else."""
    keys = at(given, "keys")
    uses = at(given, "usage")
    if (
        at(given, "user_id") != user_id
        or not isinstance(uses, list)
        or usage not in uses
        or not isinstance(keys, Mapping)
        or len(keys) != 1
    ):
        return None
    name, value = next(iter(keys.items()))
    public = _key(value)
    return public if name == f"ed25519:{public}" else None


def _key(value: object) -> str | None:
    """Give a public key of 32 bytes as it stands."""
    try:
        whole = len(decoded(value)) == 32
    except ValueError:
        return None
    return value if whole and isinstance(value, str) and not value.endswith("=") else None
