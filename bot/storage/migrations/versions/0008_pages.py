"""Entries whose pages could not be had wait for them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "page",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flood", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "entry", name="pk_page"),
        sa.ForeignKeyConstraint(
            ["feed", "entry"], ["entry.feed", "entry.id"], name="fk_page_feed_entry"
        ),
    )
    op.create_index("ix_page_due_at", "page", ["due_at"])


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
