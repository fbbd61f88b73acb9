"""The whole bot on a Slack-compatible server that sends signed requests, over real sockets."""

import asyncio
import io
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_bolt.response import BoltResponse
from structlog.testing import capture_logs

from bot.app import App
from bot.config import Config
from bot.core.mention import Channel
from bot.core.web import Request, Response
from bot.errors import BotError
from bot.log import configure
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.http import EVENTS, Door, plain
from bot.serve import Tempo, assemble, listening, now
from bot.talking import talking_on
from bot.web.server import LARGEST
from tests.build import full_vendor, name, vendor, write_pack
from tests.emptied import made_ready
from tests.slackserver.control import SlackServer
from tests.slackserver.deliver import signature
from tests.slackserver.server import slack

NO_REST = Tempo(timedelta(0), timedelta(0), timedelta(milliseconds=50))
ACME = full_vendor(names=[name("Acme Cam")])
ROAD = vendor("road-runner", names=[name("Road Runner")])
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Town:
    """A workspace with the bot in it, which is reached at `url`."""

    server: SlackServer
    app: App
    url: str
    http: aiohttp.ClientSession
    anna: str
    hall: str

    async def posts(self, count: int = 1) -> list[str]:
        """Wait until the bot has posted so often; give the summaries."""
        await self.server.until(lambda: len(self.server.posted(self.hall)) >= count, within=10)
        return [each["text"] for each in self.server.posted(self.hall)]

    async def send(
        self, body: bytes | str, *, kind: str = "application/json", **headers: str
    ) -> int:
        """Post as Slack would, with whatever headers are given instead; give the status."""
        given = signed(self.server, body, kind) | headers
        data = io.BytesIO(body if isinstance(body, bytes) else body.encode())
        async with self.http.post(self.url, data=data, headers=given) as told:
            return told.status


def signed(
    server: SlackServer, body: bytes | str, kind: str = "application/json", at: float | None = None
) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    text = body if isinstance(body, str) else body.decode(errors="replace")
    made = signature(server.state.app.signing_secret, stamp, text)
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": made,
    }


def settings(folder: Path, server: SlackServer, **more: object) -> Config:
    return Config.model_validate(
        {
            "database": {"url": f"sqlite+aiosqlite:///{folder / 'bot.db'}"},
            "watchlists": [write_pack(folder / "pack", ACME, ROAD)],
            "shipped_watchlist": False,
            "console": {"enabled": False},
            "web": {"listen": "127.0.0.1:0"},
            "slack": {
                "mode": "http",
                "bot_token": server.bot_token,
                "signing_secret": server.state.app.signing_secret,
                "api_url": server.api_url,
            },
            **more,
        }
    )


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[tuple[App, str]]:
    """Run the bot for the length of a block; give the address of its web server."""
    platforms = talking_on(config, now)
    await made_ready(config.database.url)
    async with (
        assemble(config, platforms, tempo=NO_REST) as (app, poller),
        listening(config, platforms) as address,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(app.run(poller))
        try:
            yield app, f"http://{address}"
        finally:
            app.stop()
            await asyncio.wait({task})


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with (
        slack(retry_delays=(0.0, 0.2, 0.4)) as server,
        running(settings(tmp_path, server)) as (app, address),
        aiohttp.ClientSession() as http,
    ):
        anna = server.add_user("anna")
        hall = server.add_channel("hall", [anna])
        await server.wait_for_calls("auth.test", within=10)
        for _ in range(100):  # the door opens right after that call
            if await server.use_http(address + EVENTS):
                break
        yield Town(server, app, address + EVENTS, http, anna, hall)


def said(server: SlackServer, hall: str, anna: str, event_id: str = "Ev1") -> str:
    """Give the body of an event in which somebody names a vendor."""
    ts = f"{time.time():.6f}"
    event = {"type": "message", "channel": hall, "channel_type": "channel", "user": anna}
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": server.team,
            "api_app_id": server.state.app.id,
            "event_id": event_id,
            "event": {**event, "text": "Acme Cam", "ts": ts, "event_ts": ts},
        }
    )


async def test_a_vendor_named_in_a_channel_gets_a_card_and_no_socket_is_opened(
    town: Town,
) -> None:
    ts = town.server.say(town.hall, town.anna, "The offer is from Acme Cam &amp; friends")
    [summary] = await town.posts()
    assert summary.startswith("Acme Cam: ")
    (posted,) = town.server.posted(town.hall)
    assert posted["thread_ts"] == ts
    assert town.server.socket.opened == 0
    assert town.server.calls_of("apps.connections.open") == []


async def test_slack_is_asked_nothing_before_an_event_is_acknowledged(town: Town) -> None:
    town.server.fault("auth.test", "500", times=None)
    town.server.say(town.hall, town.anna, "Acme Cam")
    assert len(await town.posts()) == 1


async def test_an_event_that_slack_sends_three_times_gets_one_card(town: Town) -> None:
    town.server.redeliver(3)
    town.server.say(town.hall, town.anna, "Acme Cam")
    town.server.say(town.hall, town.anna, "Road Runner")
    assert len(await town.posts(2)) == 2
    for delivery in town.server.deliveries("events_api")[:2]:
        assert await delivery.finished()
        assert len(delivery.attempts) == 4
    await town.app.settle(5)
    assert len(town.server.posted(town.hall)) == 2


async def test_a_slash_command_is_answered_where_only_the_asker_sees_it(town: Town) -> None:
    sent = town.server.slash(town.anna, town.hall, "/vendor", "acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (answer,) = town.server.ephemerals(town.anna)
    assert answer["text"].startswith("Acme Cam: ")
    assert await sent.finished()
    assert sent.answer is None  # anything in the acknowledgement would be shown


async def test_a_button_of_a_card_gives_its_command(town: Town) -> None:
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.posts(1)
    (card,) = town.server.posted(town.hall)
    town.server.click(town.anna, town.hall, card["ts"], label="Full record")
    await town.server.wait_for_calls("views.update", within=10)
    (window,) = town.server.modals_of(town.anna)
    assert "Acme Cam" in json.dumps(window["blocks"])


async def test_a_form_is_answered_within_the_acknowledgement(town: Town) -> None:
    town.server.slash(town.anna, town.hall, "/vendor", "mute")
    await town.server.until(lambda: town.server.modals_of(town.anna), within=10)
    (window,) = town.server.modals_of(town.anna)
    sent = town.server.submit(window["id"], {})
    assert await sent.finished()
    assert (sent.answer or {})["response_action"] in {"errors", "update"}


async def test_what_was_not_kept_is_sent_again_by_slack_and_gets_its_card(
    town: Town, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as other:
        other.execute("ALTER TABLE vendor_state RENAME TO away")
    town.server.say(town.hall, town.anna, "Acme Cam")
    (sent,) = town.server.deliveries("events_api")
    await town.server.until(lambda: sent.attempts, within=10)
    assert not sent.attempts[0].acknowledged
    assert not sent.attempts[0].final
    with sqlite3.connect(tmp_path / "bot.db") as other:
        other.execute("ALTER TABLE away RENAME TO vendor_state")
    other.close()
    assert len(await town.posts(1)) == 1
    assert await sent.finished()


async def test_while_the_bot_comes_up_or_goes_down_slack_is_told_to_come_again(
    town: Town,
) -> None:
    body = said(town.server, town.hall, town.anna)
    town.app.stop()
    told = [await town.send(body) for _ in range(20)]
    assert set(told) <= {200, 503}
    assert told[-1] == 503


@pytest.mark.parametrize(
    "wrong",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "9" * 5000},
        {"X-Slack-Request-Timestamp": str(int(time.time()) + 1)},
    ],
    ids=["another", "none", "not-ascii", "no-number", "endless", "of-another-time"],
)
async def test_what_slack_did_not_sign_is_refused_and_not_a_word_of_it_is_logged(
    town: Town, wrong: Mapping[str, str]
) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    body = said(town.server, town.hall, town.anna)
    assert await town.send(body, **wrong) == 401
    await town.app.settle(5)
    assert town.server.posted(town.hall) == []
    assert "slack request refused" in stream.getvalue()
    assert not [each for each in ("Acme Cam", town.anna, "v0=") if each in stream.getvalue()]


async def test_a_signature_of_another_body_is_refused(town: Town) -> None:
    other = signed(town.server, "{}")["X-Slack-Signature"]
    assert await town.send(said(town.server, "C1", "U1"), **{"X-Slack-Signature": other}) == 401
    assert await town.send(b"\xff\xfe") == 401


@pytest.mark.parametrize("off", [-301, 301])
async def test_a_request_that_is_replayed_later_is_refused(town: Town, off: int) -> None:
    body = said(town.server, town.hall, town.anna)
    assert await town.send(body, **signed(town.server, body, at=time.time() + off)) == 401
    assert await town.send(body, **signed(town.server, body, at=time.time() + off * 0.9)) == 200


async def test_a_request_that_is_replayed_at_once_changes_nothing(town: Town) -> None:
    town.server.say(town.hall, town.anna, "Acme Cam")
    (sent,) = town.server.deliveries("events_api")
    body = json.dumps(sent.payload)
    headers = signed(town.server, body)
    assert [await town.send(body, **headers) for _ in range(3)] == [200, 200, 200]
    await town.posts(1)
    await town.app.settle(5)
    assert len(town.server.posted(town.hall)) == 1


async def test_a_body_that_is_too_large_is_refused_and_the_bot_goes_on(town: Town) -> None:
    assert await town.send("x" * (LARGEST + 1)) == 413
    town.server.say(town.hall, town.anna, "Acme Cam")
    assert len(await town.posts()) == 1


async def test_a_signed_body_that_is_no_json_is_a_bad_request(town: Town) -> None:
    assert await town.send("{") == 400
    assert await town.send(urlencode({"payload": "{"}), kind=FORM) == 400


@pytest.mark.parametrize("body", ["[]", "null", "5", '"text"', "[" * 50_000])
async def test_a_signed_body_that_is_no_object_is_a_bad_request(town: Town, body: str) -> None:
    assert await town.send(body) == 400


async def test_what_comes_after_the_app_was_taken_out_is_not_looked_at(town: Town) -> None:
    gone = {"type": "app_uninstalled", "event_ts": "1"}
    body = {"type": "event_callback", "team_id": town.server.team, "event_id": "Ev0", "event": gone}
    assert await town.send(json.dumps(body)) == 200
    heard = said(town.server, town.hall, town.anna)
    assert await town.send(heard) == 200
    there = Channel("slack", town.hall)
    ts = json.loads(heard)["event"]["ts"]
    assert not await town.app.store.named_before(there, ts)


async def test_slacks_check_of_the_certificate_is_answered_unsigned(town: Town) -> None:
    nothing = {"X-Slack-Signature": "", "X-Slack-Request-Timestamp": ""}
    assert await town.send("token=a&ssl_check=1", kind=FORM, **nothing) == 200
    assert await town.send("token=a&ssl_check=0", kind=FORM, **nothing) == 401


async def test_of_many_refused_requests_one_a_minute_is_logged() -> None:
    clock = [1000.0]
    door = Door("secret", now=lambda: clock[0])
    with capture_logs() as logs:
        for _ in range(3):
            assert (await door.take(Request("POST", EVENTS))).status == 401
        clock[0] += 61
        await door.take(Request("POST", EVENTS))
    assert [each["event"] for each in logs] == ["slack request refused"] * 2


async def test_the_check_of_the_settings_asks_for_no_socket(tmp_path: Path) -> None:
    async with slack() as server:
        (platform,) = talking_on(settings(tmp_path, server), now)
        assert isinstance(platform, SlackPlatform)
        assert await platform.check() == []
        await platform.close()
        assert server.calls_of("apps.connections.open") == []


async def test_a_token_that_slack_refuses_is_one_clear_line(tmp_path: Path) -> None:
    async with slack() as server:
        config = settings(tmp_path, server)
        wrong = config.slack.model_copy(update={"bot_token": "xoxb-wrong"})
        config = config.model_copy(update={"slack": wrong})
        (platform,) = talking_on(config, now)
        async with assemble(config, (platform,)) as (app, _):
            with pytest.raises(BotError, match=r"invalid_auth; check slack\.bot_token"):
                await platform.run(app)


def test_an_answer_of_bolts_keeps_its_headers_and_its_kind() -> None:
    told = BoltResponse(
        status=302, body="", headers={"Location": "https://a.example", "Set-Cookie": ["a=1", "b=2"]}
    )
    assert plain(told) == Response(
        302,
        "",
        "text/plain",
        (("location", "https://a.example"), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
    )
