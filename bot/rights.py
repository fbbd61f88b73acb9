"""Finds out what somebody may do: by the configuration, by chat, else by the platform's own rights.

Raises DeniedError where nobody can know who it is that wants to do it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeAlias, TypeVar

import structlog

from bot.commands.context import Context
from bot.core.commands import Call, Role
from bot.core.helping import WHO
from bot.core.line import plain_line
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.errors import DeliveryError, DeniedError
from bot.platforms.base import Platform

log = structlog.get_logger()
KEPT = timedelta(minutes=1)
"""How long an answer of a platform holds: whoever lost a right loses it here within that."""
MOST_KEPT = 1_000

Told = TypeVar("Told")
Appointed: TypeAlias = Mapping[tuple[str, str], Role]
"""Roles given by chat, by platform and person."""


async def _nobody(_team: str) -> Appointed:
    return {}


@dataclass(slots=True)
class _Remembered(Generic[Told]):
    """What a platform told of people, each for `KEPT`; nothing of it outlives too many others."""

    told: dict[tuple[str, str, str], tuple[datetime, Told]] = field(default_factory=dict)

    async def __call__(
        self, invocation: Invocation, now: datetime, ask: Callable[[], Awaitable[Told]]
    ) -> Told:
        """Give what is known of whoever gave a command in its channel, asked for if it is old."""
        channel = invocation.channel
        who = (channel.key, channel.team, invocation.actor)
        known = self.told.get(who)
        if known is not None and timedelta(0) <= now - known[0] < KEPT:
            return known[1]
        answer = await ask()
        if len(self.told) >= MOST_KEPT:
            self.told.clear()
        self.told[who] = (now, answer)
        return answer


@dataclass(slots=True)
class Rights:
    """Asks platforms about people, and remembers the answers for a minute.

    `appointed` gives the roles that people of a team hold by chat, from its own memory.
    """

    roles: Roles
    platforms: Mapping[str, Platform]
    clock: Callable[[], datetime]
    appointed: Callable[[str], Awaitable[Appointed]] = _nobody
    _roles: _Remembered[Role] = field(init=False, default_factory=_Remembered)
    _moderators: _Remembered[bool] = field(init=False, default_factory=_Remembered)

    async def role(self, invocation: Invocation) -> Role:
        """Give the role of whoever gave a command; a reader's where the platform cannot say."""
        refuse_forgeable(invocation)
        channel, actor = invocation.channel, invocation.actor
        given = self.roles.role(channel.platform, actor)
        if given is not Role.ADMIN:
            held = (await self.appointed(channel.team)).get((channel.platform, actor), given)
            given = held if held.reaches(given) else given
        platform = self.platforms.get(channel.platform)
        if given is Role.ADMIN or platform is None:
            return given
        groups = self.roles.on(channel.platform)
        try:
            told = await self._roles(
                invocation, self.clock(), lambda: platform.role(channel, actor, groups)
            )
        except DeliveryError as error:
            log.warning("rights unknown", platform=channel.platform, reason=str(error))
            return given
        return told if told.reaches(given) else given

    async def moderates(self, invocation: Invocation) -> bool:
        """Say whether whoever gave a command may decide for its channel, and for it alone."""
        refuse_forgeable(invocation)
        channel, actor = invocation.channel, invocation.actor
        platform = self.platforms.get(channel.platform)
        if platform is None:
            return False
        try:
            return await self._moderators(
                invocation, self.clock(), lambda: platform.moderates(channel, actor)
            )
        except DeliveryError as error:
            log.warning("rights unknown", platform=channel.platform, reason=str(error))
            return False

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


def refuse_forgeable(invocation: Invocation) -> None:
    """Raise DeniedError, with what to type instead, if a command is no proof of who gave it."""
    if invocation.forgeable:
        raise DeniedError(
            "A reaction is not encrypted and can be forged, so this needs a typed command: "
            f"`{plain_line(invocation.line)}`"
        )


async def may(context: Context, call: Call) -> bool:
    """Say whether a command may be carried out for whoever gives it, by the role that it needs.

    Whoever moderates the channel may as well if it is about that channel alone, and anybody if it
    only shows something.
    """
    needed, here = call.command.role, context.invocation.channel
    if needed is Role.READER or (call.command.shows and not call.arguments):
        return True
    if (await context.role()).reaches(needed):
        return True
    about = call.arguments.get("channel")
    is_here = about is None or (isinstance(about, Channel) and about.key == here.key)
    return call.command.local and is_here and await context.moderates()


async def allow(context: Context, call: Call) -> None:
    """Raise DeniedError, with who may, if a command is not to be carried out for its giver."""
    if await may(context, call):
        return
    path = " ".join(call.command.path)
    if call.command.shows:
        who = WHO[call.command.role] + (", and moderators here," if call.command.local else "")
        raise DeniedError(f"Only {who} may change that; nothing was done. `{path}` shows it.")
    raise DeniedError(f"Only {WHO[call.command.role]} may use `{path}`; nothing was done.")
