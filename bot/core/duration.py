"""Spans of time as people write them: `30m`, `24h`, `7d`, `1d 12h`, `2 weeks`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_UNITS = {
    "weeks": "w(?:(?:ee)?ks?)?",
    "days": "d(?:ays?)?",
    "hours": "h(?:ou)?(?:rs?)?",
    "minutes": "m(?:in(?:ute)?s?)?",
    "seconds": "s(?:ec(?:ond)?s?)?",
}
_FORM = re.compile(" ?".join(f"(?:([0-9]{{1,6}}) ?{unit})?" for unit in _UNITS.values()))
_LONGEST = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """Read a span, larger units first; raise ValueError for anything else, or over ten years."""
    found = _FORM.fullmatch(" ".join(text.lower().split()))
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is no duration; write for example 30m, 24h, 7d or 1d 12h")
    counts = zip(_UNITS, found.groups(), strict=True)
    span = timedelta(**{unit: int(count or 0) for unit, count in counts})
    if span > _LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return span


def write_duration(span: timedelta) -> str:
    """Write a span so that `parse_duration` gives it back to the second: `1d 12h`, `0s`."""
    left = int(span.total_seconds())
    parts = []
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def _validate(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(str(value))


DurationField = Annotated[
    timedelta,
    PlainValidator(_validate),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "description": "A span of time: 30m, 24h, 7d, 1d 12h."}),
]
"""A `timedelta` as a pydantic field, written as people do."""
