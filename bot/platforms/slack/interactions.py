"""What people do with the app, read: slash commands, buttons, the shortcut, filled-in forms. Pure.

References: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.forms import BETWEEN
from bot.core.mention import Invocation
from bot.platforms.slack.agreed import BUTTON, FORM, NO_CHOICE, PAGE, SHORTCUT, VALUE
from bot.platforms.slack.text import mapping, mappings, mended, string, typed, words
from bot.platforms.slack.told import Asked, Event, Me, Nothing, Submitted
from bot.platforms.slack.values import (
    channel_of,
    digest,
    identity,
    kind_of,
    stamp,
    team_of,
    token,
)
from bot.platforms.slack.where import Place, Response, Window, read_place

LONGEST_LINE = 40_000
"""Characters of a command's line; Slack's own limit for a message's text."""
_WEB = re.compile(r"https?://[\x21-\x7e]{1,2000}")
_COMMAND = re.compile(r"/([^\s\x00\ud800-\udfff]{1,40})")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)

Body: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Given:
    """A command as a payload has it, before anybody looked whether that makes sense."""

    line: str
    id: str
    user: str
    place: Place | None
    reply_to: str | None = None
    stacked: bool = False
    at_home: bool = False
    opens: bool = True


def slash(body: Body, me: Me) -> Event:
    """Read a slash command."""
    command = _COMMAND.fullmatch(string(body, "command"))
    if command is None:
        return Nothing("no command")
    text = typed(string(body, "text"))
    line = f"{command[1]} {text}" if text.strip() else command[1]
    kind = kind_of(string(body, "channel_name"))
    channel = channel_of(body.get("channel_id"), kind, team=me.team)
    keys = ("team_id", "channel_id", "user_id", "command", "text", "response_url")
    id_ = token(string(body, "trigger_id")) or digest(*(string(body, key) for key in keys))
    place = Place(channel) if channel else None
    return _invoked(body, _Given(line, id_, string(body, "user_id"), place, _response(body)))


def pressed(body: Body, me: Me) -> Event:
    """Read the press of a button, or a choice, that carries a command line."""
    for action in mappings(body.get("actions")):
        name = string(action, "action_id")
        page = _NUMBER.fullmatch(name.removeprefix(PAGE)) if name.startswith(PAGE) else None
        if not name.startswith(BUTTON) and page is None:
            continue
        option = mapping(action, "selected_option")
        line = mended(string(action, "value") or string(option, "value"))
        if not line.strip():
            return Nothing("a button without a command")
        if string(mapping(body, "container"), "type") == "view":
            return _in_view(body, me, string(action, "action_ts"), line, page and int(page[0]))
        if page is not None:
            return Nothing("a page of nothing")
        return _invoked(body, _interaction(body, me, string(action, "action_ts"), line))
    return Nothing("no button of a command")


def _in_view(body: Body, me: Me, at: str, line: str, page: int | None) -> Event:
    """Read a button in a window or in the Home tab, which is in a person's own conversation."""
    view, user = mapping(body, "view"), string(mapping(body, "user"), "id")
    id_ = _id_of(body, at, user, line)
    kept = read_place(string(view, "private_metadata"), me.team)
    if string(view, "type") != "modal" or kept is None:
        own = channel_of(user, "", team=me.team)
        at_home = string(view, "type") != "modal"
        given = _Given(line, id_, user, Place(own) if own else None, at_home=at_home)
        return _invoked(body, given)
    title = string(mapping(view, "title"), "text")
    window = Window(string(view, "id"), page or 1, line, title, on=kept[0].on)
    given = _Given(line, id_, user, kept[0], str(window), stacked=True, opens=page is None)
    return _invoked(body, given)


def shortcut(body: Body, me: Me) -> Event:
    """Read the use of the shortcut on a message: all its words are checked."""
    if string(body, "callback_id") != SHORTCUT:
        return Nothing("another shortcut")
    line = f"vendor check {words(mapping(body, 'message'))}".strip()
    return _invoked(body, _interaction(body, me, string(body, "action_ts"), line))


def submitted(body: Body, me: Me) -> Event:
    """Read a form that was filled in."""
    view, user = mapping(body, "view"), identity(mapping(body, "user").get("id"))
    kept = read_place(string(view, "private_metadata"), me.team)
    if string(view, "callback_id") != FORM or kept is None:
        return Nothing("another window")
    if not user:
        return Nothing("nobody")
    place, begun = kept
    asked = {
        string(block, "block_id"): _shown(mapping(block, "element"))
        for block in mappings(view.get("blocks"))
        if string(block, "type") == "input"
    }
    filled = mapping(mapping(view, "state"), "values")
    # In the order of the form: telephones give another one
    # (https://github.com/slackapi/python-slack-sdk/issues/1199).
    keys = [*(key for key in asked if key in filled), *(key for key in filled if key not in asked)]
    values = {key: _written(mapping(mapping(filled, key), VALUE)) for key in keys}
    if not values:
        return Nothing("an empty form")
    view_id = string(view, "id")
    # The same form with the same in it is one command, however often it is sent.
    state = string(view, "hash") or string(body, "trigger_id")
    written = (f"{key}={values[key]}" for key in sorted(values))
    id_ = digest(view_id, user, state, *written)
    invocation = Invocation(place.channel, id_, user, "", place.thread, on=place.on)
    # Where Slack says of no field what stood in it, nobody knows.
    shown = asked if any(asked.values()) else {}
    return Submitted(invocation, begun, view_id, values, team_of(body), shown)


def _written(element: Body) -> str:
    """Give what was written in an input, or chosen from it."""
    written = string(element, "value")
    return mended(written) or _chosen(element, "selected_option", "selected_options")


def _shown(element: Body) -> str:
    """Give what stood in an input when it was opened."""
    written = string(element, "initial_value")
    return mended(written) or _chosen(element, "initial_option", "initial_options")


def _chosen(element: Body, one: str, several: str) -> str:
    options = (mapping(element, one), *mappings(element.get(several)))
    values = (mended(string(each, "value")) for each in options)
    return BETWEEN.join(each for each in values if each not in {"", NO_CHOICE})


def _interaction(body: Body, me: Me, at: str, line: str) -> _Given:
    """Read who did something on which message."""
    user = string(mapping(body, "user"), "id")
    container, message = mapping(body, "container"), mapping(body, "message")
    named = mapping(body, "channel")
    threads = (string(message, "thread_ts"), string(container, "thread_ts"))
    stamps = (
        string(container, "message_ts"),
        string(body, "message_ts"),
        string(message, "ts"),
    )
    channel = channel_of(
        string(named, "id") or string(container, "channel_id"),
        kind_of(string(named, "name")),
        team=me.team,
    )
    thread = next(filter(None, map(stamp, threads)), None)
    on = next(filter(None, map(stamp, stamps)), None)
    place = None if channel is None else Place(channel, thread, on)
    hidden = container.get("is_ephemeral") is True
    return _Given(line, _id_of(body, at, user, line), user, place, _response(body, hidden=hidden))


def _id_of(body: Body, at: str, user: str, line: str) -> str:
    place = string(mapping(body, "channel"), "id") or string(mapping(body, "view"), "id")
    trigger = string(body, "trigger_id")
    id_ = token(f"{at}:{trigger}") if trigger else ""
    return id_ or digest(place, user, at, trigger, line, string(body, "response_url"))


def _response(body: Body, *, hidden: bool = False) -> str | None:
    url = string(body, "response_url")
    return str(Response(url, hidden)) if _WEB.fullmatch(url) else None


def _invoked(body: Body, given: _Given) -> Event:
    place = given.place
    if place is None:
        return Nothing("no channel")
    if not identity(given.user):
        return Nothing("nobody")
    invocation = Invocation(
        place.channel,
        given.id,
        given.user,
        given.line[:LONGEST_LINE],
        place.thread,
        given.reply_to,
        place.on,
    )
    return Asked(
        invocation,
        given.id,
        team_of(body),
        trigger=token(string(body, "trigger_id")) if given.opens else "",
        stacked=given.stacked,
        at_home=given.at_home,
    )
