"""Things to keep: invented mentions, documents and feeds; a test names only what it is about."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.document import Document, Paragraph, words
from bot.core.feed import Feed, Poll
from bot.core.mention import Cause, Channel, Entry, Match, MatchKind, Mention
from bot.core.policy import Alert, Form, History, Post, PostReason, Settings, Skip, decide

NOW = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
HALL = Channel("fake", "#hall")
FEED = "https://gazette.example/feed.xml"


def mention(vendor: str = "acme-cam", cause_id: str = "m1", channel: Channel = HALL) -> Mention:
    """Give a mention of a vendor in a message."""
    match = Match(vendor, "ACME", 0, 4, MatchKind.EXACT, 1.0, "Acme", "the name as written")
    return Mention(channel, vendor, match, Cause.MESSAGE, cause_id, NOW)


def mention_in_entry(cause_id: str = "e1", vendor: str = "acme-cam") -> Mention:
    """Give a mention of a vendor in an entry of a feed."""
    match = Match(vendor, "ACME", 0, 4, MatchKind.EXACT, 1.0, "Acme", "the name as written")
    return Mention(HALL, vendor, match, Cause.ENTRY, cause_id, NOW, title="Acme wins")


def document(text: str = "About Acme") -> Document:
    """Give a document of one paragraph."""
    return Document(text, (Paragraph(words(text)),))


def alert(form: Form = Form.CARD, revision: str = "r1") -> Alert:
    """Give a decision to post."""
    return Alert(Post(PostReason.FIRST, form), document(), revision)


@dataclass(slots=True)
class Policy:
    """The real policy at a time; keeps the histories it was shown."""

    now: datetime = NOW
    revision: str = "r1"
    settings: Settings = field(default_factory=Settings)
    seen: list[History] = field(default_factory=list)

    def __call__(self, mention: Mention, history: History) -> Alert | Skip:
        """Judge a mention."""
        self.seen.append(history)
        decision = decide(mention, self.settings, history, self.revision, self.now)
        match decision:
            case Skip():
                return decision
            case Post(_, form):
                said = document(f"{form} about {mention.vendor}")
                return Alert(decision, said, self.revision)


def entry(id: str = "e1", title: str = "Acme wins a tender") -> Entry:  # noqa: A002 - the field's name
    """Give an entry of the feed."""
    return Entry(FEED, id, title, "A summary", "https://gazette.example/a", NOW, "An article")


def poll(*entries: Entry, url: str = FEED) -> Poll:
    """Give a good poll that is due again in a quarter of an hour."""
    return Poll(Feed(url, NOW + timedelta(minutes=15), checked_at=NOW), entries)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """Read from a database behind the program's back."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def change(file: Path, statement: str, *values: object) -> None:
    """Change a database behind the program's back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)
