"""Everything that goes wrong in a way we expected.

BotError                   its docstring is its default message
├─ InvalidFileError        a config or watchlist file; every problem has a place
├─ UsageError              what a person typed; the text is for that person
│  └─ DeniedError          they may not, or nobody can know whether they may
├─ DeliveryError           a platform did not take a card
├─ FeedError               a feed could not be read
│  └─ GoneError            its server says that it is gone for good
└─ StorageError            the database could not be used

Anything else is a bug: it is logged with its traceback and the loop goes on to the next item.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class BotError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n", 1)[0])


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a file. Lines and columns count from 1; 0 means unknown."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class InvalidFileError(BotError):
    """A file cannot be used as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(BotError):
    """That command cannot be carried out."""


class DeniedError(UsageError):
    """Only others may do that."""


class DeliveryError(BotError):
    """The platform did not take the message.

    `permanent` means that trying again cannot help. `retry_after` is in seconds, where the
    platform said so. `uncertain` means that it may have taken it: look before sending again.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.uncertain = uncertain


class FeedError(BotError):
    """A feed or page could not be read. `retry_after` is in seconds, where the server said so.

    `passing` means that it may be had another time: a time-out, a connection that failed, a server
    that is overloaded or broken.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, passing: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.passing = passing


class GoneError(FeedError):
    """The server says that the feed is gone for good (410)."""


class StorageError(BotError):
    """The database could not be used."""
