"""The bot's cross-signing identity: three seeds, and what is published of them. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import BotError
from bot.platforms.matrix.chain import fingerprint
from bot.platforms.matrix.signing import (
    SEED_BYTES,
    Random,
    bare,
    decoded,
    encoded,
    public_of,
    signature,
    signed,
)
from bot.platforms.matrix.values import Json

MASTER = "m.cross_signing.master"
SELF_SIGNING = "m.cross_signing.self_signing"
USER_SIGNING = "m.cross_signing.user_signing"
"""What the seeds are called in the account's secret storage."""


@dataclass(frozen=True, slots=True)
class Me:
    """The account and the device that speak. `sign` signs an object with the device's own key.

    It gives the signature in unpadded base64, over the canonical text of the whole object.
    """

    user_id: str
    device_id: str
    sign: Callable[[dict[str, object]], str]

    def signed(self, content: Json) -> dict[str, object]:
        """Give an object with the device's signature."""
        return signed(content, self.user_id, self.device_id, self.sign(bare(content)))


@dataclass(frozen=True, slots=True)
class Identity:
    """Seeds of 32 bytes. Where the identity was made elsewhere, only the self-signing one is sure.

    It suffices for signing our own device; `master_public` is whom it then belongs to.
    """

    master_public: str
    self_signing: bytes = field(repr=False)
    master: bytes | None = field(default=None, repr=False)
    user_signing: bytes | None = field(default=None, repr=False)

    @classmethod
    def new(cls, random: Random) -> "Identity":
        """Make an identity of one's own."""
        master, self_signing, user_signing = (random(SEED_BYTES) for _ in range(3))
        return cls(public_of(master), self_signing, master, user_signing)

    @classmethod
    def from_json(cls, text: str) -> "Identity":
        """Read what `to_json` wrote; raise BotError with one line if it is not that."""
        try:
            return cls._read(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BotError(
                "not a cross-signing identity, or a damaged one: bring it back from a backup"
            ) from None

    @classmethod
    def _read(cls, kept: Mapping[str, str]) -> "Identity":
        def seed(name: str) -> bytes:
            data = decoded(kept[name])
            if len(data) != SEED_BYTES:
                raise ValueError(name)
            return data

        identity = cls(
            encoded(decoded(kept["master_public"])),
            seed("self_signing"),
            seed("master") if kept.get("master") else None,
            seed("user_signing") if kept.get("user_signing") else None,
        )
        if identity.master is not None and public_of(identity.master) != identity.master_public:
            raise ValueError("master")
        return identity

    def to_json(self) -> str:
        """Write it down, secrets included, for a file that nobody else may read."""
        seeds = {"master": self.master, "user_signing": self.user_signing}
        return json.dumps(
            {
                "master_public": self.master_public,
                "self_signing": encoded(self.self_signing),
                **{name: encoded(seed) for name, seed in seeds.items() if seed is not None},
            }
        )

    def secrets(self) -> dict[str, bytes]:
        """Give the seeds by the names that secret storage has for them."""
        named = {
            MASTER: self.master,
            SELF_SIGNING: self.self_signing,
            USER_SIGNING: self.user_signing,
        }
        return {name: seed for name, seed in named.items() if seed is not None}

    @property
    def self_signing_public(self) -> str:
        """The key that signs the account's devices, in unpadded base64."""
        return public_of(self.self_signing)

    @property
    def fingerprint(self) -> str:
        """What people compare: the master's public key in groups of four."""
        return fingerprint(self.master_public)


def key_object(user_id: str, usage: str, public: str) -> dict[str, object]:
    """Write a cross-signing key as it is published, not yet signed."""
    return {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}


def publication(identity: Identity, me: Me) -> dict[str, object] | None:
    """Write what `/keys/device_signing/upload` takes; None where we do not hold the master key."""
    if identity.master is None or identity.user_signing is None:
        return None
    master, user_id = identity.master, me.user_id

    def under_master(usage: str, seed: bytes) -> dict[str, object]:
        content = key_object(user_id, usage, public_of(seed))
        return signed(content, user_id, identity.master_public, signature(content, master))

    return {
        "master_key": me.signed(key_object(user_id, "master", identity.master_public)),
        "self_signing_key": under_master("self_signing", identity.self_signing),
        "user_signing_key": under_master("user_signing", identity.user_signing),
    }
