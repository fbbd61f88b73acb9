"""What the server knows: workspaces, people, channels, messages, views, tokens, and time.

Nothing here touches a network. Whatever changes is told to `State.announce`, which turns it into
events, and `State.touched` wakes whoever waits for a change.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["public", "private", "im", "mpim"]

TRIGGER_LIMIT = 3.0
"""Seconds for which a trigger_id can be exchanged, once."""
RESPONSE_URL_LIMIT = 30 * 60.0
RESPONSE_URL_USES = 5
"""How long and how often a response_url can be used.
Source: https://docs.slack.dev/interactivity/handling-user-interaction"""
CODE_LIMIT = 600.0

CHANNEL_TYPES: dict[Kind, str] = {
    "public": "channel",
    "private": "group",
    "im": "im",
    "mpim": "mpim",
}

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
)
"""What the app is granted unless a test says otherwise."""

EVENTS = frozenset(
    {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "channel_archive",
        "channel_deleted",
        "channel_left",
        "channel_rename",
        "channel_shared",
        "channel_unarchive",
        "group_archive",
        "group_deleted",
        "group_left",
        "group_rename",
        "group_unarchive",
        "member_joined_channel",
        "member_left_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "reaction_added",
        "reaction_removed",
        "tokens_revoked",
    }
)
"""What the app is subscribed to unless a test says otherwise."""


class SlackError(Exception):
    """An `ok: false` answer: the name of the error and what else stands in the answer."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(slots=True)
class Clock:
    """The time of the machine, which a test can push forward; never the same ts twice."""

    skew: float = 0.0
    _last: int = 0

    def now(self) -> float:
        """Give the seconds since 1970."""
        return time.time() + self.skew

    def ts(self) -> str:
        """Give a new timestamp, later than every one before."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass(slots=True)
class Team:
    """A workspace; `enterprise` is the id of its organisation, if it is in one."""

    id: str
    name: str
    domain: str
    enterprise: str | None = None
    groups: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class User:
    """A person, or the user that goes with a bot (then with `bot_id` and `app_id`)."""

    id: str
    name: str
    team: str
    admin: bool = False
    owner: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    deleted: bool = False


@dataclass(slots=True)
class Channel:
    """A conversation. `teams` has the home workspace first, then those it is shared with."""

    id: str
    name: str
    kind: Kind
    teams: list[str]
    creator: str = ""
    members: set[str] = field(default_factory=set)
    archived: bool = False
    ext_shared: bool = False
    messages: dict[str, Json] = field(default_factory=dict)
    threads: dict[str, list[Json]] = field(default_factory=dict)


@dataclass(slots=True)
class Installation:
    """The app in one workspace (`team`) or in a whole organisation (`enterprise` alone)."""

    team: str | None
    enterprise: str | None
    bot_user: str
    bot_id: str
    installer: str
    scopes: frozenset[str]
    active: bool = True

    @property
    def org_wide(self) -> bool:
        """Say whether it covers a whole organisation."""
        return self.team is None


@dataclass(slots=True)
class Token:
    """A token and what a call with it gets: `error` is set once it works no more."""

    value: str
    kind: Literal["bot", "app"]
    installation: Installation | None = None
    error: str = ""
    expires: float | None = None
    refreshes: str = ""


@dataclass(slots=True)
class Once:
    """A trigger_id, a code or a response_url: what it stands for and how it was used."""

    made: float
    about: Json
    uses: int = 0


@dataclass(slots=True)
class App:
    """The app under test, as its settings page has it."""

    id: str = "A0FAKE00001"
    name: str = "vendorwatch"
    client_id: str = "111111111111.222222222222"
    client_secret: str = "fake-client-secret"  # noqa: S105 - of this server only
    signing_secret: str = "fake-signing-secret"  # noqa: S105 - of this server only
    verification_token: str = "fake-verification-token"  # noqa: S105 - of this server only
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    should_escape: bool = True
    rotates_tokens: bool = False


Announce: TypeAlias = Callable[[str, Json, str, Channel | None], None]


def _unheard(_name: str, _event: Json, _team: str, _channel: Channel | None) -> None:
    """Tell nobody; the server puts its own in this place."""


@dataclass(slots=True)
class State:
    """Everything there is. Ids are unique over all workspaces."""

    scopes: frozenset[str] = SCOPES
    clock: Clock = field(default_factory=Clock)
    app: App = field(default_factory=App)
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    installations: list[Installation] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)
    views: dict[str, Json] = field(default_factory=dict)
    triggers: dict[str, Once] = field(default_factory=dict)
    response_urls: dict[str, Once] = field(default_factory=dict)
    codes: dict[str, Once] = field(default_factory=dict)
    refused_blocks: frozenset[str] = frozenset()
    base: str = ""
    announce: Announce = _unheard
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # --- who is there -----------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        """Give an id that looks like one of Slack's."""
        return f"{prefix}0FAKE{next(self._numbers):05d}"

    def add_user(self, name: str, team: str, **more: Any) -> User:
        """Add a person or a bot to a workspace."""
        user = User(self.new_id("U"), name, team, **more)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, team: str, kind: Kind, members: set[str]) -> Channel:
        """Add a conversation; an im has a D in front of its id."""
        identity = self.new_id("D" if kind == "im" else "C")
        channel = Channel(identity, name, kind, [team], members=set(members))
        channel.creator = next(iter(sorted(members)), "")
        self.channels[identity] = channel
        return channel

    def im(self, installation: Installation, user: str) -> Channel:
        """Give the direct messages between the app and a person, opened when they are not."""
        both = {installation.bot_user, user}
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == both:
                return channel
        return self.add_channel("", self.users[user].team, "im", both)

    def install(
        self, team: str | None, enterprise: str | None, installer: str, scopes: frozenset[str]
    ) -> Token:
        """Install the app (again) and give its new bot token."""
        found = next(
            (e for e in self.installations if (e.team, e.enterprise) == (team, enterprise)), None
        )
        if found is None:
            home = team or next(t.id for t in self.teams.values() if t.enterprise == enterprise)
            bot_id = self.new_id("B")
            user = self.add_user(self.app.name, home, bot_id=bot_id, app_id=self.app.id)
            found = Installation(team, enterprise, user.id, bot_id, installer, scopes)
            self.installations.append(found)
        found.active, found.scopes, found.installer = True, scopes, installer
        return self.new_token(found)

    def new_token(self, installation: Installation) -> Token:
        """Give a further bot token; it ends after 12 hours where the app rotates its tokens."""
        token = Token(f"xoxb-fake-{next(self._numbers)}", "bot", installation)
        if self.app.rotates_tokens:
            token.expires = self.clock.now() + 43_200
            token.refreshes = f"xoxe-1-fake-{next(self._numbers)}"
        self.tokens[token.value] = token
        return token

    def installation(self, team: str) -> Installation:
        """Give the installation that serves a workspace."""
        organisation = self.teams[team].enterprise
        for each in self.installations:
            if each.team == team or (each.org_wide and each.enterprise == organisation):
                return each
        raise KeyError(f"the app is not installed in {team}")

    def reaches(self, installation: Installation, channel: Channel) -> bool:
        """Say whether a channel is in a workspace of the installation."""
        if installation.team is not None:
            return installation.team in channel.teams
        return any(self.teams[t].enterprise == installation.enterprise for t in channel.teams)

    # --- what is said -----------------------------------------------------------------------

    def post(self, channel: Channel, message: Json, *, broadcast: bool = False) -> Json:
        """Add a message and announce it. `thread_ts` in it must name a parent, see `parent`."""
        ts = self.clock.ts()
        message = {"type": "message", **message, "ts": ts}
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None:
            channel.threads.setdefault(parent["ts"], []).append(message)
            message["parent_user_id"] = parent.get("user", "")
            if broadcast:
                message["subtype"] = "thread_broadcast"
                message["root"] = _without(parent, "metadata")
        channel.messages[ts] = message
        if parent is not None:
            self._count_replies(channel, parent)
        about = {"channel": channel.id, "channel_type": CHANNEL_TYPES[channel.kind]}
        event = _without(message, "metadata") | about | {"event_ts": ts}
        self.announce(_message_event(channel), event, channel.teams[0], channel)
        self._mention(channel, message)
        self.touched()
        return message

    def parent(self, channel: Channel, ts: str) -> Json:
        """Give the message that a thread hangs on; a reply is none."""
        found = channel.messages.get(ts)
        if found is None:
            raise SlackError("thread_not_found")
        if found.get("thread_ts", ts) != ts:
            raise SlackError("cannot_reply_to_message")
        return found

    def replies(self, channel: Channel, ts: str) -> list[Json]:
        """Give the answers in a thread, oldest first."""
        return list(channel.threads.get(ts, ()))

    def change(self, channel: Channel, message: Json, changes: Json, *, by: str = "") -> None:
        """Change a message in place and announce it. A change to None takes a key away.

        With `by` it is marked as edited.
        """
        before = _without(message, "metadata")
        message.update(changes)
        for key in [key for key, value in changes.items() if value is None]:
            message.pop(key, None)
        ts = self.clock.ts()
        if by:
            message["edited"] = {"user": by, "ts": ts}
        self._changed_event(
            channel, ts, "message_changed", before, message=_without(message, "metadata")
        )

    def delete(self, channel: Channel, message: Json) -> None:
        """Take a message away; a parent with answers leaves its place marked."""
        before = _without(message, "metadata")
        ts = message["ts"]
        if self.replies(channel, ts):
            kept = {key: message[key] for key in ("ts", "thread_ts", "reply_count")}
            message.clear()
            message |= {"type": "message", "subtype": "tombstone", "hidden": True} | kept
            message |= {"user": "USLACKBOT", "text": "This message was deleted."}
        else:
            del channel.messages[ts]
        parent = channel.messages.get(before.get("thread_ts", ""))
        if parent is not None and parent["ts"] != ts:
            channel.threads[parent["ts"]].remove(message)
            self._count_replies(channel, parent)
        self._changed_event(channel, self.clock.ts(), "message_deleted", before, deleted_ts=ts)

    def react(
        self, channel: Channel, message: Json, user: str, name: str, *, add: bool = True
    ) -> None:
        """Put a reaction on a message or take it off, and announce it."""
        reactions: list[Json] = message.setdefault("reactions", [])
        found = next((each for each in reactions if each["name"] == name), None)
        there = found is not None and user in found["users"]
        if add == there:
            raise SlackError("already_reacted" if add else "no_reaction")
        if found is None:
            reactions.append(found := {"name": name, "users": [], "count": 0})
        if add:
            found["users"].append(user)
        else:
            found["users"].remove(user)
        found["count"] = len(found["users"])
        message["reactions"] = [each for each in reactions if each["users"]]
        event = {
            "type": "reaction_added" if add else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            "item_user": message.get("user", ""),
            "event_ts": self.clock.ts(),
        }
        self.announce(event["type"], event, channel.teams[0], channel)
        self.touched()

    def _changed_event(
        self, channel: Channel, ts: str, subtype: str, before: Json, **more: Any
    ) -> None:
        event = {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            **more,
            "previous_message": before,
            "channel": channel.id,
            "channel_type": CHANNEL_TYPES[channel.kind],
            "ts": ts,
            "event_ts": ts,
        }
        self.announce(_message_event(channel), event, channel.teams[0], channel)
        self.touched()

    def _count_replies(self, channel: Channel, parent: Json) -> None:
        replies = self.replies(channel, parent["ts"])
        people = list(dict.fromkeys(reply.get("user", "") for reply in replies))
        parent |= {
            "thread_ts": parent["ts"],
            "reply_count": len(replies),
            "reply_users": people,
            "reply_users_count": len(people),
            "latest_reply": replies[-1]["ts"] if replies else parent["ts"],
        }

    def _mention(self, channel: Channel, message: Json) -> None:
        """Announce a mention of the app; in direct messages Slack does not."""
        for installation in self.installations:
            mine = installation.bot_user
            if (
                channel.kind == "im"
                or message.get("user") == mine
                or f"<@{mine}" not in message.get("text", "")
                or not self.reaches(installation, channel)
            ):
                continue
            kept = ("user", "bot_id", "text", "ts", "team", "blocks", "thread_ts", "client_msg_id")
            event = {key: message[key] for key in kept if key in message}
            event |= {"type": "app_mention", "channel": channel.id, "event_ts": message["ts"]}
            self.announce("app_mention", event, channel.teams[0], channel)

    # --- what is used once ------------------------------------------------------------------

    def trigger(self, about: Json) -> str:
        """Give a new trigger_id."""
        made = self.clock.now()
        trigger = f"{next(self._numbers)}.{int(made)}.{uuid.uuid4().hex}"
        self.triggers[trigger] = Once(made, about)
        return trigger

    def exchange(self, trigger: str) -> Json:
        """Take a trigger_id in, and give what it stands for."""
        found = self.triggers.get(trigger)
        if found is None:
            raise SlackError("invalid_trigger_id")
        if found.uses:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() - found.made > TRIGGER_LIMIT:
            raise SlackError("expired_trigger_id")
        found.uses += 1
        return found.about

    def response_url(self, about: Json) -> str:
        """Give a new address to answer at."""
        key = uuid.uuid4().hex
        self.response_urls[key] = Once(self.clock.now(), about)
        return f"{self.base}/response/{key}"

    def use_response_url(self, key: str) -> Json:
        """Use an address once more, and give what it stands for."""
        found = self.response_urls.get(key)
        if found is None or self.clock.now() - found.made > RESPONSE_URL_LIMIT:
            raise SlackError("expired_url")
        if found.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        found.uses += 1
        return found.about

    # --- waiting ----------------------------------------------------------------------------

    def touched(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, true: Callable[[], Any], within: float = 5.0) -> None:
        """Wait until something is so; TimeoutError when it is not within so many seconds."""
        async with asyncio.timeout(within):
            while not true():
                await self._changed.wait()


def _message_event(channel: Channel) -> str:
    plural = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
    return f"message.{plural[channel.kind]}"


def _without(message: Json, *keys: str) -> Json:
    return {key: value for key, value in message.items() if key not in keys}
