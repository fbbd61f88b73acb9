"""Becomes one device of an account: by the login that is kept, a token, or a password.

A device whose store is gone is never taken up again: to other people's devices it would be somebody
who stole its name, and they would refuse it for good.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.errors import BotError
from bot.platforms.matrix.api import Homeserver
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Folder, Login
from bot.platforms.matrix.machine import LostStoreError, Machine, open_olm, store_name
from bot.platforms.matrix.settings import AccountSettings
from bot.platforms.matrix.values import mapping, mappings, string

log = structlog.get_logger()
DEVICE_NAME = "VendorWatch"
_SERVER = re.compile(r"(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


async def find_homeserver(given: str, connections: aiohttp.ClientSession) -> str:
    """Give the address of a homeserver; raise BotError if none is told.

    https://spec.matrix.org/v1.18/client-server-api/#well-known-uris
    """
    if "://" in given:
        return given.rstrip("/")
    if _SERVER.fullmatch(given) is None:
        raise BotError(f"matrix: {given!r} is neither an address nor a server's name")
    asked = Homeserver(f"https://{given}", connections)
    try:
        told = await asked.call("GET", "/.well-known/matrix/client", prefix="")
    except MatrixError as error:
        if error.status == 404:
            return f"https://{given}"
        raise BotError(f"matrix: {given} does not say where its homeserver is: {error}") from None
    base = string(mapping(told, "m.homeserver"), "base_url")
    if urlsplit(base).scheme != "https":
        raise BotError(f"matrix: {given} does not say where its homeserver is")
    return base.rstrip("/")


async def takes_passwords(homeserver: Homeserver) -> bool:
    """Say whether one can log in with a password. Raise MatrixError."""
    told = await homeserver.call("GET", "/login")
    return "m.login.password" in {string(each, "type") for each in mappings(told, "flows")}


async def mistaken(homeserver: Homeserver, login: Login) -> str | None:
    """Say whose the token is if it is not that of a login. Raise MatrixError."""
    told = await homeserver.call("GET", "/account/whoami")
    who = (told.get("user_id"), told.get("device_id", login.device_id))
    if who == (login.user_id, login.device_id):
        return None
    meant = f"{login.user_id} with {login.device_id}"
    return f"the token is of {who[0]} with device {who[1]}, not of {meant}"


async def log_in(homeserver: Homeserver, user: str, password: str) -> Login:
    """Log in as a new device. Raise BotError with what to do instead if that is not possible."""
    if not await takes_passwords(homeserver):
        raise BotError(
            f"matrix: {homeserver.base} takes no passwords; have its operator make an access token "
            "with a device (deploy/README.md says how), and set access_token and device_id"
        )
    asked = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": DEVICE_NAME,
    }
    try:
        told = await homeserver.call("POST", "/login", asked)
    except MatrixError as error:
        if error.status != 403:
            raise
        raise BotError(
            f"matrix: {homeserver.base} does not let {user} in with this password ({error})"
        ) from None
    made = tuple(told.get(each) for each in ("user_id", "device_id", "access_token"))
    if not all(isinstance(each, str) and each for each in made):
        raise BotError(f"matrix: {homeserver.base} did not say who the bot is logged in as")
    return Login(*map(str, made))


@dataclass(slots=True)
class Entrance:
    """The way in. Every method may raise MatrixError and BotError."""

    settings: AccountSettings
    folder: Folder
    homeserver: Homeserver

    async def enter(self) -> tuple[Login, Machine]:
        """Be a device of the account, with its keys on the server."""
        login = await self._known() or await self._new()
        machine = self._machine(login)
        try:
            await machine.publish()
        except LostStoreError:
            if not self._may_log_in:
                raise self._lost(login) from None
            machine.olm.store.database.close()
            login, machine = await self._instead(login)
            await machine.publish()
        return login, machine

    async def _known(self) -> Login | None:
        """Give the login that is kept, if it is still good and its keys are there."""
        kept = self.folder.login()
        if kept is None or not self._is_wanted(kept):
            return None
        self.homeserver.token = kept.token
        try:
            await self._ask_who(kept)
        except MatrixError as error:
            if not error.fatal:
                raise
            log.warning("matrix: the login is not good any more; a new one is made", why=error.code)
            return None
        return kept

    @property
    def _may_log_in(self) -> bool:
        """Whether a password is there to make a new device; a configured token is the one meant."""
        return self.settings.password is not None and self.settings.token is None

    def _is_wanted(self, kept: Login) -> bool:
        """Whether what is kept is what is configured: a new token in the configuration counts."""
        given = self.settings
        if given.token is not None:
            return (kept.token, kept.device_id) == (given.token, given.device_id)
        return kept.user_id == given.user

    async def _new(self) -> Login:
        given = self.settings
        self.homeserver.token = None
        if given.token is not None and given.device_id is not None:
            login = Login(given.user, given.device_id, given.token)
            self.homeserver.token = login.token
            await self._ask_who(login)
        elif given.password is not None:
            login = await log_in(self.homeserver, given.user, given.password)
            self.homeserver.token = login.token
            if login.user_id != given.user:
                raise BotError(f"matrix: logged in as {login.user_id}, not {given.user}")
        else:
            raise BotError(f"matrix: {given.user} is not logged in; run: vendorwatch matrix login")
        self.folder.keep_login(login)
        return login

    async def _ask_who(self, login: Login) -> None:
        try:
            wrong = await mistaken(self.homeserver, login)
        except MatrixError as error:
            if not error.fatal or self._may_log_in:
                raise
            raise BotError(
                f"matrix: the login of {login.user_id} is not good any more ({error}); "
                "give a new access_token with its device_id, or the password alone"
            ) from None
        if wrong is not None:
            raise BotError(f"matrix: {wrong}")

    async def _instead(self, lost: Login) -> tuple[Login, Machine]:
        """Become a new device in place of one whose store is gone, and take that one out."""
        log.error(
            "matrix: the store of this device is gone; a new device is made", was=lost.device_id
        )
        try:
            await self.homeserver.call("POST", "/logout")
        except MatrixError as error:
            log.warning("matrix: the lost device is still logged in", reason=str(error))
        login = await self._new()
        machine = self._machine(login)
        # What was just made in place of the lost store opens nothing.
        (self.folder.path / store_name(lost.device_id)).unlink(missing_ok=True)
        return login, machine

    def _machine(self, login: Login) -> Machine:
        olm = open_olm(self.folder.path, login, self.settings.pickle_key)
        return Machine(olm, self.homeserver, self.settings.trust)

    def _lost(self, login: Login) -> BotError:
        return BotError(
            f"matrix: device {login.device_id} of {login.user_id} has keys on the server that are "
            f"not in {self.folder.path}: its store is lost, or the token was made for another "
            "program; give the password, or a token of a new device"
        )
