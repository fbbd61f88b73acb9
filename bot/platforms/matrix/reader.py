"""Reads one account's rooms: a sync at a time, each handed in whole before the next is asked for.

How far it has read is written down after everything of a sync is kept; what is kept is known by the
id of its event. So a crash in between brings some events again, and none of them twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.core.limits import Patience
from bot.core.places import Place
from bot.errors import BotError, StorageError
from bot.platforms.matrix import wanted
from bot.platforms.matrix.account import PLATFORM, Account
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.events import comes_in
from bot.platforms.matrix.gaps import left_out
from bot.platforms.matrix.hearing import Hearing
from bot.platforms.matrix.sealed import SealedVault, Unopened
from bot.platforms.matrix.values import Json, identity, mapping, mappings

log = structlog.get_logger()
WAIT_S = 30
"""How long the server may wait for news."""
LATE_S = 20.0
"""How much longer an answer may take."""
WHOLE_S = 300.0
"""How long the first sync of a large account may take."""
WINDOW = 100
"""Events of a room in one sync; what is more is fetched page by page."""
AGAIN_S = 2.0
"""How long a database that cannot be had is left alone."""
MOST_TAKING = timedelta(minutes=10)
HOUSE_S = 60.0


class Vault(SealedVault, Protocol):
    """What is kept between syncs. Every method may raise StorageError."""

    async def cursor(self, platform: str, account: str) -> str | None:
        """Give how far an account has read."""

    async def move_cursor(self, platform: str, account: str, value: str, now: datetime) -> None:
        """Note how far an account has read."""

    async def places(self) -> dict[tuple[str, str], Place]:
        """Give what is known of every channel."""


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
    _unopened: Unopened = field(init=False)

    def __post_init__(self) -> None:
        self._unopened = Unopened(self.account, self.vault, self.hearing.hear, self.clock)

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
                await self.hearing.tell_unread(await self._unopened.all(), self.clock())
                self.account.now().machine.tidy(self.clock().astimezone(UTC).date())
            except BotError as error:
                log.warning("matrix: the house was not kept", reason=str(error))

    async def _ask(self, since: str | None, *, whole: bool) -> Json:
        """Ask for news. `whole`: with the state of every room, which no restart remembers."""
        query = {"filter": wanted.news(WINDOW if since else 1)}
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
        query = {"filter": wanted.INVITATIONS}
        online = self.account.now()
        try:
            told = await online.homeserver.call("GET", "/sync", query=query, timeout_s=WHOLE_S)
        except MatrixError as error:
            log.warning("matrix: open invitations are not told", reason=str(error))
            return
        invitations = mapping(mapping(told, "rooms"), "invite")
        for room_id in invitations:
            self.hearing.coming.invited(room_id, mapping(invitations, room_id))

    async def _take(self, answer: Json, since: str | None) -> None:
        """Take one sync whole: when this returns all of it is kept, and how far it goes."""
        came = await self.account.now().machine.absorb(answer)
        self._came |= {session for _, session in came}
        self._direct(answer)
        rooms = mapping(answer, "rooms")
        left, joined, invited = (mapping(rooms, each) for each in ("leave", "join", "invite"))
        first = not self.account.known
        while True:
            try:
                for room_id in left:
                    await self.hearing.coming.left(room_id, known=room_id in self._entered)
                    self._entered.discard(room_id)
                for room_id in joined:
                    await self._joined(room_id, mapping(joined, room_id), since)
                # After the rooms that may say where they go on.
                for room_id in invited:
                    self.hearing.coming.invited(room_id, mapping(invited, room_id))
                self.account.known = True
                await self._unopened.try_again(None if first else self._came)
                now, me = self.clock(), self.account.user_id
                await self.vault.move_cursor(PLATFORM, me, str(answer["next_batch"]), now)
            except StorageError as error:
                log.error("matrix: what was said waits", reason=str(error), again=AGAIN_S)
                await asyncio.sleep(AGAIN_S)
            else:
                self._came.clear()
                for room_id in joined:
                    self._entered.add(room_id)
                    room = self.account.rooms.get(room_id)
                    if room is not None and not room.encrypted:
                        self._open.add(room_id)
                return

    def _direct(self, answer: Json) -> None:
        for event in mappings(mapping(answer, "account_data"), "events"):
            if event.get("type") == "m.direct":
                self.account.take_talks(mapping(event, "content"))

    # Rooms

    async def _joined(self, room_id: str, told: Json, since: str | None) -> None:
        """Take what is new in a room that the account is in."""
        timeline = mapping(told, "timeline")
        events = list(mappings(timeline, "events"))
        state = list(mappings(mapping(told, "state"), "events"))
        fresh = room_id not in self._entered
        if timeline.get("limited") is True and room_id in self.account.rooms:
            # Of who came and went meanwhile a sync need not tell; who left must get no more keys.
            self.account.rooms[room_id].missed()
        # Of a room that is new all that is known of it counts, before anything is said there.
        kind = [*state, *(each for each in events if fresh and "state_key" in each)]
        self.hearing.coming.state(room_id, kind, mapping(told, "summary"))
        if not fresh:
            await self._closed(room_id, state)
        came = any(comes_in(each, self.account.user_id) for each in events)
        if since is not None and timeline.get("limited") is True and not came:
            start = timeline.get("prev_batch")
            if isinstance(start, str):
                missing = await left_out(self.account, room_id, start, since, fresh=fresh)
                events = [*missing, *events]
        if since is None:  # what was said before the bot was there is none of its business
            events = [each for each in events if "state_key" in each]
        else:
            events = _since_joined(events, self.account.user_id)
        await self.hearing.coming.entered(
            room_id, [*state, *events] if fresh else events, fresh=fresh
        )
        if fresh:  # what it is by now was taken; how it came to be so is no news
            events = [each for each in events if not _is_past(each)]
        unread = [
            event
            for event in events
            if not await self.hearing.hear(room_id, event) and identity(event.get("event_id"))
        ]
        await self._unopened.keep(room_id, unread)

    async def _closed(self, room_id: str, state: Sequence[Json]) -> None:
        """Hand in that a room was encrypted where no news will say so: before what is told."""
        for event in state:
            if event.get("type") == "m.room.encryption" and room_id in self._open:
                await self.hearing.coming.closed(room_id, event)
                self._open.discard(room_id)


def _since_joined(events: list[Json], me: str) -> list[Json]:
    """Leave out what was said before the account came in; all came after if it does not say."""
    for number in range(len(events) - 1, -1, -1):
        if comes_in(events[number], me):
            before = [each for each in events[:number] if "state_key" in each]
            return [*before, *events[number:]]
    return events


def _is_past(event: Json) -> bool:
    return "state_key" in event and event.get("type") != "m.room.tombstone"


def _gone(me: str, error: MatrixError) -> str:
    how = "give a new token, or the password, and start again"
    return f"matrix: {me}: the login is not good any more ({error}); {how}"
