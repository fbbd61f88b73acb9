"""The bot's own cross-signing: its identity made or restored, its device signed, all of it checked.

Clients give room keys to devices only that their owner has signed (MSC4153). Rules:
https://spec.matrix.org/v1.18/client-server-api/#cross-signing
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.platforms.matrix.chain import Chain, device_of, fingerprint, has_identity, signed_devices
from bot.platforms.matrix.errors import IdentityError, MatrixError
from bot.platforms.matrix.identity import (
    MASTER,
    SELF_SIGNING,
    USER_SIGNING,
    Identity,
    Me,
    key_object,
)
from bot.platforms.matrix.publish import publish
from bot.platforms.matrix.secrets import Call, StorageKey, fetch_secret, unlock
from bot.platforms.matrix.signing import (
    SEED_BYTES,
    Random,
    at,
    bare,
    is_signed,
    public_of,
    signature,
    signed,
)
from bot.platforms.matrix.values import Json

Save: TypeAlias = Callable[[Identity], Awaitable[None]]
"""Writes an identity to disk. Awaited before anything of it is published."""

FOREIGN = (
    "this account has a cross-signing identity that was made elsewhere; give its recovery key as "
    "matrix.accounts[].recovery_key, or run: vendorwatch matrix login --new-identity"
)
BROKEN = (
    "the cross-signing identity that the homeserver shows of this account is damaged; run: "
    "vendorwatch matrix login --new-identity"
)
_CODE = re.compile(r"[A-Za-z0-9_.]{1,60}")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bot's device stands with the homeserver. `ok`: others can see that it is ours.

    `identity` is what is kept on disk by now. `fingerprint` is of the master key that the
    homeserver shows, in groups of four. `problem` is one line with its remedy, None if `ok`.
    """

    identity: Identity | None
    ok: bool
    fingerprint: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account at its homeserver. `password` and `recovery_key` are used only where needed."""

    call: Call
    me: Me
    save: Save
    random: Random = field(repr=False)
    password: str | None = field(default=None, repr=False)
    recovery_key: str | None = field(default=None, repr=False)


async def establish(account: Account, identity: Identity | None) -> Standing:
    """Make or restore the identity, sign the device, and check what the homeserver shows of it.

    Meant for every start: where all is well it only asks. Keys that were made elsewhere are never
    replaced. A new identity is saved before it is published, so that a crash loses nothing. Raise
    MatrixError if the homeserver cannot be asked; all else that fails is in the Standing.
    """
    told = await _asked(account)
    try:
        _check_device(account.me, told)
        identity = await _known(account, identity, told)
        if not has_identity(told, account.me.user_id):
            await publish(account.call, account.me, identity, account.password)
            told = await _asked(account)
        return await _signed(account, identity, told)
    except IdentityError as error:
        return _problem(account, identity, told, str(error))


async def reset(account: Account, identity: Identity | None) -> Standing:
    """Put a new identity in the place of whatever the account has; people must compare anew.

    Only ever done because a person said so. `identity` is the one on disk, which stays there if the
    homeserver refuses. Raise MatrixError if it cannot be asked.
    """
    told = await _asked(account)
    new = Identity.new(account.random)
    try:
        _check_device(account.me, told)
        await account.save(new)
        await publish(account.call, account.me, new, account.password)
    except (IdentityError, MatrixError) as error:
        # After a call whose outcome is unknown it may be the new one that counts.
        unknown = isinstance(error, MatrixError) and error.uncertain
        if identity is not None and not unknown:
            await account.save(identity)
        if isinstance(error, MatrixError):
            raise
        return _problem(account, identity, told, str(error))
    told = await _asked(account)
    try:
        return await _signed(account, new, told)
    except IdentityError as error:
        return _problem(account, new, told, str(error))


async def _asked(account: Account) -> Json:
    """Ask what the homeserver shows of the account's own keys."""
    return await account.call("POST", "/keys/query", {"device_keys": {account.me.user_id: []}})


def _check_device(me: Me, told: Json) -> None:
    """Refuse to go on with a device whose keys are not those that we hold: never sign another's."""
    shown = at(told, "device_keys", me.user_id, me.device_id)
    if not isinstance(shown, Mapping):
        raise IdentityError(
            f"the homeserver shows no keys of device {me.device_id}: start again, and log in anew "
            "if that does not help"
        )
    device = device_of(shown, me.user_id, me.device_id)
    if device is None or not is_signed(me.signed(shown), me.user_id, me.device_id, device.ed25519):
        raise IdentityError(
            f"the homeserver shows other keys of device {me.device_id} than its store holds: log "
            "in anew, which makes a new device"
        )


async def _known(account: Account, identity: Identity | None, told: Json) -> Identity:
    """Give the identity that the homeserver shows or is to show, saved."""
    chain = signed_devices(told, account.me.user_id)
    if identity is not None and _is_shown(identity, chain):
        return identity
    if has_identity(told, account.me.user_id):
        return await _restored(account, chain)
    if identity is None:
        identity = Identity.new(account.random)
        await account.save(identity)
    return identity


def _is_shown(identity: Identity, chain: Chain) -> bool:
    shown = (chain.master, chain.self_signing)
    return shown == (identity.master_public, identity.self_signing_public)


async def _restored(account: Account, chain: Chain) -> Identity:
    """Get the identity that the homeserver shows from the account's secret storage."""
    if chain.master is None or chain.self_signing is None:
        raise IdentityError(BROKEN)
    if account.recovery_key is None:
        raise IdentityError(FOREIGN)
    call, user_id = account.call, account.me.user_id
    storage = await unlock(call, user_id, account.recovery_key)
    self_signing = await _seed(account, storage, SELF_SIGNING)
    master = await _seed(account, storage, MASTER)
    if (
        self_signing is None
        or public_of(self_signing) != chain.self_signing
        or (master is not None and public_of(master) != chain.master)
    ):
        raise IdentityError(
            "the account's secret storage does not hold the cross-signing identity that the "
            "homeserver shows; set up recovery anew in a client that is logged in to the account"
        )
    user_signing = await _seed(account, storage, USER_SIGNING)
    identity = Identity(chain.master, self_signing, master, user_signing)
    await account.save(identity)
    return identity


async def _seed(account: Account, storage: StorageKey, name: str) -> bytes | None:
    secret = await fetch_secret(account.call, account.me.user_id, storage, name)
    return secret if secret is not None and len(secret) == SEED_BYTES else None


async def _signed(account: Account, identity: Identity, told: Json) -> Standing:
    """Add the signatures that are missing; say how the device stands after that."""
    me, refused = account.me, ""
    _check_device(me, told)
    missing = _missing(me, identity, told)
    if missing:
        answer = await account.call("POST", "/keys/signatures/upload", {me.user_id: missing})
        refused = _refused(at(answer, "failures", me.user_id))
        told = await _asked(account)
    chain = signed_devices(told, me.user_id)
    if _is_shown(identity, chain) and me.device_id in chain.devices:
        return Standing(identity, ok=True, fingerprint=identity.fingerprint)
    raise IdentityError(
        f"the homeserver does not show device {me.device_id} as signed by its owner{refused}: "
        "start again, and if that does not help run: vendorwatch matrix login --new-identity"
    )


def _missing(me: Me, identity: Identity, told: Json) -> dict[str, Json]:
    """Give the objects that lack a signature of ours, with it, by the ids they are uploaded as."""
    found: dict[str, Json] = {}
    shown = at(told, "device_keys", me.user_id, me.device_id)
    public = identity.self_signing_public
    if isinstance(shown, Mapping) and not is_signed(shown, me.user_id, public, public):
        sig = signature(shown, identity.self_signing)
        found[me.device_id] = signed(shown, me.user_id, public, sig)
    master = at(told, "master_keys", me.user_id)
    wanted = key_object(me.user_id, "master", identity.master_public)
    # Only what we would have written ourselves: our device vouches for nothing else in it.
    if isinstance(master, Mapping) and bare(master) == wanted:
        ours = me.signed(wanted)
        if at(master, *_of(me)) != at(ours, *_of(me)):
            found[identity.master_public] = ours
    return found


def _of(me: Me) -> tuple[str, str, str]:
    """Say where our device's signature stands in an object."""
    return "signatures", me.user_id, f"ed25519:{me.device_id}"


def _refused(failures: object) -> str:
    """Name the codes of what the homeserver would not take."""
    each = failures.values() if isinstance(failures, Mapping) else ()
    codes = [code for failure in each if isinstance(code := at(failure, "errcode"), str)]
    # Two kinds of objects were uploaded, so there is no more to say than two codes.
    named = sorted(set(filter(_CODE.fullmatch, codes)))[:2]
    return f" ({', '.join(named)})" if named else ""


def _problem(account: Account, identity: Identity | None, told: Json, line: str) -> Standing:
    master = signed_devices(told, account.me.user_id).master
    return Standing(identity, ok=False, fingerprint=master and fingerprint(master), problem=line)
