"""The tables, as they are after the newest migration.

Every row carries its `team`. There is no column for what people write: a message leaves behind its
id, the vendor, the time and the words that matched.

To change a table, change it here and add a file to `migrations/versions` that does the same to a
database; a test compares the two.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.types import TypeDecorator

DEFAULT_TEAM = "default"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, read back aware, refused (ValueError) without a zone.

    SQLite keeps the digits of a time and forgets its zone, so the zone is always UTC there.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

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

# Decisions to post. `channel` is the key across platforms; `private` keeps the row out of what
# other channels are shown.
alert = Table(
    "alert",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _team(),
    Column("channel", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("cause_id", Text, nullable=False),
    Column("matched", Text, nullable=False),
    Column("match_kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("message_id", Text),
    Column("link", Text),
    Index(None, "vendor", "created_at"),
)

# Documents on their way to a channel. `channel` is the platform's own id here.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("alert_id", ForeignKey("alert.id"), index=True),
    _team(),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("thread", Text),
    Column("document", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("sent_at", UtcDateTime),
    Index(None, "state", "platform", "channel"),
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

# A feed is forgotten by nobody: one that is no longer configured is not `active`.
feed = Table(
    "feed",
    metadata,
    Column("url", Text, primary_key=True),
    _team(),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("next_check_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("title", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("seeded", Boolean, nullable=False, server_default=false()),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("checked_at", UtcDateTime),
)

# Feed entries are public, so their words may be kept.
entry = Table(
    "entry",
    metadata,
    Column("feed", ForeignKey("feed.url"), primary_key=True),
    Column("id", Text, primary_key=True),
    _team(),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("url", Text),
    Column("published", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
)
