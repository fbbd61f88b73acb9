"""Knows the channels: where the bot listens, and which of those in the configuration are private.

Read from the database every few seconds.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.mention import Channel
from bot.core.places import Place, Watch, holds, listens
from bot.errors import StorageError
from bot.storage.store import Store

FRESH = timedelta(seconds=5)
"""How long another process's decision may go unseen."""
MOST_MOVES = 20
"""A channel that went on as others is followed so far: they may lead in a circle."""


@dataclass(slots=True)
class Places:
    """Says of a channel whether what is said there may be looked at, and what kind it is."""

    store: Store
    clock: Callable[[], datetime]
    watch: Mapping[str, Watch]
    _seen: Mapping[tuple[str, str], Place] = field(init=False, default_factory=dict)
    _read_at: datetime | None = field(init=False, default=None)
    _forgotten: int = field(init=False, default=0)
    _asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def policy(self, platform: str) -> Watch:
        """Give what holds on a platform where nobody decided."""
        return self.watch.get(platform, Watch.ON_INVITE)

    async def listens(self, channel: Channel) -> bool:
        """Say whether the bot listens there. Raise StorageError as long as it never could ask."""
        await self.look()
        place = self._seen.get((channel.team, channel.key))
        there, decided = self.shared(channel), None
        if place is not None:
            decided = holds(place.listening, encrypted=there.encrypted, knowing=place.knowing)
        return listens(there, decided, self.policy(channel.platform))

    def shared(self, channel: Channel) -> Channel:
        """Give a channel as external or encrypted if it is known to be: not all from it says so."""
        place = self._seen.get((channel.team, channel.key))
        if place is None:
            return channel
        return replace(
            channel,
            external=channel.external or place.external,
            encrypted=channel.encrypted or place.encrypted,
        )

    def known(self, channel: Channel) -> Channel:
        """Give a channel of the configuration as it goes on and of the kind that it was last.

        A key does not tell. As long as the bot has not been invited there it is left as it is.
        """
        place = self._seen.get((channel.team, channel.key))
        for _ in range(MOST_MOVES):
            if place is None or place.moved_to is None:
                break
            channel = replace(channel, id=place.moved_to.partition(":")[2])
            place = self._seen.get((channel.team, channel.key))
        if place is None:
            return channel
        return replace(channel, private=place.private, encrypted=place.encrypted)

    async def look(self) -> None:
        """See that what is known is fresh. Raise StorageError as long as it never could ask."""
        if not self._is_fresh():
            async with self._asking:
                if not self._is_fresh():
                    await self._ask()

    def _is_fresh(self) -> bool:
        read_at = self._read_at
        return read_at is not None and timedelta(0) <= self.clock() - read_at < FRESH

    async def _ask(self) -> None:
        now, forgotten = self.clock(), self._forgotten
        try:
            self._seen = await self.store.places()
        except StorageError:
            # What was decided last still holds, if anything is known at all.
            if self._read_at is None:
                raise
        if forgotten == self._forgotten:  # else it was decided anew while this was read
            self._read_at = now

    def forget(self) -> None:
        """Ask the database again next time."""
        self._read_at = None
        self._forgotten += 1
