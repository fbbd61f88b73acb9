"""The app as Slack is told of it: commands, events, and no scope more than they need. Pure.

Format: https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from bot.core.commands import Command
from bot.platforms.slack.agreed import SHORTCUT

MOST_HINT = 1_000
"""Characters of a command's usage hint; Slack's own limit."""
MORE = " | …"
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | None"

# Which scope each method needs, by https://docs.slack.dev/reference/methods; none: any token.
METHODS: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "reactions.add": ("reactions:write",),
    "users.info": ("users:read",),
    "users.conversations": ("groups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
# Which scope each event needs, by https://docs.slack.dev/reference/events; none: any token.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_left": ("channels:read",),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "group_left": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}
# What a bot does without that is only asked: it reads no messages and needs to know of no channels.
WATCHING_METHODS = frozenset(
    {"conversations.history", "conversations.info", "conversations.replies", "reactions.add"}
)
LOOKUP_EVENTS = frozenset({"app_home_opened", "app_mention", "app_uninstalled", "tokens_revoked"})


def methods(*, watching: bool = True) -> dict[str, tuple[str, ...]]:
    """Give the methods that are called, with their scopes."""
    return {key: METHODS[key] for key in METHODS if watching or key not in WATCHING_METHODS}


def events(*, watching: bool = True) -> dict[str, tuple[str, ...]]:
    """Give the events that are subscribed to, with their scopes."""
    return {key: EVENTS[key] for key in EVENTS if watching or key in LOOKUP_EVENTS}


def scopes(*, watching: bool = True) -> list[str]:
    """Give the scopes that the methods, the events and the slash commands need, in order."""
    used = (*methods(watching=watching).values(), *events(watching=watching).values())
    return sorted({scope for some in used for scope in some} | {"commands"})


def manifest(commands: Iterable[Command], *, watching: bool = True) -> dict[str, Plain]:
    """Describe the app: one slash command for each first word of the command table.

    One that is not `watching` can be asked, and reads no messages.
    """
    asked: list[Plain] = [*scopes(watching=watching)]
    heard: list[Plain] = [*sorted(events(watching=watching))]
    words: dict[str, list[Command]] = {}
    for command in commands:
        if command.listed:
            words.setdefault(command.path[0], []).append(command)
    return {
        "display_information": {
            "name": "VendorWatch",
            "description": "Context on watched vendors: what is said, by whom, and "
            "what they answer",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": "true",
                "messages_tab_enabled": "true",
                # Nobody would answer what is written there.
                "messages_tab_read_only_enabled": "false" if watching else "true",
            },
            "bot_user": {"display_name": "vendorwatch", "always_online": "true"},
            "shortcuts": [
                {
                    "name": "Check for vendors",
                    "type": "message",
                    "callback_id": SHORTCUT,
                    "description": "See which watched vendors a message names",
                }
            ],
            "slash_commands": [
                {
                    "command": f"/{word}",
                    "description": _description(word, several),
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


def _description(word: str, several: Iterable[Command]) -> str:
    """Say what a word does alone, or where it is said what it does with others."""
    alone = next((each.help for each in several if each.path == (word,)), None)
    return alone or f"Type /vendor help {word} to see what it does."


def _hint(several: Iterable[Command]) -> str:
    """Say what may follow the word, as much of it as Slack shows."""
    hint = ""
    for each in several:
        longer = f"{hint}{' | ' if hint else ''}{each.usage.partition(' ')[2] or '…'}"
        if len(longer) > MOST_HINT - len(MORE):
            return hint + MORE
        hint = longer
    return hint
