"""What has been decided and not been written down yet, in the caller's transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.core.policy import Decision, Hold
from bot.storage import held, mentions, outbox
from bot.storage.mentions import Judged
from bot.storage.rows import Draft, Hearing


@dataclass(slots=True)
class Minutes:
    """Notes decisions, to write them down many at a time.

    What is noted is seen by nobody: `write` before asking the tables about it.
    """

    connection: Connection
    _drafts: list[tuple[Draft, datetime]] = field(default_factory=list)
    _judged: list[tuple[Judged, Hearing, Decision, str | None]] = field(default_factory=list)

    def post(self, draft: Draft, now: datetime) -> None:
        """Note that a document is to be posted."""
        self._drafts.append((draft, now))

    def keep(
        self, judged: Judged, hearing: Hearing, decision: Decision, document: str | None = None
    ) -> None:
        """Note what became of a mention; `document` is the key of what is posted about it."""
        self._judged.append((judged, hearing, decision, document))

    def write(self) -> None:
        """Write down what has been noted, in the order in which it was."""
        numbers = outbox.queue_all(self.connection, self._drafts) if self._drafts else {}
        rows = [
            mentions.row_of(judged, hearing, decision, numbers[document] if document else None)
            for judged, hearing, decision, document in self._judged
        ]
        if rows:
            mentions.keep(self.connection, rows)
        waiting = [
            held.Waiting(judged.key, judged.mention, decision, hearing.team)
            for judged, hearing, decision, _ in self._judged
            if isinstance(decision, Hold)
        ]
        if waiting:
            held.keep(self.connection, waiting)
        self._drafts.clear()
        self._judged.clear()
