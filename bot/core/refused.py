"""A command that is not carried out, with more to say than a line."""

from bot.core.document import Document
from bot.errors import UsageError


class RefusedError(UsageError):
    """That command cannot be carried out; `document` says why, and what to do instead."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.summary)
        self.document = document
