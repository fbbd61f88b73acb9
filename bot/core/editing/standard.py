"""An edit that does not meet the standard."""

from collections.abc import Iterable

from bot.core.editing.tree import Fault
from bot.core.editing.words import refusal
from bot.core.refused import RefusedError


class BelowStandardError(RefusedError):
    """That edit does not meet the standard; `faults` say which rules it breaks, and where."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        told = tuple(faults)
        super().__init__(refusal(told), told)
