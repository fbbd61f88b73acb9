"""Answers to commands: in a window, in the Home tab, to an address, or in the channel itself.

Only the asker sees an answer that is not shared. Where Slack does not show it the way that was
meant, another way is taken, so that no answer is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from bot.core.document import Actions, Button, Document, Paragraph, said, words
from bot.core.mention import Invocation
from bot.platforms.slack.api import Api, SlackError
from bot.platforms.slack.render import SlackMessage, render, render_first, render_pages
from bot.platforms.slack.where import Home, Place, Response, Window, read_where
from bot.platforms.slack.windows import View, answer, home

log = structlog.get_logger()

MOST_PAGES = 5
"""Answers that Slack takes for one command."""
SETTLING_S = 0.7
"""Seconds for which "One moment" is given time to come into a window before the answer does. Slack
puts it there when it reads our acknowledgement, and does not say when it has."""

# What Slack says if a person cannot be shown something in a channel; where the bot may not speak.
_UNSEEN = frozenset({"user_not_in_channel", "method_not_supported_for_channel_type"})
_NO_PLACE = _UNSEEN | {"channel_not_found", "is_archived", "not_in_channel", "thread_not_found"}
_CLOSED = frozenset({"not_found", "view_not_found"})
_REFUSED = frozenset({"invalid_arguments", "invalid_blocks", "view_too_large"})
# It is no use trying again.
_NOBODY = frozenset({"not_enabled", "user_not_found"})


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers in the workspace of each channel. `api_of` gives the way into a team's workspace."""

    api_of: Callable[[str], Awaitable[Api]]

    async def reply(self, invocation: Invocation, document: Document, *, shared: bool) -> None:
        """Answer a command. Raise SlackError."""
        where = Response() if invocation.reply_to is None else read_where(invocation.reply_to)
        match where:
            case Home(user=user):
                await self._publish(invocation, user, document)
            case Window():
                await self._in_window(invocation, where, document, shared=shared)
            case Response(url=""):
                pages = _pages(document, where.line, MOST_PAGES)
                await self._in_channel(invocation, document, pages, shared=shared)
            case Response():
                await self._respond(invocation, where, document, shared=shared)

    # The Home tab

    async def _publish(self, invocation: Invocation, user: str, document: Document) -> None:
        try:
            view = await asyncio.to_thread(home, document)
            await self._call(invocation, "views.publish", user_id=user, view=view)
        except SlackError as error:
            error.permanent = error.permanent or error.code in _NOBODY
            if error.code not in _REFUSED:
                raise
            log.error("slack refused the blocks of a home tab", error=str(error))
            view = home(said(document.summary))
            await self._call(invocation, "views.publish", user_id=user, view=view)

    # Windows

    async def _in_window(
        self, invocation: Invocation, window: Window, document: Document, *, shared: bool
    ) -> None:
        """Put an answer into a window; if it is closed by then, where the window was opened."""
        if window.settling:
            await asyncio.sleep(SETTLING_S)
        if shared:
            await self._share(invocation, window, document)
            document = said("Everybody in the channel can see it now.")
        place = Place(invocation.channel, invocation.thread, window.on)
        # Sharing a long record out among pages takes a while.
        view = await asyncio.to_thread(answer, document, window, place)
        try:
            await self._update(invocation, window, view)
        except SlackError as error:
            if shared:
                log.warning("slack did not show that an answer is shared", error=str(error))
            elif error.code in _CLOSED:
                await self._privately(invocation, _short(document, window), window.url)
            elif error.code in _REFUSED:
                log.error("slack refused the blocks of a window", error=str(error))
                shown = said(f"{document.summary} The rest is in the conversation.")
                await self._update(invocation, window, answer(shown, window, place))
                await self._privately(invocation, document, window.url)
            else:
                raise

    async def _update(self, invocation: Invocation, window: Window, view: View) -> None:
        await self._call(invocation, "views.update", view_id=window.view, view=view)

    async def _share(self, invocation: Invocation, window: Window, document: Document) -> None:
        if window.url:
            address = Response(window.url)
            await self._respond(invocation, address, document, shared=True)
        else:
            pages = _pages(document, "", MOST_PAGES)
            await self._in_channel(invocation, document, pages, shared=True)

    async def _privately(self, invocation: Invocation, document: Document, url: str = "") -> None:
        """Show the asker something, in the channel if Slack does that, else directly."""
        for page in render_pages(document, MOST_PAGES):
            try:
                if url:
                    await self._to(invocation, url, page, "ephemeral")
                else:
                    await self._ephemeral(invocation, page)
            except SlackError as error:
                if url and error.permanent:
                    await self._privately(invocation, document)
                    return
                if error.code not in _NO_PLACE:
                    raise
                await self._post(invocation, page, channel=invocation.actor)

    # Addresses that came with a command

    async def _respond(
        self, invocation: Invocation, where: Response, document: Document, *, shared: bool
    ) -> None:
        """Answer at an address; what was shared is taken away where only its asker saw it."""
        most = MOST_PAGES - 1 if shared and where.hidden else MOST_PAGES
        kind = "in_channel" if shared else "ephemeral"
        pages = _pages(document, where.line, most)
        for number, page in enumerate(pages):
            try:
                await self._to(invocation, where.url, page, kind)
            except SlackError as error:
                if not error.permanent or number:
                    raise
                # The address is used up or too old.
                if shared:
                    await self._in_channel(invocation, document, pages, shared=True)
                else:
                    await self._privately(invocation, document)
                return
        if shared and where.hidden:
            await self._forget(invocation, where.url)

    async def _to(self, invocation: Invocation, url: str, page: SlackMessage, kind: str) -> None:
        api = await self.api_of(invocation.channel.team)
        told = {"response_type": kind, "replace_original": False}
        await api.respond(url, {**told, "text": page.text, "blocks": page.blocks})

    async def _forget(self, invocation: Invocation, url: str) -> None:
        """Take away what was pressed; the answer stands, so nothing is tried again for it."""
        try:
            api = await self.api_of(invocation.channel.team)
            await api.respond(url, {"delete_original": True})
        except SlackError as error:
            log.warning("slack left a message that was shared", error=str(error))

    # The channel

    async def _in_channel(
        self,
        invocation: Invocation,
        document: Document,
        pages: Iterable[SlackMessage],
        *,
        shared: bool,
    ) -> None:
        """Answer in the channel; one line for all where Slack shows nothing to the asker alone."""
        direct = invocation.channel.id.startswith(("D", "U", "W"))
        for page in pages:
            if shared or direct:
                await self._post(invocation, page)
                continue
            try:
                await self._ephemeral(invocation, page)
            except SlackError as error:
                if error.code not in _UNSEEN:
                    raise
                await self._post(invocation, render(said(document.summary)))
                return

    async def _ephemeral(self, invocation: Invocation, page: SlackMessage) -> None:
        channel = invocation.channel.id
        if channel.startswith(("D", "U", "W")):
            await self._post(invocation, page)
            return
        await self._speak(
            invocation,
            "chat.postEphemeral",
            page,
            channel=channel,
            user=invocation.actor,
            thread_ts=invocation.thread,
        )

    async def _post(self, invocation: Invocation, page: SlackMessage, channel: str = "") -> None:
        await self._speak(
            invocation,
            "chat.postMessage",
            page,
            channel=channel or invocation.channel.id,
            # Another conversation has no such thread.
            thread_ts=None if channel else invocation.thread,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _speak(
        self, invocation: Invocation, method: str, page: SlackMessage, **arguments: object
    ) -> None:
        """Say a page; one whose blocks Slack does not take goes as words, once."""
        try:
            await self._call(invocation, method, text=page.text, blocks=page.blocks, **arguments)
        except SlackError as error:
            if error.code != "invalid_blocks":
                raise
            log.error("slack refused the blocks of an answer; said in words", error=str(error))
            await self._call(invocation, method, text=page.text, **arguments)

    async def _call(
        self, invocation: Invocation, method: str, **arguments: object
    ) -> Mapping[str, object]:
        api = await self.api_of(invocation.channel.team)
        return await api.call(method, **arguments)


def _pages(document: Document, line: str, most: int) -> tuple[SlackMessage, ...]:
    """Give an answer's messages; one alone where a command line opens the whole in a window."""
    if line:
        return (render_first(document, Button("Open all of it", line)),)
    return render_pages(document, most)


def _short(document: Document, window: Window) -> Document:
    """Say a long answer in a sentence, with a button for the whole; a short one as it is."""
    if not window.line:
        return document
    lead = Paragraph(words(document.summary))
    return Document(document.summary, (lead, Actions((Button("Open it again", window.line),))))
