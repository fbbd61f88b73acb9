"""What follows from an answer: the feed's new state, what is new, what somebody has to be told.

Pure: the clock and chance are arguments. The poller asks, this decides, the sink keeps.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from bot.core.feed import Feed, Notice, NoticeKind, Poll
from bot.core.mention import Entry
from bot.errors import FeedError, GoneError
from bot.feeds import moves
from bot.feeds.fetching.fetch import Fetched
from bot.feeds.jobs import Reading
from bot.feeds.schedule import Limits, after_failure, after_success, gap_after, is_stale

FEWEST_FLOOD = 10
"""More new entries than this, and than half of what a feed lists, are a flood."""
FAILING = timedelta(hours=24)
"""A feed that was not read for so long is told of."""
SLOWER_DOWN = 5
"""Errors in a row before that is told at all."""


def _none(_feed: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about every feed. Entries older than `old` are no news when they come in.

    `backfill` says of a feed how old an entry of its first poll may be that is searched.
    """

    limits: Limits = field(default_factory=Limits)
    old: timedelta = timedelta(days=30)
    backfill: Callable[[str], timedelta | None] = _none


@dataclass(frozen=True, slots=True)
class Asked:
    """A feed that was asked at a moment, and what is needed to decide about it."""

    feed: Feed
    now: datetime
    rules: Rules
    rng: Random

    def failed(self, error: FeedError) -> Poll:
        """Back off; never give up, unless the server says that there is nothing any more."""
        feed = moves.fallen_back(self.feed)
        failures = feed.failures + 1
        wait = after_failure(self.rules.limits.fastest, failures, error.retry_after, self.rng)
        state = replace(
            feed,
            next_check_at=self.now + wait,
            failures=failures,
            last_error=str(error),
            checked_at=self.now,
        )
        if isinstance(error, GoneError) and self.feed.address is None:
            return _told(replace(state, gone=True), Notice(NoticeKind.GONE))
        lost = feed.good_at is None or self.now - feed.good_at >= FAILING
        if lost and failures >= SLOWER_DOWN and NoticeKind.FAILING not in feed.told:
            return _told(state, Notice(NoticeKind.FAILING, str(error)))
        return Poll(state)

    def unchanged(self, fetched: Fetched) -> Poll:
        """Note that there is nothing new: a 304, or the body that is known."""
        # A 304 need not repeat the validators (RFC 9110, 15.4.5).
        old = self.feed
        etag, last_modified = fetched.etag, fetched.last_modified
        if fetched.body is None:
            etag, last_modified = etag or old.etag, last_modified or old.last_modified
        return self._good(old, fetched, old.floor, etag, last_modified)

    def read(
        self, fetched: Fetched, body_hash: str, reading: Reading, unseen: Collection[str]
    ) -> Poll:
        """Sort what a changed body lists. `unseen` are ids that the database does not know."""
        feed = self.feed
        new = tuple(entry for entry in reading.entries if entry.id in unseen)
        entries, quiet = self._sorted(new)
        arrivals = tuple(entry.published for entry in new)
        state = replace(
            feed,
            skip_hours=reading.skip_hours,
            skip_days=reading.skip_days,
            title=reading.title or feed.title,
            body_hash=None if reading.cut else body_hash,
            listed=reading.listed,
            newest_at=self._newest(new),
            gap=gap_after(feed, arrivals, self.now),
        )
        # Of a body that breaks off the rest has still to come: it is asked for whole.
        etag, modified = (None, None) if reading.cut else (fetched.etag, fetched.last_modified)
        poll = self._good(state, fetched, reading.floor, etag, modified)
        listed = len(reading.entries) + reading.known
        flood = feed.seeded and len(entries) > max(FEWEST_FLOOD, listed // 2)
        return replace(poll, entries=entries, quiet=quiet, flood=flood)

    def _sorted(self, new: tuple[Entry, ...]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
        """Part what is searched from what is only remembered."""
        oldest: datetime | None = self.now - self.rules.old
        if not self.feed.seeded:
            backfill = self.rules.backfill(self.feed.url)
            oldest = None if backfill is None else self.now - backfill
        news = {
            entry.id
            for entry in new
            if oldest is not None
            and (entry.published >= oldest if entry.published else self.feed.seeded)
        }
        return (
            tuple(entry for entry in new if entry.id in news),
            tuple(entry for entry in new if entry.id not in news),
        )

    def _newest(self, new: tuple[Entry, ...]) -> datetime | None:
        if not new:
            return self.feed.newest_at
        if self.feed.seeded:
            return self.now
        newest = max((each.published for each in new if each.published), default=self.now)
        return min(newest, self.now)

    def _good(
        self,
        state: Feed,
        fetched: Fetched,
        floor: timedelta | None,
        etag: str | None,
        last_modified: str | None,
    ) -> Poll:
        """Give the state after a good answer, with what it ended and what it began."""
        floors = [each for each in (floor, fetched.fresh_for) if each is not None]
        state, notices = moves.moved(state, fetched.moved_to)
        said = [*notices]
        if NoticeKind.FAILING in self.feed.told:
            said.append(Notice(NoticeKind.RECOVERED))
        told = state.told - {NoticeKind.FAILING}
        if not is_stale(state, self.now):
            told -= {NoticeKind.STALE}
        elif NoticeKind.STALE not in told:
            told |= {NoticeKind.STALE}
            said.append(Notice(NoticeKind.STALE))
        wait = after_success(
            state,
            max(floors, default=None),
            self.now,
            self.rng,
            self.rules.limits,
            skip_hours=state.skip_hours,
            skip_days=state.skip_days,
        )
        before = self.feed
        kept = (before.seeded, before.failures, before.etag, before.last_modified, before.floor)
        steady = (
            state is before
            and kept == (True, 0, etag, last_modified, floor)
            and told == before.told
        )
        # Written out, as `replace` takes twice as long, and that is most of what this costs.
        state = Feed(
            url=state.url,
            next_check_at=self.now + wait,
            title=state.title,
            etag=etag,
            last_modified=last_modified,
            body_hash=state.body_hash,
            seeded=True,
            checked_at=self.now,
            good_at=self.now,
            address=state.address,
            moving_to=state.moving_to,
            moves=state.moves,
            gone=state.gone,
            listed=state.listed,
            newest_at=state.newest_at,
            gap=state.gap,
            floor=floor,
            skip_hours=state.skip_hours,
            skip_days=state.skip_days,
            told=told,
        )
        return Poll(state, notices=tuple(said), steady=steady)


def _told(feed: Feed, notice: Notice) -> Poll:
    return Poll(replace(feed, told=feed.told | {notice.kind}), notices=(notice,))


def waits(feed: Feed, until: datetime) -> Poll:
    """Put a feed off whose host wants to be left alone; that is no error of the feed's."""
    return Poll(replace(feed, next_check_at=until))
