"""Searching what feeds brought lately with the watchlist as it is now.

For a vendor or a name that is new: the entries are kept, so that nothing has to be fetched.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.matcher import Matcher
from bot.core.mention import Entry, Match, one_a_vendor
from bot.storage.feedstore import FeedStore

_AT_ONCE = 100
"""Entries that are read together; between two such the event loop is free for others."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that names vendors, when its feed first listed it, and each vendor's first match."""

    entry: Entry
    seen_at: datetime
    matches: tuple[Match, ...]


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
    while kept := await feeds.entries_since(since, after, _AT_ONCE):
        after = kept[-1].key
        for each in kept:
            matches = one_a_vendor(matcher.find(each.entry.text))
            if matches:
                yield Found(each.entry, each.first_seen_at, matches)
        searched += len(kept)
        progress(searched)
        await asyncio.sleep(0)
