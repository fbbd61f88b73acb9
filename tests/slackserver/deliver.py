"""Bringing events, commands and clicks to the app, with the acknowledgement and retry rules.

An event that is not acknowledged in time is sent again, at once and then after delays, with the
same event_id. Commands and clicks are sent once.
Source: https://docs.slack.dev/apis/events-api
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlencode

import aiohttp

from tests.slackserver.state import Json, SlackError, State

Sort: TypeAlias = Literal["events_api", "slash_commands", "interactive"]

MOST_REDIRECTS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended: acknowledged, or the reason why not as Slack names it."""

    acknowledged: bool
    reason: str = ""
    answer: Json | None = None
    final: bool = False


@dataclass(slots=True)
class Delivery:
    """Something on its way to the app. `attempts` has how each attempt ended.

    `refused` is the error of an answer within the acknowledgement that Slack does not take.
    """

    sort: Sort
    payload: Json
    takes_answer: bool = False
    on_answer: Callable[[Json], None] | None = None
    on_accept: Callable[[], None] | None = None
    refused: str = ""
    attempts: list[Outcome] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def acknowledged(self) -> bool:
        """Say whether any attempt was acknowledged."""
        return any(each.acknowledged for each in self.attempts)

    @property
    def answer(self) -> Json | None:
        """Give what the app answered within its acknowledgement."""
        return next((each.answer for each in self.attempts if each.acknowledged), None)

    async def finished(self, within: float = 10.0) -> bool:
        """Wait until no more attempt is made, and say whether one was acknowledged."""
        async with asyncio.timeout(within):
            await self.over.wait()
        return self.acknowledged


class Way(Protocol):
    """A way to the app: sockets or HTTP."""

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Outcome:
        """Make one attempt; `reason` is why the last one failed. Raises nothing."""
        ...


@dataclass(slots=True)
class Courier:
    """Takes deliveries and makes the attempts, each delivery in a task of its own.

    `retry_delays` are the seconds before each further attempt. `again` is how many times every
    event is delivered once more although it was acknowledged, as if the acknowledgement were lost.
    """

    state: State
    tasks: asyncio.TaskGroup
    way: Way
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    again: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def take(self, delivery: Delivery) -> Delivery:
        """Start a delivery."""
        self.deliveries.append(delivery)
        self.start(self._deliver(delivery))
        return delivery

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something until it is done or the server ends."""
        task = self.tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def stop(self) -> None:
        """Give up whatever is under way."""
        for task in self._running:
            task.cancel()

    async def _deliver(self, delivery: Delivery) -> None:
        delays = self.retry_delays if delivery.sort == "events_api" else ()
        reason, lose = "", self.again
        for attempt in range(len(delays) + 1):
            if attempt and delays[attempt - 1]:
                await asyncio.sleep(delays[attempt - 1])
            outcome = await self.way.send(delivery, attempt, reason)
            delivery.attempts.append(outcome)
            self.state.touched()
            if outcome.final or (outcome.acknowledged and (not lose or attempt == len(delays))):
                break
            if outcome.acknowledged:
                lose -= 1
            reason = outcome.reason or "timeout"
        if delivery.answer and delivery.on_answer:
            try:
                delivery.on_answer(delivery.answer)
            except SlackError as error:
                delivery.refused = error.error
        if delivery.acknowledged and delivery.on_accept:
            delivery.on_accept()
        delivery.over.set()
        self.state.touched()


@dataclass(slots=True)
class HttpWay:
    """The Events API over HTTP: signed requests to one address for all three sorts."""

    state: State
    session: aiohttp.ClientSession
    url: str
    limit: float = 3.0

    async def verify(self) -> bool:
        """Do the url_verification that saving the address would; say whether it passed."""
        challenge = hashlib.sha256(self.url.encode()).hexdigest()
        body = {
            "token": self.state.app.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        outcome = await self._post(json.dumps(body), "application/json", {})
        return outcome.acknowledged and (outcome.answer or {}).get("challenge") == challenge

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Outcome:
        """Post once, as the sort of the delivery asks for."""
        headers = {}
        if attempt:
            headers = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if delivery.sort == "events_api":
            return await self._post(json.dumps(delivery.payload), "application/json", headers)
        form = delivery.payload
        if delivery.sort == "interactive":
            form = {"payload": json.dumps(delivery.payload)}
        return await self._post(urlencode(form), "application/x-www-form-urlencoded", headers)

    async def _post(self, body: str, kind: str, headers: dict[str, str]) -> Outcome:
        stamp = str(int(self.state.clock.now()))
        headers = headers | {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self.state.app.signing_secret, stamp, body),
        }
        try:
            async with (
                asyncio.timeout(self.limit),
                self.session.post(
                    self.url, data=body, headers=headers, max_redirects=MOST_REDIRECTS
                ) as response,
            ):
                text = await response.text()
                if response.ok:
                    return Outcome(True, answer=_read(text))
                final = response.headers.get("X-Slack-No-Retry") == "1"
                return Outcome(False, "http_error", final=final)
        except TimeoutError:
            return Outcome(False, "http_timeout")
        except aiohttp.TooManyRedirects:
            return Outcome(False, "too_many_redirects")
        except aiohttp.ClientError:
            return Outcome(False, "connection_failed")


def signature(secret: str, stamp: str, body: str) -> str:
    """Sign a request.

    Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    base = f"v0:{stamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _read(text: str) -> Json | None:
    if not text.strip():
        return None
    try:
        read = json.loads(text)
    except ValueError:
        return {"text": text}
    return read if isinstance(read, dict) else None
