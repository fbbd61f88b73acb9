"""Makes edits of a team's watchlist: judged, written over what they came from, and taken in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.cards import Desk
from bot.core.document import said
from bot.core.editing.change import Change
from bot.core.editing.done import Done, TriedError
from bot.core.editing.edition import Edition, Stale
from bot.core.editing.judgement import Judgement, judged
from bot.core.editing.looser import looser
from bot.core.editing.overlay import TEAM
from bot.core.editing.revision import Revision, State
from bot.core.editing.standard import BelowStandardError
from bot.core.editing.tree import Tree
from bot.core.editing.words import crossed, crossing, stale_words
from bot.core.mention import Channel, Invocation
from bot.core.refused import RefusedError
from bot.core.restated import Correction
from bot.core.settings import DEFAULTS, Settings
from bot.core.vendor import Vendor
from bot.current import CurrentWatchlist
from bot.errors import DeniedError, UsageError
from bot.storage.answers import event_of
from bot.storage.backsearches import Search
from bot.storage.corrections import Telling
from bot.storage.revisions import Wanted
from bot.storage.store import Store

JUST_NOW = timedelta(minutes=1)
"""Somebody else's edit this young has hardly been seen by whoever edits the same."""
TRIES = 5
Sought: TypeAlias = Callable[[Invocation, str], Awaitable[Search | None]]
CROWDED = "Others are editing at the same time; give that again. Nothing was done."


@dataclass(slots=True)
class Editing:
    """Edits for all teams. `approval`: a second person decides about each.

    `edited` is called when one holds. `desk` gives what a team's cards are written with, `settings`
    hold in channels that chose nothing.
    `sought` says what is to be searched for when one finds more of a vendor than before, if there
    is anything to search.
    """

    store: Store
    current: CurrentWatchlist
    clock: Callable[[], datetime]
    approval: bool = False
    edited: Callable[[], None] = lambda: None
    desk: Callable[[str], Desk] | None = None
    settings: Settings = DEFAULTS
    sought: Sought | None = None
    _told: set[tuple[str, str, str, int]] = field(init=False, default_factory=set)

    def by(self, invocation: Invocation, *, public: bool = False) -> "TeamEdits":
        """Give what a command edits with; `public`: all of its channel see what comes of it."""
        edition = self.current.of(invocation.channel.team).edition
        return TeamEdits(self, invocation, edition, public)

    def tell_once(self, who: Invocation, number: int) -> bool:
        """Whether somebody has not been told of a revision yet; they are now."""
        key = (who.channel.platform, who.channel.team, who.actor, number)
        if key in self._told:
            return False
        if len(self._told) > 1_000:
            self._told.clear()
        self._told.add(key)
        return True


@dataclass(slots=True)
class TeamEdits:
    """The watchlist of a command's team, and the edits that the command makes; see `Edits`."""

    editing: Editing
    invocation: Invocation
    edition: Edition
    public: bool = False
    only_tries: bool = False
    _count: int = field(init=False, default=0)

    @property
    def approval(self) -> bool:
        """Whether edits wait for a second person."""
        return self.editing.approval

    @property
    def _team(self) -> str:
        return self.invocation.channel.team

    async def before(self) -> Done | None:
        """Give the first edit that this command made, if it was carried out before."""
        made = await self._made(1)
        return None if made is None else Done(made, self._vendor(made.vendor), again=True)

    async def _made(self, count: int) -> Revision | None:
        return await self.editing.store.revisions.of_event(self._event(count))

    def _event(self, count: int) -> str:
        return event_of(self.invocation.channel, f"{self.invocation.id} edit {count}")

    def tried(self) -> "TeamEdits":
        """Give the same for trying: nothing is written, and what would stand raises TriedError."""
        return replace(self, only_tries=True)

    async def make(
        self, vendor: str, record: Tree | None, reason: str = "", *, seen: int | None = None
    ) -> Done:
        """Let a vendor's record be this. Raise RefusedError."""
        changes = self.edition.edited(vendor, record)
        return await self._write(vendor, changes, reason, seen=seen)

    async def change(
        self,
        vendor: str,
        changes: Sequence[Change],
        reason: str = "",
        *,
        undoes: int | None = None,
    ) -> Done:
        """Make changes that were worked out from this edition. Raise RefusedError."""
        return await self._write(vendor, tuple(changes), reason, undoes=undoes)

    async def _write(
        self,
        vendor: str,
        changes: tuple[Change, ...],
        reason: str,
        *,
        undoes: int | None = None,
        seen: int | None = None,
    ) -> Done:
        # Carried out again, a command may have less to do: what it made of others is passed by.
        number = self._count + 1
        while (before := await self._made(number)) is not None and before.vendor != vendor:
            number += 1
        if before is not None:
            self._count = number
            search = await self.editing.store.backsearches.of_command(self.invocation)
            return Done(before, self._vendor(vendor), again=True, searching=_days(search))
        event = self._event(number)
        if not changes:
            raise RefusedError(said("That is how it is already; nothing was changed."))
        wanted = Wanted(
            event,
            self.invocation.channel,
            vendor,
            self.invocation.actor,
            self.editing.clock(),
            changes,
            reason,
            undoes,
            proposed=self.approval,
        )
        for _ in range(TRIES):
            self._refuse_crossing(wanted, seen)
            judgement = await self._judge(vendor, wanted.changes)
            if self.only_tries:
                raise TriedError
            seq = self.edition.overlay.seq
            telling = await self._telling(wanted, judgement.record)
            search = None if self.approval else await self._sought(vendor, judgement.record)
            write = self.editing.store.revisions.write
            made = await write(replace(wanted, search=search), seq, telling)
            if made is not None:
                self._count = number
                await self._take_in()
                return Done(made, judgement.record, judgement.weak, searching=_days(search))
            await self._take_in()
            wanted = replace(wanted, changes=self._rebased(vendor, wanted.changes))
        raise UsageError(CROWDED)

    async def _telling(self, wanted: Wanted, after: Vendor | None) -> Telling | None:
        """Say what an edit changes of what was said, off the event loop; None: nothing."""
        before = self._vendor(wanted.vendor)
        if self.editing.desk is None or before == after:
            return None
        channel = self.invocation.channel
        desk = self._desk_after(self.editing.desk(channel.team), wanted)
        correction = await asyncio.to_thread(Correction.of, before, after, desk, wanted.reason)
        tags = {tag for each in (before, after) if each is not None for tag in each.tags}
        here = channel.key if self.public else None
        return Telling(correction, frozenset(tags), self.editing.settings, here)

    def _desk_after(self, desk: Desk, wanted: Wanted) -> Desk:
        """Give the desk as it is when the edit holds: whose word counts then."""
        seq = self.edition.overlay.seq + 1
        made = Revision(
            0, self._team, wanted.vendor, wanted.by, wanted.at, "", wanted.changes, seq=seq
        )
        entries = self.edition.overlay.with_revision(made).entries(wanted.vendor)
        return desk.but(entries={wanted.vendor: entries})

    async def _take_in(self) -> None:
        await self.editing.current.look()
        self.edition = self.editing.current.of(self._team).edition
        self.editing.edited()

    def _rebased(self, vendor: str, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Bring changes over what others have changed meanwhile; raise RefusedError."""
        made = self.edition.rebased(vendor, changes)
        if isinstance(made, Stale):
            last = self.edition.overlay.last_change(vendor, made.path)
            if last is not None:  # given again, it is not refused for the same once more
                self.editing.tell_once(self.invocation, last.number)
            raise RefusedError(stale_words(made.path, made.then, made.now, last))
        if not made:
            raise RefusedError(said("That is how it is already; nothing was changed."))
        return made

    async def _judge(self, vendor: str, changes: tuple[Change, ...]) -> Judgement:
        """Hold what is to be to the standard, off the event loop; raise RefusedError."""
        if vendor == TEAM:
            return Judgement()
        edition = self.edition
        overlay = edition.overlay.with_changes(vendor, changes)
        tree = overlay.record(vendor, edition.pack(vendor))
        judgement = await asyncio.to_thread(judged, edition.watchlist, vendor, tree)
        if judgement.refused:
            raise BelowStandardError(judgement.refused)
        return judgement

    def _refuse_crossing(self, wanted: Wanted, seen: int | None) -> None:
        """Tell of somebody else's edit of the same that was not seen; raise RefusedError, once."""
        if wanted.undoes is not None:
            return  # it names what it takes back
        for change in wanted.changes:
            overlay = self.edition.overlay
            # Whoever fills in what somebody has just added knows that it is there.
            look = overlay.last_within if seen is None else overlay.last_change
            last = look(wanted.vendor, change.path)
            if last is None or last.by == wanted.by:
                continue
            if seen is None:
                unseen = wanted.at - last.at < JUST_NOW
            else:
                unseen = overlay.came_after(wanted.vendor, last, seen)
            if unseen and self.editing.tell_once(self.invocation, last.number):
                raise RefusedError(crossing(change, last), (crossed(change, last),))

    async def _sought(self, vendor: str, record: Vendor | None) -> Search | None:
        """Say what is to be searched for once a record is this; None: it finds nothing more."""
        if self.editing.sought is None or not looser(self._vendor(vendor), record):
            return None
        return await self.editing.sought(self.invocation, vendor)

    def _vendor(self, vendor: str) -> Vendor | None:
        return self.edition.watchlist.vendors.get(vendor)

    async def find(self, number: int) -> Revision:
        """Give a revision; raise UsageError if there is none of that number."""
        found = await self.editing.store.revisions.find(self._team, number)
        if found is None:
            raise UsageError(f"There is no revision {number}. Type `watchlist log`.")
        return found

    async def log(
        self, vendor: str | None, limit: int, before: int | None = None
    ) -> tuple[Revision, ...]:
        """Give revisions, newest first."""
        return await self.editing.store.revisions.log(self._team, vendor, limit, before)

    async def proposals(self) -> tuple[Revision, ...]:
        """Give what waits for a second person, in order."""
        return await self.editing.store.revisions.proposals(self._team)

    async def undone_by(self, numbers: Sequence[int]) -> dict[int, int]:
        """Say by which revision each of these was taken back, if by any."""
        return await self.editing.store.revisions.undoing(self._team, tuple(numbers))

    async def approve(self, number: int) -> Done:
        """Let a proposal hold; raise RefusedError if it is the asker's own or does not fit now."""
        waiting = await self._waiting(number)
        if waiting.by == self.invocation.actor:
            raise DeniedError(
                "That is your own proposal: somebody else has to approve it. Nothing was done."
            )
        changes = waiting.changes
        for _ in range(TRIES):
            changes = self._rebased(waiting.vendor, changes)
            judgement = await self._judge(waiting.vendor, changes)
            wanted = _again(waiting, self.invocation.channel, changes)
            telling = await self._telling(wanted, judgement.record)
            search = await self._sought(waiting.vendor, judgement.record)
            made = await self._decide(number, changes, telling, search)
            await self._take_in()
            if made is not None:
                record = self._vendor(waiting.vendor)
                return Done(made, record, judgement.weak, searching=_days(search))
            await self._waiting(number)
        raise UsageError(CROWDED)

    async def reject(self, number: int) -> Revision:
        """Let a proposal not hold; raise UsageError if it does not wait."""
        await self._waiting(number)
        made = await self._decide(number, None)
        if made is None:
            raise UsageError(f"Somebody has just decided about {number}; nothing was done.")
        return made

    async def _waiting(self, number: int) -> Revision:
        found = await self.find(number)
        if found.state is not State.PROPOSED:
            raise UsageError(
                f"{number} does not wait for a decision: it is {found.state}. "
                "Type `watchlist proposals`."
            )
        return found

    async def _decide(
        self,
        number: int,
        changes: tuple[Change, ...] | None,
        telling: Telling | None = None,
        search: Search | None = None,
    ) -> Revision | None:
        seq = self.edition.overlay.seq
        now, by = self.editing.clock(), self.invocation.actor
        decide = self.editing.store.revisions.decide
        return await decide(self._team, number, changes, by, now, seq, telling, search)


def _again(waiting: Revision, channel: Channel, changes: tuple[Change, ...]) -> Wanted:
    """Give what a proposal wants, by whoever proposed it."""
    by, at = waiting.by, waiting.at
    return Wanted("", channel, waiting.vendor, by, at, changes, waiting.reason)


def _days(search: Search | None) -> int:
    return 0 if search is None else search.days
