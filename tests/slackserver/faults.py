"""What goes wrong on purpose, and how often a method may be called."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from tests.slackserver.state import Clock, Json

Wrong: TypeAlias = Literal["429", "500", "cut", "lost", "slow", "error"]
WRONGS = get_args(Wrong)


@dataclass(slots=True)
class Fault:
    """What happens to calls of a method (`*` is every method), so many `times` (None: always).

    429 and 500 are answers, to a call that was not carried out unless `accepted`. `cut` ends the
    connection before the call is carried out, `lost` after it, before the answer. `slow` answers
    `seconds` after it was carried out. `error` is an `ok: false` answer of that name.
    `every` is for each third call and the like: the first two pass.
    """

    method: str
    kind: Wrong
    times: int | None = 1
    every: int = 1
    seconds: float = 1.0
    error: str = "invalid_blocks"
    status: int = 500
    accepted: bool = False
    seen: int = 0

    def strikes(self, method: str) -> bool:
        """Say whether this call is one of those, and count it."""
        if self.method not in ("*", method) or self.times == 0:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Pace:
    """A bucket for each key: `burst` calls at once, then one in every `seconds`."""

    clock: Clock
    method: str
    seconds: float
    burst: int = 1
    by_channel: bool = True
    _full_at: dict[str, float] = field(default_factory=dict)

    def wait(self, arguments: Json) -> float:
        """Take one call; 0 if it may pass, or else the seconds to wait (then it is not taken)."""
        key = str(arguments.get("channel") or "") if self.by_channel else ""
        now = self.clock.now()
        full_at = max(self._full_at.get(key, now), now)
        over = full_at + self.seconds - now - self.burst * self.seconds
        if over > 1e-9:
            return over
        self._full_at[key] = full_at + self.seconds
        return 0.0
