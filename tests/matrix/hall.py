"""A room with people and the bot in it, as the tests of talking need it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.matrix.bot import Bot
from tests.matrix.person import Person
from tests.matrix.seen import Json, Seen, Wanted

NOTICE = "m.notice"


@dataclass(frozen=True, slots=True)
class Hall:
    """A room that `host` made and that the bot has introduced itself in."""

    room: str
    host: Person
    bot: str
    encrypted: bool

    async def answer(self, asked: str, *, body: str = "", after: str | None = None) -> Seen:
        """Wait for what the bot says in the thread of a message."""
        want = Wanted(sender=self.bot, body=body, rel_type="m.thread", relates_to=asked)
        if after is not None:
            want["after"] = after
        return await self.host.wait_event(self.room, **want)

    async def changed(self, event: str, *, after: str | None = None) -> str:
        """Wait until the bot has edited a message of its own; give what it says now."""
        want = Wanted(sender=self.bot, rel_type="m.replace", relates_to=event)
        if after is not None:
            want["after"] = after
        seen = await self.host.wait_event(self.room, **want)
        new = seen.content["m.new_content"]
        assert isinstance(new, dict)
        return str(new["body"])

    async def seeded(self, event: str, *keys: str) -> None:
        """Wait until the bot has put these reactions under a message of its own."""
        for key in keys:
            await self.host.wait_event(
                self.room, sender=self.bot, type="m.reaction", relates_to=event, key=key
            )

    async def fence(self) -> str:
        """Wait until the bot has answered one more command; what came before is done with.

        Give that command's id.
        """
        asked = await self.host.send(self.room, "!vendor zzyzx")
        await self.answer(asked)
        return asked

    async def said(self, *, after: str = "") -> list[Seen]:
        """Give the bot's messages that stand, without the edits; those after an event if given.

        Each is checked to be what every message of the bot's has to be.
        """
        return standing(
            await self.host.events(self.room), self.bot, encrypted=self.encrypted, after=after
        )

    async def bodies(self, *, after: str = "") -> list[str]:
        """Give what those messages said when they came."""
        return [each.body for each in await self.said(after=after)]

    async def closed(self) -> None:
        """See that the server holds nothing of the bot's in the clear that ought not to be."""
        if self.encrypted:
            wire = await self.host.wire(self.room)
            mine = {str(each["type"]) for each in wire if each["sender"] == self.bot}
            assert mine <= {
                "m.room.encrypted", "m.reaction", "m.room.redaction", "m.room.member",
            }  # fmt: skip


def standing(events: Sequence[Seen], bot: str, *, encrypted: bool, after: str = "") -> list[Seen]:
    """Give the bot's messages that stand, each of them quiet, pinging nobody and encrypted."""
    ids = [each.event_id for each in events]
    events = events[ids.index(after) + 1 :] if after else events
    found = []
    for each in events:
        if each.sender != bot or each.type != "m.room.message" or each.redacted:
            continue
        _is_proper(each.content)
        assert each.encrypted is encrypted
        assert each.shield == ("none" if encrypted else None)
        if each.relates_to.get("rel_type") == "m.replace":
            new = each.content["m.new_content"]
            assert isinstance(new, dict)
            _is_proper(new)
        else:
            found.append(each)
    return found


def _is_proper(content: Json) -> None:
    assert content["msgtype"] == NOTICE
    assert content["m.mentions"] == {}
    assert content["format"] == "org.matrix.custom.html"
    assert content["body"]


async def invited(host: Person, bot: Bot, *, encrypted: bool, **more: object) -> str:
    """Make a room, invite the bot and wait for its introduction."""
    room = await host.create_room("hall", encrypted=encrypted, invite=[bot.user_id], **more)  # type: ignore[arg-type]
    await host.wait_member(room, bot.user_id)
    await host.wait_event(room, sender=bot.user_id, body="VendorWatch")
    return room


async def hall(host: Person, bot: Bot, *, encrypted: bool, listening: bool = False) -> Hall:
    """Make a room with the bot; in an encrypted one it listens only if that is switched on."""
    made = Hall(await invited(host, bot, encrypted=encrypted), host, bot.user_id, encrypted)
    if listening and encrypted:
        await made.answer(await host.send(made.room, "!vendor watch on"))
    return made
