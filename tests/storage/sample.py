"""Things to keep: invented mentions, documents and feeds; a test names only what it is about."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.document import Document, Paragraph, words
from bot.core.feed import CONFIGURED, Feed, Paragraphs, Poll, Route
from bot.core.mention import Cause, Channel, Entry, Match, MatchKind, Mention
from bot.core.policy import Decision, History, Situation, Telling, decide
from bot.core.settings import Settings
from bot.core.stories import Fingerprint
from bot.storage.rows import Hearing
from bot.storage.store import Store

NOW = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
HALL = Channel("fake", "#hall")
FEED = "https://gazette.example/feed.xml"


def mention(vendor: str = "acme-cam", cause_id: str = "m1", channel: Channel = HALL) -> Mention:
    """Give a mention of a vendor in a message."""
    match = Match(vendor, "ACME", 0, 4, MatchKind.EXACT, 1.0, "Acme", "the name as written")
    return Mention(channel, vendor, match, Cause.MESSAGE, cause_id, NOW)


def mention_in_entry(
    cause_id: str = "e1",
    vendor: str = "acme-cam",
    channel: Channel = HALL,
    feed: str = FEED,
    title: str = "Acme wins",
) -> Mention:
    """Give a mention of a vendor in an entry of a feed."""
    match = Match(vendor, "ACME", 0, 4, MatchKind.EXACT, 1.0, "Acme", "the name as written")
    link = f"https://gazette.example/{cause_id}"
    return Mention(
        channel, vendor, match, Cause.ENTRY, cause_id, NOW, title=title, link=link, feed=feed
    )


def document(text: str = "About Acme") -> Document:
    """Give a document of one paragraph."""
    return Document(text, (Paragraph(words(text)),))


@dataclass(slots=True)
class Policy:
    """The real policy at a time; keeps the situations it was shown.

    `prints` are the fingerprints of entries; an entry without one is a story of its own.
    """

    now: datetime = NOW
    record: str = "r1"
    settings: Settings = field(default_factory=Settings)
    prints: dict[str, Fingerprint] = field(default_factory=dict)
    situations: list[Situation] = field(default_factory=list)

    @property
    def seen(self) -> list[History]:
        """The histories it was shown."""
        return [each.history for each in self.situations]

    def decide(self, mention: Mention, situation: Situation) -> Decision:
        """Judge a mention."""
        self.situations.append(situation)
        return decide(mention, situation, self.record, frozenset(), self.now)

    def compose(self, tellings: Sequence[Telling]) -> Document:
        """Say the form and the vendors."""
        vendors = " and ".join(each.mention.vendor for each in tellings)
        return document(f"{tellings[0].post.form} about {vendors}")

    def revision(self, vendor: str) -> str:
        """Give the record's state."""
        del vendor
        return self.record

    def hearing(self, team: str = "default") -> Hearing:
        """Give a hearing before this judge."""
        return Hearing(self, self.now, self.settings, team, self.prints)


@dataclass(slots=True)
class Faulty(Policy):
    """A judge with a bug that only the message or entry `at` brings out."""

    at: str = "m2"

    def decide(self, mention: Mention, situation: Situation) -> Decision:
        """Fail at one cause."""
        if mention.cause_id == self.at:
            raise RuntimeError("a bug")
        return decide(mention, situation, self.record, frozenset(), self.now)


def after(*, record: str = "r1", **ago: float) -> Policy:
    """Give the policy some time after NOW: `after(days=2)`."""
    return Policy(NOW + timedelta(**ago), record)


def entry(
    id: str = "e1",  # noqa: A002 - the field's name
    title: str = "Acme wins a tender",
    feed: str = FEED,
) -> Entry:
    """Give an entry of the feed."""
    return Entry(feed, id, title, "A summary", "https://gazette.example/a", NOW, "An article")


def poll(*entries: Entry, url: str = FEED, seen: tuple[Paragraphs, ...] = ()) -> Poll:
    """Give a good poll that is due again in a quarter of an hour."""
    state = Feed(url, NOW + timedelta(minutes=15), seeded=True, checked_at=NOW)
    return Poll(state, entries, seen=seen)


def page(name: str, *prints: int) -> Paragraphs:
    """Give a page of the feed's host."""
    return Paragraphs("gazette.example", f"https://gazette.example/{name}", prints)


async def configure(store: Store, urls: Iterable[str], now: datetime = NOW) -> None:
    """Let the configuration send exactly these feeds to the hall."""
    wished = [Route(url, HALL) for url in urls]
    await store.feeds.follow("default", CONFIGURED, wished, CONFIGURED, now)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """Read from a database behind the program's back."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def change(file: Path, statement: str, *values: object) -> None:
    """Change a database behind the program's back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)
