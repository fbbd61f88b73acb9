"""A real homeserver with the real bot in many rooms, and somebody there who times its cards.

Whoever speaks has a device of their own, signed as Element's are; its encryption is the bot's own
(`Machine`), used from this process, so that none of its work is counted as the bot's.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.platforms.matrix.account import Account, Online
from bot.platforms.matrix.api import Homeserver, path, session
from bot.platforms.matrix.crosssign import establish
from bot.platforms.matrix.device import Entrance
from bot.platforms.matrix.folder import Folder
from bot.platforms.matrix.identity import Me
from bot.platforms.matrix.login import signs
from bot.platforms.matrix.machine import Rotation
from bot.platforms.matrix.settings import AccountSettings
from tests.bench.matrixway import Way, event, way
from tests.matrix.bot import KEY, Bot
from tests.matrix.homeserver import homeserver

LIMIT_S = 180.0
AT_A_TIME = 16
"""As many rooms are spoken in at the same time; the bot delivers to as many."""
VENDORS = ("Hikvision", "NSO Group", "Cellebrite", "Intellexa", "Huawei", "Clearview AI", "Megvii")
IDLE = "The minutes of the last meeting are in the folder, see you on Monday at ten."
ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


@dataclass(slots=True)
class Hall:
    """Rooms that the speaker and the bot are in, and the cards that came, by what they answer.

    Times are those of `time.monotonic`; `echoes` are when the speaker's own words came back.
    """

    bot: Bot
    speaker: Account
    way: Way
    cards: dict[str, float] = field(default_factory=dict)
    doubled: int = 0
    echoes: dict[str, float] = field(default_factory=dict)
    introduced: set[str] = field(default_factory=set)
    _since: str | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _said: int = 0

    # The speaker

    async def make_room(self, *, encrypted: bool) -> str:
        """Make a room, have the bot come in and listen there; give the room's id."""
        asked: dict[str, object] = {
            "preset": "private_chat",
            "invite": [self.bot.user_id],
            "initial_state": [ENCRYPTION] if encrypted else [],
        }
        made = await self.speaker.now().homeserver.call("POST", "/createRoom", asked)
        room_id = str(made["room_id"])
        self.speaker.enter(room_id).encrypted = encrypted
        await self.until(lambda: room_id in self.introduced)
        if encrypted:
            switched = await self.say(room_id, "!vendor watch on")
            await self.until(lambda: switched in self.cards)
        return room_id

    async def say(self, room_id: str, text: str, kind: str = "m.text") -> str:
        """Say something; give the event's id."""
        self._said += 1
        content = {"msgtype": kind, "body": text, "m.mentions": {}}
        return await self.speaker.send(room_id, "m.room.message", content, f"bench{self._said}")

    async def name_one(self, room_id: str, number: int) -> str:
        """Name a vendor, so that a card must come."""
        return await self.say(room_id, f"An offer from {VENDORS[number % len(VENDORS)]}")

    async def overheard(self, room_id: str, text: str) -> dict[str, Any]:
        """Give something said as a sync of the bot's brings it, without the homeserver."""
        self._said += 1
        kind, content = "m.room.message", {"msgtype": "m.text", "body": text, "m.mentions": {}}
        room = self.speaker.rooms[room_id]
        if room.encrypted:
            machine, readers = self.speaker.now().machine, room.readers
            content = dict(
                await machine.encrypt(room_id, readers, kind, content, Rotation())  # type: ignore[arg-type]  # JSON
            )
            kind = "m.room.encrypted"
        id_ = f"$heard{self._said}"
        return event(id_, self.speaker.user_id, int(time.time() * 1000), kind, content)

    async def each(self, said: Iterable[Callable[[], Any]]) -> list[Any]:
        """Do things, so many at a time; give what came of them, in order."""
        lanes = asyncio.Semaphore(AT_A_TIME)

        async def one(what: Callable[[], Any]) -> object:
            async with lanes:
                return await what()

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(what)) for what in said]
        return [task.result() for task in tasks]

    # What comes

    async def listen(self) -> None:
        """Hear what is said in the rooms, until cancelled."""
        wanted = {
            "presence": {"types": []},
            "room": {
                "timeline": {"limit": 1_000, "types": ["m.room.message", "m.room.encrypted"]},
                "state": {"types": []},
                "ephemeral": {"types": []},
            },
        }
        query = {"filter": json.dumps(wanted), "timeout": "10000"}
        while True:
            if self._since is not None:
                query["since"] = self._since
            told: Any = await self.speaker.now().homeserver.call(
                "GET", "/sync", query=query, timeout_s=LIMIT_S
            )
            at = time.monotonic()
            self._since = told["next_batch"]
            for room_id, room in told.get("rooms", {}).get("join", {}).items():
                for told_of in room.get("timeline", {}).get("events", ()):
                    self._take(room_id, told_of, at)
            async with self._news:
                self._news.notify_all()

    def _take(self, room_id: str, event: dict[str, Any], at: float) -> None:
        if event["sender"] != self.bot.user_id:
            self.echoes[event["event_id"]] = at
            return
        relation = event["content"].get("m.relates_to")
        if relation is None:
            self.introduced.add(room_id)
        elif relation.get("rel_type") == "m.thread":
            self.doubled += relation["event_id"] in self.cards
            self.cards.setdefault(relation["event_id"], at)

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something holds that can change with what is heard."""
        async with asyncio.timeout(LIMIT_S), self._news:
            await self._news.wait_for(done)

    async def until_told(self, events: Iterable[str]) -> None:
        """Wait until each of these has its card."""
        wanted = set(events)
        await self.until(lambda: wanted <= self.cards.keys())

    # The bot's process

    def memory(self) -> float:
        """Give what the bot's process has in memory, MiB."""
        status = Path(f"/proc/{self.bot.pid}/status").read_text(encoding="utf-8")
        line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def worked(self) -> float:
        """Give the processor time that the bot's process has used, seconds."""
        fields = Path(f"/proc/{self.bot.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = map(int, fields.split()[11:13])
        return (user + system) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def hall() -> AsyncIterator[Hall]:
    """Run a homeserver, a bot and a speaker; the bot must end well and log no error."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="vendorwatch-matrix-")))
        for name in ("synapse", "bot", "speaker"):
            (folder / name).mkdir()
        synapse = stack.enter_context(homeserver(folder / "synapse"))
        alerts = {"cooldown": "0s", "repeat_card": "0s"}
        between = await stack.enter_async_context(way(synapse.base_url))
        bot = Bot(
            folder / "bot", synapse, synapse.newcomer("bot"),
            settings={"homeserver": between.base_url}, more={"alerts": alerts},
        )  # fmt: skip
        connections = await stack.enter_async_context(session())
        talker = synapse.newcomer("anna")
        settings = AccountSettings(
            homeserver=synapse.base_url, user=talker.user_id, password=talker.password,
            store=folder / "speaker", pickle_key=KEY,
        )  # fmt: skip
        speaker = Account(settings, Folder(settings.store, KEY), known=True)
        speaker.online = await _online(speaker, Homeserver(synapse.base_url, connections))
        stack.callback(speaker.online.machine.close)
        await bot.start()
        try:
            made = Hall(bot, speaker, between)
            listening = asyncio.create_task(made.listen())
            try:
                yield made
            finally:
                listening.cancel()
            code = await bot.stop()
        finally:
            if bot.running:
                await bot.kill()
    complaints = [line for line in bot.lines if line.get("level") in {"error", "critical"}]
    if code or complaints:
        raise AssertionError(f"exit code {code}; {complaints[:3]}")


async def _online(account: Account, homeserver: Homeserver) -> Online:
    """Be a signed device, as the bot itself becomes one."""
    login, machine = await Entrance(account.settings, account.folder, homeserver).enter()
    me = Me(login.user_id, login.device_id, machine.sign)
    signatory = signs(account.settings, account.folder, homeserver, me, os.urandom)
    return Online(login, homeserver, machine, await establish(signatory, None))


async def full_sync(hall: Hall) -> float:
    """Give the seconds that a bare client waits for the first sync of the bot's account."""
    login = hall.bot.homeserver.request(
        "POST",
        "/_matrix/client/v3/login",
        {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": hall.bot.user_id},
            "password": hall.bot.account.password,
        },
    )
    async with session() as connections:
        bare = Homeserver(hall.bot.homeserver.base_url, connections, str(login["access_token"]))
        began = time.monotonic()
        await bare.call("GET", "/sync", query={"full_state": "true"}, timeout_s=LIMIT_S)
        took = time.monotonic() - began
        await bare.call("POST", path("logout"), {})
    return took
