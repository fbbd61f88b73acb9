"""Joins and leaves of one account, done beside the reading: some servers never answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from bot.platforms.matrix.account import Account
from bot.platforms.matrix.api import path
from bot.platforms.matrix.errors import MatrixError

log = structlog.get_logger()
JOIN_S = 60.0
"""How long a join may take: the room may be on another server."""
MOST_ERRANDS = 1_000
AT_A_TIME = 4


@dataclass(slots=True)
class Errands:
    """What an account is still to do about rooms; it is forgotten when the bot stops."""

    account: Account
    _waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = field(
        init=False, default_factory=lambda: asyncio.Queue(MOST_ERRANDS)
    )

    def join(self, room_id: str, by: str, *, talk: bool = False) -> None:
        """Have a room joined by an invitation of `by`; a `talk` is with them alone."""
        self._add(lambda: self._join(room_id, by, talk=talk))

    def leave(self, room_id: str) -> None:
        """Have a room left, or an invitation refused."""
        self._add(lambda: self._leave(room_id))

    def _add(self, what: Callable[[], Awaitable[None]]) -> None:
        try:
            self._waiting.put_nowait(what)
        except asyncio.QueueFull:
            log.warning("matrix: too many invitations at a time; some are not answered")

    async def run(self) -> None:
        """Join and leave rooms until cancelled, a few at a time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(self._run())

    async def _run(self) -> None:
        while True:
            what = await self._waiting.get()
            try:
                await what()
            except MatrixError as error:
                log.warning("matrix: could not join or leave a room", reason=str(error))

    async def _join(self, room_id: str, by: str, *, talk: bool) -> None:
        server = by.partition(":")[2]
        # Two names for one thing: older servers know only the second.
        query = {"via": server, "server_name": server} if server else None

        async def join() -> None:
            if talk:
                await self.account.note_talk(by, room_id)
            await self._ask(path("join", room_id), query)

        await _insist(join)

    async def _leave(self, room_id: str) -> None:
        await _insist(lambda: self._ask(path("rooms", room_id, "leave")))

    async def _ask(self, where: str, query: Mapping[str, str] | None = None) -> None:
        homeserver = self.account.now().homeserver
        await homeserver.call("POST", where, {}, query=query, timeout_s=JOIN_S)


async def _insist(what: Callable[[], Awaitable[None]]) -> None:
    """Have something done, trying again twice where that may help. Raise MatrixError."""
    for pause in (2.0, 15.0, None):
        try:
            await what()
        except MatrixError as error:
            if pause is None or error.permanent:
                raise
            await asyncio.sleep(error.retry_after or pause)
        else:
            return
