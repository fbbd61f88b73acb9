"""Somebody on the far side: what they do in their client, and what it shows them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Unpack, cast

from tests.matrix.seen import LIMIT, Device, Json, Room, Seen, Wanted

Ask = Callable[[str, Json, float], Awaitable[object]]

ROOM = "/_matrix/client/v3/rooms"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a device of theirs. Everything raises FarError if it cannot be done."""

    user_id: str
    device_id: str
    _ask: Ask = field(repr=False)

    # Rooms

    async def create_room(
        self,
        name: str = "",
        *,
        encrypted: bool = False,
        version: str | None = None,
        invite: Sequence[str] = (),
        public: bool = False,
        is_direct: bool = False,
        content: Json | None = None,
    ) -> str:
        """Make a room and be in it; give its id. `content` is more of what the API takes."""
        options: dict[str, object] = {
            "preset": "public_chat" if public else "private_chat",
            "visibility": "private",
            "invite": list(invite),
            "is_direct": is_direct,
        }
        if name:
            options["name"] = name
        if version is not None:
            options["room_version"] = version
        if encrypted:
            settings = {"algorithm": "m.megolm.v1.aes-sha2"}
            options["initial_state"] = [
                {"type": "m.room.encryption", "state_key": "", "content": settings}
            ]
        return str(await self.do("createRoom", options={**options, **(content or {})}))

    async def join(self, room: str, *, via: Sequence[str] = ()) -> None:
        """Join, and wait until the client knows the room."""
        await self.do("join", room=room, via=list(via))

    async def leave(self, room: str) -> None:
        """Leave a room, or decline an invitation."""
        await self.do("leave", room=room)

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody."""
        await self.do("invite", room=room, user=user)

    async def upgrade_room(self, room: str, version: str) -> str:
        """Replace a room by one of another version; give the new one's id."""
        return str(await self.do("upgrade", room=room, version=version))

    async def set_power(self, room: str, user: str, level: int) -> None:
        """Give somebody a power level."""
        await self.do("setPower", room=room, user=user, level=level)

    async def set_displayname(self, name: str) -> None:
        """Take another name, in all rooms."""
        await self.do("setDisplayname", name=name)

    async def rooms(self) -> list[Room]:
        """Give the rooms that the client knows, with those left and invited to."""
        found = cast("list[Json]", await self.do("rooms"))
        return [_room(each) for each in found]

    async def wait_room(
        self,
        membership: str = "invite",
        *,
        by: str | None = None,
        other_than: Sequence[str] = (),
        timeout_s: float = LIMIT,
    ) -> Room:
        """Wait for a room that one is invited to (or `join`ed), by a certain person if given."""
        args = {"membership": membership, "by": by, "not": list(other_than)}
        return _room(cast("Json", await self._ask("waitRoom", args, timeout_s)))

    async def wait_member(
        self, room: str, user: str, membership: str = "join", *, timeout_s: float = LIMIT
    ) -> None:
        """Wait until the client sees somebody as a member; only then they get room keys."""
        args = {"room": room, "user": user, "membership": membership}
        await self._ask("waitMember", args, timeout_s)

    # Saying something; all of it is encrypted in an encrypted room. Each gives the event's id.

    async def send(
        self,
        room: str,
        body: str,
        *,
        formatted: str | None = None,
        msgtype: str = "m.text",
        thread: str | None = None,
        reply_to: str | None = None,
        mentions: Sequence[str] = (),
        content: Json | None = None,
    ) -> str:
        """Say something, perhaps in a thread or as a reply. `content` is more of the content."""
        said: dict[str, object] = {
            "msgtype": msgtype,
            "body": body,
            "m.mentions": {"user_ids": list(mentions)} if mentions else {},
        }
        if formatted is not None:
            said |= {"format": "org.matrix.custom.html", "formatted_body": formatted}
        relation: dict[str, object] = {}
        if thread is not None:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True}
        if thread is not None or reply_to is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to or thread}
            relation |= {"is_falling_back": False} if thread and reply_to else {}
            said["m.relates_to"] = relation
        return await self.send_raw(room, "m.room.message", {**said, **(content or {})})

    async def send_file(self, room: str, filename: str, caption: str | None = None) -> str:
        """Show a file; nobody can fetch it."""
        body = filename if caption is None else caption
        more = {"filename": filename, "url": "mxc://hall.example/nothing"}
        return await self.send(room, body, msgtype="m.file", content=more)

    async def edit(self, room: str, event: str, body: str, *, msgtype: str = "m.text") -> str:
        """Change what one has said."""
        new = {"msgtype": msgtype, "body": body, "m.mentions": {}}
        relation = {"rel_type": "m.replace", "event_id": event}
        more = {"m.new_content": new, "m.relates_to": relation}
        return await self.send(room, f"* {body}", msgtype=msgtype, content=more)

    async def react(self, room: str, event: str, key: str) -> str:
        """React with an emoji; that is never encrypted."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.send_raw(room, "m.reaction", {"m.relates_to": relation})

    async def send_raw(self, room: str, type_: str, content: Json) -> str:
        """Send any event."""
        return str(await self.do("send", room=room, type=type_, content=content))

    async def send_clear(self, room: str, type_: str, content: Json, txn: str) -> str:
        """Send an event unencrypted, even into an encrypted room, as no good client does."""
        sent = await self.request("PUT", f"{ROOM}/{room}/send/{type_}/{txn}", content)
        return str(sent["event_id"])

    async def send_state(self, room: str, type_: str, content: Json, state_key: str = "") -> str:
        """Set a piece of a room's state."""
        args = {"room": room, "type": type_, "content": content, "state_key": state_key}
        return str(await self.do("sendState", **args))

    async def redact(self, room: str, event: str, reason: str = "") -> str:
        """Take an event back, one's own or, as a moderator, another's."""
        return str(await self.do("redact", room=room, event=event, reason=reason))

    # Looking

    async def events(self, room: str) -> list[Seen]:
        """Give what the client has heard of a room, in order of arrival."""
        return [_seen(each) for each in cast("list[Json]", await self.do("events", room=room))]

    async def wait_event(
        self, room: str, *, timeout_s: float = LIMIT, **want: Unpack[Wanted]
    ) -> Seen:
        """Give the first event that is as wanted, heard already or to come, once decrypted."""
        return (await self.wait_events(room, 1, timeout_s=timeout_s, **want))[0]

    async def wait_events(
        self, room: str, count: int, *, timeout_s: float = LIMIT, **want: Unpack[Wanted]
    ) -> list[Seen]:
        """Give the first `count` events that are as wanted, in order of arrival."""
        args = {"room": room, "want": want, "count": count}
        return [
            _seen(each) for each in cast("list[Json]", await self._ask("wait", args, timeout_s))
        ]

    async def wire(self, room: str) -> list[Json]:
        """Give every event of a room that the server holds, oldest first, raw as it holds it."""
        return cast("list[Json]", await self.do("wire", room=room))

    # Keys and devices

    async def devices(self, user: str) -> list[Device]:
        """Give somebody's devices that have keys, as the server tells of them now."""
        found = cast("list[Json]", await self.do("devices", user=user))
        return [Device(str(each["device_id"]), bool(each["signed"])) for each in found]

    async def sign_device(self, device: str) -> None:
        """Sign another device of one's own, as comparing emoji with it does in the end."""
        await self.do("signDevice", device=device)

    async def set_up_recovery(self) -> str:
        """Keep the identity's secrets on the server; give the recovery key that opens them."""
        return str(await self.do("setUpRecovery"))

    async def reset_identity(self) -> None:
        """Replace the identity by a new one, which others see as a change."""
        await self.do("resetIdentity")

    async def identity(self, user: str) -> str | None:
        """Give the public master key of somebody's identity as the server has it, or None."""
        found = await self.do("identity", user=user)
        return None if found is None else str(found)

    async def forget_session(self, room: str) -> None:
        """Encrypt what comes next with a new room key."""
        await self.do("forgetSession", room=room)

    async def hold_keys(self) -> None:
        """Keep room keys back from here on: others hear, and cannot decrypt yet."""
        await self.do("holdKeys")

    async def release_keys(self) -> None:
        """Give out the room keys that were kept back."""
        await self.do("releaseKeys")

    # The client itself

    async def retry(self) -> None:
        """Try again at once, when a server that was away is back."""
        await self.do("retry")

    async def logout(self) -> None:
        """Log out: the device is gone."""
        await self.do("logout")

    async def stop(self) -> None:
        """Close the client; the device stays, and hears nothing."""
        await self.do("stop")

    async def request(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask the server anything as this person; the path begins with /_matrix."""
        return cast("Json", await self.do("request", method=method, path=path, body=body))

    async def do(self, op: str, **args: object) -> object:
        """Have the program do something, within LIMIT."""
        return await self._ask(op, args, LIMIT)


def _seen(found: Json) -> Seen:
    return Seen(**found)  # type: ignore[arg-type]  # heard.mjs has the same fields


def _room(found: Json) -> Room:
    return Room(**found)  # type: ignore[arg-type]  # person.mjs has the same fields
