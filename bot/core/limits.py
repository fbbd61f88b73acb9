"""How often somebody may ask: so many at once, and then at a steady rate. Pure."""

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
