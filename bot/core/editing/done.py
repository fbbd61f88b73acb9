"""What comes of an edit, made or tried."""

from dataclasses import dataclass

from bot.core.editing.revision import Revision, State
from bot.core.editing.tree import Fault
from bot.core.vendor import Vendor


class TriedError(Exception):
    """An edit that was only tried would stand; nothing was written."""


@dataclass(frozen=True, slots=True)
class Done:
    """An edit that was made, or proposed where a second person decides.

    `record` is the vendor's by now, None if there is none; `weak` is worth a look. `again`: the
    command had made it before, and its answer was lost. `searching` is of how many days the stored
    entries are searched again for it; 0 if none are.
    """

    revision: Revision
    record: Vendor | None
    weak: tuple[Fault, ...] = ()
    again: bool = False
    searching: int = 0

    @property
    def waits(self) -> bool:
        """Whether somebody else has to approve it first."""
        return self.revision.state is State.PROPOSED
