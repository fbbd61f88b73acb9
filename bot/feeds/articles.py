"""Adding to entries what their pages say, as far as that can be had in time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import structlog

from bot.core.addresses import redact
from bot.core.feed import Later, Paragraphs, Poll
from bot.core.mention import Entry
from bot.errors import BotError, FeedError
from bot.feeds.pages import Pages
from bot.feeds.secondtries import next_wait

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAGES_PER_POLL = 50
LIMIT_S = 60.0
"""Seconds for all the pages of one poll; what is not there by then is tried later."""


@dataclass(slots=True)
class _Brought:
    """What has come of the pages: entries with their articles, waits (None: no other try)."""

    whole: dict[str, Entry] = field(default_factory=dict)
    waits: dict[str, timedelta | None] = field(default_factory=dict)
    seen: list[Paragraphs] = field(default_factory=list)


@dataclass(slots=True)
class Articles:
    """Reads the pages of the entries that `wanted` picks, newest first."""

    pages: Pages
    wanted: Callable[[Entry], bool]
    rng: Random

    async def added_to(self, poll: Poll) -> Poll:
        """Give a poll with its entries' articles, and say of which entries a later try is due.

        A page that cannot be had costs its entry nothing else.
        """
        entries = poll.entries
        wanted = [each for each in reversed(entries) if each.url is not None and self.wanted(each)]
        if not wanted:
            return poll
        brought = _Brought()
        try:
            async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
                for entry in wanted[:PAGES_PER_POLL]:
                    tasks.create_task(self._page(entry, entry.url or "", brought))
        except TimeoutError:
            pass
        whole, waits = brought.whole, brought.waits
        left_out = [each.id for each in wanted if each.id not in whole.keys() | waits.keys()]
        if left_out:
            log.info("pages left out", url=redact(poll.feed.url), pages=len(left_out))
            waits |= {id_: next_wait(0, self.rng) for id_ in left_out}
        now = self.pages.clock()
        return replace(
            poll,
            entries=tuple(whole.get(each.id, each) for each in entries),
            seen=tuple(brought.seen),
            later=tuple(Later(id_, now + wait) for id_, wait in waits.items() if wait is not None),
        )

    async def _page(self, entry: Entry, url: str, brought: _Brought) -> None:
        """Note an entry with its article, or how long it waits for it."""
        wait: timedelta | None = None
        try:
            page = await self.pages.read(url, beside=entry.feed)
        except FeedError as error:
            wait = next_wait(0, self.rng, error)
            log.info("page failed", url=redact(url), reason=str(error), again=wait is not None)
        except BotError as error:
            wait = next_wait(0, self.rng)
            log.warning("page not read", url=redact(url), reason=str(error))
        except Exception:
            # One page that breaks a parser must not cost the feed its other entries.
            log.exception("page broke", url=redact(url))
        else:
            brought.seen.append(page.seen)
            brought.whole[entry.id] = replace(entry, article=page.article.text)
            return
        brought.waits[entry.id] = wait
