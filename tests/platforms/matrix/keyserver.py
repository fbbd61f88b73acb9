"""A homeserver as far as keys go: it checks what it is given as Synapse does.

Its eyes are not the bot's: devices sign with vodozemac, and it verifies with that.
"""

import json
from dataclasses import dataclass, field
from secrets import token_bytes

from vodozemac import Account as Olm
from vodozemac import Ed25519PublicKey, Ed25519Signature, SignatureException

from bot.platforms.matrix.crosssign import Account, Standing, establish
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.identity import Identity, Me
from bot.platforms.matrix.secrets import make_recovery_key, store_secrets
from bot.platforms.matrix.signing import at
from bot.platforms.matrix.values import Json

USER = "@bot:example.org"
PASSWORD = "correct horse"  # noqa: S105 - of a server that lives for one test
UPLOAD = "/keys/device_signing/upload"
SIGNATURES = "/keys/signatures/upload"
PARTS = {
    "master_key": "master_keys",
    "self_signing_key": "self_signing_keys",
    "user_signing_key": "user_signing_keys",
}


class Killed(BaseException):
    """The bot's process ended here."""


def plain_text(content: Json) -> bytes:
    signed = {key: value for key, value in content.items() if key not in {"signatures", "unsigned"}}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def vouched(content: Json, key: str, public: str, user: str = USER) -> bool:
    """Say whether a signature is right, by other code than the bot's."""
    given = at(content, "signatures", user, f"ed25519:{key}")
    try:
        Ed25519PublicKey.from_base64(public).verify_signature(
            plain_text(content), Ed25519Signature.from_base64(str(given))
        )
    except SignatureException:
        return False
    return True


@dataclass
class Phone:
    """A device with its keys, as a store holds them."""

    id: str
    olm: Olm = field(default_factory=Olm)
    user: str = USER

    @property
    def me(self) -> Me:
        """Itself, as the bot knows it."""
        return Me(self.user, self.id, self.sign)

    def sign(self, content: Json) -> str:
        """Sign with the device's own key."""
        return self.olm.sign(plain_text(content)).to_base64()

    def keys(self) -> dict[str, object]:
        """Write the device as it is uploaded."""
        return self.me.signed(
            {
                "user_id": self.user,
                "device_id": self.id,
                "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
                "keys": {
                    f"ed25519:{self.id}": self.olm.ed25519_key.to_base64(),
                    f"curve25519:{self.id}": self.olm.curve25519_key.to_base64(),
                },
            }
        )


@dataclass
class Disk:
    """Where the bot keeps its identity."""

    identity: Identity | None = None
    full: bool = False

    async def save(self, identity: Identity) -> None:
        """Write it down and read it again."""
        if self.full:
            raise OSError("no space left on device")
        self.identity = Identity.from_json(identity.to_json())


def refusal(status: int, code: str, body: Json | None = None) -> MatrixError:
    return MatrixError(code, code=code, status=status, body=body, permanent=True)


@dataclass
class KeyServer:
    """`first` says what the first upload takes; replacing always takes it, or the password."""

    first: str = ""
    devices: dict[str, dict[str, object]] = field(default_factory=dict)
    keys: dict[str, Json] = field(default_factory=dict)
    data: dict[str, Json] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    dies_at: str = ""
    dies_after: str = ""
    forgets_signatures: bool = False

    def add(self, phone: Phone) -> Phone:
        """Take a device that has logged in."""
        self.devices[phone.id] = {**phone.keys(), "unsigned": {"device_display_name": "bot"}}
        return phone

    async def call(self, verb: str, path: str, body: Json | None) -> Json:
        """Answer a request, or end the process that asked."""
        if path == self.dies_at:
            raise Killed
        if verb != "GET" and path != "/keys/query":
            self.uploads.append(path)
        answer = self._answer(verb, path, json.loads(json.dumps(body)))
        if path == self.dies_after:
            raise Killed
        return answer

    def _answer(self, verb: str, path: str, body: dict[str, object]) -> Json:
        match verb, path:
            case "POST", "/keys/query":
                return self.shown()
            case "POST", "/keys/device_signing/upload":
                return self._published(body)
            case "POST", "/keys/signatures/upload":
                return {"failures": self._failures(at(body, USER))}
        user, _, kind = path.removeprefix("/user/").partition("/account_data/")
        assert user == "%40bot%3Aexample.org", path
        if verb == "PUT":
            self.data[kind] = body
            return {}
        if kind not in self.data:
            raise refusal(404, "M_NOT_FOUND")
        return self.data[kind]

    def shown(self) -> dict[str, object]:
        """Answer /keys/query as JSON does, with no object in common."""
        parts = {PARTS[part]: {USER: key} for part, key in self.keys.items()}
        told = {"device_keys": {USER: self.devices}, "failures": {}, **parts}
        copied: dict[str, object] = json.loads(json.dumps(told))
        return copied

    def _published(self, body: dict[str, object]) -> Json:
        wants = self.first if not self.keys else self.first or "m.login.password"
        if wants:
            self._prove(wants, at(body, "auth"))
        public = str(at(body, "master_key", "keys", *self._names(body["master_key"])))
        for part in ("self_signing_key", "user_signing_key"):
            key = body[part]
            assert isinstance(key, dict)
            if not vouched(key, public, public):
                raise refusal(400, "M_INVALID_SIGNATURE")
        self.keys = {part: key for part in PARTS if isinstance(key := body[part], dict)}
        return {}

    def _prove(self, stage: str, auth: object) -> None:
        params = {stage: {"url": "https://account.example.org/reset"}} if "oauth" in stage else {}
        asked = {"flows": [{"stages": [stage]}], "params": params, "session": "s1"}
        if auth is None:
            raise refusal(401, "M_UNKNOWN", asked)
        if at(auth, "session") != "s1" or at(auth, "identifier", "user") != USER:
            raise refusal(400, "M_BAD_JSON")
        if at(auth, "password") != PASSWORD:
            raise refusal(401, "M_FORBIDDEN", {**asked, "errcode": "M_FORBIDDEN"})

    def _failures(self, signed: object) -> dict[str, object]:
        assert isinstance(signed, dict)
        failed: dict[str, object] = {}
        for name, content in signed.items():
            known, signer, public = self._known(name)
            if plain_text(known) != plain_text(content) or not vouched(content, signer, public):
                failed[name] = {"errcode": "M_INVALID_SIGNATURE", "error": "no"}
            elif not self.forgets_signatures:
                given = known.setdefault("signatures", {}).setdefault(USER, {})  # type: ignore[attr-defined]  # JSON
                given.update(content["signatures"][USER])
        return {USER: failed} if failed else {}

    def _known(self, name: str) -> tuple[dict[str, object], str, str]:
        """Give the object of that name here, and who may sign it."""
        if name in self.devices:
            (key,) = self._names(self.keys["self_signing_key"])
            public = key.removeprefix("ed25519:")
            return self.devices[name], public, public
        master = self.keys["master_key"]
        assert isinstance(master, dict)
        assert f"ed25519:{name}" in self._names(master)
        (device,) = self.devices.values()
        ident = str(device["device_id"])
        return master, ident, str(at(device, "keys", f"ed25519:{ident}"))

    @staticmethod
    def _names(key: object) -> list[str]:
        keys = at(key, "keys")
        return list(keys) if isinstance(keys, dict) else []


async def start(
    server: KeyServer,
    phone: Phone,
    disk: Disk,
    *,
    password: str | None = None,
    recovery_key: str | None = None,
) -> Standing:
    """Start the bot: what it does each time."""
    account = Account(server.call, phone.me, disk.save, token_bytes, password, recovery_key)
    return await establish(account, disk.identity)


async def other_client(server: KeyServer, *, backup: bool = True) -> tuple[Identity, str]:
    """Let the account's identity be made elsewhere; give it, and its recovery key."""
    elsewhere = server.add(Phone("ELEMENT"))
    disk = Disk()
    assert (await start(server, elsewhere, disk)).ok
    del server.devices["ELEMENT"]
    assert disk.identity is not None
    text, key = make_recovery_key(token_bytes)
    if backup:
        await store_secrets(server.call, USER, disk.identity.secrets(), key, token_bytes)
    server.uploads.clear()
    return disk.identity, text
