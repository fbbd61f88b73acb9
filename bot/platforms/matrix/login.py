"""Logs an account in for the first time, and lets a person keep what a lost store would cost.

The recovery key opens the account's secret storage, where the keys of its identity are: with it,
and the password, a new store is trusted by everybody who trusted the old one.
"""

from collections.abc import Callable
from dataclasses import replace

from bot.errors import BotError
from bot.platforms.matrix.api import Homeserver, session
from bot.platforms.matrix.crosssign import Account as Signatory
from bot.platforms.matrix.crosssign import Standing, establish, reset
from bot.platforms.matrix.device import Entrance, find_homeserver
from bot.platforms.matrix.errors import IdentityError, MatrixError
from bot.platforms.matrix.folder import Folder
from bot.platforms.matrix.identity import Identity, Me
from bot.platforms.matrix.secrets import make_recovery_key, store_secrets
from bot.platforms.matrix.settings import AccountSettings


async def first_login(
    settings: AccountSettings,
    password: str | None,
    random: Callable[[int], bytes],
    *,
    anew: bool = False,
) -> list[str]:
    """Log in, make or restore the identity, and give lines for whoever did it.

    With `anew` an identity that was made elsewhere is replaced. Raise BotError with one line.
    """
    try:
        return await _first_login(settings, password, random, anew=anew)
    except MatrixError as error:
        raise BotError(f"matrix: {settings.homeserver}: {error}") from None


async def _first_login(
    settings: AccountSettings,
    password: str | None,
    random: Callable[[int], bytes],
    *,
    anew: bool,
) -> list[str]:
    settings = replace(settings, password=settings.password or password)
    folder = Folder(settings.store, settings.pickle_key)
    with folder.held():
        async with session() as connections:
            base = await find_homeserver(settings.homeserver, connections)
            homeserver = Homeserver(base, connections)
            login, machine = await Entrance(settings, folder, homeserver).enter()
            me = Me(login.user_id, login.device_id, machine.sign)
            try:
                signatory = signs(settings, folder, homeserver, me, random)
                return await _identified(signatory, folder, anew=anew)
            finally:
                machine.close()


def signs(
    settings: AccountSettings,
    folder: Folder,
    homeserver: Homeserver,
    me: Me,
    random: Callable[[int], bytes],
) -> Signatory:
    """Bring together what makes and proves an account's identity."""

    async def keep(identity: Identity) -> None:
        folder.keep_identity(identity.to_json())

    return Signatory(homeserver.call, me, keep, random, settings.password, settings.recovery_key)


def kept_identity(folder: Folder) -> Identity | None:
    """Give the identity that a folder keeps; raise BotError if it cannot be read."""
    kept = folder.identity()
    try:
        return None if kept is None else Identity.from_json(kept)
    except BotError:
        raise BotError(
            f"matrix: {folder.path / 'identity'} is damaged; restore it from a backup, or move it "
            "away and give matrix.accounts[].recovery_key"
        ) from None


async def _identified(signatory: Signatory, folder: Folder, *, anew: bool) -> list[str]:
    before = kept_identity(folder)
    standing = await (reset if anew else establish)(signatory, before)
    device = f"Logged in as {signatory.me.user_id}, device {signatory.me.device_id}."
    if standing.problem is not None:
        return [device, f"But others may not see what the bot says: {standing.problem}."]
    lines = [device, f"Its identity is {standing.fingerprint}; compare it in your client."]
    if standing.identity is not None and standing.identity != before:
        lines += await _recoverable(signatory, standing)
    return lines


async def _recoverable(signatory: Signatory, standing: Standing) -> list[str]:
    """Put a new identity's keys into the secret storage, if it is the bot's to make."""
    identity = standing.identity
    if identity is None or signatory.recovery_key is not None:
        return []
    text, key = make_recovery_key(signatory.random)
    try:
        await store_secrets(
            signatory.call, signatory.me.user_id, identity.secrets(), key, signatory.random
        )
    except IdentityError as error:
        return [f"No recovery key was made: {error}."]
    return [
        f"Its recovery key is: {text}",
        "Keep it apart from the store, which it can replace. It is not shown again.",
    ]
