"""The table that every command is declared in, and what commands are about."""

from bot.core.commands import CommandTable, Topic

TOPICS = (
    Topic("asking", "what is known of a vendor, and what a text would match", ("vendor",)),
    Topic(
        "alerts",
        "how alerts come here, how to quiet them, and what to do about a wrong one",
        ("vendor alerts", "vendor mute", "vendor unmute", "vendor mutes", "vendor wrong"),
    ),
    Topic("feeds", "the feeds that a channel follows", ("watchlist feed",)),
    Topic("routes", "which news goes to which channel", ("watchlist route",)),
    Topic("watchlist", "adding vendors, the log of edits, and taking them back", ("watchlist",)),
    Topic(
        "records",
        "filling in and mending the parts of a vendor's record",
        tuple(
            f"watchlist {each}"
            for each in (
                *("name", "look-alike", "measure", "allegation", "response", "proceeding"),
                *("background", "related", "not-listed", "source", "set", "show", "todo", "edit"),
            )
        ),
    ),
    Topic(
        "admin",
        "where the bot listens, how it is doing, and stopping it",
        tuple(
            f"vendor {each}"
            for each in ("about", "overview", "watch", "pause", "resume", "status", "who", "audit")
        ),
    ),
)
"""A command belongs to the one that has the longest beginning of it."""
FIRST = ("vendor", "vendor mute", "vendor alerts")
"""What people do most: ask for a vendor, quiet one, see how alerts come and change it."""

table = CommandTable(TOPICS, FIRST)
