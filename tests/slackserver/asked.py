"""What every method of the Web API is asked with, and what they have in common."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tests.slackserver.state import Channel, Installation, Json, SlackError, State


class Asked(NamedTuple):
    """A call: the installation that its token stands for, and its arguments, JSON ones decoded."""

    state: State
    installation: Installation
    arguments: Json


Handler: TypeAlias = Callable[[Asked], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method; any one of `scopes` is enough to call it, none means that none is needed.

    It answers what comes after `ok`, or raises `SlackError`.
    """

    handler: Handler
    scopes: tuple[str, ...] = ()


def need(installation: Installation, *scopes: str) -> None:
    """Refuse a call for which none of these scopes was granted."""
    if not installation.scopes & set(scopes):
        provided = ",".join(sorted(installation.scopes))
        raise SlackError("missing_scope", needed=scopes[0], provided=provided)


def yes(value: object) -> bool:
    """Read a flag, from JSON or from a form."""
    return value is True or str(value).lower() in ("1", "true", "yes")


def required(arguments: Json, *names: str) -> None:
    """Refuse a call without these arguments."""
    missing = [name for name in names if not arguments.get(name)]
    if missing:
        told = [f"[ERROR] missing required field: {name}" for name in missing]
        raise SlackError("invalid_arguments", response_metadata={"messages": told})


def find_channel(
    state: State, installation: Installation, identity: object, *, inside: bool = False
) -> Channel:
    """Find a channel that the app may know of; with `inside` it must be a member as well."""
    channel = state.channels.get(str(identity or ""))
    if channel is None or not state.reaches(installation, channel):
        raise SlackError("channel_not_found")
    member = installation.bot_user in channel.members
    if not member and channel.kind != "public":
        raise SlackError("channel_not_found")
    if inside and not member:
        raise SlackError("not_in_channel")
    return channel


def find_message(channel: Channel, ts: object) -> Json:
    """Find a message that can still be seen."""
    message = channel.messages.get(str(ts or ""))
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    return message


def page(key: str, items: Sequence[object], arguments: Json, usual: int) -> Json:
    """Give as many as asked for, from the cursor on, and the cursor of the next page."""
    try:
        limit = int(arguments.get("limit") or usual)
        start = int(base64.b64decode(str(arguments.get("cursor") or "")) or 0)
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor") from None
    end = start + max(1, min(limit, 1000))
    more = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return {key: list(items[start:end]), "response_metadata": {"next_cursor": more}}
