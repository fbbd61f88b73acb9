"""Searching what feeds brought lately with the watchlist as it is now.

For a vendor or a name that is new: the entries are kept, so that nothing has to be fetched.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.matcher import Matcher
from bot.core.mention import Entry, Match, one_a_vendor
from bot.storage.entries import EntryKey, Kept
from bot.storage.feedstore import FeedStore

AT_ONCE = 100
"""Entries that are read together; they are matched in a thread, and the event loop goes on."""
Find: TypeAlias = Callable[[str], Iterable[Match]]


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that names vendors, when its feed first listed it, and each vendor's first match."""

    entry: Entry
    seen_at: datetime
    matches: tuple[Match, ...]

    @property
    def key(self) -> EntryKey:
        """Its place in the order of all."""
        return (self.seen_at, self.entry.feed, self.entry.id)


async def back_search(
    feeds: FeedStore,
    matcher: Matcher,
    since: datetime,
    progress: Callable[[int], None] = lambda _count: None,
) -> AsyncIterator[Found]:
    """Give the entries first seen since then that name a vendor, oldest first.

    `progress` is told how many entries have been searched. Raise StorageError.
    """
    after = None
    searched = 0
    while kept := await feeds.entries_since(since, after, AT_ONCE):
        after = kept[-1].key
        for each in await search(kept, matcher.find):
            yield each
        searched += len(kept)
        progress(searched)


async def search(kept: Iterable[Kept], find: Find) -> tuple[Found, ...]:
    """Give those of some entries in which something is found, in order; off the event loop."""
    return await asyncio.to_thread(_search, kept, find)


def _search(kept: Iterable[Kept], find: Find) -> tuple[Found, ...]:
    found = (
        Found(each.entry, each.first_seen_at, one_a_vendor(find(each.entry.text))) for each in kept
    )
    return tuple(each for each in found if each.matches)
