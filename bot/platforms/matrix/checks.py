"""What is wrong with an account: its homeserver, its login, its store, its signatures.

Nothing is changed and no device is made, so that it can be asked while the bot runs.
"""

import aiohttp

from bot.errors import BotError
from bot.platforms.matrix.account import Account
from bot.platforms.matrix.api import Homeserver, path
from bot.platforms.matrix.chain import signed_devices
from bot.platforms.matrix.device import find_homeserver, mistaken, takes_passwords
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.machine import store_name
from bot.platforms.matrix.rooms import BY_INVITATION
from bot.platforms.matrix.settings import AccountSettings
from bot.platforms.matrix.values import Json, listed


async def account_problems(
    account: Account, connections: aiohttp.ClientSession, management: tuple[str, ...] = ()
) -> tuple[list[str], frozenset[str]]:
    """Give an account's problems, a line each, and the rooms that it is in.

    `management` are the rooms whose members may change what holds everywhere.
    """
    given = account.settings
    try:
        base = await find_homeserver(given.homeserver, connections)
        homeserver = Homeserver(base, connections)
        await homeserver.call("GET", "/_matrix/client/versions", prefix="")
        login = _login(account)
        if login is None:
            return await _not_logged_in(given, homeserver), frozenset()
        homeserver.token = login.token
        problems = await _login_problems(account, login, homeserver)
        if problems:
            return problems, frozenset()
        told = await homeserver.call("GET", "/joined_rooms")
        joined = frozenset(map(str, listed(told, "joined_rooms")))
        asked = [each for each in management if each in joined]
        found = [await _open_problem(homeserver, each) for each in asked]
    except MatrixError as error:
        return [f"{given.homeserver}: {error}"], frozenset()
    except BotError as error:
        return [str(error).removeprefix("matrix: ")], frozenset()
    return [each for each in found if each is not None], joined


async def _open_problem(homeserver: Homeserver, room_id: str) -> str | None:
    """Say that a management room gives nobody rights, since anybody may come in."""
    told = await homeserver.call("GET", path("rooms", room_id, "state", "m.room.join_rules"))
    if told.get("join_rule") in BY_INVITATION:
        return None
    return f"anybody may come into {room_id}, so it gives no rights; let people in by invitation"


def _login(account: Account) -> Login | None:
    """Give the login that the bot would take."""
    given = account.settings
    kept = account.folder.login() if given.store.exists() else None
    if given.token is not None and given.device_id is not None:
        return Login(given.user, given.device_id, given.token)
    return kept if kept is not None and kept.user_id == given.user else None


async def _not_logged_in(given: AccountSettings, homeserver: Homeserver) -> list[str]:
    if not await takes_passwords(homeserver):
        return ["the homeserver takes no passwords; give access_token and device_id"]
    if given.password is not None:
        return ["not logged in yet; run: vendorwatch matrix login"]
    return ["not logged in, and no password is configured; run: vendorwatch matrix login"]


async def _login_problems(account: Account, login: Login, homeserver: Homeserver) -> list[str]:
    """Say what is wrong with a login, its store and its place in the chain of signatures."""
    try:
        wrong = await mistaken(homeserver, login)
    except MatrixError as error:
        return [f"the login is not good: {error}; give a new token, or the password"]
    if wrong is not None:
        return [wrong]
    if not (account.settings.store / store_name(login.device_id)).exists():
        return ["the encryption's store is not there yet; it is made when the bot first runs"]
    query: Json = {"device_keys": {login.user_id: []}}
    keys = await homeserver.call("POST", "/keys/query", query)
    chain = signed_devices(keys, login.user_id)
    if chain.master is None:
        return ["the account has no cross-signing identity yet; it is made when the bot first runs"]
    if login.device_id not in chain.devices:
        why = "others may not see what the bot says; give matrix.accounts[].recovery_key"
        return [f"device {login.device_id} is not signed, so {why}"]
    return []
