"""Where the bot is and listens; workspaces that installed it; what a command was given on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def team() -> sa.Column[str]:
    """Give the column that every row has."""
    return sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False)


def upgrade() -> None:
    """Make the new tables; note on commands and mutes what was not asked before."""
    op.add_column("inbox", sa.Column("on_message", sa.Text()))
    op.add_column(
        "mute", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "place",
        team(),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("external", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("listening", sa.Text()),
        sa.Column("by", sa.Text()),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT),
        sa.PrimaryKeyConstraint("team", "channel", name="pk_place"),
    )
    op.create_table(
        "installation",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        team(),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("installed_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.PrimaryKeyConstraint("platform", "workspace", name="pk_installation"),
    )
    op.create_table(
        "oauth_state",
        sa.Column("state", sa.Text(), nullable=False),
        team(),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_oauth_state"),
    )


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
