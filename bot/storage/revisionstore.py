"""Edits of the watchlist: the part of the store that editing needs."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.editing.change import Change
from bot.core.editing.revision import Revision
from bot.storage import revisions
from bot.storage.backsearches import Search
from bot.storage.corrections import Telling
from bot.storage.database import Database
from bot.storage.revisions import Wanted


@dataclass(frozen=True, slots=True)
class RevisionStore:
    """Each query a method, each method one transaction; see `Store` for what all may raise."""

    database: Database

    async def heads(self) -> dict[str, int]:
        """Give the `seq` of the last revision that holds, for each team that has any."""
        return await self.database.read(revisions.heads)

    async def after(self, team: str, seq: int) -> tuple[Revision, ...]:
        """Give the revisions that hold, those after a `seq`, in order."""
        return await self.database.read(revisions.after, team, seq)

    async def write(
        self, wanted: Wanted, seq: int, telling: Telling | None = None
    ) -> Revision | None:
        """Write a revision over the edition of a `seq`; None if that is not the last one.

        What the same event wrote before is given as it is. If it holds, what was said is corrected
        and whoever follows the vendor is told, in the same transaction.
        """
        return await self.database.write(revisions.write, wanted, seq, telling)

    async def decide(  # noqa: PLR0913, PLR0917 - which, how, by whom, when and over what
        self,
        team: str,
        number: int,
        changes: tuple[Change, ...] | None,
        by: str,
        now: datetime,
        seq: int,
        telling: Telling | None = None,
        search: Search | None = None,
    ) -> Revision | None:
        """Approve a proposal, with the changes that it comes to by now, or reject it (None).

        None if it is none any more, or if the edition of that `seq` is not the last one. What is
        approved is told as what is written; `search` is queued with it.
        """
        return await self.database.write(
            revisions.decide, team, number, changes, by, now, seq, telling, search
        )

    async def find(self, team: str, number: int) -> Revision | None:
        """Give a revision by its number."""
        return await self.database.read(revisions.find, team, number)

    async def of_event(self, event: str) -> Revision | None:
        """Give what a command has already written."""
        return await self.database.read(revisions.of_event, event)

    async def log(
        self, team: str, vendor: str | None, limit: int, before: int | None = None
    ) -> tuple[Revision, ...]:
        """Give at most `limit` revisions, newest first: a vendor's or all, before a number."""
        return await self.database.read(revisions.log, team, vendor, before, limit)

    async def proposals(self, team: str) -> tuple[Revision, ...]:
        """Give what waits for a second person, in order."""
        return await self.database.read(revisions.proposals, team)

    async def undoing(self, team: str, numbers: tuple[int, ...]) -> dict[int, int]:
        """Say by which revision each of these was taken back, if by any that holds."""
        return await self.database.read(revisions.undoing, team, numbers)
