"""What the poller needs of the rest of the bot."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

from bot.core.feed import Feed, Poll

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Source(Protocol):
    """Where feeds wait. Every method may raise StorageError."""

    async def lease_feed(self, now: datetime, lease: timedelta) -> Feed | None:
        """Give a feed that is due and keep others from it for `lease`; None if none is due."""

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Give the time at which the next feed is due; None without feeds."""

    async def unseen(self, feed_url: str, ids: Sequence[str]) -> set[str]:
        """Give those of the ids that are not remembered for this feed."""

    async def fail_poll(self, feed: Feed) -> None:
        """Store a feed's error and its next check, and end its lease."""


class Sink(Protocol):
    """Where polls go."""

    async def on_poll(self, poll: Poll) -> None:
        """Commit the feed's state, its entries and what follows from them, all or nothing."""


class Offload(Protocol):
    """Runs a pure function away from the event loop. A process pool fits as well as a thread."""

    async def __call__(
        self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Give the function's result, or raise what it raised."""
