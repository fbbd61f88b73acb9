"""Channels and people: what they are, who is in them, and what was said."""

from collections.abc import Iterable, Iterator

from tests.slackserver.asked import Asked, Method, find_channel, need, page, yes
from tests.slackserver.state import Channel, Json, Kind, SlackError, User

_READ: dict[Kind, str] = {
    "public": "channels:read",
    "private": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}
_HISTORY: dict[Kind, str] = {
    "public": "channels:history",
    "private": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}


def shown_channel(channel: Channel, viewer: str) -> Json:
    """Give a channel as `conversations.info` does."""
    told: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.archived,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "public",
        "is_ext_shared": channel.ext_shared,
        "is_shared": len(channel.teams) > 1 or channel.ext_shared,
        "is_org_shared": len(channel.teams) > 1 and not channel.ext_shared,
        "context_team_id": channel.teams[0],
        "shared_team_ids": channel.teams,
    }
    if channel.kind == "im":
        return told | {"user": next(iter(channel.members - {viewer}), viewer)}
    return told | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_general": False,
        "is_member": viewer in channel.members,
        "creator": channel.creator,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def info(asked: Asked) -> Json:
    """Describe a channel."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"))
    need(installation, _READ[channel.kind])
    return {"channel": shown_channel(channel, installation.bot_user)}


def members(asked: Asked) -> Json:
    """List who is in a channel."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"))
    need(installation, _READ[channel.kind])
    return page("members", sorted(channel.members), arguments, 100)


def open_conversation(asked: Asked) -> Json:
    """Open the direct messages with one person."""
    state, installation, arguments = asked
    users = arguments.get("users")
    wanted = users.split(",") if isinstance(users, str) else list(users or [])
    if len(wanted) != 1 or wanted[0] not in state.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": state.im(installation, wanted[0]).id}}


def leave(asked: Asked) -> Json:
    """Take the app out of a channel."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"), inside=True)
    channel.members.discard(installation.bot_user)
    state.touched()
    return {}


def _listed(asked: Asked, user: str) -> Iterator[Json]:
    state, installation, arguments = asked
    names = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
    wanted = str(arguments.get("types") or "public_channel").split(",")
    kinds = {names.get(each.strip(), "") for each in wanted}
    if "" in kinds:
        raise SlackError("invalid_types")
    for kind, scope in _READ.items():
        if kind in kinds:
            need(installation, scope)
    team = arguments.get("team_id")
    if installation.org_wide and not team:
        raise SlackError("missing_argument")
    for channel in state.channels.values():
        if (
            channel.kind not in kinds
            or not state.reaches(installation, channel)
            or (team and team not in channel.teams)
            or (channel.archived and yes(arguments.get("exclude_archived")))
        ):
            continue
        if channel.kind == "public" or installation.bot_user in channel.members:
            yield shown_channel(channel, user)


def list_conversations(asked: Asked) -> Json:
    """List the channels that the app can see."""
    _, installation, arguments = asked
    listed = list(_listed(asked, installation.bot_user))
    return page("channels", listed, arguments, 100)


def users_conversations(asked: Asked) -> Json:
    """List the channels that the app (or `user`) is in, as far as the app can see."""
    state, installation, arguments = asked
    user = str(arguments.get("user") or installation.bot_user)
    if user not in state.users:
        raise SlackError("user_not_found")
    listed = [each for each in _listed(asked, user) if user in state.channels[each["id"]].members]
    return page("channels", listed, arguments, 100)


def _history(arguments: Json, messages: Iterable[Json]) -> list[Json]:
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "")
    inclusive = yes(arguments.get("inclusive"))
    kept = []
    for message in messages:
        at = _seconds(message["ts"])
        after = at > _seconds(oldest) or (inclusive and at == _seconds(oldest))
        before = not latest or at < _seconds(latest) or (inclusive and at == _seconds(latest))
        if after and before:
            kept.append(message)
    if yes(arguments.get("include_all_metadata")):
        return kept
    return [{key: each[key] for key in each if key != "metadata"} for each in kept]


def _seconds(ts: str) -> int:
    whole, _, part = ts.partition(".")
    try:
        return int(whole or 0) * 1_000_000 + int((part + "000000")[:6])
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None


def _may_read(asked: Asked) -> Channel:
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"), inside=True)
    need(installation, _HISTORY[channel.kind])
    return channel


def history(asked: Asked) -> Json:
    """Read a channel, newest first, without answers in threads unless they were broadcast."""
    arguments, channel = asked.arguments, _may_read(asked)
    top = [
        message
        for message in reversed(channel.messages.values())
        if message.get("thread_ts", message["ts"]) == message["ts"]
        or message.get("subtype") == "thread_broadcast"
    ]
    told = page("messages", _history(arguments, top), arguments, 100)
    return told | {"has_more": bool(told["response_metadata"]["next_cursor"]), "pin_count": 0}


def replies(asked: Asked) -> Json:
    """Read a thread, oldest first, its parent always at the start."""
    state, _, arguments = asked
    channel = _may_read(asked)
    found = channel.messages.get(str(arguments.get("ts") or ""))
    if found is None:
        raise SlackError("thread_not_found")
    parent = channel.messages.get(str(found.get("thread_ts", found["ts"])), found)
    first = _history({**arguments, "oldest": "", "latest": ""}, [parent])
    rest = _history(arguments, state.replies(channel, parent["ts"]))
    told = page("messages", first + rest, arguments, 1000)
    return told | {"has_more": bool(told["response_metadata"]["next_cursor"])}


def shown_user(user: User) -> Json:
    """Give a person as `users.info` does."""
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.name.title(),
        "deleted": user.deleted,
        "is_admin": user.admin or user.owner,
        "is_owner": user.owner,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.bot_id is not None,
        "is_app_user": False,
        "tz": "Europe/Berlin",
        "tz_offset": 3600,
        "profile": {"real_name": user.name.title(), "display_name": user.name}
        | ({"bot_id": user.bot_id, "api_app_id": user.app_id} if user.bot_id else {}),
    }


def users_info(asked: Asked) -> Json:
    """Describe a person."""
    state, _, arguments = asked
    user = state.users.get(str(arguments.get("user") or ""))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": shown_user(user)}


def usergroup_users(asked: Asked) -> Json:
    """List who is in a user group."""
    state, _, arguments = asked
    for team in state.teams.values():
        if arguments.get("usergroup") in team.groups:
            return {"users": list(team.groups[arguments["usergroup"]])}
    raise SlackError("no_such_subteam")


_READING, _PAST = tuple(_READ.values()), tuple(_HISTORY.values())
METHODS = {
    "conversations.info": Method(info, _READING),
    "conversations.members": Method(members, _READING),
    "conversations.open": Method(open_conversation, ("im:write", "mpim:write")),
    "conversations.leave": Method(leave, ("channels:manage", "channels:write", "groups:write")),
    "conversations.list": Method(list_conversations, _READING),
    "users.conversations": Method(users_conversations, _READING),
    "conversations.history": Method(history, _PAST),
    "conversations.replies": Method(replies, _PAST),
    "users.info": Method(users_info, ("users:read",)),
    "usergroups.users.list": Method(usergroup_users, ("usergroups:read",)),
}
