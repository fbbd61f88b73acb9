"""Getting feeds and pages over HTTP, politely and without trusting anybody.

One time limit covers a request with its redirects; a body is read in pieces and dropped at its
cap, which counts what comes out of decompression; and no hop leads into a private network.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from bot import __version__
from bot.errors import FeedError
from bot.feeds.guard import Network, RefusedAddressError, guarded_sockets
from bot.feeds.links import redact

FEED_BYTES = 8 * 1024 * 1024
"""Most bytes of a feed, decompressed."""

PAGE_BYTES = 2 * 1024 * 1024
"""Most bytes of a page, decompressed."""

MOST_REDIRECTS = 5

_PIECE = 64 * 1024
_LONGEST_VALIDATOR = 1_000
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from in the end, without credentials.

    `body` is decompressed, and None if nothing has changed (status 304). `content_type` is the
    header as sent; `charset` is its parameter. `etag` and `last_modified` are None where the
    server sent none that could be sent back.
    """

    url: str
    status: int
    body: bytes | None
    etag: str | None
    last_modified: str | None
    content_type: str | None
    charset: str | None


def user_agent(contact: str | None) -> str:
    """Name the program, and the address or page where whoever runs it can be asked."""
    return f"VendorWatch/{__version__}" + (f" (+{contact})" if contact else "")


class Fetcher:
    """Fetches through one session of its own; use it as an async context manager.

    `contact` is told to every server, so that it can ask before it blocks. `limit` is in seconds,
    for a request with all its redirects. `allow_networks` are private networks that may be entered.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        allow_networks: tuple[Network, ...] = (),
        limit: float = 30.0,
    ) -> None:
        self._agent = user_agent(contact)
        self._allow_networks = allow_networks
        self._limit = limit
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=20, limit_per_host=2, socket_factory=guarded_sockets(self._allow_networks)
            ),
            # No feed learns from another's cookies, and no proxy hides the address from the guard.
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": self._agent},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def feed(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Fetch a feed, if it has changed since it had these validators. Raise FeedError."""
        headers = {"Accept": _FEED_TYPES}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._get(url, headers, FEED_BYTES)

    async def page(self, url: str) -> Fetched:
        """Fetch a page. Raise FeedError."""
        return await self._get(url, {"Accept": _PAGE_TYPES}, PAGE_BYTES)

    async def _get(self, url: str, headers: dict[str, str], most: int) -> Fetched:
        try:
            async with asyncio.timeout(self._limit):
                return await self._follow(url, headers, most)
        except TimeoutError:
            raise FeedError(f"{redact(url)} did not answer in {self._limit:g} seconds") from None

    async def _follow(self, url: str, headers: dict[str, str], most: int) -> Fetched:
        if self._session is None:
            raise RuntimeError("a Fetcher works inside its async with block")
        target = _address(url, url)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                async with self._session.get(
                    target, headers=headers, allow_redirects=False
                ) as response:
                    if response.status not in _REDIRECTS:
                        return await _read(response, url, headers, most)
                    target = _next(target, response, url)
            except FeedError:
                raise
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise FeedError(f"{redact(url)} {_reason(error)}") from None
        raise FeedError(f"{redact(url)} redirects more than {MOST_REDIRECTS} times")


async def _read(
    response: aiohttp.ClientResponse, url: str, headers: dict[str, str], most: int
) -> Fetched:
    conditional = "If-None-Match" in headers or "If-Modified-Since" in headers
    unchanged = response.status == 304 and conditional
    if response.status != 200 and not unchanged:
        raise FeedError(
            f"{redact(url)} answered {response.status} {response.reason or ''}".rstrip(),
            retry_after=_retry_after(response),
        )
    return Fetched(
        url=str(response.url),
        status=response.status,
        body=None if unchanged else await _body(response, url, most),
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        content_type=_header(response, "Content-Type"),
        charset=response.charset,
    )


async def _body(response: aiohttp.ClientResponse, url: str, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > most:
            raise FeedError(f"{redact(url)} is larger than {most // (1024 * 1024)} MiB")
        pieces.append(piece)
    return b"".join(pieces)


def _next(target: URL, response: aiohttp.ClientResponse, url: str) -> URL:
    """Give the address a redirect leads to; credentials stay with their origin."""
    location = response.headers.get("Location", "")
    if not location:
        raise FeedError(f"{redact(url)} redirects without saying where to")
    following = _address(str(target.join(URL(location))), url).with_user(None)
    if following.origin() == target.origin() and target.user is not None:
        following = following.with_user(target.user).with_password(target.password)
    return following


def _address(text: str, url: str) -> URL:
    """Read an http(s) address; `url` is the one that people know, for the message."""
    try:
        address = URL(text)
        if address.scheme in ("http", "https") and address.host:
            return address
    except ValueError:
        pass
    way = "is" if text == url else "redirects to what is"
    raise FeedError(f"{redact(url)} {way} no address; it must start with http:// or https://")


def _header(response: aiohttp.ClientResponse, name: str) -> str | None:
    """Give a header that can be stored and sent back: short, and ASCII, as HTTP wants it."""
    value = response.headers.get(name, "").strip()
    usable = len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()
    return value if value and usable else None


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date by the server's own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    until = _http_date(value)
    if until is None:
        return None
    server_now = _http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return max(until - server_now, timedelta()).total_seconds()


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


# The first that fits is said. The library's own words may hold the whole address.
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
_NOT_PUBLIC = (
    "is at an address that is not public; feeds.allow_networks in the config opens private networks"
)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, RefusedAddressError):
            return _NOT_PUBLIC
        if error.os_error.strerror and type(error) is aiohttp.ClientConnectorError:
            return f"cannot be reached: {error.os_error.strerror}"
    said = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
    return said or f"cannot be fetched ({type(error).__name__})"
