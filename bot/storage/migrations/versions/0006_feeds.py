"""More of a feed is remembered, who wants it where, and what its host repeats on every page."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def team() -> sa.Column[str]:
    """Give the column that every row has."""
    return sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False)


def upgrade() -> None:
    """Make the new tables and columns; entries that have lost their words are marked.

    A feed that somebody is polling is due when the lease ends, and there is no other lease.
    """
    for column in (
        sa.Column("address", sa.Text()),
        sa.Column("moving_to", sa.Text()),
        sa.Column("moves", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("newest_at", MOMENT),
        sa.Column("gap_s", sa.Integer()),
        sa.Column("floor_s", sa.Integer()),
        sa.Column("good_at", MOMENT),
        sa.Column("skip_hours", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("skip_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("listed", sa.LargeBinary()),
    ):
        op.add_column("feed", column)
    feed = sa.table("feed", sa.column("next_check_at", MOMENT), sa.column("lease_until", MOMENT))
    later = feed.c.lease_until > feed.c.next_check_at
    op.execute(sa.update(feed).where(later).values(next_check_at=feed.c.lease_until))
    op.drop_column("feed", "lease_until")
    op.create_index(
        "ix_feed_active_gone_next_check_at", "feed", ["active", "gone", "next_check_at"]
    )
    op.add_column(
        "entry", sa.Column("kept", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    entry = sa.table("entry", *map(sa.column, ("kept", "title", "summary", "article")))
    empty = (entry.c[each] == "" for each in ("title", "summary", "article"))
    op.execute(sa.update(entry).where(*empty).values(kept=sa.false()))
    op.create_index(
        "ix_entry_kept_first_seen_at_feed_id", "entry", ["kept", "first_seen_at", "feed", "id"]
    )
    op.create_table(
        "subscription",
        sa.Column("feed", sa.Text(), nullable=False),
        team(),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("backfill_s", sa.Integer()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "feed", "team", "platform", "channel", "origin", name="pk_subscription"
        ),
        sa.ForeignKeyConstraint(["feed"], ["feed.url"], name="fk_subscription_feed_feed"),
    )
    op.create_index("ix_subscription_team_origin", "subscription", ["team", "origin"])
    op.create_table(
        "paragraph",
        sa.Column("host", sa.Text(), nullable=False),
        team(),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("pages", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_paragraph"),
    )
    op.create_index("ix_paragraph_seen_at", "paragraph", ["seen_at"])


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
