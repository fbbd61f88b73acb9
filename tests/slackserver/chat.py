"""Posting, changing and deleting messages, and reactions."""

import json
import re

from tests.slackserver.asked import Asked, Method, find_channel, find_message, yes
from tests.slackserver.blocks import MOST_CHARACTERS, characters, check_message, identified
from tests.slackserver.state import Channel, Installation, Json, SlackError, State

MOST_TEXT = 40_000
"""Characters of `text`; what is longer is cut off."""
MOST_UPDATED_TEXT = 4_000
MOST_METADATA = 8_000
_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def content(state: State, arguments: Json) -> Json:
    """Check what a message is made of, and give it as it is stored."""
    made: Json = {}
    blocks = arguments.get("blocks")
    attachments = arguments.get("attachments") or []
    text = arguments.get("text")
    if blocks:
        made["blocks"] = _blocks(state, blocks)
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > 100:
        raise SlackError("too_many_attachments")
    if attachments:
        made["attachments"] = [_attachment(state, each) for each in attachments]
    if not isinstance(text, str | None):
        raise SlackError("invalid_arguments")
    if not (text or "").strip() and not blocks and not attachments:
        raise SlackError("no_text")
    made["text"] = (text or "")[:MOST_TEXT]
    if metadata := arguments.get("metadata"):
        made["metadata"] = _metadata(metadata)
    return made


def _attachment(state: State, attachment: object) -> Json:
    if not isinstance(attachment, dict):
        raise SlackError("invalid_attachments")
    if "blocks" not in attachment:
        return attachment
    return {**attachment, "blocks": _blocks(state, attachment["blocks"])}


def _blocks(state: State, blocks: object) -> list[Json]:
    if not isinstance(blocks, list) or not all(isinstance(each, dict) for each in blocks):
        raise SlackError("invalid_blocks_format")
    problems = check_message(blocks, refused=state.refused_blocks)
    if problems:
        told = [f"[ERROR] {each}" for each in problems]
        raise SlackError("invalid_blocks", errors=problems, response_metadata={"messages": told})
    if characters(blocks) > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return identified(blocks)


def _metadata(metadata: object) -> Json:
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(
        metadata.get("event_payload"), dict
    ):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise SlackError("metadata_too_large")
    return metadata


def author(state: State, installation: Installation, channel: Channel) -> Json:
    """Give the keys of a message that say who wrote it, for one of the app's own."""
    team = installation.team or channel.teams[0]
    profile = {
        "id": installation.bot_id,
        "app_id": state.app.id,
        "name": state.app.name,
        "deleted": False,
        "team_id": team,
    }
    return {
        "user": installation.bot_user,
        "bot_id": installation.bot_id,
        "app_id": state.app.id,
        "team": team,
        "bot_profile": profile,
    }


def post_message(asked: Asked) -> Json:
    """Post into a channel, or with the id of a person into the direct messages."""
    state, installation, arguments = asked
    if arguments.get("channel") in state.users:
        channel = state.im(installation, arguments["channel"])
    else:
        public = "chat:write.public" in installation.scopes
        channel = find_channel(state, installation, arguments.get("channel"), inside=not public)
    if channel.archived:
        raise SlackError("is_archived")
    made = content(state, arguments)
    if thread := arguments.get("thread_ts"):
        state.parent(channel, str(thread))
        made["thread_ts"] = str(thread)
    broadcast = bool(thread) and yes(arguments.get("reply_broadcast"))
    message = state.post(channel, author(state, installation, channel) | made, broadcast=broadcast)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def update(asked: Asked) -> Json:
    """Change one of the app's own messages. Text without blocks takes the blocks away."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"))
    message = find_message(channel, arguments.get("ts"))
    if message.get("bot_id") != installation.bot_id:
        raise SlackError("cant_update_message")
    if channel.archived:
        raise SlackError("is_inactive")
    if len(str(arguments.get("text") or "")) > MOST_UPDATED_TEXT:
        raise SlackError("msg_too_long")
    made = content(state, arguments)
    if "text" not in arguments:
        del made["text"]
    elif "blocks" not in made:
        made["blocks"] = None
    if arguments.get("metadata") == {}:
        made["metadata"] = None
    edited = installation.bot_user if not made.get("blocks") else ""
    state.change(channel, message, made, by=edited)
    told = {"channel": channel.id, "ts": message["ts"], "text": message["text"]}
    return told | {"message": message}


def delete(asked: Asked) -> Json:
    """Take one of the app's own messages away."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"))
    message = find_message(channel, arguments.get("ts"))
    if message.get("bot_id") != installation.bot_id:
        raise SlackError("cant_delete_message")
    ts = message["ts"]
    state.delete(channel, message)
    return {"channel": channel.id, "ts": ts}


def post_ephemeral(asked: Asked) -> Json:
    """Show a message to one member of a channel; nobody can change or find it later."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"), inside=True)
    if channel.archived:
        raise SlackError("is_archived")
    if len(str(arguments.get("text") or "")) > MOST_TEXT:
        raise SlackError("msg_too_long")
    if arguments.get("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    made = content(state, arguments)
    if arguments.get("thread_ts"):
        made["thread_ts"] = str(arguments["thread_ts"])
    shown = show(state, channel, arguments["user"], author(state, installation, channel) | made)
    return {"message_ts": shown["ts"]}


def show(state: State, channel: Channel, user: str, message: Json) -> Json:
    """Keep an ephemeral message, by whichever way it came."""
    shown = {"type": "message", **message, "ts": state.clock.ts()}
    shown |= {"channel": channel.id, "to": user, "is_ephemeral": True}
    state.ephemerals.append(shown)
    state.touched()
    return shown


def permalink(asked: Asked) -> Json:
    """Give the address of a message."""
    state, installation, arguments = asked
    channel = find_channel(state, installation, arguments.get("channel"))
    message = find_message(channel, arguments.get("message_ts"))
    domain = state.teams[channel.teams[0]].domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts", message["ts"])
    if thread != message["ts"]:
        link += f"?thread_ts={thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _reacted(asked: Asked, *, add: bool) -> Json:
    state, installation, arguments = asked
    name = str(arguments.get("name") or "").strip(":")
    channel = find_channel(state, installation, arguments.get("channel"), inside=True)
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    if channel.archived:
        raise SlackError("is_archived")
    message = find_message(channel, arguments.get("timestamp"))
    state.react(channel, message, installation.bot_user, name, add=add)
    return {}


def reactions_add(asked: Asked) -> Json:
    """Put a reaction on a message."""
    return _reacted(asked, add=True)


def reactions_remove(asked: Asked) -> Json:
    """Take the app's own reaction off a message."""
    return _reacted(asked, add=False)


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(permalink),
    "reactions.add": Method(reactions_add, ("reactions:write",)),
    "reactions.remove": Method(reactions_remove, ("reactions:write",)),
}
