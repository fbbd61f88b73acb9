"""A channel may want some of a feed only."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; who followed a feed so far goes on to get everything."""
    op.add_column("subscription", sa.Column("filter", sa.Text()))


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
