"""Knows where the bot listens: what was decided, read from the database every few seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.mention import Channel
from bot.core.places import Listening, Watch, listens
from bot.errors import StorageError
from bot.storage.store import Store

FRESH = timedelta(seconds=5)
"""How long another process's decision may go unseen."""


@dataclass(slots=True)
class Places:
    """Says of a channel whether what is said there may be looked at."""

    store: Store
    clock: Callable[[], datetime]
    watch: Mapping[str, Watch]
    _decided: Mapping[tuple[str, str], Listening] = field(init=False, default_factory=dict)
    _read_at: datetime | None = field(init=False, default=None)

    def policy(self, platform: str) -> Watch:
        """Give what holds on a platform where nobody decided."""
        return self.watch.get(platform, Watch.ON_INVITE)

    async def listens(self, channel: Channel) -> bool:
        """Say whether the bot listens there. Raise StorageError as long as it never could ask."""
        now = self.clock()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < FRESH:
            try:
                self._decided = await self.store.decided_listening()
                self._read_at = now
            except StorageError:
                if self._read_at is None:
                    raise
        return listens(
            channel, self._decided.get((channel.team, channel.key)), self.policy(channel.platform)
        )

    def forget(self) -> None:
        """Ask the database again next time."""
        self._read_at = None
