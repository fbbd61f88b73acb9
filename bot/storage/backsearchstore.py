"""Searches of stored entries: the part of the store that they need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.document import Document
from bot.core.mention import Channel, Invocation
from bot.storage import backsearches, entries, judged
from bot.storage.answers import event_of
from bot.storage.backsearches import Leased, Reached, Search
from bot.storage.database import Database
from bot.storage.entries import EntryKey, Kept
from bot.storage.judged import Judged


@dataclass(frozen=True, slots=True)
class BacksearchStore:
    """Each query a method, each method one transaction; see `Store` for what all may raise."""

    database: Database

    async def queue(self, search: Search) -> None:
        """Let something be searched for; what one command adds to is one search."""
        await self.database.write(backsearches.queue, search)

    async def lease(self, now: datetime, length: timedelta) -> Leased | None:
        """Take the oldest search that nobody carries out, once its command has been answered.

        Nobody else takes it until the lease has run out.
        """
        if not await self.database.read(backsearches.waits, now):
            return None
        return await self.database.write(backsearches.lease, now, length)

    async def reach(self, leased: Leased, until: datetime) -> bool:
        """Keep how far a search has come, and the lease until then; False if another has it now."""
        return await self.database.write(backsearches.reach, leased, until)

    async def show(self, leased: Leased, document: Document, now: datetime) -> None:
        """Say in one message how far a search has come; that is changed where it can be."""
        await self.database.write(backsearches.show, leased, document, now)

    async def finish(
        self, leased: Leased, pages: Sequence[Document], last: Document | None, now: datetime
    ) -> bool:
        """Queue what is told of a search, and end it; False if another has it now, or had.

        `last` is what the message says from now on that told how far it has come.
        """
        return await self.database.write(backsearches.finish, leased, pages, last, now)

    async def find(self, team: str, number: int) -> tuple[Search, Reached] | None:
        """Give a team's search that came to its end, and what it found."""
        return await self.database.read(backsearches.find, team, number)

    async def of_command(self, asked: Invocation) -> Search | None:
        """Give what a command asked for, if anything."""
        return await self.database.read(backsearches.of_event, event_of(asked.channel, asked.id))

    async def judged(
        self, channel: Channel, vendors: Sequence[str], found: Collection[tuple[str, str]]
    ) -> Judged:
        """Say what is known of entries (feed, id) where something is told of them."""
        return await self.database.read(judged.judged, channel, vendors, found)

    async def counted(self, since: datetime) -> dict[str, int]:
        """Count for each feed the entries first seen then or later that still have their words."""
        return await self.database.read(entries.counted, since)

    async def entries(self, keys: Sequence[EntryKey]) -> tuple[Kept, ...]:
        """Give entries by their keys, in that order; those without their words are left out."""
        return await self.database.read(entries.of, keys)
