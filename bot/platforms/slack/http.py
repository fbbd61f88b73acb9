"""Slack over HTTP: signed requests come in and are handed in before they are answered.

A request that Slack did not sign gets no further than the signature. Whatever is not kept is
answered with 500 or 503, so that Slack sends it again.
Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hmac import compare_digest
from time import time

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.core.web import Request, Response, Route

log = structlog.get_logger()

EVENTS = "/slack/events"
"""Where events, slash commands and interactions come in, all three."""
SKEW_S = 5 * 60
"""Seconds by which a request's time may differ from the clock: who replays one later is refused."""
TELL_EVERY_S = 60.0
"""Seconds between two log lines on refused requests, which anybody can cause."""

_STAMP = re.compile(r"\d{1,12}", re.ASCII)
_REFUSED = Response(401, '{"error": "invalid request"}', "application/json")
_LATER = Response(503, "not now\n", headers=(("Retry-After", "1"),))
# A slash command's address is now and then asked so, unsigned, whether its certificate is good.
_SSL_CHECK = re.compile(rb"(?:^|&)ssl_check=1(?:&|$)")


@dataclass(slots=True)
class Door:
    """Where Slack comes in; open while there is an app behind it.

    `now` gives the seconds since 1970.
    """

    signing_secret: str = field(repr=False)
    now: Callable[[], float] = time
    _app: AsyncApp | None = field(init=False, default=None)
    _told_at: float = field(init=False, default=-TELL_EVERY_S)

    def routes(self) -> Sequence[Route]:
        """Give the one route."""
        return (Route("POST", EVENTS, self.take),)

    @contextmanager
    def opened(self, app: AsyncApp) -> Iterator[None]:
        """Let requests through to an app for the length of a block."""
        self._app = app
        try:
            yield
        finally:
            self._app = None

    async def take(self, request: Request) -> Response:
        """Answer one request; with 200 only what is safely kept."""
        if len(request.body) < 1000 and _SSL_CHECK.search(request.body):
            return Response()
        wrong = self._wrong(request)
        if wrong:
            self._tell(wrong)
            return _REFUSED
        if self._app is None:
            return _LATER
        try:
            asked = bolted(request)
        # No JSON, no object, or one without a bottom.
        except (ValueError, AttributeError, RecursionError):
            return Response(400, "no JSON\n")
        return plain(await self._app.async_dispatch(asked))

    def _wrong(self, request: Request) -> str:
        """Say why a request is not to be believed; nothing if it is Slack's."""
        stamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not _STAMP.fullmatch(stamp) or not signature.isascii():
            return "it is not signed"
        if abs(self.now() - int(stamp)) > SKEW_S:
            return "its time is more than 5 minutes off; is the clock of this machine right?"
        signer = SignatureVerifier(self.signing_secret)
        try:
            made = signer.generate_signature(timestamp=stamp, body=request.body)
        except UnicodeDecodeError:
            return "it is no text"
        if made is None or not compare_digest(made, signature):
            return "its signature is wrong; is slack.signing_secret the one of this app?"
        return ""

    def _tell(self, wrong: str) -> None:
        if self.now() - self._told_at >= TELL_EVERY_S:
            self._told_at = self.now()
            log.warning("slack request refused", reason=wrong)


def bolted(request: Request) -> AsyncBoltRequest:
    """Bring a request to bolt's form; raise ValueError if its body is not what it says."""
    headers: dict[str, str | Sequence[str]] = {**request.headers}
    return AsyncBoltRequest(body=request.body.decode(), query=request.query, headers=headers)


def plain(told: BoltResponse) -> Response:
    """Bring an answer of bolt's to the server's form."""
    headers = [(name, each) for name, several in told.headers.items() for each in several]
    kinds = [value for name, value in headers if name.lower() == "content-type"]
    rest = tuple((name, value) for name, value in headers if name.lower() != "content-type")
    kind = next(iter(kinds), "text/plain").partition(";")[0].strip()
    return Response(told.status, told.body or "", kind, rest)


def quiet() -> logging.Logger:
    """Give a logger for bolt that never writes a body or a code, as its lesser lines do."""
    logger = logging.getLogger("slack_bolt.vendorwatch")
    logger.setLevel(logging.ERROR)
    return logger
