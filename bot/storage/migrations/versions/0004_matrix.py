"""Commands that are edited, doubted or confirmed; encrypted channels, and such as moved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def upgrade() -> None:
    """Note of commands, answers and channels what was not asked before."""
    op.add_column("inbox", sa.Column("revises", sa.Text()))
    op.add_column(
        "inbox", sa.Column("doubt", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("outbox", sa.Column("stands_in", sa.Text()))
    op.create_index("ix_outbox_message_id", "outbox", ["message_id"])
    some = sa.text("message IS NOT NULL")
    op.create_index(
        "ix_outbox_message", "outbox", ["message"], sqlite_where=some, postgresql_where=some
    )
    op.add_column("place", _no("encrypted"))
    op.add_column("place", _no("knowing"))
    op.add_column("place", sa.Column("moved_to", sa.Text()))
    op.create_table(
        "confirmation",
        sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("team", "code", name="pk_confirmation"),
        sa.UniqueConstraint("event", name="uq_confirmation_event"),
    )


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
