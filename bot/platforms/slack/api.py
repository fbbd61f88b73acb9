"""Slack's Web API as far as the bot speaks: every failure a DeliveryError that says what it means.

Errors are those of the method pages at https://docs.slack.dev/reference/methods; limits of calls at
https://docs.slack.dev/apis/web-api/rate-limits. Nothing is repeated here: the outbox does that, and
knows whether it may.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import DeliveryError

Plain: TypeAlias = Mapping[str, object]

DEFAULT_URL = "https://slack.com/api/"
TIME_LIMIT_S = 15
"""Seconds that a call may take."""

# Trying again cannot help until a person has changed something.
_PERMANENT = frozenset(
    {
        "access_denied", "account_inactive", "cannot_dm_bot", "cant_delete_message",
        "cant_update_message", "channel_not_found", "edit_window_closed",
        "ekm_access_denied", "enterprise_is_restricted", "invalid_arguments",
        "invalid_auth", "invalid_blocks", "is_archived", "is_inactive", "message_not_found",
        "messages_tab_disabled", "missing_scope", "msg_blocks_too_long", "msg_too_long",
        "no_permission", "no_text", "not_allowed_token_type", "not_authed", "not_enabled",
        "not_in_channel", "org_login_required", "restricted_action",
        "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
        "restricted_action_thread_locked", "team_access_not_granted", "thread_not_found",
        "token_expired", "token_revoked", "too_many_attachments", "user_disabled",
        "user_not_found", "user_not_in_channel", "view_too_large",
    }
)  # fmt: skip
_BUSY = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
# Said after Slack may have acted.
_DOUBTFUL = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})


class SlackError(DeliveryError):
    """Slack did not take it. `code` is its own word for why, such as `is_archived`."""

    code: str = ""


@dataclass(slots=True)
class Api:
    """Calls Slack with one token. Close it when done.

    `url` is the base of all methods, for GovSlack and for tests. A `shared` session is left open.
    """

    token: str = field(repr=False)
    url: str = DEFAULT_URL
    shared: aiohttp.ClientSession | None = field(default=None, repr=False)
    client: AsyncWebClient = field(init=False, repr=False)
    session: aiohttp.ClientSession = field(init=False, repr=False)
    _shut: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.session = self.shared or connections()
        self.client = client(self.url, self.session, self.token)

    async def close(self) -> None:
        """Close every connection, unless they are shared."""
        if self.shared is None:
            await self.session.close()

    def shut(self, reason: str) -> None:
        """Let every further call fail for good, saying why."""
        self._shut = reason

    async def call(self, method: str, **arguments: object) -> Plain:
        """Call a method that changes something; give its answer. Raise SlackError."""
        given = {key: value for key, value in arguments.items() if value is not None}
        return await self._call(method, "POST", json=given)

    async def ask(self, method: str, **arguments: object) -> Plain:
        """Call a method that only reads, which takes no JSON; give its answer. Raise SlackError."""
        given = {key: value for key, value in arguments.items() if value is not None}
        return await self._call(method, "GET", params=given)

    async def scopes(self) -> frozenset[str] | None:
        """Give the scopes of the token; None if Slack does not say. Raise SlackError."""
        response = await self._answered("auth.test", "POST")
        headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
        listed = headers.get("x-oauth-scopes")
        return None if listed is None else frozenset(each.strip() for each in listed.split(","))

    async def _call(
        self,
        method: str,
        verb: str,
        json: dict[str, object] | None = None,
        params: dict[str, object] | None = None,
    ) -> Plain:
        return _data(await self._answered(method, verb, json, params))

    async def _answered(
        self,
        method: str,
        verb: str,
        json: dict[str, object] | None = None,
        params: dict[str, object] | None = None,
    ) -> AsyncSlackResponse:
        self._refuse_if_shut()
        try:
            return await self.client.api_call(method, http_verb=verb, json=json, params=params)
        except SlackApiError as error:
            raise said(method, error) from None
        except AttributeError:
            # What the SDK makes of an answer that is no JSON object: a proxy's page, say.
            reason = f"{method}: that is no answer of Slack's; is slack.api_url right?"
            raise SlackError(reason, uncertain=True) from None
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            # Nothing was sent, so nothing can have arrived.
            raise SlackError(f"Slack cannot be reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            reason = f"no answer from Slack to {method}: {type(error).__name__}"
            raise SlackError(reason, uncertain=True) from None

    async def respond(self, url: str, payload: Plain) -> None:
        """Answer through an address that came with a command; Slack takes five in 30 minutes."""
        self._refuse_if_shut()
        try:
            async with asyncio.timeout(TIME_LIMIT_S), self.session.post(url, json=payload) as told:
                status = told.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason = f"no answer from Slack to a reply: {type(error).__name__}"
            raise SlackError(reason, uncertain=True) from None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackError("Slack asks for fewer replies", retry_after=1.0)
        if status >= 500:
            raise SlackError(f"Slack answered a reply with {status}", uncertain=True)
        if status >= 400:
            raise SlackError(f"Slack refused a reply ({status})", permanent=True)

    def _refuse_if_shut(self) -> None:
        if self._shut:
            raise SlackError(self._shut, permanent=True)


def connections() -> aiohttp.ClientSession:
    """Open a session, which any number of tokens may share: it keeps no cookies of Slack's."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIME_LIMIT_S),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def client(url: str, session: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    """Make a client of the SDK's that repeats nothing: a post that failed may have arrived."""
    return AsyncWebClient(
        token=token, base_url=url, timeout=TIME_LIMIT_S, session=session, retry_handlers=[]
    )


def said(method: str, error: SlackApiError) -> SlackError:
    """Make of Slack's answer what it means for a delivery."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    data = _data(response) if isinstance(response, AsyncSlackResponse) else {}
    code = str(data.get("error") or "")
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _BUSY:
        made = SlackError(f"{method}: Slack asks to wait", retry_after=_retry_after(response))
    elif code in _PERMANENT:
        made = SlackError(f"{method}: {code}{_needed(data)}", permanent=True)
    elif status >= 500 or code in _DOUBTFUL or not code:
        made = SlackError(f"{method}: {code or f'status {status}'}", uncertain=True)
    else:
        made = SlackError(f"{method}: {code}")
    made.code = code
    return made


def _needed(data: Plain) -> str:
    needed = data.get("needed")
    return f" (needs the scope {needed})" if isinstance(needed, str) and needed else ""


def _retry_after(response: object) -> float:
    headers = getattr(response, "headers", None) or {}
    for key, value in dict(headers).items():
        if str(key).lower() == "retry-after":
            try:
                return float(value)
            except (TypeError, ValueError):
                break
    return 1.0


def _data(response: AsyncSlackResponse) -> Plain:
    data = response.data
    return data if isinstance(data, dict) else {}
