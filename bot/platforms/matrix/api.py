"""A homeserver, asked over HTTP: one request, one answer, or one MatrixError.

Reference: https://spec.matrix.org/v1.18/client-server-api/
"""

import asyncio
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from bot import __version__
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.values import Json

CLIENT = "/_matrix/client/v3"
TIME_LIMIT_S = 15.0
"""Below the time that the outbox gives a post, so that a lost answer is told as such."""
MOST_BYTES = 256 * 1024 * 1024
"""An answer may be a first sync of a large account."""
LONG = 512 * 1024
"""Bytes of an answer beyond which it is read off the event loop."""
LONGEST_REASON = 200
LONGEST_WAIT_S = 600.0
"""How long the bot stays away at most because it was asked to."""
# What may have worked although the answer says otherwise: the server gave up waiting for itself.
_UNSURE = frozenset({500, 502, 503, 504, 520, 522, 524})
# What somebody else mends: an account locked for a while, a server that is full.
_PASSING = frozenset({"M_USER_LOCKED", "M_RESOURCE_LIMIT_EXCEEDED"})
_TOO_LARGE = 413
# Rooms, people and events as the server names them; a log must not say which room is private.
_NAMED = re.compile(r"(?<![\w.])[!#$@+][^\s,;()'\"]+")


def session() -> aiohttp.ClientSession:
    """Make the connections to a homeserver. Close it when done."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=20),
        headers={"User-Agent": f"VendorWatch/{__version__}"},
        trust_env=False,
    )


def path(*parts: str) -> str:
    """Join parts of a path; what is in one cannot become two."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


@dataclass(slots=True)
class Homeserver:
    """One account's way to its homeserver. `base` is an address without a last slash."""

    base: str
    connections: aiohttp.ClientSession
    token: str | None = field(default=None, repr=False)

    async def call(  # noqa: PLR0913 - a request has so many parts
        self,
        method: str,
        where: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = TIME_LIMIT_S,
        prefix: str = CLIENT,
    ) -> Json:
        """Ask and give the answer. Raise MatrixError."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        data = None
        if body is not None or method in {"POST", "PUT"}:
            # Compact and exact: what is signed or encrypted must not be written anew on the way.
            data = json.dumps(body or {}, ensure_ascii=False, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
        url = self._url(f"{prefix}{where}{_asked(query)}")
        if self.connections.closed:  # while an account is being connected anew
            raise MatrixError("the connection to the homeserver is closed")
        try:
            async with (
                asyncio.timeout(timeout_s),
                self.connections.request(
                    method,
                    url,
                    data=data,
                    headers=headers,
                    allow_redirects=False,
                ) as response,
            ):
                raw = await _read(response)
                answer = await _parsed(raw)
                if 200 <= response.status < 300:
                    if answer is None:
                        raise _odd(response.status)
                    return answer
                raise _refused(response, answer or {})
        except aiohttp.ClientConnectorError as error:
            raise MatrixError(f"the homeserver cannot be reached: {_why(error)}") from None
        except TimeoutError:
            raise MatrixError("the homeserver did not answer in time", uncertain=True) from None
        except (aiohttp.ClientError, OSError) as error:
            reason = f"the connection to the homeserver broke: {type(error).__name__}"
            raise MatrixError(reason, uncertain=True) from None

    def _url(self, where: str) -> URL:
        try:
            # As it is: ids in a path are encoded, and are not to be encoded anew.
            url = URL(f"{self.base}{where}", encoded=True)
            if url.host is not None and url.port is not None:
                return url
        except ValueError:
            pass
        raise MatrixError(f"{self.base} is no address of a homeserver")


def _asked(query: Mapping[str, str] | None) -> str:
    return f"?{urlencode(query)}" if query else ""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(1 << 16):
        size += len(chunk)
        if size > MOST_BYTES:
            raise MatrixError("the homeserver answered more than the bot can take")
        chunks.append(chunk)
    return b"".join(chunks)


async def _parsed(raw: bytes) -> Json | None:
    """Read an answer; None if it is no JSON object."""
    try:
        made = json.loads(raw) if len(raw) < LONG else await asyncio.to_thread(json.loads, raw)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, dict) else None


def _odd(status: int) -> MatrixError:
    return MatrixError(f"what answered is no homeserver (HTTP {status})", status=status)


def _refused(response: aiohttp.ClientResponse, body: Json) -> MatrixError:
    status, code = response.status, str(body.get("errcode") or "")
    words = _NAMED.sub("[...]", str(body.get("error") or response.reason or ""))[:LONGEST_REASON]
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return MatrixError(
            "the homeserver asks to slow down",
            code=code or "M_LIMIT_EXCEEDED",
            status=status,
            body=body,
            retry_after=_wait(response.headers.get("Retry-After"), body.get("retry_after_ms")),
        )
    said = " ".join(" ".join(part for part in (code or f"HTTP {status}:", words) if part).split())
    error = MatrixError(said, code=code, status=status, body=body, uncertain=status in _UNSURE)
    # That a room refuses cannot be waited out. The login can be mended, and an answer without a
    # code is not of the homeserver: a proxy says 404 or 403 while what is behind it starts.
    refused = 400 <= status < 500 and (code != "" or status == _TOO_LARGE)
    error.permanent = refused and not error.fatal and code not in _PASSING
    return error


def _wait(header: str | None, body_ms: object) -> float | None:
    """Give the seconds to wait. The header is the newer way; both may be there."""
    for given, unit in ((header, 1), (body_ms, 1000)):
        if isinstance(given, str | int | float) and not isinstance(given, bool):
            try:
                seconds = float(given) / unit
            except (ValueError, OverflowError):
                continue
            if not math.isnan(seconds):
                return min(max(seconds, 0.0), LONGEST_WAIT_S)
    return None


def _why(error: aiohttp.ClientConnectorError) -> str:
    return getattr(error.os_error, "strerror", None) or type(error.os_error).__name__
