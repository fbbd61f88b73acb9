"""The server behaves as Slack is known to: seen through slack-bolt, slack-sdk and bare HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from yarl import URL

from tests.slackserver import SlackServer, slack
from tests.slackserver.blocks import check_message, check_view
from tests.slackserver.faults import Wrong
from tests.slackserver.state import EVENTS, SCOPES, Json

Blocks = list[Json]


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    async with slack(ack_limit=0.3, retry_delays=(0.0, 0.02, 0.02)) as running:
        yield running


@pytest.fixture
def client(server: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(server.bot_token, base_url=server.api_url, retry_handlers=[])


@pytest.fixture
def ann(server: SlackServer) -> str:
    return server.add_user("ann")


@pytest.fixture
def general(server: SlackServer, ann: str) -> str:
    return server.add_channel("general", [ann])


@asynccontextmanager
async def bolt(server: SlackServer, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect an app, and wait until it is."""
    handler = AsyncSocketModeHandler(app, server.app_token, ping_interval=0.05)
    before = server.socket.opened
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it so
    await server.until(lambda: server.socket.opened > before)
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # bolt leaves it so


@asynccontextmanager
async def listener(
    server: SlackServer, acknowledge: Callable[[Json], Json | None]
) -> AsyncIterator[list[Json]]:
    """Connect a bare socket that keeps what comes; `acknowledge` gives what to send back."""
    came: list[Json] = []

    async def read(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            body = message.json()
            came.append(body)
            answer = acknowledge(body) if "envelope_id" in body else None
            if answer is not None:
                await socket.send_json(answer)

    async with aiohttp.ClientSession() as session:
        url = await _call(session, server, "apps.connections.open", token=server.app_token)
        async with session.ws_connect(url["url"]) as socket, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(read(socket))
            await server.until(lambda: any(each["type"] == "hello" for each in came) or came == [])
            yield came
            reading.cancel()


async def _call(
    session: aiohttp.ClientSession, server: SlackServer, method: str, **arguments: Any
) -> Json:
    async with session.post(server.api_url + method, data=arguments) as response:
        return dict(await response.json())


def acked(body: Json) -> Json:
    return {"envelope_id": body["envelope_id"]}


def events(came: list[Json]) -> list[Json]:
    return [each["payload"]["event"] for each in came if each["type"] == "events_api"]


def section(text: str) -> Blocks:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def buttons(*identities: str) -> Blocks:
    return [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": identity,
                    "text": {"type": "plain_text", "text": identity.title()},
                    "value": f"do {identity}",
                }
                for identity in identities
            ],
        }
    ]


def modal(*blocks: Json) -> Json:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Record"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": list(blocks) or [{"type": "divider"}],
    }


async def error_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


# --- through bolt -------------------------------------------------------------------------------


async def test_a_bolt_app_hears_a_message_and_answers_in_its_thread(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    app = AsyncApp(client=client)

    @app.event("message")
    async def heard(event: Json) -> None:
        if "thread_ts" not in event:
            await client.chat_postMessage(
                channel=event["channel"], thread_ts=event["ts"], text=f"heard {event['text']}"
            )

    async with bolt(server, app):
        ts = server.say(general, ann, "cameras &amp; <https://a.example|more>")
        await server.until(lambda: server.replies(general, ts))
    (answer,) = server.posted(general)
    assert answer["text"] == "heard cameras &amp; <https://a.example|more>"
    assert answer["thread_ts"] == ts < answer["ts"]
    assert server.deliveries()[0].acknowledged
    # What a person types comes as rich text as well.
    said = server.messages(general)[0]["blocks"][0]["elements"][0]["elements"]
    assert said == [
        {"type": "text", "text": "cameras & "},
        {"type": "link", "url": "https://a.example", "text": "more"},
    ]


async def test_a_button_gives_five_answers_in_half_an_hour(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    app = AsyncApp(client=client)
    bodies: list[Json] = []

    @app.action("mute")
    async def clicked(ack: Callable[[], Awaitable[None]], body: Json) -> None:
        await ack()
        bodies.append(body)

    card = await client.chat_postMessage(channel=general, text="card", blocks=buttons("mute"))
    async with bolt(server, app):
        assert await server.click(ann, general, card["ts"], label="Mute").finished()
        assert await server.click(ann, general, card["ts"], action_id="mute").finished()
    assert bodies[0]["actions"][0]["value"] == "do mute"
    assert bodies[0]["message"]["ts"] == bodies[0]["container"]["message_ts"] == card["ts"]
    webhook = AsyncWebhookClient(bodies[0]["response_url"])
    assert (await webhook.send(text="only ann")).body == "ok"
    assert (await webhook.send(text="all", response_type="in_channel")).status_code == 200
    assert (await webhook.send(text="new card", replace_original=True)).status_code == 200
    assert (await webhook.send(text="", blocks=section(""))).status_code == 400
    assert (await webhook.send(delete_original=True)).status_code == 200
    assert json.loads((await webhook.send(text="6")).body)["error"] == "used_url"
    assert [each["text"] for each in server.ephemerals(ann)] == ["only ann"]
    assert [each["text"] for each in server.posted(general)] == ["all"]
    server.advance(30 * 60 + 1)
    late = await AsyncWebhookClient(bodies[1]["response_url"]).send(text="late")
    assert (late.status_code, json.loads(late.body)["error"]) == (404, "expired_url")


async def test_a_slash_command_is_answered_in_its_acknowledgement(
    server: SlackServer, client: AsyncWebClient, ann: str
) -> None:
    elsewhere = server.add_channel("elsewhere", [ann], kind="private", with_app=False)
    app = AsyncApp(client=client)
    commands: list[Json] = []

    @app.command("/vendor")
    async def asked(ack: Callable[..., Awaitable[None]], command: Json) -> None:
        commands.append(command)
        await ack("looking")

    async with bolt(server, app):
        delivery = server.slash(ann, elsewhere, "/vendor", "A&B for @ann in #elsewhere")
        assert await delivery.finished()
        lost = server.slash(ann, elsewhere, "/unknown")
        assert not await lost.finished()
    assert [each["text"] for each in server.ephemerals(ann)] == ["looking"]
    assert commands[0]["text"] == f"A&amp;B for <@{ann}|ann> in <#{elsewhere}|elsewhere>"
    assert len(lost.attempts) == 1
    view = modal()
    trigger = commands[0]["trigger_id"]
    await client.views_open(trigger_id=trigger, view=view)
    assert await error_of(client.views_open(trigger_id=trigger, view=view)) == (
        "exchanged_trigger_id"
    )
    (opened,) = server.modals_of(ann)
    assert opened["title"]["text"] == "Record"


async def test_a_trigger_lasts_three_seconds(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    trigger = server.slash(ann, general, "/vendor").payload["trigger_id"]
    server.advance(3.1)
    assert await error_of(client.views_open(trigger_id=trigger, view=modal())) == (
        "expired_trigger_id"
    )
    assert await error_of(client.views_open(trigger_id="1.2.3", view=modal())) == (
        "invalid_trigger_id"
    )


async def test_a_modal_stays_open_while_the_app_finds_errors(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    app = AsyncApp(client=client)

    @app.view("form")
    async def submitted(ack: Callable[..., Awaitable[None]], view: Json) -> None:
        (name,) = view["state"]["values"]["block"].values()
        if name["value"]:
            await ack()
        else:
            await ack(response_action="errors", errors={"block": "needed"})

    field_of_name: Json = {
        "type": "input",
        "block_id": "block",
        "label": {"type": "plain_text", "text": "Name"},
        "element": {"type": "plain_text_input", "action_id": "name"},
    }
    async with bolt(server, app):
        trigger = server.slash(ann, general, "/vendor").payload["trigger_id"]
        opened = await client.views_open(
            trigger_id=trigger, view=modal(field_of_name) | {"callback_id": "form"}
        )
        identity = opened["view"]["id"]
        await server.submit(identity).finished()
        assert server.modals_of(ann)[0]["errors"] == {"block": "needed"}
        await server.submit(identity, {"name": "Hikvision"}).finished()
    assert server.modals_of(ann) == []


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_cut_connection_is_opened_anew_and_the_event_comes_again(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str, how: Any
) -> None:
    app = AsyncApp(client=client)
    came: list[str] = []
    go_on = asyncio.Event()

    @app.middleware
    async def slow(body: Json, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - bolt's name
        came.append(body["event_id"])
        if len(came) == 1:
            await go_on.wait()
        await next()

    @app.event("message")
    async def heard() -> None: ...

    server.socket.holds = True
    async with bolt(server, app):
        server.say(general, ann, "Hikvision")
        await server.until(lambda: server.socket.connections[0].sent)
        assert await server.cut(how) == 1
        (delivery,) = server.deliveries()
        assert await delivery.finished()
        go_on.set()
        await server.until(lambda: server.socket.unknown_acks)
    assert len(set(came)) == 1
    assert delivery.attempts[0].reason == "connection_failed"
    # A client that connects twice and closes one costs an attempt more.
    assert 2 <= len(came) <= len(delivery.attempts)
    assert server.socket.opened >= 2


async def test_connections_can_be_cut_again_and_again(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    app = AsyncApp(client=client)

    @app.event("message")
    async def heard() -> None: ...

    server.hold()
    async with bolt(server, app):
        server.cut_every(0.02, times=3)
        while server.socket.opened == 1:
            server.say(general, ann, "Hikvision")
            await asyncio.sleep(0.003)
        for delivery in server.deliveries():
            assert await delivery.finished()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_client_that_is_asked_to_go_comes_back(
    server: SlackServer, client: AsyncWebClient, reason: str
) -> None:
    async with bolt(server, AsyncApp(client=client)):
        await server.disconnect(reason)
        await server.until(
            lambda: server.socket.opened == 2 and len(server.socket.connections) == 1
        )


async def test_a_frozen_connection_stays_open_and_answers_no_ping(
    server: SlackServer, client: AsyncWebClient
) -> None:
    url = (await client.apps_connections_open(app_token=server.app_token))["url"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as socket,
    ):
        await socket.receive_json()
        await socket.ping(b"1")
        assert (await socket.receive()).data == b"1"
        server.freeze()
        await socket.ping(b"2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.05)
        assert len(server.socket.connections) == 1


# --- delivery -----------------------------------------------------------------------------------


async def test_an_event_that_nobody_acknowledges_comes_four_times(
    ann: str, general: str, server: SlackServer
) -> None:
    server.socket.limit = 0.02
    async with listener(server, lambda _: None) as came:
        server.say(general, ann, "Hikvision")
        (delivery,) = server.deliveries()
        assert not await delivery.finished()
    sent = [each for each in came if each["type"] == "events_api"]
    assert [(each["retry_attempt"], each["retry_reason"]) for each in sent] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert len({each["payload"]["event_id"] for each in sent}) == 1
    assert len({each["envelope_id"] for each in sent}) == 4
    assert server.facts()["undelivered"] == [sent[0]["payload"]]


async def test_an_event_can_come_again_although_it_was_acknowledged(
    server: SlackServer, ann: str, general: str
) -> None:
    server.redeliver(2)
    async with listener(server, acked) as came:
        server.say(general, ann, "Hikvision")
        assert await server.deliveries()[0].finished()
    assert [each["type"] for each in came] == ["hello", *["events_api"] * 3]


async def test_each_envelope_goes_to_one_of_the_connections(
    server: SlackServer, ann: str, general: str
) -> None:
    async with listener(server, acked) as first, listener(server, acked) as second:
        for number in range(6):
            server.say(general, ann, f"message {number}")
        for delivery in server.deliveries():
            assert await delivery.finished()
    assert [len(events(first)), len(events(second))] == [3, 3]
    assert second[0]["num_connections"] == 2


async def test_an_acknowledgement_of_nothing_is_counted(
    server: SlackServer, ann: str, general: str
) -> None:
    async with listener(server, lambda _: {"envelope_id": "another"}):
        server.say(general, ann, "Hikvision")
        await server.until(lambda: server.socket.unknown_acks)
    assert server.socket.acks == 0


async def test_only_an_app_token_opens_a_connection_and_its_address_works_once(
    server: SlackServer, client: AsyncWebClient
) -> None:
    refused = error_of(client.apps_connections_open(app_token=server.bot_token))
    assert await refused == "not_allowed_token_type"
    url = (await client.apps_connections_open(app_token=server.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


@dataclass(slots=True)
class Receiver:
    """An address for the Events API that answers with the statuses it was given."""

    statuses: list[int]
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a request and answer it."""
        body = await request.text()
        if "challenge" in body:
            return web.json_response({"challenge": json.loads(body)["challenge"]})
        self.came.append((dict(request.headers), body))
        return web.Response(status=self.statuses.pop(0), headers=self.headers)


@asynccontextmanager
async def receiving(server: SlackServer, receiver: Receiver) -> AsyncIterator[None]:
    application = web.Application()
    application.router.add_post("/slack/events", receiver.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert await server.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        yield
    finally:
        await runner.cleanup()


async def test_events_over_http_are_signed_and_come_again_after_an_error(
    server: SlackServer, ann: str, general: str
) -> None:
    receiver = Receiver([500, 503, 200])
    async with receiving(server, receiver):
        server.say(general, ann, "Überwachung")
        assert await server.deliveries()[0].finished()
    verifier = SignatureVerifier(server.state.app.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for headers, body in receiver.came)
    assert len({body for _, body in receiver.came}) == 1
    names = ("X-Slack-Retry-Num", "X-Slack-Retry-Reason")
    told = [tuple(headers.get(name) for name in names) for headers, _ in receiver.came]
    assert told == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_an_app_can_refuse_to_be_asked_again(
    server: SlackServer, ann: str, general: str
) -> None:
    receiver = Receiver([500], {"X-Slack-No-Retry": "1"})
    async with receiving(server, receiver):
        server.say(general, ann, "Hikvision")
        assert not await server.deliveries()[0].finished()
    assert len(receiver.came) == 1


async def test_the_app_hears_only_what_it_may(server: SlackServer, ann: str, general: str) -> None:
    outside = server.add_channel("outside", [ann], with_app=False)
    private = server.add_channel("private", [ann], kind="private")
    server.say(outside, ann, "1")
    server.set_scopes(SCOPES - {"groups:history"})
    server.say(private, ann, "2")
    server.state.app.events = set(EVENTS - {"message.channels"})
    server.say(general, ann, "3")
    assert server.deliveries() == []
    server.say(server.im(ann), ann, f"<@{server.bot_user}> 4")
    server.say(general, ann, f"<@{server.bot_user}> 5")
    server.rename(outside, "renamed")
    told = [each.payload["event"]["type"] for each in server.deliveries()]
    assert told == ["message", "app_mention", "channel_rename"]


async def test_what_happens_to_a_message_is_told(
    server: SlackServer, ann: str, general: str
) -> None:
    bot = server.add_bot("rss")
    async with listener(server, acked) as came:
        ts = server.say(general, ann, f"<@{server.bot_user}> look")
        server.edit(general, ts, "look here")
        server.unfurl(general, ts, "Title", "https://a.example")
        reply = server.say(general, bot, "news", thread=ts, broadcast=True, subtype="bot_message")
        server.react(general, ts, ann, "eyes")
        server.delete(general, reply)
        server.invite(general, bot)
        server.kick(general)
        for delivery in server.deliveries():
            await delivery.finished()
    told = events(came)
    assert [(each["type"], each.get("subtype")) for each in told] == [
        ("message", None),
        ("app_mention", None),
        ("message", "message_changed"),
        ("message", "message_changed"),
        ("message", "thread_broadcast"),
        ("reaction_added", None),
        ("message", "message_deleted"),
        ("member_joined_channel", None),
        ("channel_left", None),
    ]
    assert told[2]["previous_message"]["text"] != told[2]["message"]["text"] == "look here"
    assert told[3]["previous_message"]["text"] == told[3]["message"]["text"]
    assert told[6]["deleted_ts"] == reply
    assert len({each["payload"]["event_id"] for each in came if "payload" in each}) == len(told)


async def test_an_uninstalled_app_is_told_and_its_token_is_dead(
    server: SlackServer, client: AsyncWebClient
) -> None:
    server.uninstall()
    told = [each.payload["event"]["type"] for each in server.deliveries()]
    assert told == ["tokens_revoked", "app_uninstalled"]
    assert await error_of(client.auth_test()) == "account_inactive"


# --- the Web API --------------------------------------------------------------------------------


async def test_arguments_come_as_json_form_or_query_and_the_token_in_header_or_form(
    server: SlackServer, general: str
) -> None:
    bearer = {"Authorization": f"Bearer {server.bot_token}"}
    blocks = json.dumps(section("hi"))
    plain = {"channel": general, "text": "hi"}
    async with aiohttp.ClientSession() as session:

        async def post(**how: Any) -> Json:
            async with session.post(f"{server.api_url}chat.postMessage", **how) as response:
                return dict(await response.json())

        in_form = {**plain, "blocks": blocks, "token": server.bot_token}
        assert (await post(data=in_form))["message"]["blocks"][0]["type"] == "section"
        assert (await post(json=plain, headers=bearer))["ok"]
        assert (await post(params=plain, headers=bearer))["ok"]
        assert (await post(json=plain))["error"] == "not_authed"
        assert (await post(json={**plain, "token": server.bot_token}))["error"] == "not_authed"
        assert (await post(data={**plain, "token": "xoxb-other"}))["error"] == "invalid_auth"
        broken = {**plain, "blocks": "{", "token": server.bot_token}
        assert (await post(data=broken))["error"] == "invalid_blocks_format"
        unknown = await _call(session, server, "chat.shout", token=server.bot_token)
        assert unknown == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


async def test_a_missing_scope_is_named(
    server: SlackServer, client: AsyncWebClient, general: str
) -> None:
    server.set_scopes({"channels:read", "chat:write"})
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_history(channel=general)
    assert refused.value.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "channels:history",
        "provided": "channels:read,chat:write",
    }
    answer = await client.auth_test()
    assert answer.headers["x-oauth-scopes"] == "channels:read,chat:write"


async def test_errors_have_slacks_names(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    bob = server.add_user("bob")
    outside = server.add_channel("outside", [ann], with_app=False)
    secret = server.add_channel("secret", [ann], kind="private", with_app=False)
    closed = server.add_channel("closed", [ann])
    own = (await client.chat_postMessage(channel=closed, text="own"))["ts"]
    card = (await client.chat_postMessage(channel=general, text="card"))["ts"]
    server.archive(closed)
    said = server.say(general, ann, "hi")
    reply = server.say(general, ann, "reply", thread=said)
    await client.reactions_add(channel=general, timestamp=said, name="eyes")
    post, update, ephemeral = client.chat_postMessage, client.chat_update, client.chat_postEphemeral
    react = client.reactions_add
    expected: list[tuple[Awaitable[object], str]] = [
        (post(channel="C0", text="x"), "channel_not_found"),
        (post(channel=secret, text="x"), "channel_not_found"),
        (post(channel=outside, text="x"), "not_in_channel"),
        (post(channel=closed, text="x"), "is_archived"),
        (client.api_call("chat.postMessage", json={"channel": general, "text": " "}), "no_text"),
        (post(channel=general, text="x", thread_ts="1.2"), "thread_not_found"),
        (post(channel=general, text="x", thread_ts=reply), "cannot_reply_to_message"),
        (post(channel=general, text="x", metadata={"event_type": "y"}), "invalid_metadata_schema"),
        (update(channel=general, ts="1.2", text="x"), "message_not_found"),
        (update(channel=general, ts=said, text="x"), "cant_update_message"),
        (update(channel=closed, ts=own, text="x"), "is_inactive"),
        (update(channel=general, ts=card, text="x" * 4001), "msg_too_long"),
        (client.chat_delete(channel=general, ts=said), "cant_delete_message"),
        (ephemeral(channel=general, user=bob, text="x"), "user_not_in_channel"),
        (react(channel=general, timestamp=said, name="eyes"), "already_reacted"),
        (react(channel=general, timestamp="1.2", name="eyes"), "message_not_found"),
        (react(channel=general, timestamp=said, name="no such"), "invalid_name"),
        (client.conversations_history(channel=outside), "not_in_channel"),
        (client.conversations_replies(channel=general, ts="1.2"), "thread_not_found"),
        (client.users_info(user="U0"), "user_not_found"),
        (client.usergroups_users_list(usergroup="S0"), "no_such_subteam"),
        (client.views_update(view_id="V0", view=modal()), "not_found"),
        (client.views_publish(user_id=ann, view=modal()), "invalid_arguments"),
    ]
    for call, error in expected:
        assert await error_of(call) == error


async def test_a_thread_gives_its_metadata_only_when_asked(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    ts = server.say(general, ann, "Hikvision")
    metadata: Json = {"event_type": "alert", "event_payload": {"id": "1"}}
    await client.chat_postMessage(channel=general, thread_ts=ts, text="card", metadata=metadata)
    plain = await client.conversations_replies(channel=general, ts=ts)
    full = await client.conversations_replies(channel=general, ts=ts, include_all_metadata=True)
    assert [each.get("metadata") for each in plain["messages"]] == [None, None]
    assert [each.get("metadata") for each in full["messages"]] == [None, metadata]
    assert plain["messages"][0]["reply_count"] == 1
    top = await client.conversations_history(channel=general)
    assert [each["ts"] for each in top["messages"]] == [ts]


async def test_history_comes_in_pages(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    said = [server.say(general, ann, str(number)) for number in range(5)]
    pages = [
        [each["ts"] for each in page["messages"]]
        async for page in await client.conversations_history(
            channel=general, limit=2, oldest=said[0], inclusive=True
        )
    ]
    assert pages == [[said[4], said[3]], [said[2], said[1]], [said[0]]]


async def test_text_without_blocks_takes_the_blocks_away(
    server: SlackServer, client: AsyncWebClient, general: str
) -> None:
    card = await client.chat_postMessage(
        channel=general,
        text="card",
        blocks=section("card"),
        metadata={"event_type": "alert", "event_payload": {"id": "1"}},
    )
    await client.chat_update(channel=general, ts=card["ts"], text="new", blocks=section("new"))
    (message,) = server.messages(general)
    assert "edited" not in message
    await client.chat_update(channel=general, ts=card["ts"], text="withdrawn")
    (message,) = server.messages(general)
    assert "blocks" not in message
    assert message["metadata"]["event_payload"] == {"id": "1"}
    link = await client.chat_getPermalink(channel=general, message_ts=card["ts"])
    assert link["permalink"].endswith(f"/{general}/p{card['ts'].replace('.', '')}")


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (section("x" * 3001)[0], "must be less than 3001 characters [json-pointer:/blocks/0/text"),
        (section("")[0], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "section"}, "must define either `text` or `fields`"),
        ({"type": "section", "fields": [section("x" * 2001)[0]["text"]]}, "/blocks/0/fields/0"),
        ({"type": "header", "text": section("x")[0]["text"]}, "unsupported type: mrkdwn"),
        ({"type": "alert", "text": section("x")[0]["text"]}, "unsupported type: alert"),
        ({"type": "shout"}, "unsupported type: shout [json-pointer:/blocks/0/type]"),
        ({}, "missing required field: type"),
        ({"type": "divider", "text": "x"}, "invalid additional property: text"),
        (buttons("a", "a")[0], '`action_id` "a" already exists'),
        (buttons("a" * 256)[0], "must be less than 256 characters"),
        (buttons(*map(str, range(26)))[0], "no more than 25 items allowed"),
        ({"type": "rich_text", "elements": []}, "no fewer than 1 items"),
        (
            {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
            "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}
                ],
            },
            "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
        ),
        ({"type": "plan", "title": "x", "block_id": "x" * 256}, "block_id cannot exceed 255"),
        ({"type": "image", "image_url": "no address", "alt_text": "x"}, "must be a valid URL"),
        ({"type": "image", "image_url": "https://a.example"}, "missing required field: alt_text"),
    ],
)
async def test_blocks_that_slack_refuses_are_refused(
    client: AsyncWebClient, general: str, block: Json, problem: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=general, text="x", blocks=[block])
    answer = refused.value.response
    assert answer["error"] == "invalid_blocks"
    assert problem in answer["response_metadata"]["messages"][0]
    assert answer["errors"] == [
        each.removeprefix("[ERROR] ") for each in answer["response_metadata"]["messages"]
    ]


@pytest.mark.parametrize(
    ("button", "where"),
    [
        ({"text": {"type": "plain_text", "text": "x" * 76}}, "text/text"),
        ({"value": "x" * 2001}, "value"),
        ({"url": "https://" + "x" * 2993}, "url"),
        ({"accessibility_label": "x" * 76}, "accessibility_label"),
    ],
)
def test_a_button_has_its_limits(button: Json, where: str) -> None:
    (row,) = buttons("a")
    assert check_message([row]) == []
    row["elements"][0] |= button
    (problem,) = check_message([row])
    assert problem.endswith(f"[json-pointer:/blocks/0/elements/0/{where}]")


def test_a_message_has_fifty_blocks_and_each_id_once() -> None:
    divider: Json = {"type": "divider"}
    assert check_message([divider] * 50) == []
    assert check_message([divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    twice = {"type": "divider", "block_id": "a"}
    (problem,) = check_message([twice, twice])
    assert problem == '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'


def test_a_new_kind_of_block_can_be_missing_from_a_workspace() -> None:
    box: Json = {
        "type": "container",
        "title": {"type": "plain_text", "text": "Sources"},
        "child_blocks": section("one"),
    }
    assert check_message([box]) == []
    (problem,) = check_message([box], refused={"container"})
    assert problem.startswith("unsupported type: container")


def test_a_modal_may_hold_an_alert_and_needs_a_button_for_its_questions() -> None:
    alert = {"type": "alert", "text": section("careful")[0]["text"]}
    assert check_view(modal(alert)) == []
    assert check_view({"type": "home", "blocks": [alert]}) != []
    question = {
        "type": "input",
        "label": {"type": "plain_text", "text": "Name"},
        "element": {"type": "plain_text_input"},
    }
    asking = modal(question)
    assert check_view(asking) == []
    del asking["submit"]
    assert check_view(asking) == ["missing required field: submit [json-pointer:/view]"]
    asking["title"]["text"] = "x" * 25
    assert "must be less than 25 characters [json-pointer:/view/title/text]" in check_view(asking)


async def test_blocks_over_all_can_be_too_long(client: AsyncWebClient, general: str) -> None:
    blocks = [each for _ in range(4) for each in section("x" * 3000)]
    await client.chat_postMessage(channel=general, text="x", blocks=blocks + section("x" * 1200))
    too_much = blocks + section("x" * 1201)
    call = client.chat_postMessage(channel=general, text="x", blocks=too_much)
    assert await error_of(call) == "msg_blocks_too_long"


# --- limits and faults --------------------------------------------------------------------------


async def test_posts_have_a_pace_in_each_channel(
    server: SlackServer, client: AsyncWebClient, ann: str, general: str
) -> None:
    other = server.add_channel("other", [ann])
    server.pace_posts(seconds=1.0, burst=2)
    for _ in range(2):
        await client.chat_postMessage(channel=general, text="x")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=general, text="x")
    answer = refused.value.response
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel=other, text="x")
    server.advance(1)
    await client.chat_postMessage(channel=general, text="x")
    assert len(server.posted(general)) == 3


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("429", 0), ("500", 0), ("cut", 0), ("lost", 1), ("error", 0)],
)
async def test_a_call_can_go_wrong_with_or_without_being_carried_out(
    server: SlackServer, client: AsyncWebClient, general: str, kind: Wrong, accepted: int
) -> None:
    server.fault("chat.postMessage", kind)
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await client.chat_postMessage(channel=general, text="x")
    assert len(server.posted(general)) == accepted
    await client.chat_postMessage(channel=general, text="x")
    assert len(server.posted(general)) == accepted + 1
    assert len(server.calls_of("chat.postMessage")) == 2


async def test_each_third_call_can_go_wrong(
    server: SlackServer, client: AsyncWebClient, general: str
) -> None:
    server.retry_after("chat.postMessage", 2, times=None, every=3)
    for _ in range(6):
        try:
            await client.chat_postMessage(channel=general, text="x")
        except SlackApiError as refused:
            assert refused.response.headers["Retry-After"] == "2"  # noqa: PT017 - some pass
    statuses = [each.status for each in server.calls_of("chat.postMessage")]
    assert statuses == [200, 200, 429, 200, 200, 429]


async def test_a_slow_answer_comes_after_the_deed(
    server: SlackServer, client: AsyncWebClient, general: str
) -> None:
    server.fault("chat.postMessage", "slow", seconds=30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.chat_postMessage(channel=general, text="x"), 0.1)
    assert len(server.posted(general)) == 1


# --- installing ---------------------------------------------------------------------------------


async def _authorise(server: SlackServer, **more: str) -> Json:
    asked = {
        "client_id": server.state.app.client_id,
        "scope": "chat:write,commands",
        "redirect_uri": "http://127.0.0.1/back",
        "state": "s1",
        **more,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{server.url}/oauth/v2/authorize", params=asked, allow_redirects=False
        ) as response,
    ):
        assert response.status == 302
        target = URL(response.headers["Location"])
    assert target.path == "/back"
    return dict(target.query)


# slack-sdk's own doing, where it sends the client's secret.
basic_auth = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


@basic_auth
async def test_a_code_is_exchanged_once_for_a_token_of_that_workspace(
    server: SlackServer,
) -> None:
    second = server.add_team("Second", install=False)
    client = AsyncWebClient(base_url=server.api_url)
    back = await _authorise(server, team=second)
    assert back["state"] == "s1"
    exchange: Json = {
        "client_id": server.state.app.client_id,
        "client_secret": server.state.app.client_secret,
        "redirect_uri": "http://127.0.0.1/back",
        "code": back["code"],
    }
    wrong = {**exchange, "client_secret": "x"}
    assert await error_of(client.oauth_v2_access(**wrong)) == "bad_client_secret"
    granted = await client.oauth_v2_access(**exchange)
    assert granted["team"] == {"id": second, "name": "Second"}
    assert granted["scope"] == "chat:write,commands"
    who = await AsyncWebClient(granted["access_token"], base_url=server.api_url).auth_test()
    assert (who["team_id"], who["user_id"]) == (second, granted["bot_user_id"])
    assert await error_of(client.oauth_v2_access(**exchange)) == "invalid_code"


@basic_auth
async def test_a_token_that_ends_is_refreshed_once(server: SlackServer) -> None:
    server.state.app.rotates_tokens = True
    client = AsyncWebClient(base_url=server.api_url)
    back = await _authorise(server)
    who: Json = {
        "client_id": server.state.app.client_id,
        "client_secret": server.state.app.client_secret,
    }
    granted = await client.oauth_v2_access(
        **who, code=back["code"], redirect_uri="http://127.0.0.1/back"
    )
    server.advance(granted["expires_in"] + 1)
    old = AsyncWebClient(granted["access_token"], base_url=server.api_url)
    assert await error_of(old.auth_test()) == "token_expired"
    refresh = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    new = await client.oauth_v2_access(**who, **refresh)
    await AsyncWebClient(new["access_token"], base_url=server.api_url).auth_test()
    assert await error_of(client.oauth_v2_access(**who, **refresh)) == "invalid_refresh_token"


@basic_auth
async def test_an_organisation_installs_the_app_in_all_its_workspaces(server: SlackServer) -> None:
    first = server.add_team("First", enterprise="E1", install=False)
    second = server.add_team("Second", enterprise="E1", install=False)
    back = await _authorise(server, team=first, org_wide="1")
    granted = await AsyncWebClient(base_url=server.api_url).oauth_v2_access(
        client_id=server.state.app.client_id,
        client_secret=server.state.app.client_secret,
        code=back["code"],
        redirect_uri="http://127.0.0.1/back",
    )
    assert (granted["team"], granted["enterprise"]["id"]) == (None, "E1")
    assert granted["is_enterprise_install"] is True
    server.set_scopes({"channels:history", "chat:write"}, team=second)
    bob = server.add_user("bob", team=second)
    channel = server.add_channel("general", [bob], team=second)
    client = AsyncWebClient(granted["access_token"], base_url=server.api_url)
    await client.chat_postMessage(channel=channel, text="hello")
    server.say(channel, bob, "hi")
    payload = server.deliveries()[-1].payload
    assert payload["context_team_id"] == second
    assert payload["authorizations"][0]["is_enterprise_install"] is True
    elsewhere = server.add_channel("elsewhere")
    assert await error_of(client.chat_postMessage(channel=elsewhere, text="x")) == (
        "channel_not_found"
    )


async def test_who_refuses_the_app_comes_back_without_a_code(server: SlackServer) -> None:
    server.denies = True
    assert await _authorise(server) == {"state": "s1", "error": "access_denied"}


# --- as a process -------------------------------------------------------------------------------


async def test_another_process_can_be_connected_to_and_controlled() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.slackserver", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        facts = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        async with aiohttp.ClientSession() as session:

            async def control(control: str, /, **arguments: Any) -> Any:
                address = f"{facts['url']}/control/{control}"
                async with session.post(address, json=arguments) as response:
                    answer = await response.json()
                assert answer["ok"], answer
                return answer["result"]

            ann = await control("add_user", name="ann")
            channel = await control("add_channel", name="general", members=[ann])
            client = AsyncWebClient(facts["bot_token"], base_url=facts["api_url"])
            await client.chat_postMessage(channel=channel, text="hello")
            (message,) = await control("posted")
            assert (message["channel"], message["text"]) == (channel, "hello")
            asked = await control("slash", user=ann, channel=channel, command="/vendor")
            assert asked == {"acknowledged": False, "answer": None}
            (call,) = await control("calls_of", method="chat.postMessage")
            assert call["arguments"]["text"] == "hello"
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)
    assert process.returncode == 0
