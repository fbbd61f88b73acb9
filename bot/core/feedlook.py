"""A feed as somebody finds it: read just now, or followed by a channel. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.feed import CHAT, Feed, Subscription
from bot.core.matcher import Matcher
from bot.core.mention import Entry, Match, MatchKind, one_a_vendor


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What a feed says now, its oldest entry first, and how soon it would be asked `again`.

    `shown` is its address and `moved_to` where it has moved for good, both fit to be read by all.
    `tells_changes`: it can say whether it changed, without being sent.
    """

    shown: str
    title: str
    entries: tuple[Entry, ...]
    again: timedelta
    tells_changes: bool
    moved_to: str | None = None

    @property
    def newest(self) -> Entry | None:
        """The entry with the latest date; where none has one, the one that it puts first."""
        dated = [(each.published, each) for each in self.entries if each.published is not None]
        if dated:
            return max(dated, key=lambda each: each[0])[1]
        return self.entries[-1] if self.entries else None

    @property
    def newest_at(self) -> datetime | None:
        """When its newest entry is of; None if none has a date."""
        return None if self.newest is None else self.newest.published

    def latest(self, most: int) -> tuple[Entry, ...]:
        """Give its newest entries, the newest first; those without a date as they are listed."""
        newest_first = reversed(self.entries)
        # A stable sort: what has no date comes last, in the feed's own order.
        ordered = sorted(newest_first, key=lambda each: _age(each.published))
        return tuple(ordered[:most])

    def told_since(
        self, since: datetime, matcher: Matcher, wants: Callable[[Match], bool]
    ) -> tuple[tuple[Entry, Match], ...]:
        """Give the matches that are wanted in entries of then or later, the newest entry first.

        One a vendor and entry. What has no date counts as new, as it does when it is judged.
        """
        recent = (
            each
            for each in self.latest(len(self.entries))
            if each.published is None or each.published >= since
        )
        return tuple(
            (entry, match)
            for entry in recent
            for match in one_a_vendor(filter(wants, matcher.find(entry.text)))
        )

    def names(
        self, matcher: Matcher, minimum: MatchKind = MatchKind.POSSIBLE
    ) -> list[tuple[str, int]]:
        """Give the ids of the vendors that its entries name, and how many do; most first."""
        named = Counter(
            vendor
            for entry in self.entries
            for vendor in {
                match.vendor for match in matcher.find(entry.text) if match.kind.reaches(minimum)
            }
        )
        return named.most_common()


@dataclass(frozen=True, slots=True)
class FeedAt:
    """Where a feed is. `shown` is the address fit to be read; `title` may be empty."""

    url: str
    shown: str
    title: str = ""


def _age(published: datetime | None) -> tuple[bool, float]:
    return (published is None, 0.0 if published is None else -published.timestamp())


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of an OPML list, each once, and what stands in place of addresses, fit to be read.

    `fault` says where the list stops being XML, so that something may be missing.
    """

    feeds: tuple[FeedAt, ...]
    refused: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class NoFeed:
    """What is no feed, and `why`; the feeds that it leads to, or how many it is a list of.

    `guessed`: it names none of them, but there they are, at the usual places of its site.
    """

    shown: str
    why: str
    feeds: tuple[FeedAt, ...] = ()
    listed: int = 0
    guessed: bool = False


Found: TypeAlias = LookedAt | NoFeed


@dataclass(frozen=True, slots=True)
class Followed:
    """A feed that a channel follows, and the wishes for it to come there."""

    feed: Feed
    shown: str
    routes: tuple[Subscription, ...]

    @property
    def origins(self) -> frozenset[str]:
        """Whose wishes those are (see `Subscription.origin`)."""
        return frozenset(each.origin for each in self.routes)

    @property
    def by_chat(self) -> Subscription | None:
        """What people of the channel asked for."""
        return next((each for each in self.routes if each.origin == CHAT), None)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How many feeds go to how many other channels that are open to all of the team."""

    feeds: int
    channels: int


def minutes(wait: timedelta) -> str:
    """Say about how long that is: `a minute`, `30 minutes`, `6 hours`."""
    count = round(wait.total_seconds() / 60)
    if count <= 1:
        return "a minute"
    return f"{count} minutes" if count < 120 else f"{round(count / 60)} hours"
