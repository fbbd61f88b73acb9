"""The HTTP side: the Web API, Socket Mode, OAuth, response_url, and the controls.

POST /control/<name> with a JSON object of arguments calls the method of that name of `SlackServer`
and answers {"ok": true, "result": ...}; of a command or a click the result is
{"acknowledged": ..., "answer": ...} once that is known.
"""

import asyncio
import json
import math
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slackserver.answers import respond
from tests.slackserver.control import CONTROLS, Call, SlackServer
from tests.slackserver.deliver import Courier, Delivery, HttpWay
from tests.slackserver.faults import Fault
from tests.slackserver.methods import call
from tests.slackserver.socket import SocketWay
from tests.slackserver.state import SCOPES, Json, Once, SlackError, State, Token

ACK_LIMIT = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)


@asynccontextmanager
async def slack(
    *,
    port: int = 0,
    scopes: frozenset[str] = SCOPES,
    ack_limit: float = ACK_LIMIT,
    retry_delays: tuple[float, ...] = RETRY_DELAYS,
    ping_interval: float = 5.0,
) -> AsyncIterator[SlackServer]:
    """Run a Slack on loopback, with one workspace that has the app installed."""
    state = State(scopes=scopes)
    sockets = SocketWay(state, limit=ack_limit, ping_interval=ping_interval)
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as session:
        courier = Courier(state, tasks, sockets, retry_delays)
        server = SlackServer(
            "", state, sockets, courier, lambda url: HttpWay(state, session, url, ack_limit)
        )
        state.announce = server.announce
        state.tokens[server.app_token] = Token(server.app_token, "app")
        server.team = server.add_team("Example")
        installation = state.installation(server.team)
        server.bot_user, server.bot_id = installation.bot_user, installation.bot_id
        server.bot_token = next(t.value for t in state.tokens.values() if t.kind == "bot")
        runner = web.AppRunner(_application(server), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            server.url = state.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield server
        finally:
            courier.stop()
            await sockets.cut("abort")
            await runner.cleanup()


def _application(server: SlackServer) -> web.Application:
    doors = _Doors(server)
    application = web.Application(client_max_size=4 * 1024**2)
    application.router.add_route("*", "/api/{method}", doors.api)
    application.router.add_get("/link/", server.socket.serve)
    application.router.add_get("/oauth/v2/authorize", doors.authorize)
    application.router.add_post("/response/{key}", doors.response)
    application.router.add_post("/control/{name}", doors.control)
    return application


class _Doors:
    """The handlers."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Answer a method of the Web API, as it is or as a fault has it."""
        server, name = self.server, request.match_info["method"]
        arguments, given = await _arguments(request)
        fault = next((each for each in server.faults if each.strikes(name)), None)
        answer: Json = {}
        status, headers, error = 200, {}, ""
        carried_out = fault is None or fault.accepted or fault.kind in ("lost", "slow")
        try:
            server.pass_pace(name, arguments)
            if carried_out:
                answer = {"ok": True} | self._call(name, given, arguments)
        except SlackError as refused:
            error = refused.error
            answer = {"ok": False, "error": error} | refused.more
        if error == "ratelimited":
            status, headers = 429, _retry_after(answer.pop("retry_after"))
        elif fault is not None and fault.kind in ("429", "500", "error"):
            answer, status, headers, error = _broken(fault)
        lost = fault is not None and fault.kind in ("cut", "lost")
        said = {key: value for key, value in arguments.items() if key != "token"}
        at = server.state.clock.now()
        server.record(Call(name, said, given, at, 0 if lost else status, error))
        if lost and request.transport is not None:
            request.transport.abort()
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if status >= 500:
            return web.Response(status=status, text="<!DOCTYPE html>", content_type="text/html")
        token = server.state.tokens.get(given)
        if token is not None and token.installation is not None:
            headers["X-OAuth-Scopes"] = ",".join(sorted(token.installation.scopes))
        return web.json_response(answer, status=status, headers=headers)

    def _call(self, name: str, given: str, arguments: Json) -> Json:
        state = self.server.state
        token = state.tokens.get(given)
        if name == "apps.connections.open" and token is not None and token.kind == "app":
            return {"url": self.server.socket.address()}
        return call(state, name, token, arguments | ({"token": given} if given else {}))

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Allow the app in a workspace (or refuse it), and go back to it with a code."""
        state, asked = self.server.state, request.query
        if asked.get("client_id") != state.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        team = state.teams.get(asked.get("team") or self.server.team)
        target = asked.get("redirect_uri", "")
        if team is None or not target:
            return web.Response(status=400, text="invalid_team_for_non_distributed_app")
        back = {"state": asked.get("state", "")}
        if self.server.denies:
            back["error"] = "access_denied"
        else:
            org_wide = asked.get("org_wide") == "1"
            owner = next(u for u in state.users.values() if u.owner and u.team == team.id)
            back["code"] = code = f"fake.{len(state.codes)}.{int(state.clock.now())}"
            about = {
                "team": None if org_wide else team.id,
                "enterprise": team.enterprise,
                "user": owner.id,
                "scopes": sorted(filter(None, asked.get("scope", "").split(","))),
                "redirect_uri": target,
            }
            state.codes[code] = Once(state.clock.now(), about)
        joint = "&" if "?" in target else "?"
        raise web.HTTPFound(f"{target}{joint}{urlencode(back)}")

    async def response(self, request: web.Request) -> web.StreamResponse:
        """Take an answer at a response_url."""
        server = self.server
        try:
            about = server.state.use_response_url(request.match_info["key"])
        except SlackError as refused:
            answer = {"ok": False, "error": refused.error}
            return web.json_response(answer, status=404)
        try:
            said = json.loads(await request.text())
            respond(server.state, about, said)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        except SlackError as refused:
            answer = {"ok": False, "error": refused.error} | refused.more
            return web.json_response(answer, status=400)
        server.record(Call("response_url", said, "", server.state.clock.now(), 200))
        return web.Response(text="ok")

    async def control(self, request: web.Request) -> web.StreamResponse:
        """Call one of the controls."""
        name = request.match_info["name"]
        if name not in CONTROLS:
            return web.json_response({"ok": False, "error": f"no control {name}"}, status=404)
        try:
            result = getattr(self.server, name)(**json.loads(await request.text() or "{}"))
            if asyncio.iscoroutine(result):
                result = await result
        except (SlackError, LookupError, TypeError, ValueError, TimeoutError) as error:
            told = f"{type(error).__name__}: {error}"
            return web.json_response({"ok": False, "error": told}, status=400)
        if isinstance(result, Delivery):
            await result.finished()
            result = {"acknowledged": result.acknowledged, "answer": result.answer}
        return web.json_response({"ok": True, "result": _plain(result)})


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(each) for each in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


def _broken(fault: Fault) -> tuple[Json, int, dict[str, str], str]:
    if fault.kind == "429":
        answer = {"ok": False, "error": "ratelimited"}
        return answer, 429, _retry_after(fault.seconds), "ratelimited"
    if fault.kind == "500":
        return {}, fault.status, {}, "internal_error"
    return {"ok": False, "error": fault.error}, 200, {}, fault.error


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(seconds))}


async def _arguments(request: web.Request) -> tuple[Json, str]:
    """Read the arguments from the address and the body, and the token from wherever it is."""
    arguments: Json = dict(request.query)
    header = request.headers.get("Authorization", "")
    in_json = request.content_type == "application/json"
    if in_json:
        try:
            read = json.loads(await request.text() or "{}")
        except ValueError:
            read = {}
        # A token inside of JSON is not looked at.
        arguments |= {k: v for k, v in read.items() if k != "token"} if _is_object(read) else {}
    elif request.method == "POST":
        arguments |= dict(await request.post())
    if header.startswith("Basic "):
        identity, _, secret = b64decode(header[6:]).decode().partition(":")
        arguments |= {"client_id": identity, "client_secret": secret}
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    return arguments, token or str(arguments.pop("token", ""))


def _is_object(read: object) -> bool:
    return isinstance(read, Mapping)
