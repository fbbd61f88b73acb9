"""What goes wrong between two machines, in words. The library's own may hold the whole address."""

import aiohttp

from bot.feeds.fetching.guard import RefusedAddressError

# The first that fits is said.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "cannot be found: no such host"),
    (aiohttp.ClientSSLError, "has no valid certificate"),
    (aiohttp.ClientConnectorError, "cannot be reached"),
    (aiohttp.ClientPayloadError, "sent a body that is broken or breaks off"),
    (aiohttp.ServerDisconnectedError, "closed the connection without an answer"),
    (aiohttp.ClientResponseError, "sent an answer that is not HTTP"),
    (aiohttp.InvalidURL, "is no usable address"),
    (ValueError, "is no usable address"),
    (OSError, "broke the connection"),
)
_TOO_LARGE = ("Got more than", "Too many headers")
_NOT_PUBLIC = "is at an address that is not public; "
_OPENS = "feeds.allow_networks in the config opens private networks"
_ADDS = "only what an operator adds, in the config or on the command line, may be at one"


def in_words(error: Exception, *, public: bool = False) -> str:
    """Say in a few words, which follow the address, why a request failed.

    `public`: it was made for whoever may chat, to whom no setting opens a private network.
    """
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, RefusedAddressError):
            return _NOT_PUBLIC + (_ADDS if public else _OPENS)
        if error.os_error.strerror and type(error) is aiohttp.ClientConnectorError:
            return f"cannot be reached: {error.os_error.strerror}"
    # aiohttp raises one class for all that its parser refuses, and tells them apart in words.
    if isinstance(error, aiohttp.ClientResponseError) and error.message.startswith(_TOO_LARGE):
        return "sent headers that are too large"
    said = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
    return said or f"cannot be fetched ({type(error).__name__})"


def may_pass(error: Exception) -> bool:
    """Whether a request may succeed another time: its connection failed, and not its address."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return not isinstance(error.os_error, RefusedAddressError)
    return isinstance(error, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError)
