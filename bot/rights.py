"""Finds out what somebody may do: by the configuration, else by the platform's own rights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.core.commands import Role
from bot.core.mention import Invocation
from bot.core.roles import Roles
from bot.errors import DeliveryError
from bot.platforms.base import Platform

log = structlog.get_logger()
KEPT = timedelta(minutes=1)
"""How long an answer of a platform holds: whoever lost a right loses it here within that."""
MOST_KEPT = 1_000


@dataclass(slots=True)
class Rights:
    """Asks platforms about people, and remembers the answers for a minute."""

    roles: Roles
    platforms: Mapping[str, Platform]
    clock: Callable[[], datetime]
    _known: dict[tuple[str, str, str], tuple[datetime, Role]] = field(
        init=False, default_factory=dict
    )

    async def role(self, invocation: Invocation) -> Role:
        """Give the role of whoever gave a command; a reader's where the platform cannot say."""
        channel, actor = invocation.channel, invocation.actor
        given = self.roles.role(channel.platform, actor)
        platform = self.platforms.get(channel.platform)
        if given is Role.ADMIN or platform is None:
            return given
        key, now = (channel.key, channel.team, actor), self.clock()
        known = self._known.get(key)
        if known is not None and timedelta(0) <= now - known[0] < KEPT:
            return known[1]
        try:
            by_platform = await platform.role(channel, actor, self.roles.on(channel.platform))
        except DeliveryError as error:
            log.warning("rights unknown", platform=channel.platform, reason=str(error))
            return given
        best = by_platform if by_platform.reaches(given) else given
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[key] = (now, best)
        return best

    async def private_keys(self, invocation: Invocation) -> frozenset[str]:
        """Give the keys of private channels whose matters the giver of a command may see.

        The channel that it was given in is one; the others the platform tells.
        """
        channel = invocation.channel
        here = {channel.key} if channel.private else set()
        platform = self.platforms.get(channel.platform)
        if platform is None:
            return frozenset(here)
        try:
            ids = await platform.private_channels(invocation.actor, channel.team)
        except DeliveryError as error:
            log.warning("rights unknown", platform=channel.platform, reason=str(error))
            ids = frozenset()
        return frozenset(here | {f"{channel.platform}:{id_}" for id_ in ids})
