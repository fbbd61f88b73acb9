"""The controls: what people, admins and misfortune do, and what the app made of it.

Ids go in and come out as strings. Every method named in `CONTROLS` can also be called over HTTP,
see `tests.slackserver.server`.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.slackserver import payloads
from tests.slackserver.answers import find_element, respond, submitted
from tests.slackserver.deliver import Courier, Delivery, HttpWay, Sort
from tests.slackserver.faults import Fault, Pace, Wrong
from tests.slackserver.install import revoke
from tests.slackserver.socket import Cut, SocketWay
from tests.slackserver.state import Channel, Installation, Json, Kind, SlackError, State, Team
from tests.slackserver.views import home, modals

CONTROLS = frozenset(
    {
        "add_bot",
        "add_channel",
        "add_team",
        "add_user",
        "add_usergroup",
        "advance",
        "archive",
        "calls_of",
        "clear_faults",
        "click",
        "close_modal",
        "cut",
        "cut_every",
        "delete",
        "delete_channel",
        "disconnect",
        "edit",
        "ephemerals",
        "facts",
        "fault",
        "freeze",
        "global_shortcut",
        "hold",
        "home_of",
        "im",
        "invite",
        "kick",
        "messages",
        "modals_of",
        "open_home",
        "pace_posts",
        "posted",
        "react",
        "reactions",
        "redeliver",
        "rename",
        "replies",
        "retry_after",
        "revoke_tokens",
        "say",
        "set_scopes",
        "share_channel",
        "shortcut",
        "slash",
        "submit",
        "unarchive",
        "unfurl",
        "uninstall",
        "unreact",
        "use_http",
        "use_sockets",
        "wait_for_calls",
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the Web API: what came in and what was answered (`error` empty when ok).

    `status` is 0 where the connection was cut before the answer.
    """

    method: str
    arguments: Json
    token: str
    at: float
    status: int
    error: str = ""


@dataclass(slots=True)
class SlackServer:
    """A Slack with one app in it.

    `team`, `bot_token` and `bot_user` are of the first workspace. `counts` has how often each
    method was called.
    """

    url: str
    state: State
    socket: SocketWay
    courier: Courier
    http: Callable[[str], HttpWay]
    app_token: str = "xapp-1-fake-1"  # noqa: S105 - of this server only
    calls: list[Call] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)
    denies: bool = False
    team: str = ""
    bot_token: str = ""
    bot_user: str = ""
    bot_id: str = ""

    @property
    def api_url(self) -> str:
        """Give the address that a client takes as its base, with a slash at the end."""
        return f"{self.url}/api/"

    def facts(self) -> Json:
        """Give what a process needs to connect, and the counts of its sockets."""
        app = self.state.app
        return {
            "url": self.url,
            "api_url": self.api_url,
            "app_token": self.app_token,
            "bot_token": self.bot_token,
            "team": self.team,
            "bot_user": self.bot_user,
            "bot_id": self.bot_id,
            "app_id": app.id,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "signing_secret": app.signing_secret,
            "connections": len(self.socket.connections),
            "connections_opened": self.socket.opened,
            "acks": self.socket.acks,
            "unknown_acks": self.socket.unknown_acks,
            "counts": dict(self.counts),
            "undelivered": [
                each.payload
                for each in self.courier.deliveries
                if each.over.is_set() and not each.acknowledged
            ],
        }

    # --- workspaces, people, channels -----------------------------------------------------------

    def add_team(self, name: str, *, enterprise: str | None = None, install: bool = True) -> str:
        """Add a workspace, with somebody who installs the app in it."""
        identity = self.state.new_id("T")
        self.state.teams[identity] = Team(identity, name, name.lower(), enterprise)
        owner = self.state.add_user("owner", identity, admin=True, owner=True)
        if install:
            self.state.install(identity, enterprise, owner.id, self.state.scopes)
        return identity

    def add_user(
        self, name: str, *, team: str = "", admin: bool = False, owner: bool = False
    ) -> str:
        """Add a person."""
        return self.state.add_user(name, team or self.team, admin=admin, owner=owner).id

    def add_bot(self, name: str, *, team: str = "") -> str:
        """Add a bot of another app; what it says comes with its bot_id and app_id."""
        bot_id, app_id = self.state.new_id("B"), self.state.new_id("A")
        return self.state.add_user(name, team or self.team, bot_id=bot_id, app_id=app_id).id

    def add_usergroup(self, users: Sequence[str], *, team: str = "") -> str:
        """Add a user group."""
        identity = self.state.new_id("S")
        self.state.teams[team or self.team].groups[identity] = list(users)
        return identity

    def add_channel(
        self,
        name: str,
        members: Collection[str] = (),
        *,
        kind: Kind = "public",
        with_app: bool = True,
        ext_shared: bool = False,
        team: str = "",
    ) -> str:
        """Add a channel, quietly; `invite` the app to make it be told."""
        home_team = team or self.team
        channel = self.state.add_channel(name, home_team, kind, set(members))
        channel.ext_shared = ext_shared
        if with_app:
            channel.members.add(self.state.installation(home_team).bot_user)
        return channel.id

    def im(self, user: str) -> str:
        """Give the direct messages between the app and a person."""
        return self.state.im(self._app_of(user), user).id

    def invite(self, channel: str, user: str = "", *, by: str = "") -> None:
        """Add somebody (or the app) to a channel."""
        there = self.state.channels[channel]
        joined = user or self._app_in(there).bot_user
        there.members.add(joined)
        self._membership("member_joined_channel", there, joined, inviter=by)

    def kick(self, channel: str, user: str = "", *, by: str = "") -> None:
        """Take somebody (or the app, which is told that it has left) out of a channel."""
        there = self.state.channels[channel]
        mine = self._app_in(there).bot_user
        there.members.discard(user or mine)
        if user and user != mine:
            self._membership("member_left_channel", there, user)
        else:
            self._about_channel("left", there, there.id, actor_id=by)

    def archive(self, channel: str, *, by: str = "") -> None:
        """Archive a channel."""
        there = self.state.channels[channel]
        there.archived = True
        self._about_channel("archive", there, channel, user=by)

    def unarchive(self, channel: str, *, by: str = "") -> None:
        """Open a channel again."""
        there = self.state.channels[channel]
        there.archived = False
        self._about_channel("unarchive", there, channel, user=by)

    def rename(self, channel: str, name: str) -> None:
        """Give a channel another name."""
        there = self.state.channels[channel]
        there.name = name
        told = {"id": channel, "name": name, "created": 1_700_000_000}
        self._about_channel("rename", there, told)

    def delete_channel(self, channel: str) -> None:
        """Take a channel away."""
        there = self.state.channels[channel]
        self._about_channel("deleted", there, channel)
        del self.state.channels[channel]

    def share_channel(self, channel: str, *, team: str = "") -> None:
        """Share a channel with another organisation (`team` if that is one of this server)."""
        there = self.state.channels[channel]
        there.ext_shared = True
        if team:
            there.teams.append(team)
        event = {"type": "channel_shared", "connected_team_id": team, "channel": channel}
        self._announce("channel_shared", event, there)

    # --- what people say ------------------------------------------------------------------------

    def say(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        thread: str = "",
        broadcast: bool = False,
        subtype: str = "",
        **more: Any,
    ) -> str:
        """Say something as a person or a bot; give its ts. The text is as events have it, escaped.

        `more` is laid over the message: blocks, attachments, files. With the subtype bot_message
        it has a name instead of a user, as that of an old integration.
        """
        there, who = self.state.channels[channel], self.state.users[user]
        if there.archived:
            raise SlackError("is_archived")
        message: Json = {"user": user, "text": text, "team": who.team}
        if who.bot_id:
            message |= {"bot_id": who.bot_id, "app_id": who.app_id}
        else:
            message["client_msg_id"] = str(uuid.uuid4())
        if text:
            message["blocks"] = payloads.rich_text(text)
        if subtype:
            message["subtype"] = subtype
        if subtype == "bot_message":
            message["username"] = who.name
            del message["user"]
        if there.ext_shared:
            message |= {"user_team": who.team, "source_team": who.team}
        if thread:
            self.state.parent(there, thread)
            message["thread_ts"] = thread
        return str(self.state.post(there, message | more, broadcast=broadcast)["ts"])

    def edit(self, channel: str, ts: str, text: str, **more: Any) -> None:
        """Edit a message as its author."""
        there = self.state.channels[channel]
        message = there.messages[ts]
        changes = {"text": text, "blocks": payloads.rich_text(text), **more}
        self.state.change(there, message, changes, by=message.get("user", "USLACKBOT"))

    def unfurl(self, channel: str, ts: str, title: str, url: str) -> None:
        """Add the preview of a link to a message, as Slack does some time after it was said."""
        there = self.state.channels[channel]
        preview = {"title": title, "title_link": url, "from_url": url, "fallback": title, "id": 1}
        self.state.change(there, there.messages[ts], {"attachments": [preview]})

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message as its author."""
        there = self.state.channels[channel]
        self.state.delete(there, there.messages[ts])

    def react(self, channel: str, ts: str, user: str, name: str) -> None:
        """Put a reaction on a message."""
        there = self.state.channels[channel]
        self.state.react(there, there.messages[ts], user, name)

    def unreact(self, channel: str, ts: str, user: str, name: str) -> None:
        """Take a reaction off."""
        there = self.state.channels[channel]
        self.state.react(there, there.messages[ts], user, name, add=False)

    # --- what people do with the app ------------------------------------------------------------

    def slash(self, user: str, channel: str, command: str, text: str = "") -> Delivery:
        """Type a slash command (`/vendor`), anywhere, whether the app is a member or not."""
        there, app = self.state.channels[channel], self._app_of(user)
        payload = payloads.slash_command(self.state, app, user, there, (command, text))
        about = {"channel": channel, "user": user, "bot_id": app.bot_id}
        return self._send("slash_commands", payload, partial(respond, self.state, about))

    def click(
        self,
        user: str,
        place: str,
        ts: str = "",
        *,
        action_id: str = "",
        label: str = "",
        value: Any = None,
    ) -> Delivery:
        """Click what has this action_id or label; `value` is what was chosen, where one chooses.

        `place` is a channel (then `ts` is that of a message or an ephemeral in it) or a view.
        """
        app = self._app_of(user)
        holder = self._holder(user, place, ts)
        element, block_id = find_element(holder, action_id, label)
        payload = payloads.interaction(self.state, user, "block_actions", app)
        payload["actions"] = [payloads.action(self.state, element, block_id, value)]
        about = {"channel": place, "user": user, "bot_id": app.bot_id}
        if not ts:
            payload |= {
                "container": {"type": "view", "view_id": place},
                "view": holder,
                "trigger_id": self.state.trigger(about),
            }
            return self._send("interactive", payload)
        hidden = holder.get("is_ephemeral", False)
        container: Json = {"type": "message", "message_ts": ts, "channel_id": place}
        payload["container"] = container | {"is_ephemeral": hidden}
        if "thread_ts" in holder:
            payload["container"]["thread_ts"] = holder["thread_ts"]
        there = self.state.channels[place]
        payload |= payloads.on_message(self.state, user, there, holder, app)
        payload["state"] = {"values": {}}
        if not hidden:
            payload["message"] = holder
        return self._send("interactive", payload)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Delivery:
        """Use a message shortcut."""
        there, app = self.state.channels[channel], self._app_of(user)
        message = there.messages[ts]
        payload = payloads.interaction(self.state, user, "message_action", app)
        payload |= payloads.on_message(self.state, user, there, message, app)
        payload |= {"callback_id": callback_id, "message_ts": ts, "message": message}
        payload["action_ts"] = self.state.clock.ts()
        return self._send("interactive", payload)

    def global_shortcut(self, user: str, callback_id: str) -> Delivery:
        """Use a shortcut that is not on a message."""
        app = self._app_of(user)
        payload = payloads.interaction(self.state, user, "shortcut", app)
        payload |= {"callback_id": callback_id, "action_ts": self.state.clock.ts()}
        payload["trigger_id"] = self.state.trigger({"user": user, "bot_id": app.bot_id})
        return self._send("interactive", payload)

    def open_home(self, user: str, tab: str = "home") -> None:
        """Look at the app's Home (or its messages)."""
        app = self._app_of(user)
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.state.im(app, user).id,
            "tab": tab,
            "event_ts": self.state.clock.ts(),
        }
        if view := home(self.state, user, app.bot_id):
            event["view"] = view
        self.state.announce("app_home_opened", event, self.state.users[user].team, None)

    def submit(self, view: str, values: Json | None = None) -> Delivery:
        """Submit a modal; `values` has what was filled in by block_id or action_id.

        What is not in it stays as it was opened.
        """
        shown = self.state.views[view]
        user, given = shown["user"], values or {}
        app = self._app_of(user)
        filled: Json = {}
        for block in shown["blocks"]:
            element = block.get("element", {})
            name = element.get("action_id")
            if name:
                identity = block["block_id"]
                entered = given.get(identity, given.get(name, payloads.initial(element)))
                filled[identity] = {name: payloads.entered(element, entered)}
        shown = {**shown, "state": {"values": filled}}
        payload = payloads.interaction(self.state, user, "view_submission", app)
        payload |= {"view": shown, "response_urls": []}
        payload["trigger_id"] = self.state.trigger({"user": user, "bot_id": app.bot_id})
        delivery = self._send("interactive", payload, partial(submitted, self.state, app, shown))
        delivery.on_accept = partial(self._close_unless_answered, delivery, view)
        return delivery

    def close_modal(self, view: str) -> Delivery | None:
        """Close a modal; the app is told if it wanted to be."""
        shown = self.state.views.pop(view)
        self.state.touched()
        if not shown.get("notify_on_close"):
            return None
        payload = payloads.interaction(
            self.state, shown["user"], "view_closed", self._app_of(shown["user"])
        )
        return self._send("interactive", payload | {"view": shown, "is_cleared": False})

    # --- what happens to the app ----------------------------------------------------------------

    def revoke_tokens(self, team: str = "") -> None:
        """Revoke the app's tokens in a workspace."""
        revoke(self.state, self.state.installation(team or self.team), "token_revoked")

    def uninstall(self, team: str = "") -> None:
        """Remove the app from a workspace."""
        at = team or self.team
        app = self.state.installation(at)
        revoke(self.state, app, "account_inactive")
        event = {"type": "app_uninstalled", "event_ts": self.state.clock.ts()}
        self.state.announce("app_uninstalled", event, at, None)
        app.active = False
        for channel in self.state.channels.values():
            channel.members.discard(app.bot_user)

    def set_scopes(self, scopes: Collection[str], team: str = "") -> None:
        """Grant the app these scopes and no others."""
        self.state.installation(team or self.team).scopes = frozenset(scopes)

    def advance(self, seconds: float) -> None:
        """Let time pass for trigger_ids, response_urls, codes, tokens and paces."""
        self.state.clock.skew += seconds

    def fault(self, method: str, kind: Wrong, **how: Any) -> Fault:
        """Make calls of a method go wrong, see `Fault`; one added later strikes later."""
        made = Fault(method, kind, **how)
        self.faults.append(made)
        return made

    def retry_after(self, method: str, seconds: float, **how: Any) -> Fault:
        """Answer calls of a method with 429."""
        return self.fault(method, "429", seconds=seconds, **how)

    def clear_faults(self) -> None:
        """Let everything be right again, paces included."""
        self.faults.clear()
        self.paces.clear()

    def pace_posts(self, seconds: float = 1.0, burst: int = 3) -> None:
        """Take one chat.postMessage per channel in so many seconds, after a small burst."""
        self.paces.append(Pace(self.state.clock, "chat.postMessage", seconds, burst))

    def redeliver(self, times: int) -> None:
        """Deliver each event from now on so many times more, although it is acknowledged."""
        self.courier.again = times

    async def cut(self, how: Cut = "close", count: int | None = None) -> int:
        """End sockets, see `SocketWay.cut`."""
        return await self.socket.cut(how, count)

    def cut_every(self, seconds: float, how: Cut = "close", times: int | None = None) -> None:
        """End all sockets at intervals, so many times or until the server ends."""
        self.courier.start(self.socket.cut_every(seconds, how, times))

    def hold(self, *, holds: bool = True) -> None:
        """Keep what comes while no socket is open until one is, instead of failing an attempt."""
        self.socket.holds = holds

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the sockets to go: warning, refresh_requested, link_disabled."""
        await self.socket.disconnect(reason)

    def freeze(self, *, frozen: bool = True) -> None:
        """Keep the sockets open and answer nothing on them."""
        self.socket.frozen = frozen

    async def use_http(self, url: str) -> bool:
        """Deliver over HTTP to an address from now on, if it passes the url_verification."""
        way = self.http(url)
        if passed := await way.verify():
            self.courier.way = way
        return passed

    def use_sockets(self) -> None:
        """Deliver over sockets again."""
        self.courier.way = self.socket

    # --- what the app did -----------------------------------------------------------------------

    def messages(self, channel: str) -> list[Json]:
        """Give all messages of a channel, answers in threads included, oldest first."""
        return list(self.state.channels[channel].messages.values())

    def replies(self, channel: str, ts: str) -> list[Json]:
        """Give the answers in a thread."""
        return self.state.replies(self.state.channels[channel], ts)

    def posted(self, channel: str = "") -> list[Json]:
        """Give the app's own messages, in a channel or everywhere, each with its `channel`."""
        return [
            {**message, "channel": there.id}
            for there in self.state.channels.values()
            for message in there.messages.values()
            if (not channel or there.id == channel) and message.get("app_id") == self.state.app.id
        ]

    def ephemerals(self, user: str = "") -> list[Json]:
        """Give what only one person sees; `to` is that person."""
        return [each for each in self.state.ephemerals if not user or each["to"] == user]

    def reactions(self, channel: str, ts: str) -> dict[str, list[str]]:
        """Give who reacted to a message with what."""
        found = self.state.channels[channel].messages[ts].get("reactions", [])
        return {each["name"]: list(each["users"]) for each in found}

    def home_of(self, user: str) -> Json | None:
        """Give the Home tab that a person sees."""
        return home(self.state, user, self._app_of(user).bot_id)

    def modals_of(self, user: str) -> list[Json]:
        """Give the open modals of a person, the one on top last."""
        return modals(self.state, user)

    def calls_of(self, method: str) -> list[Call]:
        """Give the calls of a method."""
        return [each for each in self.calls if each.method == method]

    def deliveries(self, sort: Sort | None = None) -> list[Delivery]:
        """Give what was sent to the app."""
        return [each for each in self.courier.deliveries if sort in (None, each.sort)]

    async def until(self, true: Callable[[], Any], within: float = 5.0) -> None:
        """Wait until something is so; TimeoutError when it is not within so many seconds."""
        await self.state.until(true, within)

    async def wait_for_calls(self, method: str, count: int = 1, within: float = 5.0) -> None:
        """Wait until a method was called so often."""
        await self.until(lambda: self.counts[method] >= count, within)

    # --- inside ---------------------------------------------------------------------------------

    def announce(self, name: str, event: Json, team: str, channel: Channel | None) -> None:
        """Send an event to the app, if it is subscribed to it and may know of it."""
        installation = payloads.addressee(self.state, name, team, channel)
        if installation is not None:
            payload = payloads.event_callback(self.state, installation, event, team, channel)
            self._send("events_api", payload)

    def record(self, call: Call) -> None:
        """Keep a call."""
        self.calls.append(call)
        self.counts[call.method] += 1
        self.state.touched()

    def pass_pace(self, method: str, arguments: Json) -> None:
        """Refuse a call that comes too soon."""
        waiting = [pace.wait(arguments) for pace in self.paces if pace.method == method]
        if any(waiting):
            raise SlackError("ratelimited", retry_after=max(waiting))

    def _close_unless_answered(self, delivery: Delivery, view: str) -> None:
        if not (delivery.answer or {}).get("response_action"):
            self.state.views.pop(view, None)

    def _holder(self, user: str, place: str, ts: str) -> Json:
        if not ts:
            return self.state.views[place]
        for each in self.state.ephemerals:
            if each["ts"] == ts and each["to"] == user:
                return each
        return self.state.channels[place].messages[ts]

    def _send(
        self, sort: Sort, payload: Json, on_answer: Callable[[Json], None] | None = None
    ) -> Delivery:
        return self.courier.take(
            Delivery(
                sort, deepcopy(payload), takes_answer=on_answer is not None, on_answer=on_answer
            )
        )

    def _app_of(self, user: str) -> Installation:
        return self.state.installation(self.state.users[user].team)

    def _app_in(self, channel: Channel) -> Installation:
        return self.state.installation(channel.teams[0])

    def _announce(self, name: str, event: Json, channel: Channel) -> None:
        event.setdefault("event_ts", self.state.clock.ts())
        self.state.announce(name, event, channel.teams[0], channel)
        self.state.touched()

    def _about_channel(self, what: str, channel: Channel, told: object, **more: str) -> None:
        name = f"{'channel' if channel.kind == 'public' else 'group'}_{what}"
        given = {key: value for key, value in more.items() if value}
        self._announce(name, {"type": name, "channel": told, **given}, channel)

    def _membership(self, name: str, channel: Channel, user: str, inviter: str = "") -> None:
        event: Json = {"type": name, "user": user, "channel": channel.id}
        event |= {"channel_type": "C" if channel.kind == "public" else "G"}
        event |= {"team": channel.teams[0]} | ({"inviter": inviter} if inviter else {})
        self._announce(name, event, channel)
