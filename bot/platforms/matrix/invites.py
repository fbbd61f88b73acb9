"""An invitation of the bot's: what it says, and whether who sent it may. Pure, and never raises."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.platforms.matrix.values import mapping, server_of, user


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation of the bot's. Only `inviter` is certain; `direct` is as their server says.

    `inviter` is empty where it is not clear who that is.
    """

    inviter: str
    direct: bool = False


def invite(state: Iterable[object], user_id: str) -> Invite:
    """Read the stripped state of an invitation of an account of the bot's."""
    inviters, is_direct = set[str](), False
    for event in state:
        if not isinstance(event, dict):
            continue
        content = mapping(event, "content")
        mine = event.get("type") == "m.room.member" and event.get("state_key") == user_id
        if mine and content.get("membership") == "invite":
            inviters.add(user(event.get("sender")))
            is_direct = is_direct or content.get("is_direct") is True
    inviter = inviters.pop() if len(inviters) == 1 else ""
    return Invite(inviter, is_direct)


def allowed(inviter: str, patterns: tuple[str, ...]) -> bool:
    """Whether somebody may invite the bot: by their id, by their server, or because of `*`."""
    if not user(inviter):
        return False
    server = server_of(inviter)
    for pattern in patterns:
        if pattern == "*" or pattern.lower() == server:
            return True
        name, _, at = pattern.partition(":")
        if (name, at.lower()) == (inviter.partition(":")[0], server):
            return True
    return False
