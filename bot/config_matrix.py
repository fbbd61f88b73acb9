"""The section `matrix` of the configuration: accounts of the bot's, and how it speaks there."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from os.path import normpath
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from bot.core.places import Watch
from bot.core.vendor import Line
from bot.errors import BotError
from bot.platforms.matrix.settings import AccountSettings, Manner, Placing, Trust
from bot.section import Section

SHORTEST_KEY = 16
"""Characters of a pickle key."""

_SERVER = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
# Old user ids may have any character in front but a colon, a space or a control character.
_USER = re.compile(rf"@[^\s:\x00-\x1f\x7f]+:{_SERVER}")
_SERVER_NAME = re.compile(_SERVER)
_ADDRESS = re.compile(rf"https?://{_SERVER}(?:/[^\s\x00-\x1f\x7f]*)?")
_ROOM = re.compile(r"![^\s\x00-\x1f\x7f]+")


def _user(text: str) -> str:
    if not _USER.fullmatch(text) or len(text) > 255:
        raise ValueError(f"{text!r} is no Matrix user such as @vendorwatch:example.org")
    return text


def _inviter(text: str) -> str:
    if not _USER.fullmatch(text) and not _SERVER_NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is neither a Matrix user such as @ann:example.org nor a server such as "
            "example.org"
        )
    return text


def _room(text: str) -> str:
    room = text.removeprefix("matrix:")
    if not _ROOM.fullmatch(room):
        raise ValueError(f"{text!r} is no room id such as !abc:example.org")
    return room


def _homeserver(text: str) -> str:
    if _SERVER_NAME.fullmatch(text):
        return text
    if "@" in text or "?" in text or "#" in text:
        # Not repeated: what stands before the @ may be a password.
        raise ValueError("the address of a homeserver has no @, no ? and no # in it")
    if not _ADDRESS.fullmatch(text):
        raise ValueError(
            f"{text!r} is neither an address such as https://matrix.example.org nor a server such "
            "as example.org"
        )
    return text.rstrip("/")


_NO_KEY = (
    f"this account needs a pickle_key, which encrypts its store: {SHORTEST_KEY} characters or "
    "more, such as `openssl rand -base64 32` makes"
)

User = Annotated[Line, AfterValidator(_user)]
Inviter = Annotated[Line, AfterValidator(_inviter)]
Room = Annotated[Line, AfterValidator(_room)]
HomeserverField = Annotated[Line, AfterValidator(_homeserver)]


class MatrixAccount(Section):
    """An account of the bot's: one device, one store folder, one process."""

    homeserver: HomeserverField
    user: User
    password: Line | None = Field(None, repr=False)
    password_file: Path | None = None
    access_token: Line | None = Field(None, repr=False)
    access_token_file: Path | None = None
    device_id: Line | None = None
    store: Path = Path("matrix-store")
    pickle_key: Line | None = Field(None, repr=False)
    pickle_key_file: Path | None = None
    recovery_key: Line | None = Field(None, repr=False)
    recovery_key_file: Path | None = None
    trust: Trust = Trust.CROSS_SIGNED
    invites: tuple[Inviter, ...] = ()
    reactions: bool = True
    allow_http: bool = False

    def settings(self) -> AccountSettings:
        """Give it as the platform takes it; raise BotError without a pickle key."""
        if self.pickle_key is None:
            raise BotError(f"matrix: {self.user}: {_NO_KEY}")
        return AccountSettings(
            homeserver=self.homeserver,
            user=self.user,
            store=self.store,
            pickle_key=self.pickle_key,
            password=self.password,
            token=self.access_token,
            device_id=self.device_id,
            recovery_key=self.recovery_key,
            trust=self.trust,
            invites=self.invites,
            reactions=self.reactions,
        )

    def wanting(self) -> Iterator[tuple[str, str]]:
        """Say what is wrong with this account: the setting, or none, and the words."""
        if self.given("access_token") and not self.device_id:
            yield "access_token", "an access_token needs the device_id that it was made for"
        if self.device_id and not self.given("access_token"):
            yield "device_id", "a device_id goes with its access_token; a password gets its own"
        if not self.given("pickle_key"):
            yield "", _NO_KEY
        elif self.pickle_key and len(self.pickle_key) < SHORTEST_KEY:
            given = "pickle_key_file" if self.pickle_key_file else "pickle_key"
            yield given, f"a pickle_key has {SHORTEST_KEY} characters or more"
        if not _private(self.homeserver, allow_http=self.allow_http):
            yield "homeserver", _https(allowed=self.allow_http)


def _private(homeserver: str, *, allow_http: bool) -> bool:
    """Say whether what goes there can be read on the way by nobody, or the operator allows it."""
    parts = urlsplit(homeserver)
    if parts.scheme != "http":
        return True
    host = parts.hostname or ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        # What a name stands for is not known yet.
        return host == "localhost" or host.endswith(".localhost") or allow_http
    return address.is_loopback or (allow_http and not address.is_global)


def _https(*, allowed: bool) -> str:
    if allowed:
        return "http:// is for private networks only; write https://"
    return "write https://; http:// is for this machine, or with allow_http: true a private network"


class Matrix(Section):
    """The bot's accounts on Matrix, and what holds in every room."""

    accounts: tuple[MatrixAccount, ...] = ()
    watch: Watch = Watch.ON_INVITE
    moderators: int = Field(50, ge=1)
    text_rooms: tuple[Room, ...] = ()
    reply: Placing = Placing.THREAD
    management: tuple[Room, ...] = ()

    def manner(self) -> Manner:
        """Give how the bot speaks in rooms."""
        return Manner(self.reply, frozenset(self.text_rooms))

    def wanting(self) -> Iterator[tuple[int, str, str]]:
        """Say what is wrong with the accounts: which, the setting or none, and the words.

        Called once paths and secrets are known.
        """
        stores: set[str] = set()
        users: set[str] = set()
        for number, account in enumerate(self.accounts):
            for setting, words in account.wanting():
                yield number, setting, words
            store = normpath(account.store.absolute())
            if store in stores:
                yield number, "store", "another account has this store; give each its own folder"
            if account.user in users:
                yield number, "user", "this user has an account here already; one is one device"
            stores.add(store)
            users.add(account.user)
