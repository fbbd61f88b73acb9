"""A homeserver that answers as a test says, over real HTTP on loopback, and remembers who asked.

It knows logins, keys and what is sent, as far as the bot asks for them. What a real one cannot be
made to do is scripted: `server.next("PUT", "/rooms/", Answer(429))` is said once, in place of what
it would say itself.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

from aiohttp import web

Object: TypeAlias = dict[str, Any]
CLIENT = "/_matrix/client/v3"
LIMIT_S = 5.0
PARTS = ("master", "self_signing", "user_signing")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its path below `/_matrix/client/v3`, as it was written."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Object
    token: str
    raw: bytes

    @property
    def parts(self) -> list[str]:
        """The parts of the path, as they are meant."""
        return [unquote(each) for each in self.path.split("/")[1:]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `drops` breaks the connection instead, `done` does what was asked all the same.

    It is given once `when` is set.
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    done: bool = False
    when: asyncio.Event | None = None

    def made(self) -> web.Response:
        """Write it as HTTP."""
        given = self.body if self.body is not None else {}
        raw = given if isinstance(given, bytes) else json.dumps(given).encode()
        return web.Response(status=self.status, body=raw, headers=self.headers)


def refusal(status: int, code: str, **more: object) -> Answer:
    """Refuse as homeservers do."""
    return Answer(status, {"errcode": code, "error": f"No: {code}", **more})


@dataclass(slots=True)
class Homeserver:
    """`devices` has the keys of each, `wire` what stands in rooms, `inbox` what went to a device.

    `state` and `members` are of rooms; `data` is what each account keeps for its clients.
    """

    base: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    flows: list[str] = field(default_factory=lambda: ["m.login.password"])
    devices: defaultdict[str, Object] = field(default_factory=lambda: defaultdict(dict))
    identities: defaultdict[str, Object] = field(default_factory=lambda: defaultdict(dict))
    spare: defaultdict[tuple[str, str], Object] = field(default_factory=lambda: defaultdict(dict))
    inbox: defaultdict[tuple[str, str], list[Object]] = field(
        default_factory=lambda: defaultdict(list)
    )
    state: dict[str, list[Object]] = field(default_factory=dict)
    members: dict[str, list[Object]] = field(default_factory=dict)
    data: dict[str, Object] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    wire: list[Object] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    _news: defaultdict[str, list[Object]] = field(default_factory=lambda: defaultdict(list))
    _next: list[tuple[str, str, Answer]] = field(default_factory=list)
    _sent: dict[tuple[str, str], str] = field(default_factory=dict)
    invitations: Object = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    # What a test says and asks

    def next(self, method: str, path: str, *answers: Answer) -> None:
        """Answer the next requests whose path begins so with these, one each."""
        self._next += [(method, path, each) for each in answers]

    async def tell(self, user: str, **sync: object) -> None:
        """Have the next sync of somebody bring this: `rooms`, `to_device`, `account_data`."""
        async with self._changed:
            self._news[user].append(dict(sync))
            self._changed.notify_all()

    async def say(self, user: str, room: str, *events: Object, **timeline: object) -> None:
        """Have somebody's next sync bring these events of a room."""
        told = {"timeline": {"events": list(events), **timeline}}
        await self.tell(user, rooms={"join": {room: told}})

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds, looking whenever something was asked."""
        async with self._changed, asyncio.timeout(LIMIT_S):
            await self._changed.wait_for(condition)

    async def read(self, user: str) -> None:
        """Wait until somebody has asked for what follows all that there is to be read."""
        position = f"s{len(self._news[user])}"
        await self.until(
            lambda: any(each.query.get("since") == position for each in self.of("GET", "/sync"))
        )

    def of(self, method: str, path: str) -> list[Asked]:
        """Give the requests whose path begins so, in order."""
        return [e for e in self.asked if e.method == method and e.path.startswith(path)]

    def login(self, user: str, device: str) -> str:
        """Log somebody in; give the token."""
        token = f"token-{user}-{device}"
        self.tokens[token] = (user, device)
        return token

    # What it answers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        raw = await request.read()
        path = request.raw_path.partition("?")[0].removeprefix(CLIENT)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = json.loads(raw) if raw else {}
        asked = Asked(request.method, path, dict(request.query), body, token, raw)
        async with self._changed:
            self.asked.append(asked)
            self._changed.notify_all()
        scripted = self._scripted(asked)
        if scripted is not None:
            if scripted.when is not None:
                await scripted.when.wait()
            if scripted.done:
                await self._own(asked)
            if scripted.drops:
                assert request.transport is not None
                request.transport.abort()
            return scripted.made()
        return (await self._own(asked)).made()

    def _scripted(self, asked: Asked) -> Answer | None:
        for place, (method, path, answer) in enumerate(self._next):
            if method == asked.method and asked.path.startswith(path):
                del self._next[place]
                return answer
        return None

    async def _own(self, asked: Asked) -> Answer:  # noqa: C901, PLR0911 - one case an endpoint
        match asked.method, *asked.parts:
            case "GET", "_matrix", "client", "versions":
                return Answer(body={"versions": ["v1.18"]})
            case "GET", "login":
                return Answer(body={"flows": [{"type": each} for each in self.flows]})
            case "POST", "login":
                return self._log_in(asked.body)
        if asked.token not in self.tokens:
            return refusal(401, "M_UNKNOWN_TOKEN")
        me, device = self.tokens[asked.token]
        match asked.method, *asked.parts:
            case "GET", "account", "whoami":
                return Answer(body={"user_id": me, "device_id": device})
            case "POST", "logout":
                del self.tokens[asked.token]
                self.devices[me].pop(device, None)
                return Answer()
            case "GET", "sync":
                return await self._sync(me, asked)
            case "GET", "joined_rooms":
                return Answer(body={"joined_rooms": self.joined})
            case "GET", "profile", *_:
                return Answer(body={"displayname": "Vendor Watch"})
            case _, "user", user, "account_data", kind:
                return self._data(asked, user, kind)
            case "POST" | "PUT", "keys" | "sendToDevice", *_:
                return await self._keys(asked, me, device)
            case _, "rooms" | "join" | "createRoom", *_:
                return self._rooms(asked)
        raise AssertionError((asked.method, asked.path))

    def _log_in(self, body: Object) -> Answer:
        user = body["identifier"]["user"]
        if self.passwords.get(user) != body["password"]:
            return refusal(403, "M_FORBIDDEN")
        device = f"DEVICE{len(self.of('POST', '/login'))}"
        token = self.login(user, device)
        return Answer(body={"user_id": user, "device_id": device, "access_token": token})

    def _data(self, asked: Asked, user: str, kind: str) -> Answer:
        kept = self.data.setdefault(user, {})
        if asked.method == "PUT":
            kept[kind] = asked.body
            return Answer()
        return Answer(body=kept[kind]) if kind in kept else refusal(404, "M_NOT_FOUND")

    async def _sync(self, me: str, asked: Asked) -> Answer:
        since = int(asked.query.get("since", "s0")[1:])
        whole = "full_state" in asked.query
        if not whole and "since" not in asked.query:
            return Answer(body={"next_batch": "s0", "rooms": {"invite": self.invitations}})
        if not whole:
            async with self._changed:
                await self._changed.wait_for(lambda: len(self._news[me]) > since)
        news = self._news[me][since : since + 1]
        told: Object = json.loads(json.dumps(news[0] if news else {}))
        if whole:
            joins = told.setdefault("rooms", {}).setdefault("join", {})
            for room, events in self.state.items():
                if _is_in(me, events):
                    joins.setdefault(room, {}).setdefault("state", {"events": events})
        count = len(self.spare[self.tokens[asked.token]])
        told.setdefault("device_one_time_keys_count", {"signed_curve25519": count})
        return Answer(body={"next_batch": f"s{since + len(news)}", **told})

    async def _keys(self, asked: Asked, me: str, device: str) -> Answer:
        body = asked.body
        match asked.parts:
            case "keys", "upload":
                if "device_keys" in body:
                    self.devices[me][device] = body["device_keys"]
                self.spare[me, device].update(body.get("one_time_keys", {}))
                counts = {"signed_curve25519": len(self.spare[me, device])}
                return Answer(body={"one_time_key_counts": counts})
            case "keys", "query":
                return Answer(body=self._shown(body["device_keys"]))
            case "keys", "claim":
                return Answer(body={"one_time_keys": self._claimed(body["one_time_keys"])})
            case "keys", "device_signing", "upload":
                self.identities[me] = {each: body[f"{each}_key"] for each in PARTS}
                return Answer()
            case "keys", "signatures", "upload":
                return self._sign(me, body[me])
            case "sendToDevice", kind, _:
                for user, to in body["messages"].items():
                    for name, content in to.items():
                        event = {"type": kind, "sender": me, "content": content}
                        self.inbox[user, name].append(event)
                        await self.tell(user, to_device={"events": [event]})
                return Answer()
        raise AssertionError(asked.path)

    def _shown(self, users: Object) -> Object:
        told: Object = {"device_keys": {user: self.devices[user] for user in users}}
        for part in PARTS:
            known = {user: self.identities[user] for user in users if self.identities[user]}
            told[f"{part}_keys"] = {user: keys[part] for user, keys in known.items()}
        return told

    def _claimed(self, wanted: Object) -> Object:
        found: Object = {}
        for user, devices in wanted.items():
            for device in devices:
                if self.spare[user, device]:
                    name, key = self.spare[user, device].popitem()
                    found.setdefault(user, {})[device] = {name: key}
        return found

    def _sign(self, me: str, signed: Object) -> Answer:
        for name, content in signed.items():
            known = self.devices[me].get(name) or self.identities[me]["master"]
            known.setdefault("signatures", {}).setdefault(me, {}).update(content["signatures"][me])
        return Answer(body={"failures": {}})

    def _rooms(self, asked: Asked) -> Answer:
        match asked.method, *asked.parts:
            case "PUT", "rooms", room, "send" | "redact" as how, kind, transaction:
                again = (asked.token, transaction)
                if again not in self._sent:
                    self._sent[again] = f"$sent{len(self._sent) + 1}"
                    event = {"room_id": room, "type": kind, "content": asked.body}
                    if how == "redact":
                        event = {"room_id": room, "type": "redact", "redacts": kind}
                    self.wire.append({**event, "event_id": self._sent[again]})
                return Answer(body={"event_id": self._sent[again]})
            case "GET", "rooms", room, "members":
                return Answer(body={"chunk": self.members.get(room, self.state.get(room, []))})
            case "GET", "rooms", _, "messages":
                return Answer(body={"chunk": []})
            case "POST", "rooms", room, "leave":
                return Answer()
            case "POST", "join", room:
                return Answer(body={"room_id": room})
            case "POST", "createRoom":
                return Answer(body={"room_id": f"!made{len(self.of('POST', '/createRoom'))}"})
        raise AssertionError((asked.method, asked.path))


@asynccontextmanager
async def serving() -> AsyncIterator[Homeserver]:
    """Serve for the length of a block."""
    server = Homeserver()
    application = web.Application(client_max_size=1 << 24)
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def member(user: str, membership: str = "join", **more: object) -> Object:
    """Give the event by which somebody is in a room, or out of it."""
    content = {"membership": membership}
    return state("m.room.member", content, key=user, sender=user, **more)


def state(
    kind: str, content: Mapping[str, object], *, key: str = "", sender: str = "", **more: object
) -> Object:
    """Give an event of a room's state."""
    id_ = f"${kind}{key}{json.dumps(content, sort_keys=True)}".replace(" ", "")[:200]
    event = {"type": kind, "content": dict(content), "sender": sender, "state_key": key}
    return {**event, "event_id": id_, "origin_server_ts": 1_700_000_000_000, **more}


def _is_in(user: str, events: Sequence[Object]) -> bool:
    return any(each["type"] == "m.room.member" and each["state_key"] == user for each in events)


def room_of(*users: str, encrypted: bool = False, public: bool = False) -> list[Object]:
    """Give the state of a room that the first of these made."""
    maker = users[0]
    made = [
        state("m.room.create", {"room_version": "11"}, sender=maker),
        state("m.room.power_levels", {"users": {maker: 100}}, sender=maker),
        state("m.room.join_rules", {"join_rule": "public" if public else "invite"}, sender=maker),
        *map(member, users),
    ]
    algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
    return [*made, state("m.room.encryption", algorithm, sender=maker)] if encrypted else made


def text(body: str, sender: str, id_: str, **content: object) -> Object:
    """Give the event of a message."""
    return message({"msgtype": "m.text", "body": body, **content}, sender, id_)


def message(content: Mapping[str, object], sender: str, id_: str, kind: str = "") -> Object:
    """Give an event that somebody sent."""
    event = {"type": kind or "m.room.message", "content": dict(content), "sender": sender}
    return {**event, "event_id": id_, "origin_server_ts": 1_700_000_000_000}


def bodies(events: Sequence[Object]) -> list[str]:
    """Give the plain texts of messages."""
    return [str(each["content"].get("body")) for each in events]
