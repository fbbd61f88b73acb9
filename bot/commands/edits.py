"""What commands ask of editing."""

from collections.abc import Sequence
from typing import Protocol

from bot.core.editing.change import Change
from bot.core.editing.done import Done
from bot.core.editing.edition import Edition
from bot.core.editing.revision import Revision
from bot.core.editing.tree import Tree


class Edits(Protocol):
    """The team's watchlist as one command may change it. All may raise StorageError.

    A command makes one edit of each vendor at most. Carried out twice, it edits once.
    """

    @property
    def edition(self) -> Edition:
        """What stands, as it is when the command is carried out."""

    @property
    def approval(self) -> bool:
        """Whether edits wait for a second person."""

    async def before(self) -> Done | None:
        """Give the first edit that this command made, if it was carried out before."""

    def tried(self) -> "Edits":
        """Give the same for trying: an edit that would stand raises TriedError instead."""

    async def make(
        self, vendor: str, record: Tree | None, reason: str = "", *, seen: int | None = None
    ) -> Done:
        """Let a vendor's record be this; None takes the vendor off the watchlist.

        `seen` is the number of the last revision that whoever edits has seen. Raise RefusedError
        if the record does not meet the standard, if nothing would change, or if somebody else
        changed the same in the meantime.
        """

    async def change(
        self,
        vendor: str,
        changes: Sequence[Change],
        reason: str = "",
        *,
        undoes: int | None = None,
    ) -> Done:
        """Make changes that were worked out from this edition; raise RefusedError as `make` does.

        With an empty `vendor` they are the team's own, such as its policy.
        """

    async def find(self, number: int) -> Revision:
        """Give a revision of the team; raise UsageError if there is none of that number."""

    async def log(
        self, vendor: str | None, limit: int, before: int | None = None
    ) -> tuple[Revision, ...]:
        """Give at most `limit` revisions, newest first: a vendor's or all, before a number."""

    async def proposals(self) -> tuple[Revision, ...]:
        """Give what waits for a second person, in order."""

    async def undone_by(self, numbers: Sequence[int]) -> dict[int, int]:
        """Say by which revision each of these was taken back, if by any."""

    async def approve(self, number: int) -> Done:
        """Let a proposal hold; raise RefusedError if it is the asker's own or does not fit now."""

    async def reject(self, number: int) -> Revision:
        """Let a proposal not hold; raise UsageError if it does not wait."""
