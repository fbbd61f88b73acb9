"""Reads one account's rooms: a sync at a time, each handed in whole before the next is asked for.

How far it has read is written down after everything of a sync is kept; what is kept is known by the
id of its event. So a crash in between brings some events again, and none of them twice.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.core.limits import Patience
from bot.core.places import Place
from bot.core.sealed import Sealed
from bot.errors import BotError, StorageError
from bot.platforms.matrix.account import PLATFORM, Account
from bot.platforms.matrix.api import Json, path
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.hearing import Hearing
from bot.platforms.matrix.values import identity

log = structlog.get_logger()
WAIT_S = 30
"""How long the server may wait for news."""
LATE_S = 20.0
"""How much longer an answer may take."""
WHOLE_S = 300.0
"""How long the first sync of a large account may take."""
WINDOW = 100
"""Events of a room in one sync; what is more is fetched page by page."""
MOST_BACK, MOST_PAGES = 2_000, 40
"""Events of one room that are fetched after a long absence, and in how many pages at most."""
AGAIN_S = 2.0
"""How long a database that cannot be had is left alone."""
MOST_TAKING = timedelta(minutes=10)
HOUSE_S = 60.0

_STATE = (
    "m.room.create",
    "m.room.member",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.encryption",
    "m.room.tombstone",
)
_SAID = (
    "m.room.message",
    "m.room.encrypted",
    "m.room.redaction",
    "m.reaction",
    "m.sticker",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
)


class Vault(Protocol):
    """What is kept between syncs. Every method may raise StorageError."""

    async def cursor(self, platform: str, account: str) -> str | None:
        """Give how far an account has read."""

    async def move_cursor(self, platform: str, account: str, value: str, now: datetime) -> None:
        """Note how far an account has read."""

    async def keep_sealed(self, events: Sequence[Sealed]) -> int:
        """Keep events that cannot be decrypted yet."""

    async def sealed(
        self, platform: str, account: str, sessions: Iterable[str] | None = None
    ) -> tuple[Sealed, ...]:
        """Give events that wait for one of these keys, or for any."""

    async def forget_sealed(self, platform: str, account: str, events: Iterable[str]) -> int:
        """Forget events that could be read."""

    async def places(self) -> dict[tuple[str, str], Place]:
        """Give what is known of every channel."""


NOTHING: Mapping[str, list[str]] = {"types": []}
_INVITATIONS = json.dumps(
    {
        "presence": NOTHING,
        "account_data": NOTHING,
        "room": {
            "timeline": {"limit": 1, **NOTHING},
            "state": NOTHING,
            "ephemeral": NOTHING,
            "account_data": NOTHING,
        },
    }
)


def sync_filter(limit: int) -> str:
    """Say what a sync is to bring, and no more.

    https://spec.matrix.org/v1.18/client-server-api/#filtering
    """
    lazy = {"lazy_load_members": True}
    return json.dumps(
        {
            "presence": NOTHING,
            "account_data": {"types": ["m.direct"]},
            "room": {
                "timeline": {"limit": limit, "types": [*_STATE, *_SAID], **lazy},
                "state": {"types": list(_STATE), **lazy},
                "ephemeral": NOTHING,
                "account_data": NOTHING,
            },
        }
    )


@dataclass(slots=True)
class Reader:
    """Reads for one account that is logged in; `hearing` hands in what there is."""

    account: Account
    vault: Vault
    hearing: Hearing
    clock: Callable[[], datetime]
    _entered: set[str] = field(init=False, default_factory=set)
    """Rooms of which all is done that is done when the bot comes in."""
    _open: set[str] = field(init=False, default_factory=set)
    """Of these, those that were not encrypted when that was done."""
    _came: set[str] = field(init=False, default_factory=set)
    """Keys that came and were not tried yet."""

    async def run(self) -> None:
        """Read until cancelled. Raise BotError if the login is not good any more."""
        me = self.account.user_id
        since = await self.vault.cursor(PLATFORM, me)
        platform = f"{PLATFORM}:"
        known = {
            key.removeprefix(platform): place
            for (_, key), place in (await self.vault.places()).items()
            if key.startswith(platform)
        }
        self._entered = set(known)
        self._open = {room_id for room_id, place in known.items() if not place.encrypted}
        self.account.sealed = frozenset(each for each, place in known.items() if place.encrypted)
        self.account.begin()
        await self.account.learn_talks()
        patience, whole = Patience(), True
        while True:
            began = self.clock()
            try:
                answer = await self._ask(since, whole=whole)
                async with asyncio.timeout(MOST_TAKING.total_seconds()):
                    await self._take(answer, since)
                if whole and since is not None:
                    await self._invitations()
            except MatrixError as error:
                if error.fatal:
                    raise BotError(_gone(me, error)) from None
                pause = error.retry_after or patience.pause(self.clock() - began)
                log.warning("matrix: no news", account=me, reason=str(error), again=pause)
                await asyncio.sleep(pause)
                continue
            since, whole, patience = str(answer["next_batch"]), False, Patience()

    async def keep_house(self) -> None:
        """Tell of what cannot be read, and forget old keys, until cancelled."""
        while True:
            await asyncio.sleep(HOUSE_S)
            try:
                late = await self.vault.sealed(PLATFORM, self.account.user_id)
                await self.hearing.tell_unread(late, self.clock())
                self.account.now().machine.tidy(self.clock().astimezone(UTC).date())
            except BotError as error:
                log.warning("matrix: the house was not kept", reason=str(error))

    async def _ask(self, since: str | None, *, whole: bool) -> Json:
        """Ask for news. `whole`: with the state of every room, which no restart remembers."""
        query = {"filter": sync_filter(WINDOW if since else 1)}
        if since is not None:
            query["since"] = since
        if whole:
            query["full_state"] = "true"
        else:
            query["timeout"] = str(WAIT_S * 1000)
        limit = WHOLE_S if whole else WAIT_S + LATE_S
        online = self.account.now()
        answer = await online.homeserver.call("GET", "/sync", query=query, timeout_s=limit)
        if not isinstance(answer.get("next_batch"), str):
            raise MatrixError("the homeserver did not say how far it told")
        return answer

    async def _invitations(self) -> None:
        """Answer the invitations that were told of before and not answered when the bot stopped.

        What continues from `since` does not tell of them again.
        """
        query = {"filter": _INVITATIONS}
        online = self.account.now()
        try:
            told = await online.homeserver.call("GET", "/sync", query=query, timeout_s=WHOLE_S)
        except MatrixError as error:
            log.warning("matrix: open invitations are not told", reason=str(error))
            return
        for room_id, each in _mapping(_mapping(told.get("rooms")).get("invite")).items():
            self.hearing.invited(str(room_id), _mapping(each))

    async def _take(self, answer: Json, since: str | None) -> None:
        """Take one sync whole: when this returns all of it is kept, and how far it goes."""
        came = await self.account.now().machine.absorb(answer)
        self._came |= {session for _, session in came}
        self._direct(answer)
        rooms = _mapping(answer.get("rooms"))
        first = not self.account.known
        while True:
            try:
                for room_id in map(str, _mapping(rooms.get("leave"))):
                    await self.hearing.left(room_id, known=room_id in self._entered)
                    self._entered.discard(room_id)
                for room_id, told in _mapping(rooms.get("join")).items():
                    await self._joined(str(room_id), _mapping(told), since)
                # After the rooms that may say where they go on.
                for room_id, told in _mapping(rooms.get("invite")).items():
                    self.hearing.invited(str(room_id), _mapping(told))
                self.account.known = True
                await self._unseal(None if first else self._came)
                now, me = self.clock(), self.account.user_id
                await self.vault.move_cursor(PLATFORM, me, str(answer["next_batch"]), now)
            except StorageError as error:
                log.error("matrix: what was said waits", reason=str(error), again=AGAIN_S)
                await asyncio.sleep(AGAIN_S)
            else:
                self._came.clear()
                for room_id in map(str, _mapping(rooms.get("join"))):
                    self._entered.add(room_id)
                    room = self.account.rooms.get(room_id)
                    if room is not None and not room.encrypted:
                        self._open.add(room_id)
                return

    def _direct(self, answer: Json) -> None:
        for event in _list(_mapping(answer.get("account_data")).get("events")):
            if _mapping(event).get("type") == "m.direct":
                self.account.take_talks(_mapping(_mapping(event).get("content")))

    # Rooms

    async def _joined(self, room_id: str, told: Json, since: str | None) -> None:
        """Take what is new in a room that the account is in."""
        timeline = _mapping(told.get("timeline"))
        events = _events(timeline.get("events"))
        state = _events(_mapping(told.get("state")).get("events"))
        fresh = room_id not in self._entered
        if timeline.get("limited") is True and room_id in self.account.rooms:
            # Of who came and went meanwhile a sync need not tell; who left must get no more keys.
            self.account.rooms[room_id].missed()
        # Of a room that is new all that is known of it counts, before anything is said there.
        kind = [*state, *(each for each in events if fresh and "state_key" in each)]
        self.hearing.state(room_id, kind, _mapping(told.get("summary")))
        if not fresh:
            await self._closed(room_id, state)
        came = any(_is_join(each, self.account.user_id) for each in events)
        if since is not None and timeline.get("limited") is True and not came:
            start = timeline.get("prev_batch")
            if isinstance(start, str):
                events = await self._back(room_id, start, since, fresh=fresh) + events
        if since is None:  # what was said before the bot was there is none of its business
            events = [each for each in events if "state_key" in each]
        else:
            events = _since_joined(events, self.account.user_id)
        await self.hearing.entered(room_id, [*state, *events] if fresh else events, fresh=fresh)
        if fresh:  # what it is by now was taken; how it came to be so is no news
            events = [each for each in events if not _is_past(each)]
        unread = [
            self._seal(room_id, event)
            for event in events
            if not await self.hearing.hear(room_id, event) and identity(event.get("event_id"))
        ]
        if unread:
            await self.vault.keep_sealed(unread)

    async def _closed(self, room_id: str, state: Sequence[dict[str, Any]]) -> None:
        """Hand in that a room was encrypted where no news will say so: before what is told."""
        for event in state:
            if event.get("type") == "m.room.encryption" and room_id in self._open:
                await self.hearing.closed(room_id, event)
                self._open.discard(room_id)

    async def _back(
        self, room_id: str, start: str, since: str, *, fresh: bool
    ) -> list[dict[str, Any]]:
        """Fetch what a sync left out, oldest first; of a room that is new, what followed the join.

        https://spec.matrix.org/v1.18/client-server-api/#get_matrixclientv3roomsroomidmessages
        """
        found: list[dict[str, Any]] = []
        wanted = json.dumps({"types": list(_SAID if not fresh else (*_SAID, "m.room.member"))})
        at, homeserver = start, self.account.now().homeserver
        where, pages = path("rooms", room_id, "messages"), 0
        while len(found) < MOST_BACK and pages < MOST_PAGES:
            query = {"dir": "b", "from": at, "to": since, "limit": str(WINDOW), "filter": wanted}
            try:
                told = await homeserver.call("GET", where, query=query)
            except MatrixError as error:
                if not error.permanent:
                    raise
                log.warning("matrix: what was said in between cannot be had", reason=str(error))
                break
            page, pages = _events(told.get("chunk")), pages + 1
            found += page
            end = told.get("end")
            ours = fresh and any(_is_join(each, self.account.user_id) for each in page)
            # A page may be empty and more may follow, as long as it says where.
            if ours or not isinstance(end, str) or end == at:
                break
            at = end
        else:
            log.warning("matrix: more was said than is read again", events=len(found))
        return found[::-1]

    # Events whose keys came late

    def _seal(self, room_id: str, event: dict[str, Any]) -> Sealed:
        session = _mapping(event.get("content")).get("session_id")
        return Sealed(
            platform=PLATFORM,
            account=self.account.user_id,
            channel=room_id,
            event=str(event.get("event_id")),
            session=str(session or ""),
            data=json.dumps(event),
            kept_at=self.clock(),
        )

    async def _unseal(self, sessions: set[str] | None) -> None:
        """Try again what waited for these keys, or all that waits."""
        if sessions is not None and not sessions:
            return
        me = self.account.user_id
        opened: list[str] = []
        for sealed in await self.vault.sealed(PLATFORM, me, sessions):
            gone = sealed.channel not in self.account.rooms
            if gone or await self.hearing.hear(sealed.channel, json.loads(sealed.data)):
                opened.append(sealed.event)
        if opened:
            await self.vault.forget_sealed(PLATFORM, me, opened)


def _since_joined(events: list[dict[str, Any]], me: str) -> list[dict[str, Any]]:
    """Leave out what was said before the account came in; all came after if it does not say."""
    for number in range(len(events) - 1, -1, -1):
        if _is_join(events[number], me):
            before = [each for each in events[:number] if "state_key" in each]
            return [*before, *events[number:]]
    return events


def _is_past(event: Json) -> bool:
    return "state_key" in event and event.get("type") != "m.room.tombstone"


def _is_join(event: Json, me: str) -> bool:
    member = event.get("type") == "m.room.member" and event.get("state_key") == me
    if not member or _mapping(event.get("content")).get("membership") != "join":
        return False
    before = _mapping(_mapping(event.get("unsigned")).get("prev_content"))
    return before.get("membership") != "join"


def _gone(me: str, error: MatrixError) -> str:
    how = "give a new token, or the password, and start again"
    return f"matrix: {me}: the login is not good any more ({error}); {how}"


def _events(value: object) -> list[dict[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
