"""What is wrong with an account: its homeserver, its login, its store, its signatures.

Nothing is changed and no device is made, so that it can be asked while the bot runs.
"""

import aiohttp

from bot.errors import BotError
from bot.platforms.matrix.account import Account
from bot.platforms.matrix.api import Homeserver, Json
from bot.platforms.matrix.chain import signed_devices
from bot.platforms.matrix.device import find_homeserver
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.machine import store_name
from bot.platforms.matrix.settings import AccountSettings


async def account_problems(
    account: Account, connections: aiohttp.ClientSession
) -> tuple[list[str], frozenset[str]]:
    """Give an account's problems, a line each, and the rooms that it is in."""
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
        told = (await homeserver.call("GET", "/joined_rooms")).get("joined_rooms")
    except MatrixError as error:
        return [f"{given.homeserver}: {error}"], frozenset()
    except BotError as error:
        return [str(error).removeprefix("matrix: ")], frozenset()
    return [], frozenset(map(str, told)) if isinstance(told, list) else frozenset()


def _login(account: Account) -> Login | None:
    """Give the login that the bot would take."""
    given = account.settings
    kept = account.folder.login() if given.store.exists() else None
    if given.token is not None and given.device_id is not None:
        return Login(given.user, given.device_id, given.token)
    return kept if kept is not None and kept.user_id == given.user else None


async def _not_logged_in(given: AccountSettings, homeserver: Homeserver) -> list[str]:
    flows = (await homeserver.call("GET", "/login")).get("flows")
    listed = flows if isinstance(flows, list) else []
    kinds = [each.get("type") for each in listed if isinstance(each, dict)]
    if "m.login.password" not in kinds:
        return ["the homeserver takes no passwords; give access_token and device_id"]
    if given.password is not None:
        return ["not logged in yet; run: vendorwatch matrix login"]
    return ["not logged in, and no password is configured; run: vendorwatch matrix login"]


async def _login_problems(account: Account, login: Login, homeserver: Homeserver) -> list[str]:
    """Say what is wrong with a login, its store and its place in the chain of signatures."""
    try:
        told = await homeserver.call("GET", "/account/whoami")
    except MatrixError as error:
        return [f"the login is not good: {error}; give a new token, or the password"]
    if (told.get("user_id"), told.get("device_id", login.device_id)) != (
        login.user_id,
        login.device_id,
    ):
        return [f"the token is of {told.get('user_id')} with device {told.get('device_id')}"]
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
