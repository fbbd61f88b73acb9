"""The small things in what Matrix sends: ids, times, strings of any shape. Pure, and never raises.

Other servers and their users write what is read here; a homeserver checks little of it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Json: TypeAlias = Mapping[str, object]
"""A JSON object; what is in it may be of any type."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_000
"""Milliseconds to the end of the year 9999, which is the last that Python has."""
# Neither SQLite nor PostgreSQL takes these.
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_ID = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")
_USER = re.compile(r"@[^\s:\x00-\x1f\x7f-\x9f\ud800-\udfff]*:[A-Za-z0-9.:\[\]_-]+")


def string(of: Json, key: str) -> str:
    """Give the string under a key, or an empty one."""
    value = of.get(key)
    return value if isinstance(value, str) else ""


def mapping(of: Json, key: str) -> Json:
    """Give the object under a key, or an empty one."""
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def listed(of: Json, key: str) -> list[object]:
    """Give the list under a key, or an empty one."""
    value = of.get(key)
    return value if isinstance(value, list) else []


def mappings(of: Json, key: str) -> Iterator[Json]:
    """Give the objects in the list under a key."""
    return (each for each in listed(of, key) if isinstance(each, dict))


def mended(text: str) -> str:
    """Give a text that every database takes: without NUL and without half pairs."""
    return _BROKEN.sub("\ufffd", text)


def identity(value: object) -> str:
    """Give the id of an event or room, or an empty string for what is none."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def user(value: object) -> str:
    """Give the id of a user, or an empty string for what is none."""
    return value if identity(value) and isinstance(value, str) and _USER.fullmatch(value) else ""


def server_of(user_id: str) -> str:
    """Give the server of a user's id in lower case: `example.org:8448`."""
    return user_id.partition(":")[2].lower()


def moment(milliseconds: object) -> datetime:
    """Give the time of an `origin_server_ts`; what is out of all bounds counts as the nearest."""
    if not isinstance(milliseconds, int):
        return _EPOCH
    return _EPOCH + timedelta(milliseconds=min(max(milliseconds, 0), _LATEST_MS))
