"""What the app is sent: events in their envelope, slash commands, clicks, shortcuts, views."""

import itertools
import re
import uuid
from html import escape, unescape
from typing import Any

from tests.slackserver.state import Channel, Installation, Json, State

SCOPES_OF_EVENTS = {
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "reaction_added": {"reactions:read"},
    "reaction_removed": {"reactions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "channel_archive": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_left": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_shared": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_deleted": {"groups:read"},
    "group_left": {"groups:read"},
    "group_rename": {"groups:read"},
    "group_unarchive": {"groups:read"},
}
"""Any one of these scopes is needed for the event; for what is not listed, none."""

_EVENTS_OF_EVERYBODY = {"channel_archive", "channel_deleted", "channel_rename", "channel_unarchive"}
"""Told about every public channel, whether the app is in it or not."""
_OWN_LEAVING = {"channel_left", "group_left"}
_TOKEN = re.compile(r"<([^<>]+)>")
_NAME = re.compile(r"(?<!\S)([@#])([\w.-]+)")
_numbers = itertools.count(1)


def addressee(state: State, name: str, team: str, channel: Channel | None) -> Installation | None:
    """Give the installation that an event goes to, if it goes anywhere."""
    if name not in state.app.events:
        return None
    wanted = SCOPES_OF_EVENTS.get(name)
    for each in state.installations:
        if not each.active or (wanted and not each.scopes & wanted):
            continue
        if channel is None:
            reached = each.team == team or (
                each.org_wide and each.enterprise == state.teams[team].enterprise
            )
        else:
            public = channel.kind == "public" and name in _EVENTS_OF_EVERYBODY
            inside = each.bot_user in channel.members or name in _OWN_LEAVING
            reached = state.reaches(each, channel) and (inside or public)
        if reached:
            return each
    return None


def event_callback(
    state: State, installation: Installation, event: Json, team: str, channel: Channel | None
) -> Json:
    """Put an event into its envelope."""
    enterprise = state.teams[team].enterprise
    return {
        "token": state.app.verification_token,
        "team_id": installation.team or team,
        "enterprise_id": enterprise,
        "context_team_id": team,
        "context_enterprise_id": enterprise,
        "api_app_id": state.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev0FAKE{next(_numbers):06d}",
        "event_time": int(state.clock.now()),
        "authorizations": [
            {
                "enterprise_id": installation.enterprise,
                "team_id": installation.team,
                "user_id": installation.bot_user,
                "is_bot": True,
                "is_enterprise_install": installation.org_wide,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.ext_shared),
        "event_context": f"4-{uuid.uuid4().hex}",
    }


def slash_command(
    state: State, installation: Installation, user: str, channel: Channel, typed: tuple[str, str]
) -> Json:
    """Make a slash command (`typed`: command, text), names escaped if the app wants that."""
    command, text = typed
    team = state.teams[state.users[user].team]
    written = escape(text, quote=False)
    if state.app.should_escape:
        written = _NAME.sub(lambda found: _named(state, found), written)
    names = {"im": "directmessage", "private": "privategroup", "mpim": "mpdm"}
    about = {"channel": channel.id, "user": user, "bot_id": installation.bot_id}
    return {
        "token": state.app.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": names.get(channel.kind, channel.name),
        "user_id": user,
        "user_name": state.users[user].name,
        "command": command,
        "text": written,
        "api_app_id": state.app.id,
        "is_enterprise_install": str(installation.org_wide).lower(),
        "response_url": state.response_url(about),
        "trigger_id": state.trigger(about),
    } | ({"enterprise_id": team.enterprise} if team.enterprise else {})


def _named(state: State, found: re.Match[str]) -> str:
    sign, name = found.groups()
    if sign == "@":
        matching: Any = (u for u in state.users.values() if u.name == name)
    else:
        matching = (c for c in state.channels.values() if c.name == name)
    one = next(matching, None)
    return f"<{sign}{one.id}|{name}>" if one else found.group()


def interaction(state: State, user: str, kind: str, installation: Installation) -> Json:
    """Make what all interactions have in common."""
    person = state.users[user]
    team = state.teams[person.team]
    organisation = {"id": team.enterprise, "name": team.enterprise} if team.enterprise else None
    return {
        "type": kind,
        "user": {
            "id": user,
            "username": person.name,
            "name": person.name,
            "team_id": person.team,
        },
        "api_app_id": state.app.id,
        "token": state.app.verification_token,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": organisation,
        "is_enterprise_install": installation.org_wide,
    }


def on_message(
    state: State, user: str, channel: Channel, message: Json, installation: Installation
) -> Json:
    """Make what an interaction with a message has on top."""
    about = {"channel": channel.id, "user": user, "bot_id": installation.bot_id}
    origin = about | {"message": message["ts"], "thread": message.get("thread_ts")}
    return {
        "trigger_id": state.trigger(about),
        "response_url": state.response_url(origin),
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
    }


def action(state: State, element: Json, block_id: str, value: Any) -> Json:
    """Make one of the `actions` of a click; `value` is what was chosen, for what has choices."""
    made = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": state.clock.ts(),
    }
    if element["type"] == "button":
        kept = ("text", "value", "url", "style")
        return made | {key: element[key] for key in kept if key in element}
    return made | entered(element, value)


def initial(element: Json) -> Any:
    """Give what stands in an element when it is opened."""
    options = element.get("initial_options")
    if options is not None:
        return [option["value"] for option in options]
    option = element.get("initial_option")
    return element.get("initial_value") if option is None else option["value"]


def entered(element: Json, value: Any) -> Json:
    """Give what a filled-in element says, as in `view.state.values`."""
    kind = element["type"]
    options = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        options += group["options"]
    chosen = value if isinstance(value, list) else [value]
    picked = [option for option in options if option["value"] in chosen]
    if kind in ("static_select", "overflow", "radio_buttons", "external_select"):
        return {"type": kind, "selected_option": picked[0] if picked else None}
    if kind in ("multi_static_select", "checkboxes"):
        return {"type": kind, "selected_options": picked}
    keys = {
        "users_select": "selected_user",
        "conversations_select": "selected_conversation",
        "channels_select": "selected_channel",
        "multi_users_select": "selected_users",
        "multi_conversations_select": "selected_conversations",
        "multi_channels_select": "selected_channels",
        "datepicker": "selected_date",
        "timepicker": "selected_time",
        "datetimepicker": "selected_date_time",
    }
    return {"type": kind, keys.get(kind, "value"): value}


def rich_text(text: str) -> list[Json]:
    """Give the blocks that Slack makes of what a person typed (its text as events have it)."""
    elements: list[Json] = []
    for number, part in enumerate(_TOKEN.split(text)):
        if number % 2:
            elements.append(_token(part))
        elif part:
            elements.append({"type": "text", "text": unescape(part)})
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": [section]}]


def _token(token: str) -> Json:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    link: Json = {"type": "link", "url": unescape(target)}
    return link | ({"text": unescape(label)} if label else {})
