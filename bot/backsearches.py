"""Searches stored entries for what was added to the watchlist, beside everything else.

Each search is a row: one that was begun and not ended goes on where it was, here or in another
process, and is told once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.backsearch import AT_ONCE, Found, search
from bot.core.addresses import redact
from bot.core.backsearch import Findings, Hit, findings, given_up, not_watched, progress
from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Match, MatchKind
from bot.current import CurrentWatchlist
from bot.errors import StorageError, UsageError
from bot.places import Places
from bot.platforms.base import Platform
from bot.storage.backsearches import Leased, Reached, Search
from bot.storage.entries import Kept
from bot.storage.judged import Judged
from bot.storage.store import Store
from bot.subscriptions import Subscriptions, tellable

log = structlog.get_logger()
LEASE = timedelta(seconds=30)
"""How long a search rests whose process died."""
QUIET = timedelta(seconds=5)
"""A search that takes no longer tells only what it found."""
BETWEEN = timedelta(seconds=10)
"""Between two words on how far a search has come."""
MOST_ATTEMPTS = 3
"""A search that gets nowhere so often is given up."""
LONGEST_SLEEP_S = 20.0
AFTER_FAILURE_S = 10.0


@dataclass(slots=True)
class Backsearches:
    """Carries searches out, one after another. `told` is called when there is something to post.

    `keep` is how long entries are kept.
    """

    store: Store
    current: CurrentWatchlist
    places: Places
    subscriptions: Subscriptions
    platforms: Mapping[str, Platform]
    clock: Callable[[], datetime]
    told: Callable[[], None]
    keep: timedelta
    _woken: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _something: str | None = field(init=False, default=None)

    def nudge(self) -> None:
        """Say that there may be a search."""
        self._woken.set()

    async def sought(
        self, asked: Invocation, vendor: str, days: int | None = None
    ) -> Search | None:
        """Say what is to be searched for; None if nothing is kept that may be told there."""
        now = self.clock()
        # More days than a time can go back are all there are.
        back = self.keep if days is None or days >= self.keep.days else timedelta(days=days)
        wanted = Search(asked, (vendor,), now - back, now)
        # A command may add a thousand vendors.
        if self._something is None or self._something != wanted.event:
            total = await self._total(asked.channel, now - back)
            self._something = wanted.event if total else None
        return wanted if self._something else None

    async def run(self) -> None:
        """Search until cancelled."""
        while True:
            self._woken.clear()
            left = LONGEST_SLEEP_S
            try:
                while await self.once():
                    pass
            except StorageError as error:
                log.error("searching stored entries failed", reason=str(error))
                left = AFTER_FAILURE_S
            except Exception:
                log.exception("searching stored entries stumbled")
                left = AFTER_FAILURE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._woken.wait()

    async def once(self) -> bool:
        """Carry one search out, or go on with it; say False if there is none."""
        leased = await self.store.backsearches.lease(self.clock(), LEASE)
        if leased is None:
            return False
        await self.places.look()
        await self.current.look()
        names = self._names(leased.search)
        if leased.attempts > MOST_ATTEMPTS:
            log.error("search of stored entries given up", attempts=leased.attempts - 1)
            await self._end(leased, given_up(names))
        elif not self._watched(leased.search):
            await self._end(leased, not_watched(names))
        else:
            await self._carry_out(leased, names)
        return True

    async def _carry_out(self, leased: Leased, names: Sequence[str]) -> None:
        wanted, began = leased.search, self.clock()
        total = await self._total(wanted.asked.channel, wanted.since)
        shown: datetime | None = None
        while step := await self._step(leased):
            leased = step
            now = self.clock()
            if now - began >= QUIET and (shown is None or now - shown >= BETWEEN):
                shown = now
                said_so_far = progress(names, leased.reached.searched, total)
                await self.store.backsearches.show(leased, said_so_far, now)
                self.told()
            if not await self.store.backsearches.reach(leased, now + LEASE):
                return  # it took so long that another process has it
            leased = replace(leased, until=now + LEASE, attempts=0)
        searched = leased.reached.searched
        last = None if shown is None else progress(names, searched, searched)
        found = await self.findings(leased.id, wanted, leased.reached)
        log.info("stored entries searched", entries=searched, found=found.entries)
        await self._end(leased, findings(found, sharing=self._shares(wanted.asked.channel)), last)

    async def _step(self, leased: Leased) -> Leased | None:
        """Search the next entries; None if there are no more."""
        wanted, reached = leased.search, leased.reached
        kept = await self.store.feeds.entries_since(wanted.since, reached.after, AT_ONCE)
        if not kept:
            return None
        feeds = await self._feeds(wanted.asked.channel)
        mine = [each for each in kept if each.entry.feed in feeds]
        found = await self._found(wanted, mine)
        reached = replace(reached, after=kept[-1].key, searched=reached.searched + len(mine))
        for each, news in found:
            reached = reached.found(each.key) if news else replace(reached, known=reached.known + 1)
        return replace(leased, reached=reached)

    async def _found(
        self, wanted: Search, kept: Sequence[Kept]
    ) -> list[tuple[Found, tuple[Match, ...]]]:
        """Give the entries that name what is searched for, each with what of it is news."""
        channel, vendors = wanted.asked.channel, frozenset(wanted.vendors)
        find = self.current.of(channel.team).matcher.find

        def named(text: str) -> list[Match]:
            return [
                each
                for each in find(text)
                if each.vendor in vendors and each.kind.reaches(MatchKind.VARIANT)
            ]

        found = await search(kept, named)
        if not found:
            return []
        entries = [(each.entry.feed, each.entry.id) for each in found]
        named_now = sorted({match.vendor for each in found for match in each.matches})
        judged = await self.store.backsearches.judged(channel, named_now, entries)
        right = ((each, _right(judged, channel, each)) for each in found)
        return [(each, _news(judged, each, matches)) for each, matches in right if matches]

    async def findings(self, number: int, wanted: Search, reached: Reached) -> Findings:
        """Give what a search found as it may be told now, with the words of the newest entries."""
        channel = wanted.asked.channel
        feeds = await self._feeds(channel)
        newest = [each for each in reached.newest if each[1] in feeds]
        kept = await self.store.backsearches.entries(newest)
        titles = {
            each.url: each.title or redact(each.url)
            for each in await self.store.feeds.states({each.entry.feed for each in kept})
        }
        hits = [
            self._hit(channel.team, each, titles) for each, _ in await self._found(wanted, kept)
        ]
        return Findings(
            number,
            tuple(self._names(wanted)),
            wanted.days,
            reached.entries,
            len(reached.feeds),
            reached.known,
            tuple(sorted(hits, key=lambda hit: hit.at, reverse=True)),
        )

    def _hit(self, team: str, found: Found, titles: Mapping[str, str]) -> Hit:
        entry, vendors = found.entry, self.current.of(team).watchlist.vendors
        return Hit(
            entry.title,
            entry.url,
            titles.get(entry.feed, redact(entry.feed)),
            entry.published or found.seen_at,
            tuple(each.matched for each in found.matches),
            tuple(vendors[each.vendor].name for each in found.matches if each.vendor in vendors),
        )

    async def _end(self, leased: Leased, document: Document, last: Document | None = None) -> None:
        channel = leased.search.asked.channel
        platform = self.platforms.get(channel.platform)
        pages = (document,) if platform is None else platform.pages(document)
        if await self.store.backsearches.finish(leased, pages, last, self.clock()):
            self.told()

    def _shares(self, channel: Channel) -> bool:
        """Whether others in a channel do not see what is answered there."""
        platform = self.platforms.get(channel.platform)
        return platform is not None and platform.private_answers and not platform.is_direct(channel)

    async def _feeds(self, channel: Channel) -> frozenset[str]:
        """Give the feeds that a channel may know of."""
        await self.subscriptions.look()
        known = self.places.known
        routes = {feed: tuple(map(known, to)) for feed, to in self.subscriptions.channels.items()}
        return frozenset(tellable(routes, channel))

    async def _total(self, channel: Channel, since: datetime) -> int:
        """Count what there is to search for a channel."""
        feeds = await self._feeds(channel)
        counts = await self.store.backsearches.counted(since)
        return sum(count for feed, count in counts.items() if feed in feeds)

    def _watched(self, wanted: Search) -> bool:
        vendors = self.current.of(wanted.asked.channel.team).watchlist.vendors
        return any(each in vendors for each in wanted.vendors)

    def _names(self, wanted: Search) -> list[str]:
        vendors = self.current.of(wanted.asked.channel.team).watchlist.vendors
        return [vendors[each].name if each in vendors else each for each in wanted.vendors]


def _right(judged: Judged, channel: Channel, found: Found) -> tuple[Match, ...]:
    """Leave out the matches that somebody called wrong."""
    return tuple(
        each
        for each in found.matches
        if not judged.wrong.covers(channel.key, each.vendor, each.matched, each.name)
    )


def _news(judged: Judged, found: Found, matches: Sequence[Match]) -> tuple[Match, ...]:
    """Leave out the matches of vendors about which the entry alerted before."""
    entry = found.entry
    return tuple(each for each in matches if (each.vendor, entry.feed, entry.id) not in judged.told)


@dataclass(frozen=True, slots=True)
class CommandBacksearch:
    """Searches as one command asks for them; see `Backsearch`."""

    searches: Backsearches
    asked: Invocation

    async def begin(self, vendor: str, days: int | None) -> int:
        """Have a vendor searched for; give how many days it goes back, 0 if there is nothing."""
        wanted = await self.searches.sought(self.asked, vendor, days)
        if wanted is None:
            return 0
        await self.searches.store.backsearches.queue(wanted)
        return wanted.days

    async def findings(self, number: int) -> Findings:
        """Give what a search found that was told here; raise UsageError if there is none."""
        channel = self.asked.channel
        there = await self.searches.store.backsearches.find(channel.team, number)
        if there is None or there[0].asked.channel.key != channel.key:
            raise UsageError(
                f"No search {number} was told here. Type `watchlist backsearch <vendor>`."
            )
        return await self.searches.findings(number, *there)
