"""How workspaces install the bot: two pages, and Slack's own between them.

The exchange is bolt's; what is begun is known by a state that counts once, for ten minutes, in the
browser that began it. Source: https://docs.slack.dev/authentication/installing-with-oauth
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import parse_qs, urljoin

import aiohttp
import structlog
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.core.web import Request, Response, Route
from bot.errors import BotError, StorageError
from bot.platforms.slack.http import bolted, plain, quiet
from bot.platforms.slack.manifest import scopes
from bot.platforms.slack.safe import Granted
from bot.platforms.slack.workspaces import Workspaces

log = structlog.get_logger()

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
STATE_LIVES = timedelta(minutes=10)

_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
_LOCAL = re.compile(r"(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?", re.ASCII)
_TEAM = re.compile(r"[A-Z0-9]{1,32}", re.ASCII)
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    # The address of the page holds the code.
    ("Referrer-Policy", "no-referrer"),
)
_AGAIN = f'<a href="{INSTALL}">Start again here</a>.'
_WHY = {
    "access_denied": "It was not allowed in Slack, so nothing was installed.",
    "invalid_browser": "An installation begins at this server and goes on in the same browser.",
    "invalid_state": "This was done already, or was begun more than ten minutes ago.",
    "missing_code": "Slack sent no code along.",
    "invalid_code": "Slack did not take the code, or not the app's client secret.",
}
_OTHERWISE = "Slack could not install the app."


@dataclass(frozen=True, slots=True)
class OAuth:
    """The app as Slack knows it, and the address at which the world reaches this server."""

    client_id: str
    client_secret: str = field(repr=False)
    public_url: str | None = None


class _RefusedError(BoltError):
    """An installation that cannot be used; its text is for who installs. Bolt catches it."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class InstallPages:
    """Answers the two pages."""

    oauth: OAuth
    workspaces: Workspaces
    now: Callable[[], datetime] = _utc_now

    def routes(self) -> Sequence[Route]:
        """Give the pages."""
        return (Route("GET", INSTALL, self.begin), Route("GET", REDIRECT, self.end))

    async def begin(self, request: Request) -> Response:
        """Send a browser to Slack's page, where a workspace allows the app."""
        team = parse_qs(request.query).get("team", [""])[0]
        query = f"team={team}" if _TEAM.fullmatch(team) else ""
        flow = self._flow(request)
        if flow is None:
            return _page(400, "Nothing was installed", "The request names no host.")
        try:
            told = await flow.handle_installation(bolted(replace(request, query=query)))
        except StorageError as error:
            log.error("slack installation not begun", error=str(error))
            return _page(503, "Not now", "Please come back in a minute.")
        return self._sent(request, told)

    async def end(self, request: Request) -> Response:
        """Take a browser back from Slack's page, and keep what the workspace gave."""
        flow = self._flow(request)
        if flow is None:
            return _page(400, "Nothing was installed", "The request names no host.")
        try:
            told = await flow.handle_callback(bolted(request))
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            log.error("slack installation failed", error=type(error).__name__)
            return _page(502, "Nothing was installed", f"Slack could not be reached. {_AGAIN}")
        except BotError as error:
            log.error("slack installation not kept", error=str(error))
            return _page(503, "Nothing was installed", f"It could not be kept. {_AGAIN}")
        return self._sent(request, told)

    def _flow(self, request: Request) -> AsyncOAuthFlow | None:
        base = self._base(request)
        if base is None:
            return None
        settings = AsyncOAuthSettings(
            client_id=self.oauth.client_id,
            client_secret=self.oauth.client_secret,
            scopes=scopes(),
            user_scopes=[],
            redirect_uri=base + REDIRECT,
            install_path=INSTALL,
            redirect_uri_path=REDIRECT,
            install_page_rendering_enabled=False,
            authorization_url=urljoin(self.workspaces.url, "../oauth/v2/authorize"),
            callback_options=AsyncCallbackOptions(success=_done, failure=_failed),
            installation_store=_Keeper(self.workspaces, self.now),  # type: ignore[arg-type]  # has what the flow calls
            state_store=_States(self.workspaces, self.now),  # type: ignore[arg-type]  # the same
            state_expiration_seconds=int(STATE_LIVES.total_seconds()),
            logger=quiet(),
        )
        exchange = Exchange(self.workspaces.client())
        return AsyncOAuthFlow(client=exchange, logger=quiet(), settings=settings)  # type: ignore[arg-type]  # has what the flow calls

    def _base(self, request: Request) -> str | None:
        """Give where the world reaches this server: as configured, or as the request says."""
        if self.oauth.public_url is not None:
            return self.oauth.public_url.rstrip("/")
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            return None
        given = request.headers.get("x-forwarded-proto", "").lower()
        usual = "http" if _LOCAL.fullmatch(host) else "https"
        return f"{given if given in {'http', 'https'} else usual}://{host}"

    def _sent(self, request: Request, told: BoltResponse) -> Response:
        """Let the cookie come back over plain HTTP where there is nothing else: on this machine."""
        answer = plain(told)
        if (self._base(request) or "").startswith("https:"):
            return answer
        headers = tuple((name, value.replace("; Secure", "")) for name, value in answer.headers)
        return replace(answer, headers=headers)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What of a client the flow calls.

    The SDK would send the secret by aiohttp's BasicAuth, which is deprecated; Slack takes it in the
    form as well.
    """

    client: AsyncWebClient

    async def oauth_v2_access(self, **arguments: str | None) -> AsyncSlackResponse:
        """Give a code for a token; raise SlackApiError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        return await self.client.api_call("oauth.v2.access", data=given)

    async def auth_test(self, *, token: str) -> AsyncSlackResponse:
        """Ask who a token is; raise SlackApiError."""
        return await self.client.auth_test(token=token)


@dataclass(frozen=True, slots=True)
class _States:
    """Bolt's store of states, on the database."""

    workspaces: Workspaces
    now: Callable[[], datetime]

    async def async_issue(self, *_: object, **__: object) -> str:
        """Make a state that counts once."""
        state, now = secrets.token_urlsafe(32), self.now()
        if not await self.workspaces.vault.begin_install(state, now + STATE_LIVES, now):
            raise StorageError("too many installations are under way")
        return state

    async def async_consume(self, state: str) -> bool:
        """Use a state up; say whether it was good."""
        return await self.workspaces.vault.end_install(state, self.now())


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Bolt's store of installations, as far as the flow needs it."""

    workspaces: Workspaces
    now: Callable[[], datetime]

    async def async_save(self, made: Installation) -> None:
        """Keep an installation; raise BoltError if it cannot be used."""
        if made.bot_refresh_token or made.bot_token_expires_at:
            raise _RefusedError(
                "token rotation is on for this app, so its tokens would end after 12 hours; make "
                "the app anew from deploy/slack-manifest.yml, which leaves it off"
            )
        workspace = made.enterprise_id if made.is_enterprise_install else made.team_id
        if not made.bot_token or not workspace:
            raise _RefusedError("Slack gave no token for the bot")
        now = self.now()
        granted = Granted(
            workspace,
            made.bot_token,
            made.bot_user_id or "",
            made.bot_id or "",
            made.app_id or "",
            int(now.timestamp()),
        )
        await self.workspaces.keep(granted, made.user_id, now)
        log.info("installed in a slack workspace", workspace=workspace, by=made.user_id)


async def _done(asked: AsyncSuccessArgs) -> BoltResponse:
    made = asked.installation
    name = (made.enterprise_name if made.is_enterprise_install else made.team_name) or "Slack"
    words = f"VendorWatch is in {escape(name)}. Invite it to a channel: /invite @vendorwatch"
    return _bolts(_page(200, "Installed", words), asked.settings)


async def _failed(asked: AsyncFailureArgs) -> BoltResponse:
    status, reason = asked.suggested_status_code, asked.reason
    words = f"{_WHY.get(reason, _OTHERWISE)} {_AGAIN}"
    if isinstance(asked.error, _RefusedError):
        status, reason = 400, str(asked.error)
        words = f"{escape(reason[:1].upper() + reason[1:])}."
    elif reason not in _WHY:
        reason = "another one"  # which comes from the address, where anybody can write anything
    log.warning("slack installation refused", reason=reason)
    return _bolts(_page(status, "Nothing was installed", words), asked.settings)


def _bolts(page: Response, settings: AsyncOAuthSettings) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {name: [value] for name, value in page.headers}
    headers["Content-Type"] = page.content_type
    headers["Set-Cookie"] = [settings.state_utils.build_set_cookie_for_deletion()]
    return BoltResponse(status=page.status, body=page.body, headers=headers)


def _page(status: int, title: str, words: str) -> Response:
    """Make a page; `words` is HTML, which nothing from a request goes into."""
    body = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>VendorWatch: {title}</title>"
        "<style>body {font: 1.1em/1.5 sans-serif; max-width: 34em; margin: 3em auto}</style>"
        f"<h1>{title}</h1><p>{words}</p></body></html>\n"
    )
    return Response(status, body, "text/html", _HEADERS)
