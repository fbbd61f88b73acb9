"""How often: what a person may ask, and how long to wait for what failed. Pure."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_ASKERS = 10_000
"""People remembered; whoever asked longest ago is forgotten first."""


@dataclass(slots=True)
class Allowance:
    """Lets each asker have `burst` at once and one more every `refill`."""

    burst: int = 20
    refill: timedelta = timedelta(seconds=3)
    _spent: OrderedDict[str, datetime] = field(init=False, default_factory=OrderedDict)

    def wait(self, asker: str, now: datetime) -> timedelta | None:
        """Take one for an asker at `now`; if there is none left, say how long until there is.

        What was asked in vain costs nothing. (GCRA, as in ITU-T I.371: the one thing kept is when
        all will be made good again.)
        """
        full = self._spent.pop(asker, now)
        # From before the clock was set back.
        full = min(full, now + self.refill * self.burst)
        after = max(full, now) + self.refill
        late = after - now - self.refill * self.burst
        if late > timedelta(0):
            self._spent[asker] = full
            return late
        self._spent[asker] = after
        if len(self._spent) > MOST_ASKERS:
            self._spent.popitem(last=False)
        return None


@dataclass(slots=True)
class WrongTries:
    """Lets each person be wrong `most` times within a span that ends now."""

    most: int = 5
    within: timedelta = timedelta(hours=1)
    _wrong: OrderedDict[str, tuple[datetime, ...]] = field(init=False, default_factory=OrderedDict)

    def may(self, who: str, now: datetime) -> bool:
        """Say whether somebody may try at `now`. A clock set back forgives nobody."""
        return len(self._lately(who, now)) < self.most

    def wrong(self, who: str, now: datetime) -> None:
        """Count a try as wrong."""
        self._wrong[who] = (*self._lately(who, now), now)
        self._wrong.move_to_end(who)
        if len(self._wrong) > MOST_ASKERS:
            self._wrong.popitem(last=False)

    def forgive(self, who: str) -> None:
        """Count none of somebody's tries any more: they knew."""
        self._wrong.pop(who, None)

    def _lately(self, who: str, now: datetime) -> tuple[datetime, ...]:
        return tuple(at for at in self._wrong.get(who, ()) if now - at < self.within)


STEPS = (1, 5, 15, 60)
WELL_AFTER = timedelta(seconds=60)
"""What ran for so long did work; its next failure counts as the first."""


@dataclass(slots=True)
class Patience:
    """Says how long (seconds) to wait before what failed is started again: longer each time."""

    _failures: int = field(init=False, default=0)

    def pause(self, ran: timedelta) -> int:
        """Give the seconds to wait after a failure of something that `ran` for so long."""
        if ran > WELL_AFTER:
            self._failures = 0
        self._failures += 1
        return STEPS[min(self._failures, len(STEPS)) - 1]
