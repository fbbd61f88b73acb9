"""A feed as somebody finds it: read just now, or followed by a channel. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.feed import Feed
from bot.core.matcher import Matcher
from bot.core.mention import Entry, MatchKind


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


@dataclass(frozen=True, slots=True)
class NoFeed:
    """What is no feed, and `why`; the feeds that it leads to, or how many it is a list of."""

    shown: str
    why: str
    feeds: tuple[FeedAt, ...] = ()
    listed: int = 0


Found: TypeAlias = LookedAt | NoFeed


@dataclass(frozen=True, slots=True)
class Followed:
    """A feed that a channel follows, and whose wishes that are (see `Subscription.origin`)."""

    feed: Feed
    shown: str
    origins: frozenset[str]


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
