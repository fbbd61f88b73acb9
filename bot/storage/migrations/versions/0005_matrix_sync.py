"""How far each account has read, and what it could not decrypt yet."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def team() -> sa.Column[str]:
    """Give the column that every row has."""
    return sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False)


def upgrade() -> None:
    """Make the new tables."""
    op.create_table(
        "cursor",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        team(),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "account", name="pk_cursor"),
    )
    op.create_table(
        "sealed_event",
        sa.Column("id", ID, nullable=False),
        team(),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sealed_event"),
        sa.UniqueConstraint(
            "platform",
            "account",
            "channel",
            "event",
            name="uq_sealed_event_platform_account_channel_event",
        ),
    )


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
