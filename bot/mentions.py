"""Finds vendors in what is said and published, and has each mention judged and kept.

A mention becomes an alert row in the same transaction that makes its source safe to forget.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.core.addresses import links, redact
from bot.core.cards import Desk
from bot.core.feed import Paragraphs, Poll, Unread
from bot.core.feednotices import and_more, notice_about
from bot.core.judge import WatchlistJudge
from bot.core.mention import (
    DEFAULT_TEAM,
    Cause,
    Channel,
    Entry,
    Match,
    Mention,
    Message,
    one_a_vendor,
)
from bot.core.policy import Decision, Hold, Join, Skip
from bot.core.settings import Settings
from bot.core.stories import Fingerprint, fingerprint
from bot.current import Compiled, CurrentWatchlist
from bot.places import Places
from bot.storage.mentions import digest
from bot.storage.rows import Draft, Hearing, Ruling
from bot.storage.store import Store
from bot.subscriptions import Subscriptions

log = structlog.get_logger()
MOST_NOTICES = 5
NOTICES_WITHIN = timedelta(hours=1)
"""So many feeds are told of in that time; the last of them says that there may be more."""
THIN = 400
"""An entry with fewer characters says too little to be judged without its page."""


@dataclass(slots=True)
class Mentions:
    """Takes messages and entries. `admins` are the channels that are told how feeds are."""

    store: Store
    current: CurrentWatchlist
    places: Places
    settings: Settings
    subscriptions: Subscriptions
    clock: Callable[[], datetime]
    nudge: Callable[[], None]
    corrections: str | None = None
    admins: tuple[Channel, ...] = ()
    _kept: dict[str, tuple[Compiled, Desk]] = field(init=False, default_factory=dict)
    _notified: list[datetime] = field(init=False, default_factory=list)

    async def of_message(self, message: Message) -> None:
        """Record the vendors that a message names."""
        if await self.places.listens(message.channel):
            compiled = self.current.of(message.channel.team)
            await self._record(message, compiled.matcher.find(message.text))

    async def of_edit(self, message: Message) -> None:
        """Record the vendors that a message names now and did not before."""
        channel = message.channel
        if not await self.places.listens(channel):
            return
        matches = self.current.of(channel.team).matcher.find(message.text)
        if matches:
            known = await self.store.named_before(channel, message.id, channel.team)
            # Again, since the watchlist may be another one by now.
            matches = self.current.of(channel.team).matcher.find(message.text)
            new = [match for match in matches if match.vendor not in known]
            await self._record(message, new)

    async def _record(self, message: Message, matches: Iterable[Match]) -> None:
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
            for match in one_a_vendor(matches)
        ]
        if mentions:
            hearing = self._hearing([message.channel.team])
            self._tell(await self.store.record(mentions, hearing))

    async def withdraw(self, channel: Channel, message_id: str) -> None:
        """Take back what a deleted message brought, if its channel wants that."""
        hearing = self._hearing([channel.team])
        if await self.store.withdraw_for(channel, message_id, hearing):
            self.nudge()

    def wants_page(self, entry: Entry) -> bool:
        """Say whether an entry's page may tell more: its own words are few, or name a vendor."""
        channels = self.subscriptions.channels.get(entry.feed, ())
        teams = {channel.team for channel in channels} or {DEFAULT_TEAM}
        return len(entry.text) < THIN or any(
            self.current.of(team).matcher.find(entry.text) for team in teams
        )

    async def of_poll(self, poll: Poll) -> None:
        """Record the vendors in a poll's entries, with all else of it, in one transaction."""
        if poll.entries or poll.notices:
            await self.places.look()
            await self.subscriptions.look()
        mentions: list[Mention] = []
        prints: dict[str, Fingerprint] = {}
        for entry in poll.entries:
            found = list(self._of_entry(entry, flood=poll.flood))
            if found:
                prints[entry.id] = fingerprint(entry.url, entry.title, entry.text)
                mentions += found
        drafts = tuple(self._notices(poll)) if poll.notices else ()
        hearing = self._hearing(_teams(mentions), prints)
        rulings = await self.store.feeds.finish_poll(poll, mentions, hearing, drafts)
        if rulings or drafts:
            self._tell(rulings, flood=poll.feed.url if poll.flood else None)

    async def of_page(self, unread: Unread, seen: Paragraphs) -> None:
        """Record the vendors in an entry whose article came later; those judged before stay so."""
        await self.places.look()
        await self.subscriptions.look()
        entry = unread.entry
        found = list(self._of_entry(entry, flood=unread.flood))
        prints = {entry.id: fingerprint(entry.url, entry.title, entry.text)} if found else {}
        hearing = self._hearing(_teams(found), prints)
        rulings = await self.store.feeds.finish_page(unread, seen, found, hearing)
        if rulings:
            self._tell(rulings)

    def _notices(self, poll: Poll) -> Iterable[Draft]:
        """Word what those who look after the bot are told of a feed."""
        shown, now = redact(poll.feed.url), self.clock()
        for notice in poll.notices:
            if not self._may_notify(now):
                continue  # the log has it, and `feeds list` shows it
            document = notice_about(poll.feed, notice, shown)
            if len(self._notified) == MOST_NOTICES:
                document = and_more(document)
            for admin in self.admins:
                key = digest(["feed", notice.kind, poll.feed.url, admin.key, now.isoformat()])
                yield Draft(key, admin.team, self.places.known(admin), document, None)

    def _may_notify(self, now: datetime) -> bool:
        """Count a notice; say no after many in an hour, as when the network is down for all."""
        self._notified = [at for at in self._notified if timedelta(0) <= now - at < NOTICES_WITHIN]
        if len(self._notified) >= MOST_NOTICES:
            return False
        self._notified.append(now)
        return True

    def _of_entry(self, entry: Entry, *, flood: bool) -> Iterable[Mention]:
        found: dict[str, tuple[Match, ...]] = {}
        for channel in self.subscriptions.channels.get(entry.feed, ()):
            team = channel.team
            if team not in found:
                found[team] = self.current.of(team).matcher.find(entry.text)
            wanted = (each for each in found[team] if self._wants(entry, channel, each))
            for match in one_a_vendor(wanted):
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
                    flood=flood,
                )

    def _wants(self, entry: Entry, channel: Channel, match: Match) -> bool:
        watchlist = self.current.of(channel.team).watchlist
        tags = frozenset(watchlist.get(match.vendor).tags)
        return self.subscriptions.wants(entry.feed, channel, match.vendor, tags, match.kind)

    def _hearing(
        self, teams: Sequence[str], prints: dict[str, Fingerprint] | None = None
    ) -> Hearing:
        """Give who judges what concerns these teams; nothing is judged where there is none."""
        now = self.clock()
        judges = {team: self._judge(team, now) for team in teams or (DEFAULT_TEAM,)}
        team, judge = next(iter(judges.items()))
        return Hearing(judge, now, self.settings, team, prints or {}, judges)

    def _judge(self, team: str, now: datetime) -> WatchlistJudge:
        compiled = self.current.of(team)
        return WatchlistJudge(compiled.watchlist, self.desk(team), compiled.revision, now)

    def desk(self, team: str) -> Desk:
        """Give a team's desk for the day: what it has written once it need not again."""
        compiled, today = self.current.of(team), self.clock().date()
        kept = self._kept.get(team)
        if kept is None or kept[0] is not compiled or kept[1].today != today:
            overlay = compiled.edition.overlay
            entries = {vendor: overlay.entries(vendor) for vendor in overlay.vendors}
            programs, policy = compiled.watchlist.programs, overlay.policy()
            desk = Desk(programs, today, self.corrections, entries, policy)
            kept = self._kept[team] = (compiled, desk)
        return kept[1]

    def _tell(self, rulings: Iterable[Ruling], flood: str | None = None) -> None:
        """Log each decision with its reason, never with a text; wake the worker.

        Those of a feed's `flood` are counted in one line.
        """
        if flood is not None:
            counts = Counter(_outcome(each.decision) for each in rulings)
            log.info("flood judged", feed=redact(flood), outcomes=dict(counts))
            rulings = ()
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


def _teams(mentions: Iterable[Mention]) -> list[str]:
    return sorted({mention.channel.team for mention in mentions})


def _outcome(decision: Decision) -> str:
    match decision:
        case Skip():
            return "alert skipped"
        case Hold():
            return "alert waits"
        case Join():
            return "alert joined to an earlier one"
    return "alert recorded"
