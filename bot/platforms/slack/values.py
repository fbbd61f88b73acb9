"""The small things in what Slack sends: ids, times, whose workspace, what kind of channel. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot.core.mention import DEFAULT_TEAM, Channel
from bot.platforms.slack.text import mapping, mappings, string

# What Slack calls channels that only their members know of, instead of giving their names.
_UNNAMED = re.compile(r"(?:privategroup|directmessage)$|mpdm-")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PERSON = re.compile(r"@?([UW][A-Z0-9]{6,20})")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_TS = re.compile(r"(\d{1,11})\.(\d{1,9})", re.ASCII)


def team_of(body: Mapping[str, object]) -> str:
    """Give the workspace that a payload is for, or the organisation where it names none.

    In a shared channel the installation that the event is visible to counts, not where it was
    said; that is also how slack-bolt finds it.
    """
    authorization = next(mappings(body.get("authorizations")), {})
    named = (
        string(body, "team") or string(mapping(body, "team"), "id"),
        string(authorization, "team_id"),
        string(body, "team_id"),
        string(mapping(body, "user"), "team_id"),
        string(mapping(body, "enterprise"), "id"),
        string(authorization, "enterprise_id"),
        string(body, "enterprise_id"),
    )
    return next(filter(identity, named), "")


def moment(ts: str) -> datetime | None:
    """Give the time that a message's `ts` stands for; None if it is none."""
    found = _TS.fullmatch(ts)
    if found is None:
        return None
    whole = datetime.fromtimestamp(int(found[1]), UTC)
    return whole + timedelta(microseconds=int(found[2][:6].ljust(6, "0")))


def stamp(ts: str) -> str | None:
    """Give a message's `ts` as it stands; None if it is none."""
    return None if moment(ts) is None else ts


def channel_of(
    id_: object, kind: str, *, team: str = DEFAULT_TEAM, external: bool = False
) -> Channel | None:
    """Give a channel, a private one unless it is said to be public.

    `app_mention` says nothing, and an id tells nothing either: those of newer private channels
    begin with C as well, and so does what is said of who joins them.
    """
    given = identity(id_)
    if not given:
        return None
    public = kind == "channel" and not given.startswith(("D", "G", "U", "W"))
    return Channel("slack", given, private=not public, external=external, team=team)


def kind_of(name: str) -> str:
    """Say of what kind a channel is by the name that commands and interactions give it."""
    return "channel" if name and not _UNNAMED.match(name) else ""


def identity(value: object) -> str:
    """Give an id, or an empty string for what is none."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def person_of(text: str) -> str | None:
    """Give the person whom a mention in a command names: `@U012AB3CD`; None if it is none."""
    found = _PERSON.fullmatch(text)
    return found[1] if found else None


def token(value: str) -> str:
    """Give a word that may serve as an id, or an empty string for what may not."""
    return value if _TOKEN.fullmatch(value) else ""


def digest(*parts: str) -> str:
    """Give an id that is the same each time the same thing comes."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]
