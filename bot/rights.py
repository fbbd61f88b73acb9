"""Finds out what somebody may do: by the configuration, else by the platform's own rights.

Raises UsageError where nobody can know who it is that wants to do it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.commands.context import Context
from bot.core.commands import Call, Role
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.errors import DeliveryError, UsageError
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
    _moderate: dict[tuple[str, str, str], tuple[datetime, bool]] = field(
        init=False, default_factory=dict
    )

    async def role(self, invocation: Invocation) -> Role:
        """Give the role of whoever gave a command; a reader's where the platform cannot say."""
        refuse_forgeable(invocation)
        channel, actor = invocation.channel, invocation.actor
        given = self.roles.role(channel.platform, actor)
        platform = self.platforms.get(channel.platform)
        if given is Role.ADMIN or platform is None:
            return given
        key, now = _who(channel, actor), self.clock()
        known = self._known.get(key)
        if known is not None and _is_fresh(known[0], now):
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

    async def moderates(self, invocation: Invocation) -> bool:
        """Say whether whoever gave a command may decide for its channel, and for it alone."""
        refuse_forgeable(invocation)
        channel, actor = invocation.channel, invocation.actor
        platform = self.platforms.get(channel.platform)
        if platform is None:
            return False
        key, now = _who(channel, actor), self.clock()
        known = self._moderate.get(key)
        if known is not None and _is_fresh(known[0], now):
            return known[1]
        try:
            moderates = await platform.moderates(channel, actor)
        except DeliveryError as error:
            log.warning("rights unknown", platform=channel.platform, reason=str(error))
            return False
        if len(self._moderate) >= MOST_KEPT:
            self._moderate.clear()
        self._moderate[key] = (now, moderates)
        return moderates

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


def _who(channel: Channel, actor: str) -> tuple[str, str, str]:
    return (channel.key, channel.team, actor)


def _is_fresh(asked_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - asked_at < KEPT


def refuse_forgeable(invocation: Invocation) -> None:
    """Raise UsageError, with what to type instead, if a command is no proof of who gave it."""
    if invocation.forgeable:
        raise UsageError(
            "A reaction is not encrypted and can be forged, so this needs a typed command: "
            f"`{invocation.line}`"
        )


async def may(context: Context, call: Call) -> bool:
    """Say whether a command may be carried out for whoever gives it, by the role that it needs.

    Whoever moderates the channel may as well if it is about that channel alone.
    """
    needed, here = call.command.role, context.invocation.channel
    if needed is Role.READER or (await context.role()).reaches(needed):
        return True
    about = call.arguments.get("channel", here.id)
    return call.command.local and about in {here.id, here.key} and await context.moderates()
