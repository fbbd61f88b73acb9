"""What people may, did and see of the past: the part of the store that is about people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.commands import Answer, Role
from bot.core.document import Document
from bot.core.mention import DEFAULT_TEAM
from bot.core.past import Past
from bot.core.people import Appointment, Attempt, Attempted, Change
from bot.storage import appointments, audits, inbox, pasts
from bot.storage.appointments import Person
from bot.storage.database import Database
from bot.storage.rows import Command


@dataclass(frozen=True, slots=True)
class PeopleStore:
    """Each query a method, each method one transaction; see `Store` for what all may raise."""

    database: Database

    # Roles

    async def appointments(self, team: str = DEFAULT_TEAM) -> tuple[Appointment, ...]:
        """Give the roles that a team's people hold by chat, in the order of their appointments."""
        return await self.database.read(appointments.held, team)

    async def appoint(  # noqa: PLR0913 - who makes whom what, and when
        self, team: str, person: Person, role: Role, by: str, now: datetime, *, keep_one: bool
    ) -> Change:
        """Give somebody a role in place of the one they hold; `by` is a key.

        With `keep_one` the last admin who was appointed is not made less.
        """
        return await self.database.write(
            appointments.appoint, team, person, role, by, now, keep_one=keep_one
        )

    async def dismiss(
        self, team: str, person: Person, by: str, now: datetime, *, keep_one: bool
    ) -> Change:
        """End what somebody was appointed to; with `keep_one` not that of the last admin."""
        return await self.database.write(
            appointments.dismiss, team, person, by, now, keep_one=keep_one
        )

    async def offer(self, team: str, digest: str, now: datetime) -> bool:
        """Let a code, by its digest, give the first role, in place of any earlier code.

        Say False if an admin was appointed; then none is good any more.
        """
        return await self.database.write(appointments.offer, team, digest, now)

    async def withdraw(self, team: str) -> None:
        """Let no code be good any more."""
        await self.database.write(appointments.withdraw, team)

    async def redeem(self, team: str, person: Person, digest: str, now: datetime) -> bool:
        """Make somebody an admin by a code, once; say False if it is not good."""
        return await self.database.write(appointments.redeem, team, person, digest, now)

    # Commands

    async def answer(
        self,
        command: Command,
        made: Answer,
        now: datetime,
        pages: Sequence[Document] = (),
        attempt: Attempt | None = None,
    ) -> bool:
        """Do what `Store.answer` does, and keep that it was attempted."""
        if made.document is not None and not pages:
            pages = (made.document,)
        answered = await self.database.write(inbox.answer, command, made, pages, now, attempt)
        await self.database.tidy()
        return answered

    async def attempts(
        self, limit: int, team: str = DEFAULT_TEAM, *, private: frozenset[str] = frozenset()
    ) -> tuple[Attempted, ...]:
        """Give the newest attempts; those of private channels only where their key is given."""
        return await self.database.read(audits.last, team, limit, private)

    # The past

    async def past(
        self,
        vendor: str,
        now: datetime,
        team: str = DEFAULT_TEAM,
        *,
        private: frozenset[str] = frozenset(),
    ) -> Past:
        """Give what the last 30 days brought about a vendor, and its last alerts.

        Of private channels and encrypted rooms only what is of those whose key is given.
        """
        return await self.database.read(pasts.past, team, vendor, now, private)
