"""The tables, as they are after the newest migration.

Every row carries its `team`. There is no column for what people write: a message leaves behind its
id, the vendor, the time and the words that matched.

To change a table, change it here and add a file to `migrations/versions` that does the same to a
database; a test compares the two.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.types import TypeDecorator

from bot.core.mention import DEFAULT_TEAM


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, read back aware, refused (ValueError) without a zone.

    SQLite keeps the digits of a time and forgets its zone, so the zone is always UTC there.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        """Write a moment for SQLite as its dialect does, in a quarter of the time."""
        return _digits if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """Read a moment from SQLite likewise."""
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring a moment to UTC."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value.isoformat()} has no time zone and cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give a stored moment its zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _digits(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.utcoffset() is None:
            raise ValueError(f"{value.isoformat()} has no time zone and cannot be stored")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]


def _moment(digits: str | None) -> datetime | None:
    return None if digits is None else datetime.fromisoformat(digits).replace(tzinfo=UTC)


def _id() -> Column[int]:
    # SQLite numbers rows by itself only in a column declared INTEGER, which holds 64 bits there.
    return Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


def _team(*, primary_key: bool = False) -> Column[str]:
    default = text(f"'{DEFAULT_TEAM}'")
    return Column("team", Text, primary_key=primary_key, nullable=False, server_default=default)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Every mention that was judged, whatever came of it: what is recorded once is not judged again.
# `channel` is the key across platforms; `private` keeps the row out of what other channels are
# shown. `form` and `revision` are those of what was posted; `matched` is empty for encrypted rooms.
# `outbox_id` is what tells of it: the post, or the digest of what waited.
mention = Table(
    "mention",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _team(),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("vendor", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("cause_id", Text, nullable=False),
    Column("feed", Text),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("matched", Text, nullable=False),
    Column("match_kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("form", Text),
    Column("revision", Text),
    Column("outbox_id", ForeignKey("outbox.id"), index=True),
    Column("story_id", ForeignKey("story.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "vendor", "created_at"),
    Index(None, "channel", "cause_id"),
    Index(None, "story_id", "channel", "vendor"),
    Index(None, "created_at"),
)

# Documents on their way to a channel. `channel` is the platform's own id here; what has the same
# `lane` goes out one after another, as long as it is `open`. `target_id` is the document that an
# edit or a withdrawal is about, `message` the message that a mark is put on, `actor` the person
# whom a reply answers, `stands_in` the channel it is in if that is another (the asker's own).
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _team(),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("thread", Text),
    Column("target_id", ForeignKey("outbox.id"), index=True),
    Column("message", Text),
    Column("actor", Text),
    Column("reply_to", Text),
    Column("document", Text, nullable=False),
    Column("vendor", Text),
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False, server_default=true()),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("unsure", Boolean, nullable=False, server_default=false()),
    Column("last_error", Text),
    Column("sent_at", UtcDateTime),
    Column("message_id", Text, index=True),
    Column("stands_in", Text),
    Column("link", Text),
    Index(None, "open", "id"),
    Index(None, "open", "lane", "id"),
)
# Only of answers and marks, so that an alert does not pay for it.
Index(
    "ix_outbox_message",
    outbox.c.message,
    sqlite_where=outbox.c.message.is_not(None),
    postgresql_where=outbox.c.message.is_not(None),
)

# Commands as people gave them, until their answer is queued; then the row goes.
inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("event", Text, nullable=False, unique=True),
    _team(),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("thread", Text),
    Column("message", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reply_to", Text),
    Column("on_message", Text),
    Column("revises", Text),
    Column("doubt", Text, nullable=False, server_default=text("''")),
    Column("line", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
)

# News that several entries tell, and what each of those is known by: `url` is canonical, `headline`
# the title folded for comparison, `words` those of the text as numbers, while the story is open.
story = Table(
    "story",
    metadata,
    _id(),
    _team(),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Index(None, "team", "first_seen_at"),
)

story_entry = Table(
    "story_entry",
    metadata,
    Column("story_id", ForeignKey("story.id"), primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    _team(),
    Column("url", Text, index=True),
    Column("title", Text, nullable=False),
    Column("link", Text),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("headline", Text, nullable=False, server_default=text("''")),
    Column("words", LargeBinary),
)

# Alerts that wait for a digest, the morning or the end of a pause (then `due_at` is empty).
held = Table(
    "held",
    metadata,
    _id(),
    Column("mention_id", ForeignKey("mention.id"), nullable=False, unique=True),
    _team(),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("vendor", Text, nullable=False),
    Column("hold", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text),
    Column("link", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, index=True),
)

# Who wants no alerts: `vendor` or all, `channel` (its key) or everywhere.
mute = Table(
    "mute",
    metadata,
    _id(),
    _team(),
    Column("vendor", Text),
    Column("channel", Text),
    Column("until", UtcDateTime),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Text),
    Column("private", Boolean, nullable=False, server_default=false()),
    Index(None, "team", "ended_at"),
)

# Words that somebody marked as a wrong match, here (`channel`) or everywhere.
wrong_match = Table(
    "wrong_match",
    metadata,
    _id(),
    _team(),
    Column("vendor", Text, nullable=False),
    Column("channel", Text),
    Column("words", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Index(None, "team", "vendor"),
)

# What a channel wants otherwise than the configuration says: settings as JSON, each as text.
channel_setting = Table(
    "channel_setting",
    metadata,
    _team(primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("choices", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# Channels that the bot is or was in; `listening` is empty where nobody decided, and was decided
# `knowing` that the channel is encrypted. One that was given up for another `moved_to` its key.
place = Table(
    "place",
    metadata,
    _team(primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("external", Boolean, nullable=False, server_default=false()),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("listening", Text),
    Column("knowing", Boolean, nullable=False, server_default=false()),
    Column("by", Text),
    Column("since", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("moved_to", Text),
)

# Commands that wait to be confirmed, by a code that people type. `event` is the command that asks,
# `used_by` the one that confirmed or cancelled it (`outcome`); then the line goes.
confirmation = Table(
    "confirmation",
    metadata,
    _team(primary_key=True),
    Column("code", Text, primary_key=True),
    Column("event", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", Text),
    Column("outcome", Text),
)

# Roles that people were given by chat: `by` whom (a key), or by nobody but the code in the log.
appointment = Table(
    "appointment",
    metadata,
    _id(),
    _team(),
    Column("platform", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("by", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Text),
    Index(None, "team", "ended_at"),
)

# The code that makes somebody a team's first admin, by its digest, and who used it (a key).
claim = Table(
    "claim",
    metadata,
    _team(primary_key=True),
    Column("digest", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_by", Text),
)

# Who attempted what not everybody may: a command's words, without what followed them.
audit = Table(
    "audit",
    metadata,
    _id(),
    _team(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("command", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("revision", BigInteger),
    Index(None, "team", "id"),
    Index(None, "at"),
)

# Workspaces that installed the bot: `data` is encrypted. One that took it out is erased later.
installation = Table(
    "installation",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    _team(),
    Column("data", Text, nullable=False),
    Column("by", Text),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

# Installations that were begun, by the hash of what must come back.
oauth_state = Table(
    "oauth_state",
    metadata,
    Column("state", Text, primary_key=True),
    _team(),
    Column("expires_at", UtcDateTime, nullable=False),
)

# How far an account of the bot's has read; `value` is the platform's, and means nothing to us.
cursor = Table(
    "cursor",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    _team(),
    Column("value", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Events of encrypted rooms whose key has not come yet: `data` is ciphertext, as it came.
sealed_event = Table(
    "sealed_event",
    metadata,
    _id(),
    _team(),
    Column("platform", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "account", "channel", "event"),
)

# A team whose posting has been stopped.
pause = Table(
    "pause",
    metadata,
    _team(primary_key=True),
    Column("by", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# Channels that take nothing any more: admins are told once, until it works again.
trouble = Table(
    "trouble",
    metadata,
    _team(primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# What policy knows of a vendor in a channel, and the row that a transaction locks.
vendor_state = Table(
    "vendor_state",
    metadata,
    _team(primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("vendor", Text, primary_key=True),
    Column("alerted_at", UtcDateTime),
    Column("card_at", UtcDateTime),
    Column("card_revision", Text),
    Column("card_link", Text),
)

# A feed is forgotten by nobody: one that nobody subscribes to is not `active`, one that is `gone`
# for good waits until somebody does anew. While somebody polls it, `next_check_at` is when others
# may, if nothing is heard of them.
feed = Table(
    "feed",
    metadata,
    Column("url", Text, primary_key=True),
    _team(),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("next_check_at", UtcDateTime, nullable=False),
    Column("title", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("seeded", Boolean, nullable=False, server_default=false()),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("checked_at", UtcDateTime),
    Column("address", Text),
    Column("moving_to", Text),
    Column("moves", Integer, nullable=False, server_default=text("0")),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Column("newest_at", UtcDateTime),
    Column("gap_s", Integer),
    Column("floor_s", Integer),
    Column("good_at", UtcDateTime),
    Column("skip_hours", Integer, nullable=False, server_default=text("0")),
    Column("skip_days", Integer, nullable=False, server_default=text("0")),
    Column("told", Text, nullable=False, server_default=text("''")),
    Index(None, "active", "gone", "next_check_at"),
)

# What a feed's bodies listed lately, once one has been read that tells. Not in the feed's own row,
# which is written at every poll: this is long, and seldom changes.
listing = Table(
    "listing",
    metadata,
    Column("feed", ForeignKey("feed.url"), primary_key=True),
    _team(),
    Column("prints", LargeBinary, nullable=False),
)

# Who wants a feed where. `channel` is the platform's own id; `origin` is whose wish it is: of the
# configuration, of somebody in chat or at the command line, or of a list that is followed.
subscription = Table(
    "subscription",
    metadata,
    Column("feed", ForeignKey("feed.url"), primary_key=True),
    _team(primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("backfill_s", Integer),
    Column("filter", Text),
    Column("by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Index(None, "team", "origin"),
)

# Feed entries are public, so their words may be kept; `kept` says that they still are.
entry = Table(
    "entry",
    metadata,
    Column("feed", ForeignKey("feed.url"), primary_key=True),
    Column("id", Text, primary_key=True),
    _team(),
    Column("kept", Boolean, nullable=False, server_default=true()),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("url", Text),
    Column("published", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Index(None, "kept", "first_seen_at", "feed", "id"),
)

# Entries whose pages could not be had yet. `due_at` is when they are tried again; while somebody
# tries, it is when others may, if nothing is heard of them. `flood` is that of the entry's poll.
page = Table(
    "page",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    _team(),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("flood", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(["feed", "entry"], ["entry.feed", "entry.id"]),
)

# The paragraphs of a host's newest pages, as numbers: what stands on many pages is no news.
paragraph = Table(
    "paragraph",
    metadata,
    Column("host", Text, primary_key=True),
    _team(),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    Column("pages", LargeBinary, nullable=False),
)

# How far a team's edits have come: the last `number` given out and the last `seq`; and the row that
# a transaction locks to add one.
edition = Table(
    "edition",
    metadata,
    _team(primary_key=True),
    Column("number", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
)

# Edits of the watchlist, applied (`seq` says in which order), proposed or rejected. `event` is the
# command that made it, `changes` JSON, `undoes` the number of the revision that it takes back.
revision = Table(
    "revision",
    metadata,
    _team(primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("event", Text, nullable=False, unique=True),
    Column("vendor", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("seq", Integer),
    Column("undoes", Integer),
    Column("decided_by", Text),
    Column("decided_at", UtcDateTime),
    Index(None, "team", "seq", unique=True),
    Index(None, "team", "vendor", "number"),
)

# Stored entries that are searched again, since a vendor or a name is new. `event` is the command
# that asked for it and is answered where it was given; `vendors` and `reached`, how far it has come
# and what it found, are JSON: entries by their keys, none of their words.
backsearch = Table(
    "backsearch",
    metadata,
    _id(),
    _team(),
    Column("event", Text, nullable=False, unique=True),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("thread", Text),
    Column("message", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reply_to", Text),
    Column("vendors", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("reached", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Index(None, "state", "id"),
)
