"""What feeds listed is kept beside them, so that a poll without news need not write it again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and bring over what is known."""
    op.create_table(
        "listing",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_listing"),
        sa.ForeignKeyConstraint(["feed"], ["feed.url"], name="fk_listing_feed_feed"),
    )
    feed = sa.table("feed", *map(sa.column, ("url", "team", "listed")))
    listing = sa.table("listing", *map(sa.column, ("feed", "team", "prints")))
    known = sa.select(feed.c.url, feed.c.team, feed.c.listed).where(feed.c.listed.is_not(None))
    op.execute(sa.insert(listing).from_select(["feed", "team", "prints"], known))
    op.drop_column("feed", "listed")


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
