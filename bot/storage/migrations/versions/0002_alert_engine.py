"""The alert engine: mentions, stories, what waits, mutes, settings, the inbox; edits in the outbox.

`alert` becomes `mention`, which also keeps what was not posted, and the outbox no longer points at
one alert: a message about several vendors has several.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def team() -> sa.Column[str]:
    """Give the column that every row has."""
    return sa.Column("team", sa.Text(), server_default=sa.text("'default'"), nullable=False)


def no(name: str) -> sa.Column[bool]:
    """Give a column that is false unless said otherwise."""
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    """Give a column of text."""
    return sa.Column(name, sa.Text(), nullable=null)


def moment(name: str, *, null: bool = False) -> sa.Column[object]:
    """Give a column of moments."""
    return sa.Column(name, MOMENT, nullable=null)


def upgrade() -> None:
    """Make the new tables, carry the alerts over, and let the outbox do more than post."""
    stories()
    extend_outbox()
    mentions()
    op.drop_table("alert")
    waiting()
    choices()


def stories() -> None:
    op.create_table(
        "story",
        sa.Column("id", ID, nullable=False),
        team(),
        text("url", null=True),
        text("title"),
        sa.Column("print", sa.BigInteger(), nullable=False),
        moment("first_seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
    )
    op.create_index("ix_story_team_first_seen_at", "story", ["team", "first_seen_at"])
    op.create_table(
        "story_entry",
        sa.Column("story_id", ID, nullable=False),
        text("feed"),
        text("entry"),
        team(),
        text("url", null=True),
        text("title"),
        text("link", null=True),
        moment("seen_at"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_story_entry_story_id_story"),
        sa.PrimaryKeyConstraint("story_id", "feed", "entry", name="pk_story_entry"),
    )
    op.create_index("ix_story_entry_url", "story_entry", ["url"])


def extend_outbox() -> None:
    # Noted on the alert first: SQLite rebuilds the outbox, which nothing may point at meanwhile.
    op.add_column("alert", sa.Column("outbox_id", ID))
    op.execute(
        "UPDATE alert SET outbox_id = "
        "(SELECT min(outbox.id) FROM outbox WHERE outbox.alert_id = alert.id)"
    )
    op.drop_index("ix_outbox_state_platform_channel", "outbox")
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("lane", sa.Text(), server_default=sa.text("''"), nullable=False))
        batch.add_column(sa.Column("kind", sa.Text(), server_default="post", nullable=False))
        batch.add_column(sa.Column("open", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(no("encrypted"))
        batch.add_column(sa.Column("target_id", ID))
        batch.add_column(text("message", null=True))
        batch.add_column(text("actor", null=True))
        batch.add_column(text("reply_to", null=True))
        batch.add_column(text("vendor", null=True))
        batch.add_column(no("unsure"))
        batch.add_column(text("message_id", null=True))
        batch.add_column(text("link", null=True))
        batch.create_foreign_key("fk_outbox_target_id_outbox", "outbox", ["target_id"], ["id"])
    op.execute(
        "UPDATE outbox SET lane = platform || ':' || channel, "
        "open = state IN ('pending', 'sending', 'uncertain'), "
        "vendor = (SELECT vendor FROM alert WHERE alert.id = outbox.alert_id), "
        "message_id = (SELECT message_id FROM alert WHERE alert.id = outbox.alert_id), "
        "link = (SELECT link FROM alert WHERE alert.id = outbox.alert_id)"
    )
    op.drop_index("ix_outbox_alert_id", "outbox")
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("lane", server_default=None)
        batch.alter_column("kind", server_default=None)
        batch.drop_constraint("fk_outbox_alert_id_alert", type_="foreignkey")
        batch.drop_column("alert_id")
    op.create_index("ix_outbox_open_id", "outbox", ["open", "id"])
    op.create_index("ix_outbox_open_lane_id", "outbox", ["open", "lane", "id"])
    op.create_index("ix_outbox_target_id", "outbox", ["target_id"])


def mentions() -> None:
    op.create_table(
        "mention",
        sa.Column("id", ID, nullable=False),
        text("key"),
        team(),
        text("channel"),
        sa.Column("private", sa.Boolean(), nullable=False),
        no("encrypted"),
        text("vendor"),
        text("cause"),
        text("cause_id"),
        text("feed", null=True),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        text("matched"),
        text("match_kind"),
        text("outcome"),
        text("reason"),
        text("form", null=True),
        text("revision", null=True),
        sa.Column("outbox_id", ID),
        sa.Column("story_id", ID),
        moment("created_at"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_mention_outbox_id_outbox"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_mention_story_id_story"),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sa.UniqueConstraint("key", name="uq_mention_key"),
    )
    op.execute(
        "INSERT INTO mention (key, team, channel, private, vendor, cause, cause_id, matched, "
        "match_kind, outcome, reason, form, revision, created_at, outbox_id) "
        "SELECT key, team, channel, private, vendor, cause, cause_id, matched, match_kind, "
        "'post', reason, form, revision, created_at, outbox_id FROM alert ORDER BY alert.id"
    )
    for columns in (
        ["vendor", "created_at"],
        ["channel", "cause_id"],
        ["story_id", "channel", "vendor"],
        ["created_at"],
        ["outbox_id"],
    ):
        op.create_index(f"ix_mention_{'_'.join(columns)}", "mention", columns)


def waiting() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", ID, nullable=False),
        text("event"),
        team(),
        text("platform"),
        text("channel"),
        sa.Column("private", sa.Boolean(), nullable=False),
        no("encrypted"),
        text("thread", null=True),
        text("message"),
        text("actor"),
        text("reply_to", null=True),
        text("line"),
        moment("received_at"),
        moment("lease_until", null=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("event", name="uq_inbox_event"),
    )
    op.create_table(
        "held",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        team(),
        text("platform"),
        text("channel"),
        sa.Column("private", sa.Boolean(), nullable=False),
        no("encrypted"),
        text("vendor"),
        text("hold"),
        text("reason"),
        text("title", null=True),
        text("link", null=True),
        moment("at"),
        moment("due_at", null=True),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_held_mention_id_mention"),
        sa.PrimaryKeyConstraint("id", name="pk_held"),
        sa.UniqueConstraint("mention_id", name="uq_held_mention_id"),
    )
    op.create_index("ix_held_due_at", "held", ["due_at"])


def choices() -> None:
    op.create_table(
        "mute",
        sa.Column("id", ID, nullable=False),
        team(),
        text("vendor", null=True),
        text("channel", null=True),
        moment("until", null=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        text("by"),
        moment("created_at"),
        moment("ended_at", null=True),
        text("ended_by", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_mute"),
    )
    op.create_index("ix_mute_team_ended_at", "mute", ["team", "ended_at"])
    op.create_table(
        "wrong_match",
        sa.Column("id", ID, nullable=False),
        team(),
        text("vendor"),
        text("channel", null=True),
        text("words"),
        text("name"),
        text("by"),
        moment("created_at"),
        text("state"),
        sa.PrimaryKeyConstraint("id", name="pk_wrong_match"),
    )
    op.create_index("ix_wrong_match_team_vendor", "wrong_match", ["team", "vendor"])
    op.create_table(
        "channel_setting",
        team(),
        text("channel"),
        text("choices"),
        text("by"),
        moment("changed_at"),
        sa.PrimaryKeyConstraint("team", "channel", name="pk_channel_setting"),
    )
    op.create_table(
        "pause",
        team(),
        text("by"),
        moment("since"),
        sa.PrimaryKeyConstraint("team", name="pk_pause"),
    )
    op.create_table(
        "trouble",
        team(),
        text("lane"),
        text("reason"),
        moment("since"),
        sa.PrimaryKeyConstraint("team", "lane", name="pk_trouble"),
    )


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise RuntimeError("migrations go forward only; restore a backup")
