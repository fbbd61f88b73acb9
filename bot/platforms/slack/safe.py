"""What workspaces give at the installation, sealed with the operator's key before it is kept."""

import json
from dataclasses import asdict, dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import BotError

MAKE_A_KEY = "openssl rand -base64 32 | tr '+/' '-_'"
"""Makes a key; the README gives the same line."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a workspace gave: a token, and who the bot is there.

    `workspace` is its id (T...), or that of the organisation (E...) for all of its workspaces. `at`
    is when, in seconds since 1970.
    """

    workspace: str
    token: str = field(repr=False)
    user_id: str = ""
    bot_id: str = ""
    app_id: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Safe:
    """Seals with the newest key and opens with every one."""

    newest: Fernet = field(repr=False)
    every: MultiFernet = field(repr=False)

    @classmethod
    def of(cls, keys: str) -> "Safe":
        """Read the keys, newest first, with commas or spaces between; raise BotError."""
        try:
            read = [Fernet(key) for key in keys.replace(",", " ").split()]
            return cls(read[0], MultiFernet(read))
        except (ValueError, IndexError):
            raise BotError(
                "slack.token_key must be 32 random bytes in URL-safe base64; make one: "
                f"{MAKE_A_KEY}"
            ) from None

    def seal(self, granted: Granted) -> str:
        """Make of it what nobody can read."""
        return self.newest.encrypt(json.dumps(asdict(granted)).encode()).decode()

    def open(self, workspace: str, sealed: str) -> Granted:
        """Read what was sealed for a workspace; raise BotError if no key fits."""
        try:
            granted = Granted(**json.loads(self.every.decrypt(sealed)))
        except (InvalidToken, TypeError, ValueError):
            granted = None
        # What was given by one workspace is not to be used for another.
        if granted is None or granted.workspace != workspace:
            raise BotError(
                f"slack.token_key does not open the token of workspace {workspace}: add the key "
                "that it was sealed with after a comma"
            )
        return granted

    def is_newest(self, sealed: str) -> bool:
        """Say whether this was sealed with the newest key."""
        try:
            self.newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True
