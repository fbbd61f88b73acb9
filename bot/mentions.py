"""Finds vendors in what is said and published, and has each mention judged and kept.

A mention becomes an alert row in the same transaction that makes its source safe to forget.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.core.addresses import links
from bot.core.cards import Desk
from bot.core.feed import Poll
from bot.core.judge import WatchlistJudge
from bot.core.mention import DEFAULT_TEAM, Cause, Channel, Entry, Match, Mention, Message
from bot.core.policy import Decision, Hold, Join, Skip
from bot.core.settings import Settings
from bot.core.stories import Fingerprint, fingerprint
from bot.current import Compiled, CurrentWatchlist
from bot.places import Places
from bot.storage.rows import Hearing, Ruling
from bot.storage.store import Store

log = structlog.get_logger()


@dataclass(slots=True)
class Mentions:
    """Takes messages and entries. `feeds` says which channels the entries of each go to."""

    store: Store
    current: CurrentWatchlist
    places: Places
    settings: Settings
    feeds: Mapping[str, tuple[Channel, ...]]
    clock: Callable[[], datetime]
    nudge: Callable[[], None]
    corrections: str | None = None
    _kept: tuple[Compiled, Desk] | None = field(init=False, default=None)

    async def of_message(self, message: Message) -> None:
        """Record the vendors that a message names."""
        if await self.places.listens(message.channel):
            compiled = self.current.compiled
            await self._record(message, compiled, compiled.matcher.find(message.text))

    async def of_edit(self, message: Message) -> None:
        """Record the vendors that a message names now and did not before."""
        channel = message.channel
        if not await self.places.listens(channel):
            return
        compiled = self.current.compiled
        matches = compiled.matcher.find(message.text)
        if matches:
            known = await self.store.named_before(channel, message.id, channel.team)
            new = [match for match in matches if match.vendor not in known]
            await self._record(message, compiled, new)

    async def _record(self, message: Message, compiled: Compiled, matches: Iterable[Match]) -> None:
        mentions = [
            Mention(
                channel=message.channel,
                vendor=match.vendor,
                match=match,
                cause=Cause.MESSAGE,
                cause_id=message.id,
                at=message.at,
                thread=message.thread or message.id,
                links=links(message.text),
            )
            for match in _one_a_vendor(matches)
        ]
        if mentions:
            hearing = self._hearing(compiled, team=message.channel.team)
            self._tell(await self.store.record(mentions, hearing))

    async def withdraw(self, channel: Channel, message_id: str) -> None:
        """Take back what a deleted message brought, if its channel wants that."""
        hearing = self._hearing(self.current.compiled, team=channel.team)
        if await self.store.withdraw_for(channel, message_id, hearing):
            self.nudge()

    async def of_poll(self, poll: Poll) -> None:
        """Record the vendors in a poll's entries, with all else of it, in one transaction."""
        await self.places.look()
        compiled = self.current.compiled
        mentions: list[Mention] = []
        prints: dict[str, Fingerprint] = {}
        for entry in () if poll.silent else poll.entries:
            found = list(self._of_entry(compiled, entry))
            if found:
                prints[entry.id] = fingerprint(entry.url, entry.title, entry.text)
                mentions += found
        self._tell(await self.store.finish_poll(poll, mentions, self._hearing(compiled, prints)))

    def _of_entry(self, compiled: Compiled, entry: Entry) -> Iterable[Mention]:
        matches = _one_a_vendor(compiled.matcher.find(entry.text))
        for channel in self.feeds.get(entry.feed, ()) if matches else ():
            for match in matches:
                yield Mention(
                    channel=self.places.known(channel),
                    vendor=match.vendor,
                    match=match,
                    cause=Cause.ENTRY,
                    cause_id=entry.id,
                    at=entry.published or self.clock(),
                    title=entry.title,
                    link=entry.url,
                    feed=entry.feed,
                )

    def _hearing(
        self,
        compiled: Compiled,
        prints: dict[str, Fingerprint] | None = None,
        team: str = DEFAULT_TEAM,
    ) -> Hearing:
        now = self.clock()
        judge = WatchlistJudge(compiled.watchlist, self.desk(compiled), compiled.revision, now)
        return Hearing(judge, now, self.settings, team, prints or {})

    def desk(self, compiled: Compiled) -> Desk:
        """Give the day's desk for this watchlist: what it has written once it need not again."""
        desk = Desk(compiled.watchlist.programs, self.clock().date(), self.corrections)
        if self._kept is None or self._kept[0] is not compiled or self._kept[1] != desk:
            self._kept = (compiled, desk)
        return self._kept[1]

    def _tell(self, rulings: Iterable[Ruling]) -> None:
        """Log each decision with its reason, never with a text; wake the worker."""
        for ruling in rulings:
            mention, decision = ruling.mention, ruling.decision
            private = mention.channel.private
            log.info(
                _outcome(decision),
                vendor=None if private else mention.vendor,
                channel="private" if private else mention.channel.key,
                cause=str(mention.cause),
                reason=str(decision.reason),
            )
        self.nudge()


def _one_a_vendor(matches: Iterable[Match]) -> list[Match]:
    """Keep the first match of each vendor, in order."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.vendor, match)
    return list(first.values())


def _outcome(decision: Decision) -> str:
    match decision:
        case Skip():
            return "alert skipped"
        case Hold():
            return "alert waits"
        case Join():
            return "alert joined to an earlier one"
    return "alert recorded"
