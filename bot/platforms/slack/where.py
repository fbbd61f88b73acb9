"""Where an answer goes on Slack, and what a window remembers; each as one string, and back. Pure.

The first is kept as an invocation's `reply_to`, the second in a view's `private_metadata`, which
Slack keeps and gives back with every click in it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.mention import Channel
from bot.platforms.slack.text import mapping, string
from bot.platforms.slack.told import Begun
from bot.platforms.slack.values import channel_of, stamp

MOST_METADATA = 3_000
"""Characters of a view's `private_metadata`; Slack's own limit."""
_ANSWER = "answer:"
_HOME = "home:"
_VIEW = "view:"
_NUMBER = re.compile("[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Response:
    """A response_url, or the channel itself if there is none.

    `hidden`: what was pressed is in a message that only one person sees. `line` gives the answer
    again, in a window, where it is too long for a message.
    """

    url: str = ""
    hidden: bool = False
    line: str = ""

    def __str__(self) -> str:
        if self.url and not self.hidden and not self.line:
            return self.url
        return _ANSWER + _written({"url": self.url, "hidden": self.hidden, "line": self.line})


@dataclass(frozen=True, slots=True)
class Window:
    """A page of an answer in a modal.

    `line` gives the answer again, for its other pages and if the modal is closed by then; without
    one it has a single page. `url` is a response_url for an answer that finds the modal closed.
    `settling`: Slack may still be putting "One moment" into it. `on` is the message of the alert.
    """

    view: str
    page: int = 1
    line: str = ""
    title: str = ""
    url: str = ""
    on: str | None = None
    settling: bool = False

    def __str__(self) -> str:
        parts: dict[str, object] = {
            "id": self.view,
            "page": self.page,
            "line": self.line,
            "title": self.title,
            "url": self.url,
            "on": self.on,
            "settling": self.settling,
        }
        return _VIEW + _written(parts)


@dataclass(frozen=True, slots=True)
class Home:
    """A person's Home tab."""

    user: str

    def __str__(self) -> str:
        return f"{_HOME}{self.user}"


Where: TypeAlias = Response | Window | Home


def read_where(text: str) -> Where:
    """Read what one of these was written as; whatever is none of the others is an address."""
    if text.startswith(_HOME):
        return Home(text.removeprefix(_HOME))
    if text.startswith(_VIEW):
        kept = _object(text.removeprefix(_VIEW))
        page = kept.get("page")
        return Window(
            view=string(kept, "id"),
            page=page if isinstance(page, int) else 1,
            line=string(kept, "line"),
            title=string(kept, "title"),
            url=string(kept, "url"),
            on=stamp(string(kept, "on")),
            settling=kept.get("settling") is True,
        )
    if text.startswith(_ANSWER):
        kept = _object(text.removeprefix(_ANSWER))
        return Response(string(kept, "url"), kept.get("hidden") is True, string(kept, "line"))
    return Response(text)


@dataclass(frozen=True, slots=True)
class Place:
    """What a window was opened from: the channel, its thread, the message that was clicked."""

    channel: Channel
    thread: str | None = None
    on: str | None = None

    def write(self, begun: Begun | None = None) -> str:
        """Write it down, with what a form is for. It may be longer than Slack takes."""
        parts: dict[str, object] = {
            "channel": self.channel.id,
            "public": not self.channel.private,
            "external": self.channel.external,
            "thread": self.thread,
            "on": self.on,
        }
        if begun is not None:
            parts |= {"path": list(begun.path), "given": dict(begun.given), "own": begun.own}
            parts |= {} if begun.seen is None else {"seen": str(begun.seen)}
        return _written(parts)


def read_place(text: str, team: str) -> tuple[Place, Begun] | None:
    """Read what `Place.write` wrote; None if it did not."""
    kept = _object(text)
    channel = channel_of(
        kept.get("channel"),
        "channel" if kept.get("public") is True else "",
        team=team,
        external=kept.get("external") is True,
    )
    if channel is None:
        return None
    path = kept.get("path")
    words = tuple(each for each in path if isinstance(each, str)) if isinstance(path, list) else ()
    given = mapping(kept, "given")
    seen = string(kept, "seen")
    begun = Begun(
        words,
        {key: string(given, key) for key in given},
        kept.get("own") is True,
        int(seen) if _NUMBER.fullmatch(seen) else None,
    )
    place = Place(channel, stamp(string(kept, "thread")), stamp(string(kept, "on")))
    return place, begun


def _object(text: str) -> Mapping[str, object]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _written(parts: Mapping[str, object]) -> str:
    return json.dumps({key: value for key, value in parts.items() if value})
