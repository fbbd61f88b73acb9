"""Events whose keys come late: kept as they came, and tried again with each key that comes."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.sealed import Sealed
from bot.platforms.matrix.account import PLATFORM, Account
from bot.platforms.matrix.values import Json, mapping


class SealedVault(Protocol):
    """Where such events are kept. Every method may raise StorageError."""

    async def keep_sealed(self, events: Sequence[Sealed]) -> int:
        """Keep events that cannot be decrypted yet."""

    async def sealed(
        self, platform: str, account: str, sessions: Iterable[str] | None = None
    ) -> tuple[Sealed, ...]:
        """Give events that wait for one of these keys, or for any."""

    async def forget_sealed(self, platform: str, account: str, events: Iterable[str]) -> int:
        """Forget events that could be read."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """What one account could not open. `hear` takes an event, and says False if it cannot yet."""

    account: Account
    vault: SealedVault
    hear: Callable[[str, Json], Awaitable[bool]]
    clock: Callable[[], datetime]

    async def keep(self, room_id: str, events: Iterable[Json]) -> None:
        """Keep events of a room until their keys come."""
        kept = [self._seal(room_id, event) for event in events]
        if kept:
            await self.vault.keep_sealed(kept)

    async def all(self) -> tuple[Sealed, ...]:
        """Give what waits."""
        return await self.vault.sealed(PLATFORM, self.account.user_id)

    async def try_again(self, sessions: set[str] | None) -> None:
        """Try again what waited for these keys, or all that waits."""
        if sessions is not None and not sessions:
            return
        me = self.account.user_id
        opened: list[str] = []
        for sealed in await self.vault.sealed(PLATFORM, me, sessions):
            gone = sealed.channel not in self.account.rooms
            if gone or await self.hear(sealed.channel, json.loads(sealed.data)):
                opened.append(sealed.event)
        if opened:
            await self.vault.forget_sealed(PLATFORM, me, opened)

    def _seal(self, room_id: str, event: Json) -> Sealed:
        session = mapping(event, "content").get("session_id")
        return Sealed(
            platform=PLATFORM,
            account=self.account.user_id,
            channel=room_id,
            event=str(event.get("event_id")),
            session=str(session or ""),
            data=json.dumps(event),
            kept_at=self.clock(),
        )
