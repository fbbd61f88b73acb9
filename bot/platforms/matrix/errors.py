"""What goes wrong on Matrix's side in a way we expected."""

from collections.abc import Mapping

from bot.errors import BotError, DeliveryError

# The token is good for nothing any more; only a person can help.
FATAL = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_SUSPENDED"})


class MatrixError(DeliveryError):
    """The homeserver did not do what it was asked.

    `code` is its own word for why, such as `M_FORBIDDEN`, and empty where it gave none. `status` is
    that of HTTP, 0 where no answer came. `body` is the answer as far as it was a JSON object.
    """

    def __init__(  # noqa: PLR0913 - what DeliveryError knows, and what the homeserver said
        self,
        message: str,
        *,
        code: str = "",
        status: int = 0,
        body: Mapping[str, object] | None = None,
        permanent: bool = False,
        retry_after: float | None = None,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after, uncertain=uncertain)
        self.code = code
        self.status = status
        self.body: Mapping[str, object] = body or {}

    @property
    def fatal(self) -> bool:
        """Whether the login is gone, so that nothing will work until somebody mends it."""
        return self.code in FATAL


class IdentityError(BotError):
    """The account's cross-signing identity cannot be used. The message names the remedy."""
