"""Follows lists of feeds: what they name is subscribed to, what they drop is not any more."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from bot.core.addresses import redact
from bot.core.clean import shortened
from bot.core.feed import Route
from bot.core.mention import DEFAULT_TEAM, Channel
from bot.core.wording import counted
from bot.errors import BotError, StorageError
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.formats import opml
from bot.storage.store import Store

log = structlog.get_logger()
EVERY_S = 3600.0
AFTER_FAILURE_S = 300.0
ORIGIN = "list:"
"""What the origins of their subscriptions begin with."""
ADDRESSES = ("http://", "https://")
_MOST_NAMED = 5
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class FollowedList:
    """An OPML list: a path or an address, and the channels that its feeds go to."""

    source: str
    channels: tuple[Channel, ...]

    @property
    def origin(self) -> str:
        """What its subscriptions are kept as."""
        return f"{ORIGIN}{self.source}"


@dataclass(slots=True)
class Following:
    """Reads the lists once an hour. `changed` is called when feeds came or went.

    A list that cannot be read, or that has become empty, changes nothing: it is more likely broken
    than meant. What a list brought that is not configured any more ends, once all others are read.
    """

    lists: Sequence[FollowedList]
    store: Store
    fetcher: Fetcher
    clock: Callable[[], datetime]
    changed: Callable[[], None]
    _failed: dict[str, str] = field(init=False, default_factory=dict)
    _left_out: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)

    @property
    def left_out(self) -> Mapping[str, tuple[str, ...]]:
        """The titles of what each list names without a web address, as last read."""
        return self._left_out

    async def run(self) -> None:
        """Follow until cancelled, or at once to the end where there is no list."""
        while True:
            failed = await self._round()
            if not (failed or self.lists):
                return
            await asyncio.sleep(AFTER_FAILURE_S if failed else EVERY_S)

    async def once(self) -> tuple[Mapping[str, int], Sequence[str]]:
        """Read every list now; give the number of feeds of each, and what is wrong with others.

        Raise StorageError.
        """
        counts: dict[str, int] = {}
        problems: list[str] = []
        for each in self.lists:
            try:
                counts[each.source] = await self._take(each)
            except StorageError:
                raise
            except BotError as error:
                problems.append(str(error))
        if not problems:
            await self._end_others()
        return counts, problems

    async def _round(self) -> bool:
        """Read every list; give whether something failed. The same trouble is logged once."""
        failed = False
        for each in self.lists:
            failed = not await self._did(each.source, self._take(each)) or failed
        return failed or not await self._did("", self._end_others())

    async def _did(self, source: str, work: Awaitable[object]) -> bool:
        try:
            await work
        except BotError as error:
            if self._failed.get(source) != str(error):
                log.warning("list of feeds not read", list=redact(source), reason=str(error))
            self._failed[source] = str(error)
        except Exception:
            # One list that breaks a parser must not end the others, nor the bot.
            log.exception("list of feeds broke", list=redact(source))
        else:
            if self._failed.pop(source, None) is not None:
                log.info("list of feeds is read again", list=redact(source))
            return True
        return False

    async def _take(self, followed: FollowedList) -> int:
        name = redact(followed.source)
        data = await read_list(followed.source, self.fetcher)
        feeds, left_out = opml.read(data, name), opml.left_out(data)
        wanted = [Route(each.url, channel) for each in feeds for channel in followed.channels]
        await self._wish(followed.origin, wanted, name)
        if left_out and left_out != self._left_out.get(followed.source):
            why = left_out_words(left_out)
            log.warning("list of feeds is not followed whole", list=name, reason=why)
        self._left_out[followed.source] = left_out
        return len(feeds)

    async def _end_others(self) -> None:
        """End what lists wished for that are not followed any more."""
        ours = {each.origin for each in self.lists}
        wishes = await self.store.feeds.subscriptions(DEFAULT_TEAM)
        for origin in sorted({each.origin for each in wishes} - ours):
            if origin.startswith(ORIGIN):
                await self._wish(origin, [], redact(origin.removeprefix(ORIGIN)))

    async def _wish(self, origin: str, wanted: Sequence[Route], name: str) -> None:
        new, ended = await self.store.feeds.follow(
            DEFAULT_TEAM, origin, wanted, origin, self.clock()
        )
        if new or ended:
            log.info("list of feeds has changed", list=name, new=new, ended=ended)
            self.changed()


def left_out_words(titles: Sequence[str]) -> str:
    """Say which outlines of a list no feed could be made of, the first of them by their titles."""
    named = ", ".join(shortened(each, _LONGEST_TITLE) for each in titles[:_MOST_NAMED])
    more = f" and {len(titles) - _MOST_NAMED} more" if len(titles) > _MOST_NAMED else ""
    are = "it has" if len(titles) == 1 else "they have"
    return f"{counted(len(titles), 'outline')} left out, as {are} no web address: {named}{more}"


async def read_list(source: str, fetcher: Fetcher) -> bytes:
    """Read a list from an address or a file. Raise BotError."""
    if source.startswith(ADDRESSES):
        return (await fetcher.feed(source)).body or b""
    return await asyncio.to_thread(_read_file, source)


def _read_file(source: str) -> bytes:
    try:
        with Path(source).open("rb") as file:
            return file.read(opml.MOST_BYTES + 1)
    except OSError as error:
        raise BotError(f"{source}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BotError(f"{source!r}: cannot be read: {error}") from None
