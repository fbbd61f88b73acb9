"""Who gets room keys, and whose word counts: two real devices over a server that can be evil."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.matrix import ageing
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.identity import Identity, Me, publication
from bot.platforms.matrix.machine import MOST_OWED, Machine, Opened, Rotation, open_olm
from bot.platforms.matrix.settings import Trust
from bot.platforms.matrix.signing import signature, signed
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import Phone, refusal

pytestmark = pytest.mark.proof

ROOM = "!hall:example.org"
ANNA, BERT, EVE = "@anna:example.org", "@bert:example.org", "@eve:example.org"
USUAL = Rotation()


@dataclass
class Server:
    """What a homeserver does with keys, for all devices; `before` is called with each request."""

    devices: defaultdict[str, dict[str, object]] = field(default_factory=lambda: defaultdict(dict))
    masters: dict[str, object] = field(default_factory=dict)
    self_signing: dict[str, object] = field(default_factory=dict)
    one_time: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    inbox: defaultdict[tuple[str, str], list[Json]] = field(
        default_factory=lambda: defaultdict(list)
    )
    asked: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    before: Callable[[str], Awaitable[None]] | None = None

    def news(self, user: str, device: str) -> Json:
        """Give what a sync has for a device; what it gives is gone."""
        waiting = self.inbox.pop((user, device), [])
        left = len(self.one_time.get((user, device), {}))
        return {
            "to_device": {"events": waiting},
            "device_one_time_keys_count": {"signed_curve25519": left},
        }

    def answer(self, who: tuple[str, str], where: str, body: Json) -> Json:
        """Do what one asks for."""
        kind = where.split("/")[2 if where.startswith("/keys") else 1]
        given = json.loads(json.dumps(body))
        if kind == "upload":
            if "device_keys" in given:
                self.devices[who[0]][who[1]] = given["device_keys"]
            mine = self.one_time.setdefault(who, {})
            mine |= given.get("one_time_keys", {})
            return {"one_time_key_counts": {"signed_curve25519": len(mine)}}
        if kind == "query":
            users = [each for each in given["device_keys"] if each not in self.silent]
            return {
                "device_keys": {each: self.devices.get(each, {}) for each in users},
                "master_keys": {each: self.masters.get(each) for each in users},
                "self_signing_keys": {each: self.self_signing.get(each) for each in users},
            }
        if kind == "claim":
            return {"one_time_keys": self._claimed(given["one_time_keys"])}
        for user, devices in given["messages"].items():
            for device, content in devices.items():
                sent = {"type": "m.room.encrypted", "sender": who[0], "content": content}
                self.inbox[user, device].append(sent)
        return {}

    def _claimed(self, wanted: dict[str, dict[str, str]]) -> Json:
        found: dict[str, dict[str, object]] = {}
        for user, devices in wanted.items():
            for device in devices:
                left = self.one_time.get((user, device), {})
                if left:
                    found.setdefault(user, {})[device] = dict([left.popitem()])
        return found


@dataclass
class Door:
    """One device's way to the server."""

    server: Server
    who: tuple[str, str]

    async def call(self, method: str, where: str, body: Json | None = None, **_: object) -> Json:
        """Ask it."""
        del method
        self.server.asked.append(where)
        # As it is when it is asked for, whatever happens on the way back.
        answer: Json = json.loads(json.dumps(self.server.answer(self.who, where, body or {})))
        if self.server.before is not None:
            await self.server.before(where)
        return answer


@dataclass
class Peer:
    """A device with the bot's machine, and its owner's identity."""

    machine: Machine
    me: Me
    server: Server
    identity: Identity | None = None

    async def absorb(self, **more: object) -> frozenset[tuple[str, str]]:
        """Take what the server has for it."""
        return await self.machine.absorb({**self.server.news(*self.who), **more})

    @property
    def who(self) -> tuple[str, str]:
        """The owner and the device."""
        return self.me.user_id, self.me.device_id

    def sign(self) -> None:
        """Have the owner sign the device."""
        identity, user = self.identity or Identity.new(token_bytes), self.me.user_id
        self.identity = identity
        parts = publication(identity, self.me)
        assert parts is not None
        self.server.masters[user] = parts["master_key"]
        self.server.self_signing[user] = parts["self_signing_key"]
        keys = self.server.devices[user][self.me.device_id]
        assert isinstance(keys, dict)
        public = identity.self_signing_public
        added = signed(keys, user, public, signature(keys, identity.self_signing))["signatures"]
        assert isinstance(added, dict)
        keys["signatures"][user] |= added[user]

    async def say(self, body: str, *users: str, rotation: Rotation = USUAL) -> dict[str, object]:
        """Encrypt a message; give the event."""
        content = await self.machine.encrypt(
            ROOM, frozenset({*users, self.me.user_id}), "m.room.message", {"body": body}, rotation
        )
        return {
            "type": "m.room.encrypted",
            "event_id": f"${body}",
            "sender": self.me.user_id,
            "origin_server_ts": 1,
            "content": content,
        }

    async def hear(self, event: Json) -> Opened | None:
        """Take the keys that came, and open an event as the bot does."""
        await self.absorb()
        await self.machine.meet(str(event["sender"]))
        return self.machine.open(event, ROOM)


@dataclass
class Place:
    """Makes devices in a folder."""

    folder: Path
    server: Server = field(default_factory=Server)
    made: list[Machine] = field(default_factory=list)
    later: timedelta = timedelta()

    def clock(self) -> datetime:
        """Tell the time, which a test can push forward."""
        return datetime.now(UTC) + self.later

    async def device(
        self,
        user: str,
        device: str,
        *,
        sign: bool = True,
        trust: Trust = Trust.CROSS_SIGNED,
        identity: Identity | None = None,
    ) -> Peer:
        """Log a device in, and publish its keys."""
        olm = open_olm(self.folder, Login(user, device, ""), "a key of a test")
        olm.store.database.execute_sql("PRAGMA synchronous = OFF")  # no power will be lost
        door = Door(self.server, (user, device))
        machine = Machine(olm, door, trust, self.clock)  # type: ignore[arg-type]
        self.made.append(machine)
        await machine.publish()
        peer = Peer(machine, Me(user, device, machine.sign), self.server, identity)
        if sign:
            peer.sign()
        return peer


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for machine in made.made:
        machine.close()


def body(opened: Opened | None) -> object:
    content = opened and opened.event["content"]
    return content["body"] if isinstance(content, dict) else None


async def test_a_signed_device_reads_and_is_believed(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    opened = await bert.hear(await anna.say("hello", BERT))
    assert body(opened) == "hello"
    assert opened is not None
    assert opened.trusted


async def test_an_unsigned_device_gets_no_key_and_is_not_believed(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B", sign=False)
    assert await bert.hear(await anna.say("secret", BERT)) is None
    opened = await anna.hear(await bert.say("do it", ANNA))
    assert body(opened) == "do it"
    assert opened is not None
    assert not opened.trusted


async def test_with_tofu_unsigned_devices_count(place: Place) -> None:
    anna = await place.device(ANNA, "A", trust=Trust.TOFU)
    bert = await place.device(BERT, "B", sign=False)
    assert body(await bert.hear(await anna.say("hello", BERT))) == "hello"
    opened = await anna.hear(await bert.say("do it", ANNA))
    assert opened is not None
    assert opened.trusted


async def test_the_same_room_key_serves_until_a_device_is_signed_or_gone(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    second = await place.device(BERT, "B2", sign=False, identity=bert.identity)
    events = [await anna.say(str(number), BERT) for number in range(2)]
    second.sign()
    await anna.absorb(device_lists={"changed": [BERT]})
    events.append(await anna.say("2", BERT))
    del place.server.devices[BERT]["B2"]
    await anna.absorb(device_lists={"changed": [BERT]})
    events.append(await anna.say("3", BERT))
    assert [body(await second.hear(each)) for each in events] == [None, None, "2", None]
    assert [body(await bert.hear(each)) for each in events] == ["0", "1", "2", "3"]
    sessions = [each["content"]["session_id"] for each in events]  # type: ignore[index]
    assert len(set(sessions)) == 3
    assert sessions[0] == sessions[1]


async def test_who_left_reads_nothing_more_and_a_room_has_its_own_pace(place: Place) -> None:
    anna, bert, eve = [await place.device(user, "X" + user[1]) for user in (ANNA, BERT, EVE)]
    pace = Rotation(messages=2)
    events = [await anna.say(str(number), BERT, EVE, rotation=pace) for number in range(3)]
    events += [await anna.say("without eve", BERT, rotation=pace)]
    assert len({each["content"]["session_id"] for each in events}) == 3  # type: ignore[index]
    assert [body(await eve.hear(each)) for each in events] == ["0", "1", "2", None]
    assert body(await bert.hear(events[-1])) == "without eve"


async def test_a_change_while_devices_are_asked_for_is_not_lost(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.say("first", BERT)
    asking, go = asyncio.Event(), asyncio.Event()

    async def before(where: str) -> None:
        if where.startswith("/keys/query"):
            asking.set()
            await go.wait()

    place.server.before = before
    changed = {"changed": [BERT]}
    first = asyncio.ensure_future(anna.absorb(device_lists=changed))
    await asyncio.wait_for(asking.wait(), 5)  # the answer is made: what follows is not in it
    del place.server.devices[BERT]["B"]
    second = asyncio.ensure_future(anna.absorb(device_lists=changed))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(first, second)
    place.server.before = None
    assert await bert.hear(await anna.say("after the device was gone", BERT)) is None


async def test_a_device_that_goes_while_the_key_is_handed_out_cannot_read(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    eve = await place.device(EVE, "E")
    sending, go = asyncio.Event(), asyncio.Event()

    async def before(where: str) -> None:
        if where.startswith("/sendToDevice") and not go.is_set():
            sending.set()
            await go.wait()

    place.server.before = before
    saying = asyncio.ensure_future(anna.say("secret", BERT, EVE))
    await asyncio.wait_for(sending.wait(), 5)
    del place.server.devices[EVE]["E"]
    await anna.absorb(device_lists={"changed": [EVE]})
    go.set()
    event = await saying
    assert await eve.hear(event) is None
    assert body(await bert.hear(event)) == "secret"


async def test_a_device_that_comes_while_the_key_is_handed_out_can_read(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    second = await place.device(BERT, "B2", sign=False, identity=bert.identity)

    async def before(where: str) -> None:
        if where.startswith("/sendToDevice"):
            place.server.before = None
            second.sign()
            await anna.absorb(device_lists={"changed": [BERT]})

    place.server.before = before
    assert body(await second.hear(await anna.say("hello", BERT))) == "hello"


async def test_a_room_that_is_left_while_the_key_is_handed_out_breaks_nothing(place: Place) -> None:
    anna, _ = await place.device(ANNA, "A"), await place.device(BERT, "B")

    async def before(where: str) -> None:
        if where.startswith("/sendToDevice"):
            place.server.before = None
            anna.machine.rotate(ROOM)

    place.server.before = before
    assert (await anna.say("hello", BERT))["content"]


async def test_two_messages_at_a_time_are_both_read(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    events = await asyncio.gather(*(anna.say(str(number), BERT) for number in range(5)))
    assert [body(await bert.hear(each)) for each in events] == ["0", "1", "2", "3", "4"]


async def test_without_a_way_to_hand_out_keys_nothing_is_encrypted_until_there_is(
    place: Place,
) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")

    async def before(where: str) -> None:
        if where.startswith(broken):
            raise MatrixError("no", status=502)

    for broken in ("/keys/query", "/keys/claim", "/sendToDevice"):
        place.server.before = before
        with pytest.raises(MatrixError):
            await anna.say(broken, BERT)
        place.server.before = None
    assert body(await bert.hear(await anna.say("now", BERT))) == "now"


async def test_a_key_without_way_to_one_device_and_at_its_end_is_renewed(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await place.device(EVE, "E")
    place.server.one_time[EVE, "E"].clear()  # so that there is no way to it
    pace = Rotation(messages=1)
    await anna.say("0", BERT, EVE, rotation=pace)
    place.later = timedelta(minutes=5)
    assert body(await bert.hear(await anna.say("1", BERT, EVE, rotation=pace))) == "1"


async def test_whose_server_does_not_answer_is_left_alone_for_five_minutes(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    place.server.silent.add(BERT)
    await anna.say("0", BERT)
    heard = [await bert.say(str(number), ANNA) for number in range(2)]
    place.server.silent.clear()
    place.server.asked.clear()
    place.later = timedelta(minutes=4)
    missed = await anna.say("1", BERT)
    for each in heard:  # what comes from a device that is not known asks for it as well
        opened = await anna.hear(each)
        assert opened is not None
        assert not opened.trusted
    await anna.absorb()
    assert "/keys/query" not in place.server.asked
    place.later = timedelta(minutes=5)
    read = await anna.say("2", BERT)
    assert [body(await bert.hear(each)) for each in (missed, read)] == [None, "2"]


async def test_one_who_writes_is_asked_for_again_when_the_five_minutes_are_over(
    place: Place,
) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    place.server.silent.add(BERT)
    opened = await anna.hear(await bert.say("0", ANNA))
    assert opened is not None
    assert not opened.trusted
    place.server.silent.clear()
    place.later = timedelta(minutes=5)
    opened = await anna.hear(await bert.say("1", ANNA))
    assert opened is not None
    assert opened.trusted


async def test_news_of_somebodys_devices_ends_the_wait_for_their_server(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    eve = await place.device(EVE, "E")
    await anna.say("known", EVE)
    place.server.silent = {BERT, EVE}
    await anna.absorb(device_lists={"changed": [EVE]})
    await anna.say("0", BERT, EVE)
    place.server.silent = set()
    del place.server.devices[EVE]["E"]
    await anna.absorb(device_lists={"changed": [BERT, EVE]})
    event = await anna.say("1", BERT, EVE)
    assert body(await bert.hear(event)) == "1"
    assert await eve.hear(event) is None


async def test_a_change_while_a_server_does_not_answer_is_not_lost(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.say("first", BERT)

    async def before(where: str) -> None:
        if where == "/keys/query":
            place.server.before = None
            place.server.silent.clear()
            del place.server.devices[BERT]["B"]
            # It waits for the first, whose answer has nothing of Bert.
            second.append(asyncio.ensure_future(anna.absorb(device_lists=changed)))
            await asyncio.sleep(0)

    changed, second = {"changed": [BERT]}, list[asyncio.Future[object]]()
    place.server.silent.add(BERT)
    place.server.before = before
    await anna.absorb(device_lists=changed)
    await asyncio.gather(*second)
    assert await bert.hear(await anna.say("after the device was gone", BERT)) is None


async def test_keys_that_came_with_a_sync_that_failed_are_told_with_the_next(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    event = await anna.say("hello", BERT)
    await bert.machine.meet(ANNA)

    async def before(where: str) -> None:
        del where
        place.server.before = None
        raise MatrixError("no", status=502)

    sync = {**place.server.news(*bert.who), "device_lists": {"changed": [ANNA]}}
    place.server.before = before
    with pytest.raises(MatrixError):
        await bert.machine.absorb(sync)
    assert {room for room, _ in await bert.machine.absorb(sync)} == {ROOM}
    assert body(await bert.hear(event)) == "hello"


async def test_a_device_that_the_server_left_out_for_a_while_counts_again(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.say("first", BERT)
    kept = place.server.devices[BERT].pop("B")
    await anna.absorb(device_lists={"changed": [BERT]})
    assert await bert.hear(await anna.say("not for it", BERT)) is None
    place.server.devices[BERT]["B"] = kept
    await anna.absorb(device_lists={"changed": [BERT]})
    assert body(await bert.hear(await anna.say("for it", BERT))) == "for it"


async def test_a_device_that_is_gone_is_not_believed_any_more(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    event = await bert.say("do it", ANNA)
    await anna.absorb()
    await anna.machine.meet(BERT)
    del place.server.devices[BERT]["B"]
    await anna.absorb(device_lists={"changed": [BERT]})
    opened = anna.machine.open(event, ROOM)
    assert opened is not None
    assert not opened.trusted


async def test_an_event_need_not_name_its_device_and_is_not_believed_about_it(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.machine.meet(BERT)
    for change in ({}, {"device_id": "A", "sender_key": "nobody's"}):
        event = await bert.say("do it", ANNA)
        content = event["content"]
        assert isinstance(content, dict)
        event["event_id"] = f"${len(change)}"
        event["content"] = {
            key: value for key, value in content.items() if key not in {"device_id", "sender_key"}
        } | change
        opened = await anna.hear(event)
        assert body(opened) == "do it"
        assert opened is not None
        assert opened.trusted


async def test_nobody_can_say_anything_in_somebody_elses_name(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    eve = await place.device(EVE, "E", sign=False)
    await anna.machine.meet(BERT)
    forged = {**await eve.say("do it", ANNA), "sender": BERT}
    content = forged["content"]
    assert isinstance(content, dict)
    curve = bert.machine.olm.account.identity_keys["curve25519"]
    for more in ({}, {"device_id": "B"}, {"device_id": "B", "sender_key": curve}):
        opened = await anna.hear({**forged, "content": {**content, **more}})
        assert opened is None or not opened.trusted


async def test_a_replay_is_not_opened(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    event = await bert.say("do it", ANNA)
    assert body(await anna.hear(event)) == "do it"
    assert body(await anna.hear(event)) == "do it"  # the same, heard again
    assert await anna.hear({**event, "event_id": "$again"}) is None


async def test_an_identity_is_no_shield_for_a_device_whose_keys_were_swapped(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    place.server.devices[BERT]["B"] = Phone("B", user=BERT).keys()
    await anna.say("secret", BERT)
    assert not place.server.inbox[BERT, "B"]
    assert bert.identity is not None


async def test_an_identity_that_was_replaced_is_warned_of(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await bert.hear(await anna.say("hello", BERT))
    second = await place.device(BERT, "C", identity=bert.identity)  # which is no other identity
    await anna.absorb(device_lists={"changed": [BERT]})
    await second.hear(await anna.say("hello", BERT))
    assert "identity" not in capsys.readouterr().out
    await place.device(BERT, "D", identity=Identity.new(token_bytes))
    await anna.absorb(device_lists={"changed": [BERT]})
    await anna.say("hello", BERT)
    [line] = [each for each in capsys.readouterr().out.splitlines() if "identity changed" in each]
    assert BERT in line
    await anna.absorb(device_lists={"changed": [BERT]})
    await anna.say("hello", BERT)
    assert "identity" not in capsys.readouterr().out


async def test_keys_are_given_to_nobody_who_asks(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    other = await place.device(ANNA, "A2", identity=anna.identity)
    event = await anna.say("secret", BERT)
    await anna.machine.meet(ANNA)
    place.server.inbox.clear()
    content = event["content"]
    assert isinstance(content, dict)
    wanted = {key: content[key] for key in ("algorithm", "session_id", "sender_key")}
    for peer in (bert, other):
        asked = {
            "action": "request",
            "request_id": "1",
            "requesting_device_id": peer.me.device_id,
            "body": {**wanted, "room_id": ROOM},
        }
        sent = {"type": "m.room_key_request", "sender": peer.me.user_id, "content": asked}
        await anna.absorb(to_device={"events": [sent]})
    assert not place.server.inbox


async def test_a_thousand_events_without_key_ask_once_each_and_for_few(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.hear(await bert.say("hello", ANNA))  # so that there is a way to ask
    event = await bert.say("again", ANNA)
    content = event["content"]
    assert isinstance(content, dict)
    place.server.asked.clear()
    for number in range(1_100):
        unknown = {**content, "session_id": f"session {number}"}
        assert (
            anna.machine.open({**event, "event_id": f"${number}", "content": unknown}, ROOM) is None
        )
        same = {**content, "session_id": "one"}
        assert (
            anna.machine.open({**event, "event_id": f"$s{number}", "content": same}, ROOM) is None
        )
    await anna.absorb()
    assert len(place.server.asked) <= MOST_OWED + 1


async def test_a_message_to_a_device_that_is_refused_does_not_stop_the_rest(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.hear(await bert.say("hello", ANNA))
    event = await bert.say("again", ANNA)
    content = event["content"]
    assert isinstance(content, dict)
    anna.machine.open({**event, "content": {**content, "session_id": "unknown"}}, ROOM)

    async def before(where: str) -> None:
        if where.startswith("/sendToDevice"):
            raise refusal(400, "M_BAD_JSON")

    place.server.before = before
    await anna.absorb()
    await anna.absorb()
    assert len([each for each in place.server.asked if "room_key_request" in each]) == 1


async def test_a_store_from_a_backup_goes_on_with_other_one_time_keys(place: Place) -> None:
    anna = await place.device(ANNA, "A")
    refused: list[str] = []

    async def before(where: str) -> None:
        if where == "/keys/upload" and not refused:
            refused.append(where)
            raise refusal(400, "M_UNKNOWN")

    place.server.one_time[ANNA, "A"].clear()
    place.server.before = before
    await anna.absorb()
    assert refused
    bert = await place.device(BERT, "B")
    assert body(await anna.hear(await bert.say("hello", ANNA))) == "hello"


WORDS = (
    *("keys", "signatures", "user_id", "device_id", "ed25519:B", "curve25519:B", "unsigned"),
    *("algorithm", "algorithms", "ciphertext", "sender_key", "session_id", "type", "body"),
    *("content", "sender", "room_id", ANNA, BERT, "B"),
)
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(ANNA),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)
    ),
    max_leaves=12,
)


async def broken_devices(place: Place, change: Callable[[dict[str, object]], object]) -> Peer:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    keys = place.server.devices[BERT]["B"]
    assert isinstance(keys, dict)
    place.server.devices[BERT]["B"] = change(keys)
    await anna.say("secret", BERT)
    assert not place.server.inbox[BERT, "B"]
    assert bert.identity is not None
    return anna


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda keys: {**keys, "keys": {"ed25519:B": "short", "curve25519:B": "short"}},
        lambda keys: {**keys, "keys": {**keys["keys"], "curve25519:B": "é" * 43}},
        lambda keys: {**keys, "signatures": {BERT: "me"}},
        lambda keys: {**keys, "signatures": {BERT: {"ed25519:B": 7}}},
        lambda keys: {**keys, "signatures": {BERT: {"ed25519:B": "short"}}},
        lambda keys: {**keys, "user_id": ANNA},
        lambda keys: {**keys, "size": 1.5},
        lambda keys: {**keys, "more": "\ud800"},
    ],
    ids=[
        "none",
        "short",
        "no-base64",
        "flat",
        "number",
        "short-signature",
        "other",
        "real",
        "half",
    ],
)
async def test_a_device_that_is_none_breaks_nothing_and_gets_nothing(
    place: Place, change: Callable[[dict[str, object]], object]
) -> None:
    await broken_devices(place, change)


async def test_whatever_comes_to_the_device_or_stands_for_one_is_taken(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.machine.meet(BERT)
    tried: list[tuple[object, object]] = []

    @settings(max_examples=60, deadline=None)
    @given(told=HOSTILE, queried=HOSTILE)
    def collect(told: object, queried: object) -> None:
        tried.append((told, queried))

    collect()
    for told, queried in tried:
        place.server.devices[BERT]["B"] = place.server.masters[BERT] = queried
        kinds = ("m.room.encrypted", "m.room_key", "m.key.verification.start", "m.room_key_request")
        events = [{"type": kind, "sender": BERT, "content": told} for kind in kinds]
        lists = {"changed": [BERT, told], "left": told}
        await anna.machine.absorb({"to_device": {"events": [told, *events]}, "device_lists": lists})
        event = {"type": "m.room.encrypted", "event_id": "$1", "sender": BERT, "content": told}
        assert anna.machine.open(event, ROOM) is None
        await anna.say("secret", BERT)
        assert not place.server.inbox[*bert.who]


async def test_keys_are_forgotten_a_week_after_their_last_use(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    first = await bert.say("first", ANNA)
    assert body(await anna.hear(first)) == "first"
    bert.machine.rotate(ROOM)
    second = await bert.say("second", ANNA)
    assert body(await anna.hear(second)) == "second"
    day = date(2026, 3, 1)
    olm = anna.machine.olm
    ids = [str(each["content"]["session_id"]) for each in (first, second)]  # type: ignore[index]
    ageing.used(olm, ids, day)
    ageing.used(olm, ids[:1], day + timedelta(days=5))
    assert ageing.purge(olm, day + timedelta(days=7)) == 0
    assert ageing.purge(olm, day + timedelta(days=8)) == 1
    assert body(anna.machine.open(first, ROOM)) == "first"
    assert anna.machine.open(second, ROOM) is None
    anna.machine.close()
    again = await place.device(ANNA, "A", sign=False)
    assert body(await again.hear(first)) == "first"
    assert again.machine.open(second, ROOM) is None, "it is gone from the file as well"


async def test_that_a_key_is_there_is_written_down_once(place: Place) -> None:
    anna, bert = await place.device(ANNA, "A"), await place.device(BERT, "B")
    await anna.hear(await bert.say("first", ANNA))
    written, day = list[str](), date(2026, 3, 1)
    assert anna.machine.tidy(day) == 0
    anna.machine.olm.store.database.connection().set_trace_callback(written.append)
    assert anna.machine.tidy(day) == 0
    assert not [each for each in written if each.startswith(("INSERT", "UPDATE", "DELETE"))]
    bert.machine.rotate(ROOM)
    second = await bert.say("second", ANNA)
    await anna.absorb()
    assert anna.machine.tidy(day + timedelta(days=7)) == 0
    assert anna.machine.tidy(day + timedelta(days=8)) == 1
    assert body(await anna.hear(second)) == "second"
    # One that is forgotten and comes again has its week anew.
    assert anna.machine.tidy(day + timedelta(days=8)) == 0
    assert anna.machine.tidy(day + timedelta(days=16)) == 1
    session = bert.machine.olm.outbound_group_sessions[ROOM]
    session.users_shared_with.clear()
    session.shared = False
    await bert.say("third", ANNA)
    await anna.absorb()
    assert anna.machine.tidy(day + timedelta(days=17)) == 0
    assert anna.machine.tidy(day + timedelta(days=25)) == 1
