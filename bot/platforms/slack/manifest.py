"""The app as Slack is told of it: commands, events, and no scope more than they need. Pure.

Format: https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from bot.core.commands import Command

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | None"

CHECK_SHORTCUT = "check_for_vendors"
"""The callback id of the shortcut on a message."""

# Which scope each method needs, by https://docs.slack.dev/reference/methods; none: any token.
METHODS: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "reactions.add": ("reactions:write",),
    "users.info": ("users:read",),
    "users.conversations": ("groups:read",),
    "usergroups.users.list": ("usergroups:read",),
}
# Which scope each event needs, by https://docs.slack.dev/reference/events.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
}


def scopes() -> list[str]:
    """Give the scopes that the methods, the events and the slash commands need, in order."""
    needed = {scope for each in (METHODS, EVENTS) for some in each.values() for scope in some}
    return sorted(needed | {"commands"})


def manifest(commands: Iterable[Command]) -> dict[str, Plain]:
    """Describe the app: one slash command for each first word of the command table."""
    asked: list[Plain] = [*scopes()]
    heard: list[Plain] = [*sorted(EVENTS)]
    words: dict[str, list[Command]] = {}
    for command in commands:
        if command.listed:
            words.setdefault(command.path[0], []).append(command)
    return {
        "display_information": {
            "name": "VendorWatch",
            "description": "Context on watched surveillance vendors: what is said, by whom, and "
            "what they answer",
        },
        "features": {
            "bot_user": {"display_name": "vendorwatch", "always_online": "true"},
            "shortcuts": [
                {
                    "name": "Check for vendors",
                    "type": "message",
                    "callback_id": CHECK_SHORTCUT,
                    "description": "See which watched vendors a message names",
                }
            ],
            "slash_commands": [
                {
                    "command": f"/{word}",
                    "description": several[0].help,
                    "usage_hint": _hint(several),
                    "should_escape": "true",
                }
                for word, several in sorted(words.items())
            ],
        },
        "oauth_config": {"scopes": {"bot": asked}},
        "settings": {
            "event_subscriptions": {"bot_events": heard},
            "interactivity": {"is_enabled": "true"},
            "org_deploy_enabled": "false",
            "socket_mode_enabled": "true",
            "token_rotation_enabled": "false",
        },
    }


def _hint(several: Iterable[Command]) -> str:
    """Say what may follow the word, as far as Slack shows it (1,000 characters)."""
    return " | ".join(each.usage.partition(" ")[2] or "…" for each in several)[:1000]
