"""Knows the channels: where the bot listens, and which of those in the configuration are private.

Read from the database every few seconds.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.mention import Channel
from bot.core.places import Listening, Watch, listens
from bot.errors import StorageError
from bot.storage.store import Store

FRESH = timedelta(seconds=5)
"""How long another process's decision may go unseen."""


@dataclass(slots=True)
class Places:
    """Says of a channel whether what is said there may be looked at, and whether it is private.

    `named` are the keys of the channels that the configuration names.
    """

    store: Store
    clock: Callable[[], datetime]
    watch: Mapping[str, Watch]
    named: frozenset[str] = frozenset()
    _private: Mapping[str, bool] = field(init=False, default_factory=dict)
    _decided: Mapping[tuple[str, str], Listening] = field(init=False, default_factory=dict)
    _shared: frozenset[tuple[str, str]] = field(init=False, default=frozenset())
    _read_at: datetime | None = field(init=False, default=None)
    _asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def policy(self, platform: str) -> Watch:
        """Give what holds on a platform where nobody decided."""
        return self.watch.get(platform, Watch.ON_INVITE)

    async def listens(self, channel: Channel) -> bool:
        """Say whether the bot listens there. Raise StorageError as long as it never could ask."""
        await self.look()
        which = channel.team, channel.key
        # Not everything that comes from a shared channel says that it is one.
        known = replace(channel, external=channel.external or which in self._shared)
        return listens(known, self._decided.get(which), self.policy(channel.platform))

    def known(self, channel: Channel) -> Channel:
        """Give a channel of the configuration as private or not, as it was when last looked at.

        A key does not tell. As long as the bot has not been invited there it is left as it is.
        """
        return replace(channel, private=self._private.get(channel.key, channel.private))

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
        now = self.clock()
        try:
            self._decided = await self.store.decided_listening()
            self._shared = await self.store.shared_channels()
            if self.named:
                self._private = await self.store.kinds(self.named)
        except StorageError:
            # What was decided last still holds, if anything is known at all.
            if self._read_at is None:
                raise
        self._read_at = now

    def forget(self) -> None:
        """Ask the database again next time."""
        self._read_at = None
