"""Where the bot comes to and goes from: what is said on arrival, and what becomes of a channel.

Whether it listens there is decided by what somebody said, or by the configuration (`places.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.core.about import about, awaits_approval, went_on
from bot.core.mention import Channel
from bot.core.places import listens
from bot.core.settings import Settings
from bot.current import CurrentWatchlist
from bot.places import Places
from bot.storage.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Takes the news of where the bot is. Every method may raise StorageError."""

    store: Store
    current: CurrentWatchlist
    places: Places
    settings: Settings
    admins: tuple[Channel, ...]
    clock: Callable[[], datetime]
    nudge: Callable[[], None]

    async def joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Say what the bot does there, once; where it needs approval, ask for that."""
        decided = await self.store.listening(channel)
        await self.places.look()
        policy = self.places.policy(channel.platform)
        vendors = len(self.current.of(channel.team).watchlist.vendors)
        posts = [(channel, about(channel, decided, policy, self.settings, vendors))]
        # What an encrypted channel says is decided about in it, not elsewhere.
        closed = channel.private or channel.encrypted
        if not (closed or listens(channel, decided, policy)):
            # An admin elsewhere could not approve: the button is a command of this chat and team.
            near = [self.places.known(each) for each in self.admins if _is_near(each, channel)]
            posts += [(admin, awaits_approval(channel, by)) for admin in near]
        if await self.store.join(channel, by, event, posts, self.clock()):
            self._changed()

    async def left(self, channel: Channel) -> None:
        """Keep nothing back for a channel that cannot be posted to."""
        await self.store.leave(channel, self.clock())

    async def moved(self, old: Channel, new: Channel, event: str) -> None:
        """Let a channel's settings, and what waits for it, go on in the one that follows it."""
        await self.places.look()
        old = self.places.shared(old)
        listened = await self.places.listens(old)
        lost = listened and new.encrypted and not old.encrypted
        if await self.store.move(old, new, event, went_on(listening_lost=lost), self.clock()):
            self._changed()

    async def removed(self, platform: str, team: str) -> None:
        """Stop at once for a team that has taken the bot out; what is kept of it goes later."""
        await self.store.remove(platform, team, self.clock())
        log.warning("taken out of a workspace", platform=platform, team=team)

    def _changed(self) -> None:
        self.places.forget()
        self.nudge()


def _is_near(one: Channel, other: Channel) -> bool:
    return (one.platform, one.team) == (other.platform, other.team)
