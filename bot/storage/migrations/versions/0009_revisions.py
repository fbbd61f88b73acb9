"""The watchlist can be edited by chat: each edit is a revision."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "edition",
        sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team", name="pk_edition"),
    )
    op.create_table(
        "revision",
        sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer()),
        sa.Column("undoes", sa.Integer()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("team", "number", name="pk_revision"),
        sa.UniqueConstraint("event", name="uq_revision_event"),
    )
    op.create_index("ix_revision_team_seq", "revision", ["team", "seq"], unique=True)
    op.create_index("ix_revision_team_vendor_number", "revision", ["team", "vendor", "number"])


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
