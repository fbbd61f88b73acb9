"""The first tables: alerts, outbox, vendor states, feeds and their entries.

A migration is history: it names plain column types, not the program's own, and is never edited
once released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEAM = sa.text("'default'")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "alert",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default=TEAM, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Text(), nullable=False),
        sa.Column("matched", sa.Text(), nullable=False),
        sa.Column("match_kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("message_id", sa.Text()),
        sa.Column("link", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("key", name="uq_alert_key"),
    )
    op.create_index("ix_alert_vendor_created_at", "alert", ["vendor", "created_at"])
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("alert_id", ID),
        sa.Column("team", sa.Text(), server_default=TEAM, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("thread", sa.Text()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("sent_at", MOMENT),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_outbox_alert_id_alert"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"])
    op.create_index(
        "ix_outbox_state_platform_channel", "outbox", ["state", "platform", "channel"]
    )
    op.create_table(
        "vendor_state",
        sa.Column("team", sa.Text(), server_default=TEAM, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("alerted_at", MOMENT),
        sa.Column("card_at", MOMENT),
        sa.Column("card_revision", sa.Text()),
        sa.Column("card_link", sa.Text()),
        sa.PrimaryKeyConstraint("team", "channel", "vendor", name="pk_vendor_state"),
    )
    op.create_table(
        "feed",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default=TEAM, nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("title", sa.Text()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("body_hash", sa.Text()),
        sa.Column("seeded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("checked_at", MOMENT),
        sa.PrimaryKeyConstraint("url", name="pk_feed"),
    )
    op.create_table(
        "entry",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default=TEAM, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("published", MOMENT),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.url"], name="fk_entry_feed_feed"),
        sa.PrimaryKeyConstraint("feed", "id", name="pk_entry"),
    )


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
