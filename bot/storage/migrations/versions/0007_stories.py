"""What an entry is known by stands with the entry, and its text's words take the place of a print."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the headlines to the entries; open stories are known by them and their addresses."""
    op.add_column(
        "story_entry",
        sa.Column("headline", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    op.add_column("story_entry", sa.Column("words", sa.LargeBinary()))
    op.execute(
        "UPDATE story_entry SET headline = "
        "(SELECT story.title FROM story WHERE story.id = story_entry.story_id)"
    )
    for name in ("url", "title", "print"):
        op.drop_column("story", name)


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
