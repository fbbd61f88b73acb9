"""Getting feeds and pages over HTTP, politely and without trusting anybody.

One time limit covers a request with its redirects, and a body must come at a pace; it is read in
pieces and dropped at its cap, as it was sent and as it comes out of decompression. No hop leads
into a private network.
"""

import asyncio
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot import __version__
from bot.core.addresses import redact
from bot.errors import FeedError, GoneError
from bot.feeds.fetching.answers import (
    PDF,
    fresh_for,
    retry_after,
    sendable,
    status_in_words,
    why_not_read,
)
from bot.feeds.fetching.guard import USUAL_PORTS, Network, guarded_sockets
from bot.feeds.fetching.redirects import PERMANENT, REDIRECTS, following, read_address
from bot.feeds.fetching.trouble import in_words, may_pass

FEED_BYTES = 8 * 1024 * 1024
"""Most bytes of a feed, before and after decompression."""

PAGE_BYTES = 2 * 1024 * 1024
"""Most bytes of a page, before and after decompression."""

MOST_REDIRECTS = 5

SLOWEST = 1024
"""Bytes a second that a body has to bring on average, once it was waited for with patience."""

_PIECE = 64 * 1024
_MEBIBYTE = 1024 * 1024
_PASSING = frozenset((408, 425, 429))
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
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

    `moved_to`, without credentials, is how far permanent redirects (301, 308) led from the address
    that was asked for; None if its own answer was none. `fresh_for` is how long the server says
    that nothing changes, at most 24 hours; None if it does not say.
    """

    url: str
    status: int
    body: bytes | None
    etag: str | None
    last_modified: str | None
    content_type: str | None
    charset: str | None
    moved_to: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections there may be, in all and to one host, and how long what is learnt holds.

    `keep` and `names` are in seconds: for an idle connection, and for the addresses of a host.
    """

    most: int = 100
    per_host: int = 2
    keep: float = 15.0
    names: int = 300


def user_agent(contact: str | None) -> str:
    """Name the program, and the address or page where whoever runs it can be asked."""
    return f"VendorWatch/{__version__}" + (f" (+{contact})" if contact else "")


@dataclass(slots=True)
class _Errand:
    """One address that is asked for, and how far that has come. `size` is None before a body."""

    url: str
    headers: dict[str, str]
    most: int
    own: str | None
    page: bool
    limit: asyncio.Timeout
    began: float
    moved_to: str | None = None
    straight: bool = True
    size: int | None = None


class Fetcher:
    """Fetches through one session of its own; use it as an async context manager.

    `contact` is told to every server, so that it can ask before it blocks. `limit` is in seconds,
    for a request with all its redirects; `patience` as well, for a body that brings less than 1 kB
    a second. `allow_networks` are private networks that may be entered, `allow_ports` are ports
    beside the usual ones (80, 443, 8080, 8443) and those of addresses that people gave. A `public`
    one is for what anybody in a chat may name, and says so where it does not enter.
    """

    def __init__(  # noqa: PLR0913 - each is a limit of its own, and all have a usual value
        self,
        *,
        contact: str | None = None,
        allow_networks: tuple[Network, ...] = (),
        allow_ports: Container[int] = (),
        public: bool = False,
        limit: float = 30.0,
        patience: float = 4.0,
        connections: Connections | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._agent = user_agent(contact)
        self._allow_networks = allow_networks
        self._allow_ports = allow_ports
        self._public = public
        self._limit = limit
        self._patience = patience
        self._connections = connections or Connections()
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections.most,
                limit_per_host=self._connections.per_host,
                keepalive_timeout=self._connections.keep,
                ttl_dns_cache=self._connections.names,
                resolver=self._resolver,
                socket_factory=guarded_sockets(self._allow_networks),
            ),
            # No feed learns from another's cookies, and no proxy hides the address from the guard.
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=_NO_TIMEOUT,
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
        """Fetch a feed, if it has changed since it had these validators. Raise FeedError.

        GoneError if the address itself, or what it has become for good, answers 410.
        """
        headers = {"Accept": _FEED_TYPES}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._get(url, headers, FEED_BYTES, own=url, page=False)

    async def page(self, url: str, *, beside: str | None = None) -> Fetched:
        """Fetch a page. Raise FeedError, and before its body where that is no text.

        It may be at any port where it is of one origin with `beside`, an address that somebody
        who may say so gave: that of the feed that names the page, or the page's own.
        """
        return await self._get(url, {"Accept": _PAGE_TYPES}, PAGE_BYTES, own=beside, page=True)

    async def _get(
        self, url: str, headers: dict[str, str], most: int, *, own: str | None, page: bool
    ) -> Fetched:
        if self._session is None:
            raise RuntimeError("a Fetcher works inside its async with block")
        began = asyncio.get_running_loop().time()
        limit = asyncio.timeout_at(began + self._limit)
        errand = _Errand(url, headers, most, own, page, limit, began)
        try:
            async with limit:
                return await self._follow(errand, self._session)
        except TimeoutError:
            raise FeedError(f"{redact(url)} {self._late(errand)}", passing=True) from None

    def _late(self, errand: _Errand) -> str:
        if errand.size is None:
            return f"did not answer in {self._limit:g} seconds"
        seconds = asyncio.get_running_loop().time() - errand.began
        sent = f"{errand.size / 1024:.1f} kB" if errand.size else "nothing of its body"
        return f"sends too slowly: {sent} in {seconds:.2g} seconds"

    async def _follow(self, errand: _Errand, session: aiohttp.ClientSession) -> Fetched:
        url = errand.url
        start = target = read_address(url, url)
        for _ in range(MOST_REDIRECTS + 1):
            self._check_port(target, start, errand)
            try:
                async with session.get(
                    target, headers=errand.headers, allow_redirects=False
                ) as response:
                    if response.status not in REDIRECTS:
                        return await self._read(response, errand)
                    target = following(target, response.headers.get("Location", ""), url)
            except FeedError:
                raise
            except (aiohttp.ClientError, OSError, ValueError) as error:
                trouble = f"{redact(url)} {in_words(error, public=self._public)}"
                raise FeedError(trouble, passing=may_pass(error)) from None
            errand.straight = errand.straight and response.status in PERMANENT
            if errand.straight:
                errand.moved_to = str(target.with_user(None).with_fragment(None))
        raise FeedError(f"{redact(url)} redirects more than {MOST_REDIRECTS} times")

    def _check_port(self, target: URL, start: URL, errand: _Errand) -> None:
        """Keep to where the web is: a feed's author could have other services asked through us."""
        port, own = target.port, errand.own
        if port in USUAL_PORTS or port in self._allow_ports:
            return
        if target is start and own == errand.url:
            return
        if own is not None and target.origin() == read_address(own, own).origin():
            return
        way = "is" if target is start else "redirects to what is"
        raise FeedError(f"{redact(errand.url)} {way} at port {port}, where no web page is expected")

    async def _read(self, response: aiohttp.ClientResponse, errand: _Errand) -> Fetched:
        headers, now = response.headers, datetime.now(UTC)
        unchanged = response.status == 304 and not errand.headers.keys().isdisjoint(
            ("If-None-Match", "If-Modified-Since")
        )
        if response.status != 200 and not unchanged:
            kind = GoneError if response.status == 410 and errand.straight else FeedError
            raise kind(
                f"{redact(errand.url)} {status_in_words(response.status)}",
                retry_after=retry_after(headers, now),
                passing=response.status in _PASSING or response.status >= 500,
            )
        content_type = sendable(headers, "Content-Type")
        trouble = why_not_read(content_type) if errand.page else None
        if trouble is not None:
            raise FeedError(f"{redact(errand.url)} {trouble}")
        return Fetched(
            url=str(response.url),
            status=response.status,
            body=None if unchanged else await self._body(response, errand),
            etag=sendable(headers, "ETag"),
            last_modified=sendable(headers, "Last-Modified"),
            content_type=content_type,
            charset=response.charset if content_type else None,
            moved_to=errand.moved_to,
            fresh_for=fresh_for(headers, now),
        )

    async def _body(self, response: aiohttp.ClientResponse, errand: _Errand) -> bytes:
        """Read a body up to its cap; each piece buys the time for the next."""
        most, content = errand.most, response.content
        if (response.content_length or 0) > most:
            raise _too_large(errand)
        last = errand.began + self._limit
        patient = asyncio.get_running_loop().time() + self._patience
        pieces: list[bytes] = []
        errand.size = 0
        while True:
            if not content.is_eof():  # else nothing will be waited for
                errand.limit.reschedule(min(last, patient + errand.size / SLOWEST))
            piece = await content.read(_PIECE)
            if not piece:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            if errand.page and not pieces and piece.startswith(b"%PDF-"):
                raise FeedError(f"{redact(errand.url)} {PDF}")
            pieces.append(piece)
            errand.size += len(piece)
            if max(errand.size, content.total_compressed_bytes or 0) > most:
                raise _too_large(errand)


def _too_large(errand: _Errand) -> FeedError:
    return FeedError(f"{redact(errand.url)} is larger than {errand.most // _MEBIBYTE} MiB")
