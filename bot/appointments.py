"""Roles given by chat: who holds which, and how a team gets its first admin.

Where nobody is named, the bot writes a code into its log, and whoever types it becomes an admin:
that is somebody who can read the log. Of the code only a digest is kept, and the next start makes
another. Raises StorageError, and UsageError with what to do instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

import structlog

from bot.confirmations import LETTERS
from bot.core.commands import Role
from bot.core.limits import WrongTries
from bot.core.mention import DEFAULT_TEAM, Invocation
from bot.core.past import Past
from bot.core.people import Appointment, Attempted, Change
from bot.core.roles import Roles
from bot.errors import DeniedError, UsageError
from bot.platforms.base import Platform
from bot.rights import KEPT, Appointed, refuse_forgeable
from bot.storage.appointments import Person
from bot.storage.peoplestore import PeopleStore

log = structlog.get_logger()
GROUPS, LETTERS_EACH = 4, 4
"""Of the code: 79 bits, so that nobody finds it by its digest either."""
LAST = (
    "That is the last admin who was appointed, and the configuration names none: appoint another "
    "one first. Nothing was done."
)


@dataclass(slots=True)
class Appointments:
    """Keeps who was appointed, of every team; what is known of a team is remembered for a minute.

    Whoever changed something sees it at once.
    """

    store: PeopleStore
    roles: Roles
    platforms: Mapping[str, Platform]
    clock: Callable[[], datetime]
    rng: Random
    _known: dict[str, tuple[datetime, Appointed]] = field(init=False, default_factory=dict)
    _tries: WrongTries = field(init=False, default_factory=WrongTries)

    async def offer(self, team: str = DEFAULT_TEAM) -> None:
        """Write a code for a team's first admin into the log, if nobody is named as one."""
        code = "-".join("".join(self.rng.choices(LETTERS, k=LETTERS_EACH)) for _ in range(GROUPS))
        if self.roles.names_admin:
            await self.store.withdraw(team)
        elif await self.store.offer(team, _digest(team, code), self.clock()):
            rules = [rule for each in self.platforms.values() if (rule := each.managers())]
            whom = "nobody is appointed to" if rules else "nobody may"
            told = f"{whom} manage the watchlist yet; type `vendor claim {code}` to the bot"
            log.warning(told, who_may=rules or "nobody", good_until="it is used, or the next start")

    async def appointed(self, team: str) -> Appointed:
        """Give the roles of a team's people, by platform and id."""
        known, now = self._known.get(team), self.clock()
        if known is not None and timedelta(0) <= now - known[0] < KEPT:
            return known[1]
        held = await self.store.appointments(team)
        roles = {(each.platform, each.actor): each.role for each in held}
        self._known[team] = (now, roles)
        return roles

    def forget(self, team: str) -> None:
        """Ask the database again next time."""
        self._known.pop(team, None)

    async def claim(self, invocation: Invocation, code: str) -> None:
        """Make whoever types the code of their team an admin."""
        refuse_forgeable(invocation)
        channel, now = invocation.channel, self.clock()
        person = Person(channel.platform, invocation.actor)
        whose = f"{channel.team} {person.key}"
        if not self._tries.may(whose, now):
            raise DeniedError("Too many wrong codes; try again in an hour. Nothing was done.")
        digest = _digest(channel.team, code.strip().casefold())
        # Counted before anybody looks, as several may be tried at once.
        self._tries.wrong(whose, now)
        if not await self.store.redeem(channel.team, person, digest, now):
            log.warning("a wrong code was typed", platform=channel.platform, team=channel.team)
            raise DeniedError(
                "That code is not good. The bot writes one into its log when it starts, as long "
                "as nobody is appointed; it is good once."
            )
        self._tries.forgive(whose)
        self.forget(channel.team)
        log.info("first admin", platform=channel.platform, team=channel.team)

    async def appoint(self, invocation: Invocation, person: Person, role: Role) -> Change:
        """Give somebody a role; raise UsageError if no admin who was appointed were left."""
        refuse_forgeable(invocation)
        team, by = invocation.channel.team, _by(invocation)
        keep_one = not self.roles.names_admin
        done = await self.store.appoint(team, person, role, by, self.clock(), keep_one=keep_one)
        return self._done(team, done)

    async def dismiss(self, invocation: Invocation, person: Person) -> Change:
        """End what somebody was appointed to; raise UsageError as for `appoint`."""
        refuse_forgeable(invocation)
        team, by = invocation.channel.team, _by(invocation)
        keep_one = not self.roles.names_admin
        done = await self.store.dismiss(team, person, by, self.clock(), keep_one=keep_one)
        return self._done(team, done)

    def _done(self, team: str, done: Change) -> Change:
        self.forget(team)
        if done is Change.LAST:
            raise UsageError(LAST)
        return done


@dataclass(frozen=True, slots=True)
class TeamPeople:
    """The roles of one team, as whoever gives a command sees and changes them."""

    invocation: Invocation
    appointments: Appointments
    attempts_kept: timedelta

    async def claim(self, code: str) -> None:
        """Make the asker the team's first admin, by the code in the bot's log."""
        await self.appointments.claim(self.invocation, code)

    async def appoint(self, actor: str, role: Role) -> bool:
        """Give somebody on this platform a role; say False if they hold it."""
        done = await self.appointments.appoint(self.invocation, self._person(actor), role)
        return done is Change.DONE

    async def dismiss(self, actor: str) -> bool:
        """End what somebody was appointed to; say False if they were not."""
        done = await self.appointments.dismiss(self.invocation, self._person(actor))
        return done is Change.DONE

    def _person(self, actor: str) -> Person:
        return Person(self.invocation.channel.platform, actor)

    async def appointed(self) -> tuple[Appointment, ...]:
        """Give who was appointed."""
        return await self.appointments.store.appointments(self.invocation.channel.team)

    def named(self) -> Mapping[str, Role]:
        """Give whom the configuration names, people and groups, by their keys."""
        return self.appointments.roles.given

    def rules(self) -> Sequence[str]:
        """Say who may by the platforms' own rights, a sentence each."""
        platform = self.appointments.platforms.get(self.invocation.channel.platform)
        rule = "" if platform is None else platform.managers()
        return (rule,) if rule else ()

    async def attempts(self, limit: int, *, private: frozenset[str]) -> tuple[Attempted, ...]:
        """Give what was attempted last; in private channels only where their key is given."""
        team = self.invocation.channel.team
        return await self.appointments.store.attempts(limit, team, private=private)

    async def past(self, vendor: str, *, private: frozenset[str]) -> Past:
        """Give the last days of a vendor; of private channels only where their key is given."""
        store, team = self.appointments.store, self.invocation.channel.team
        return await store.past(vendor, self.appointments.clock(), team, private=private)


def _by(invocation: Invocation) -> str:
    return Person(invocation.channel.platform, invocation.actor).key


def _digest(team: str, code: str) -> str:
    return sha256(f"{team} {code}".encode()).hexdigest()
