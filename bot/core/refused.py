"""A command that is not carried out, with more to say than a line."""

from collections.abc import Iterable

from bot.core.document import Document
from bot.core.editing.tree import Fault
from bot.errors import UsageError


class RefusedError(UsageError):
    """That command cannot be carried out; `document` says why, and what to do instead.

    `faults` say the same place by place, where it is a record that would not stand.
    """

    def __init__(self, document: Document, faults: Iterable[Fault] = ()) -> None:
        super().__init__(document.summary)
        self.document = document
        self.faults = tuple(faults)
