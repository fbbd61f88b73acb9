"""What Slack delivers, read: events, slash commands and interactions, as bolt gives their bodies.

Pure: nothing is asked of Slack, and nothing here raises, whatever the body is. The same readers
serve Socket Mode and HTTP. References: https://docs.slack.dev/reference/events and
https://docs.slack.dev/reference/interaction-payloads
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot.core.mention import Channel, Invocation, Message
from bot.platforms.slack.text import mapping, mappings, mended, string, typed, words
from bot.platforms.slack.told import (
    Asked,
    Deleted,
    Edited,
    Event,
    Heard,
    Joined,
    Left,
    Me,
    Nothing,
    Opened,
    Removed,
    Renamed,
)

ALERT = "vendorwatch_alert"
"""The event type in the metadata of what the bot posts by itself."""
BUTTON = "command:"
"""How the `action_id` of a button begins whose value is a command line."""
SHORTCUT = "check_for_vendors"
"""The `callback_id` of the message shortcut."""
LONGEST_LINE = 40_000
"""Characters of a command's line; Slack's own limit for a message's text."""

_READ = frozenset({"", "thread_broadcast", "file_share", "me_message", "bot_message"})
_SLACKBOT = "USLACKBOT"
# What Slack calls channels that only their members know of, instead of giving their names.
_UNNAMED = re.compile(r"(?:privategroup|directmessage)$|mpdm-")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_WEB = re.compile(r"https?://[\x21-\x7e]{1,2000}")
_COMMAND = re.compile(r"/([^\s\x00\ud800-\udfff]{1,40})")
_TS = re.compile(r"(\d{1,11})\.(\d{1,9})", re.ASCII)
_AFTER_MENTION = re.compile(r"\A[\s:,，：]+")


@dataclass(frozen=True, slots=True)
class _Delivery:
    """An event and what its envelope says about it."""

    event: Mapping[str, object]
    me: Me
    event_id: str
    team: str
    external: bool

    @property
    def channel(self) -> Channel | None:
        return _channel(self.event.get("channel"), string(self.event, "channel_type"))


def read(body: object, me: Me) -> Event:
    """Say what a body means for the bot."""
    if not isinstance(body, dict):
        return Nothing("no object")
    match string(body, "type"):
        case "event_callback":
            return _event(body, me)
        case "block_actions":
            return _pressed(body)
        case "message_action":
            return _shortcut(body)
        case "" if "command" in body:
            return _slash(body)
        case _:
            return Nothing("a payload of another type")


def team_of(body: Mapping[str, object]) -> str:
    """Give the workspace that a payload is for, or the organisation where it names none.

    In a shared channel the installation that the event is visible to counts, not where it was
    said; that is also how slack-bolt finds it.
    """
    authorization = next(mappings(body.get("authorizations")), {})
    named = (
        string(body, "team") or string(mapping(body, "team"), "id"),
        string(authorization, "team_id"),
        string(body, "team_id"),
        string(mapping(body, "user"), "team_id"),
        string(mapping(body, "enterprise"), "id"),
        string(authorization, "enterprise_id"),
        string(body, "enterprise_id"),
    )
    return next(filter(_ID.fullmatch, named), "")


# Events


def _event(body: Mapping[str, object], me: Me) -> Event:
    event = mapping(body, "event")
    said = next(filter(None, (string(event, "event_ts"), string(event, "ts"))), "")
    # The same for every redelivery, should there be no id.
    event_id = _token(string(body, "event_id")) or _digest("event", str(event.get("channel")), said)
    external = body.get("is_ext_shared_channel") is True
    delivery = _Delivery(event, me, event_id, team_of(body), external)
    return _READERS.get(string(event, "type"), _channel_event)(delivery)


def _message(delivery: _Delivery) -> Event:
    event = delivery.event
    match string(event, "subtype"):
        case "message_changed":
            return _changed(delivery)
        case "message_deleted":
            gone = string(event, "deleted_ts") or string(mapping(event, "previous_message"), "ts")
            return _deleted(delivery, gone)
        case _:
            return _new(delivery)


def _new(delivery: _Delivery) -> Event:
    event, by_bot = delivery.event, _is_bot(delivery.event)
    if event.get("hidden"):
        return Nothing("nothing that people see")
    message = _said(event, delivery)
    if isinstance(message, Nothing):
        return message
    if not by_bot and (_is_direct(delivery) or _mentions(event, delivery.me)):
        return _asked(delivery, message)
    if _is_direct(delivery):
        return Nothing("a bot's direct message")
    if not message.text:
        return Nothing("no words")
    return Heard(message, delivery.event_id, delivery.team, delivery.external)


def _changed(delivery: _Delivery) -> Event:
    """Read an edit. Slack also tells of previews, replies and reactions as changes."""
    now = mapping(delivery.event, "message")
    before = mapping(delivery.event, "previous_message")
    if string(now, "subtype") == "tombstone":  # what is left of a message that has answers
        return _deleted(delivery, string(now, "ts"))
    message = _said(now, delivery)
    if isinstance(message, Nothing):
        return message
    if before:
        was = string(before, "text"), words(before)
        changed = was != (string(now, "text"), message.text)
    else:
        changed = bool(now.get("edited"))
    if not changed:
        return Nothing("the words are the same")
    if _is_direct(delivery) or (_mentions(now, delivery.me) and not _is_bot(now)):
        return Nothing("a command that was edited")
    return Edited(message, delivery.event_id, delivery.team, delivery.external)


def _deleted(delivery: _Delivery, gone: str) -> Event:
    if _is_own(mapping(delivery.event, "previous_message"), delivery.me):
        return Nothing("the bot's own")
    channel = delivery.channel
    if channel is None or moment(gone) is None:
        return Nothing("no channel or no time")
    return Deleted(channel, gone, delivery.event_id, delivery.team)


def _mention(delivery: _Delivery) -> Event:
    message = _said(delivery.event, delivery)
    if isinstance(message, Nothing):
        return message
    if _is_bot(delivery.event):
        return Nothing("a bot's mention")
    if not _mentions(delivery.event, delivery.me):
        return Nothing("it does not begin with the bot's name")
    return _asked(delivery, message)


def _asked(delivery: _Delivery, message: Message) -> Event:
    """Read a command that somebody wrote as a message; its id is the message's."""
    mention = _mention_of(delivery.me)
    text = string(delivery.event, "text")
    mentioned = mention is not None and mention.search(text) is not None
    line = typed(mention.sub(" ", text) if mention else text).strip()
    if mentioned:
        line = _AFTER_MENTION.sub("", line)
    if not line and not mentioned:
        return Nothing("no words")
    first = line.split(maxsplit=1)[0].casefold() if line else ""
    if first not in delivery.me.command_words:
        line = f"vendor {line or 'help'}"
    invocation = Invocation(
        message.channel, message.id, message.author, line[:LONGEST_LINE], message.thread
    )
    return Asked(invocation, delivery.event_id, delivery.team)


def _opened(delivery: _Delivery) -> Event:
    user = _id(delivery.event.get("user"))
    if string(delivery.event, "tab") not in {"", "home"}:
        return Nothing("another tab")
    return Opened(user, delivery.team) if user else Nothing("nobody")


def _removed(delivery: _Delivery) -> Event:
    tokens = mapping(delivery.event, "tokens")
    if string(delivery.event, "type") == "tokens_revoked" and not tokens.get("bot"):
        return Nothing("tokens of people were revoked")
    return Removed(delivery.team) if delivery.team else Nothing("no workspace")


def _came_or_went(delivery: _Delivery) -> Event:
    event, channel = delivery.event, delivery.channel
    if not delivery.me.user_id or string(event, "user") != delivery.me.user_id:
        return Nothing("somebody else came or went")
    if channel is None:
        return Nothing("no channel")
    if string(event, "type") == "member_left_channel":
        return Left(channel, delivery.event_id, delivery.team)
    by = _id(event.get("inviter")) or None
    return Joined(channel, by, delivery.event_id, delivery.team)


def _channel_event(delivery: _Delivery) -> Event:
    """Read what befell a channel; `group` in the event's name stands for a private one."""
    event, team, event_id = delivery.event, delivery.team, delivery.event_id
    room, _, what = string(event, "type").partition("_")
    named = mapping(event, "channel")
    channel = _channel(named.get("id") if named else event.get("channel"), room)
    if room not in {"channel", "group"} or channel is None:
        return Nothing("an event of another type")
    match what:
        case "left" | "deleted":
            return Left(channel, event_id, team)
        case "archive":
            return Left(channel, event_id, team, archived=True)
        case "rename" if name := typed(string(named, "name")).strip():
            return Renamed(channel, name, event_id, team)
        case _:
            return Nothing("an event of another type")


_READERS: Mapping[str, Callable[[_Delivery], Event]] = {
    "message": _message,
    "app_mention": _mention,
    "app_home_opened": _opened,
    "app_uninstalled": _removed,
    "tokens_revoked": _removed,
    "member_joined_channel": _came_or_went,
    "member_left_channel": _came_or_went,
}


# Commands and interactions


@dataclass(frozen=True, slots=True)
class _Given:
    """A command as a payload has it, before anybody looked whether that makes sense."""

    line: str
    id: str
    user: str
    channel: Channel | None
    thread: str | None = None


def _slash(body: Mapping[str, object]) -> Event:
    command = _COMMAND.fullmatch(string(body, "command"))
    if command is None:
        return Nothing("no command")
    text = typed(string(body, "text"))
    line = f"{command[1]} {text}" if text.strip() else command[1]
    channel = _channel(body.get("channel_id"), _kind(string(body, "channel_name")))
    keys = ("team_id", "channel_id", "user_id", "command", "text", "response_url")
    id_ = _token(string(body, "trigger_id")) or _digest(*(string(body, key) for key in keys))
    return _invoked(body, _Given(line, id_, string(body, "user_id"), channel))


def _pressed(body: Mapping[str, object]) -> Event:
    for action in mappings(body.get("actions")):
        if string(action, "action_id").startswith(BUTTON):
            option = mapping(action, "selected_option")
            line = mended(string(action, "value") or string(option, "value"))
            if not line.strip():
                return Nothing("a button without a command")
            return _invoked(body, _interaction(body, string(action, "action_ts"), line))
    return Nothing("no button of a command")


def _shortcut(body: Mapping[str, object]) -> Event:
    if string(body, "callback_id") != SHORTCUT:
        return Nothing("another shortcut")
    line = f"vendor check {words(mapping(body, 'message'))}".strip()
    return _invoked(body, _interaction(body, string(body, "action_ts"), line))


def _interaction(body: Mapping[str, object], at: str, line: str) -> _Given:
    """Read who did something where; the Home tab is in that person's own conversation."""
    user = string(mapping(body, "user"), "id")
    container, message = mapping(body, "container"), mapping(body, "message")
    named = mapping(body, "channel")
    place = string(named, "id") or string(container, "channel_id")
    if not place and string(container, "type") == "view":
        place = user
    threads = (string(message, "thread_ts"), string(container, "thread_ts"))
    thread = next((each for each in threads if moment(each) is not None), None)
    trigger = string(body, "trigger_id")
    id_ = _token(f"{at}:{trigger}") if trigger else ""
    id_ = id_ or _digest(place, user, at, trigger, line, string(body, "response_url"))
    return _Given(line, id_, user, _channel(place, _kind(string(named, "name"))), thread)


def _invoked(body: Mapping[str, object], given: _Given) -> Event:
    if given.channel is None:
        return Nothing("no channel")
    if not _id(given.user):
        return Nothing("nobody")
    url = string(body, "response_url")
    invocation = Invocation(
        given.channel,
        given.id,
        given.user,
        given.line[:LONGEST_LINE],
        given.thread,
        url if _WEB.fullmatch(url) else None,
    )
    return Asked(invocation, given.id, team_of(body))


# Messages


def _said(post: Mapping[str, object], delivery: _Delivery) -> Message | Nothing:
    """Read a message that a person or a listed bot wrote."""
    me, channel, ts = delivery.me, delivery.channel, string(post, "ts")
    if string(post, "subtype") not in _READ:
        return Nothing("a subtype that is not read")
    if _is_own(post, me):
        return Nothing("the bot's own")
    bots = {string(post, "bot_id"), _app(post)}
    if _is_bot(post) and not bots & me.allowed_bots:
        return Nothing("a bot that is not listened to")
    at = moment(ts)
    if channel is None or at is None:
        return Nothing("no channel or no time")
    author = next(filter(_ID.fullmatch, (string(post, "user"), string(post, "bot_id"))), "")
    if not author:
        return Nothing("nobody")
    thread = string(post, "thread_ts")
    in_thread = thread != ts and moment(thread) is not None
    return Message(channel, ts, author, words(post), at, thread if in_thread else None)


def _is_own(post: Mapping[str, object], me: Me) -> bool:
    if string(mapping(post, "metadata"), "event_type") == ALERT:
        return True
    theirs = (string(post, "user"), string(post, "bot_id"), _app(post))
    return any(
        mine and mine == each
        for mine, each in zip((me.user_id, me.bot_id, me.app_id), theirs, strict=True)
    )


def _is_bot(post: Mapping[str, object]) -> bool:
    return (
        bool(post.get("bot_id") or post.get("bot_profile"))
        or string(post, "subtype") == "bot_message"
        or string(post, "user") == _SLACKBOT
    )


def _app(post: Mapping[str, object]) -> str:
    return string(post, "app_id") or string(mapping(post, "bot_profile"), "app_id")


def _is_direct(delivery: _Delivery) -> bool:
    channel = delivery.channel
    direct = string(delivery.event, "channel_type") in {"im", "app_home"}
    return direct or (channel is not None and channel.id.startswith("D"))


def _mention_of(me: Me) -> re.Pattern[str] | None:
    return re.compile(rf"<@{re.escape(me.user_id)}(?:\|[^<>]*)?>") if me.user_id else None


def _mentions(post: Mapping[str, object], me: Me) -> bool:
    """Say whether a post speaks to the bot: it begins with its name.

    Named further on ("..., cc @vendorwatch") the post is news like any other and is searched.
    """
    mention = _mention_of(me)
    return mention is not None and mention.match(string(post, "text").lstrip()) is not None


# Values


def moment(ts: str) -> datetime | None:
    """Give the time that a message's `ts` stands for; None if it is none."""
    found = _TS.fullmatch(ts)
    if found is None:
        return None
    whole = datetime.fromtimestamp(int(found[1]), UTC)
    return whole + timedelta(microseconds=int(found[2][:6].ljust(6, "0")))


def _channel(id_: object, kind: str) -> Channel | None:
    """Give a channel, a private one unless it is said to be public.

    `app_mention` says nothing, and an id tells nothing either: those of newer private channels
    begin with C as well.
    """
    given = _id(id_)
    if not given:
        return None
    public = kind in {"channel", "C"} and not given.startswith(("D", "G", "U", "W"))
    return Channel("slack", given, private=not public)


def _kind(name: str) -> str:
    """Say of what kind a channel is by the name that commands and interactions give it."""
    return "channel" if name and not _UNNAMED.match(name) else ""


def _id(value: object) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _token(value: str) -> str:
    return value if _TOKEN.fullmatch(value) else ""


def _digest(*parts: str) -> str:
    return sha256("".join(parts).encode()).hexdigest()[:32]
