"""Takes what Slack tells to the inbox, and opens the windows that answers go into.

A window has to be opened within three seconds of the click, so it opens before there is an answer
in it; a click that opens none is answered the ordinary way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import structlog

from bot.core.commands import Command, CommandTable
from bot.core.document import said
from bot.core.mention import Channel, Invocation
from bot.core.signs import MARK as SIGN
from bot.errors import BotError, DeniedError, UsageError
from bot.platforms.base import Inbox
from bot.platforms.slack.api import Api, SlackError
from bot.platforms.slack.filling import Filling, Next
from bot.platforms.slack.forms import Lacking, filled, lacking
from bot.platforms.slack.render import MOST_VALUE
from bot.platforms.slack.text import mapping
from bot.platforms.slack.told import (
    Asked,
    Deleted,
    Edited,
    Event,
    Heard,
    Joined,
    Left,
    Marked,
    Me,
    Nothing,
    Opened,
    Removed,
    Submitted,
)
from bot.platforms.slack.where import Home, Place, Response, Window, read_where
from bot.platforms.slack.windows import View, answer, form, title_of, waiting

log = structlog.get_logger()

OPENED_S = 1.5
"""Seconds that opening a window may take; Slack wants to be answered within three."""
SAME_S = 2.0
"""Seconds within which a Home tab that is opened again is not drawn again."""
OVERVIEW = "vendor overview"
"""The line whose answer stands in the Home tab."""

Answer: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Reception:
    """Hands in what a workspace tells. `api_of` gives the way into a team's workspace."""

    inbox: Inbox
    me: Me
    commands: CommandTable
    api_of: Callable[[str], Awaitable[Api]]
    now: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    filling: Filling = field(init=False)
    _opened: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.filling = Filling(self.inbox, self.commands)

    async def take(self, told: Event) -> Answer:
        """Hand an event in; give what Slack is answered with, mostly nothing.

        Raise BotError if it could not be kept.
        """
        match told:
            case Heard(message=message):
                await self.inbox.on_message(message)
            case Edited(message=message):
                await self.inbox.on_edit(message)
            case Deleted(channel=channel, message_id=message_id):
                await self.inbox.on_delete(channel, message_id)
            case Marked(invocation=invocation):
                await self.inbox.on_pressed(invocation, SIGN)
            case Joined(channel=channel, by=by, event_id=event_id):
                await self.inbox.on_joined(await self._looked_up(channel), event_id, by)
            case Left(channel=channel):
                await self.inbox.on_left(channel)
            case Removed():
                await self.inbox.on_removed("slack", self.me.team)
            case Nothing(reason=reason):
                log.debug("slack event passed over", reason=reason)
            case Asked() | Submitted() | Opened():
                return await self._served(told)
        return {}

    async def _served(self, told: Asked | Submitted | Opened) -> Answer:
        match told:
            case Asked():
                await self._asked(told)
            case Submitted():
                return await self._submitted(told)
            case Opened(user=user, event_id=event_id):
                await self._home(user, event_id)
        return {}

    async def _asked(self, asked: Asked) -> None:
        asked, own = await self._own_form(asked)
        if own is not None and await self._open(asked, own) is not None:
            return
        invocation = asked.invocation
        lacks = None if invocation.doubt else lacking(self.commands, invocation.line)
        if lacks is not None and await self._form(asked, lacks):
            return
        where = await self._where(asked)
        if where is not None:
            invocation = replace(invocation, reply_to=str(where))
        try:
            await self.inbox.on_command(invocation)
        except BotError:
            if isinstance(where, Window):
                await self._sorry(where, invocation)
            raise
        if asked.at_home:
            await self._overview(invocation.actor, f"{invocation.id}:home")

    async def _form(self, asked: Asked, lacks: Lacking) -> bool:
        """Ask for what a line lacks, if Slack opens a window for that."""
        drawn = form(lacks.command, lacks.missing, lacks.begun, _place(asked.invocation))
        return drawn is not None and await self._open(asked, drawn) is not None

    async def _own_form(self, asked: Asked) -> tuple[Asked, View | None]:
        """Draw the form of a command's own, if a window can open; for whom it is not, doubt it."""
        if not asked.trigger:
            return asked, None
        try:
            own = await self.filling.drawn(asked.invocation)
        except DeniedError as error:
            return replace(asked, invocation=replace(asked.invocation, doubt=str(error))), None
        return asked, own

    async def _where(self, asked: Asked) -> Window | Response | None:
        """Say where an answer goes: into a window if it wants one and Slack opens it."""
        invocation = asked.invocation
        try:
            command, _ = self.commands.meant(invocation.line)
        except UsageError:
            return None
        if not (command.long or asked.stacked or asked.at_home):
            return None
        line, title = _again(command, invocation.line), title_of(command.path)
        view = await self._open(asked, waiting(title, _place(invocation)))
        before = read_where(invocation.reply_to or "")
        if view is not None:
            url = before.url if isinstance(before, Response) else ""
            return Window(view, 1, line, title, url, invocation.on)
        return replace(before, line=line) if isinstance(before, Response) else None

    async def _sorry(self, window: Window, invocation: Invocation) -> None:
        """Say in a window that nothing comes, if that can be said."""
        told = said("That could not be kept, so nothing was done. Close this and try again.")
        view = answer(told, replace(window, line=""), _place(invocation))
        try:
            api = await self.api_of(invocation.channel.team)
            async with asyncio.timeout(OPENED_S):
                await api.call("views.update", view_id=window.view, view=view)
        except (SlackError, TimeoutError) as error:
            log.warning("slack did not show that a command was lost", error=str(error))

    async def _looked_up(self, channel: Channel) -> Channel:
        """Ask of what kind a channel is; a private one if nobody says otherwise."""
        try:
            api = await self.api_of(channel.team)
            async with asyncio.timeout(OPENED_S):
                told = await api.ask("conversations.info", channel=channel.id)
        except (SlackError, TimeoutError) as error:
            log.warning("slack did not say what channel that is", error=str(error))
            return channel
        info = mapping(told, "channel")
        shared = info.get("is_ext_shared") is True or info.get("is_pending_ext_shared") is True
        return replace(
            channel,
            private=info.get("is_private") is not False,
            external=channel.external or shared,
        )

    async def _open(self, asked: Asked, view: View) -> str | None:
        """Open a view, on top of the one that was clicked in; give its id, None if it is not."""
        if not asked.trigger:
            return None
        method = "views.push" if asked.stacked else "views.open"
        try:
            api = await self.api_of(asked.invocation.channel.team)
            async with asyncio.timeout(OPENED_S):
                told = await api.call(method, trigger_id=asked.trigger, view=view)
        except (SlackError, TimeoutError) as error:
            log.warning("slack opened no window", error=str(error) or "no answer in time")
            return None
        opened = told.get("view")
        id_ = opened.get("id") if isinstance(opened, Mapping) else None
        return id_ if isinstance(id_, str) and id_ else None

    async def _submitted(self, submitted: Submitted) -> Answer:
        if submitted.begun.own:
            read = await self.filling.read(submitted)
        else:
            read = filled(self.commands, submitted)
        if isinstance(read, Next):
            return {"response_action": "update", "view": read.view}
        if isinstance(read, dict):
            return {"response_action": "errors", "errors": read}
        command, line = read
        invocation, title = submitted.invocation, title_of(command.path)
        again = _again(command, line)
        window = Window(submitted.view, 1, again, title, on=invocation.on, settling=True)
        await self.inbox.on_command(replace(invocation, line=line, reply_to=str(window)))
        view = waiting(title, _place(invocation), "One moment …")
        return {"response_action": "update", "view": view}

    async def _home(self, user: str, event_id: str) -> None:
        """Have a Home tab drawn, unless it was opened a moment ago."""
        now = self.now()
        self._opened = {key: at for key, at in self._opened.items() if now - at < SAME_S}
        if user in self._opened:
            return
        self._opened[user] = now
        try:
            await self._overview(user, event_id)
        except BotError:
            del self._opened[user]
            raise

    async def _overview(self, user: str, id_: str) -> None:
        channel = Channel("slack", user, private=True, team=self.me.team)
        await self.inbox.on_command(
            Invocation(channel, id_, user, OVERVIEW, reply_to=str(Home(user)))
        )


def _place(invocation: Invocation) -> Place:
    return Place(invocation.channel, invocation.thread, invocation.on)


def _again(command: Command, line: str) -> str:
    """Give the line by which a button gives a long answer again, if a button has room for it."""
    # A button's line is one line: what was pasted would not be the same.
    fits = len(line) <= MOST_VALUE and "\n" not in line
    return line if command.long and fits else ""
