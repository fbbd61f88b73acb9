"""On which terms a feed comes to a channel: what is let through, and how far back. Pure.

`vendors=hikvision, dahua tags=cameras not=huawei min=exact backfill=7d`: pairs whose values may
hold spaces. `all` lets everything through.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from bot.core.document import quoted
from bot.core.duration import parse_duration, write_duration
from bot.core.mention import MatchKind
from bot.core.spelling import suggestion

MOST_BACK = timedelta(days=30)
"""What is older is no news anywhere."""
LONGEST_VALUE = 500
EMPTY = ("all", "none", "everything")
"""What takes a part of the terms away."""
EXAMPLES: Mapping[str, str] = {
    "vendors": "vendors=hikvision, dahua",
    "tags": "tags=cameras",
    "not": "not=huawei",
    "min": "min=exact",
    "backfill": "backfill=7d",
}
"""How each part is typed, in the order in which they are told."""
EMPTY_AS = {"vendors": "all", "tags": "all", "not": "none", "min": "all", "backfill": "none"}
"""The word for each part of which nothing is said."""
_ALSO = {"vendor": "vendors", "tag": "tags", "not_vendors": "not", "minimum": "min"}
_KEYS = {key: key for key in EXAMPLES} | _ALSO
_AROUND = re.compile(r"\s*=\s*")

Find: TypeAlias = Callable[[str], Iterable[str]]
"""Gives the ids, or the tags, of what somebody typed with commas between."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which vendors a route lets through: all, as long as nothing is said.

    With `vendors` or `tags` only those that are named or have one of the tags; `not_vendors`
    never. A match counts that is at least as sure as `minimum`.
    """

    vendors: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    not_vendors: frozenset[str] = frozenset()
    minimum: MatchKind = MatchKind.POSSIBLE

    def wants(self, vendor: str, tags: frozenset[str], kind: MatchKind) -> bool:
        """Whether a match of a vendor with these tags is let through."""
        if vendor in self.not_vendors or not kind.reaches(self.minimum):
            return False
        chosen = self.vendors or self.tags
        return not chosen or vendor in self.vendors or bool(tags & self.tags)

    @property
    def text(self) -> str | None:
        """How it is kept: canonical JSON that `read` gives back; None lets everything through."""
        parts = _parts(self)
        return _json(parts) if parts else None

    @classmethod
    def read(cls, text: str | None) -> "Filter":
        """Read what `text` wrote; raise ValueError for anything else."""
        return EVERYTHING if text is None else _filter(json.loads(text))


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Terms:
    """What one route says: its filter, and how old an entry of the first poll may be that alerts.

    Without `backfill` none of the first poll does.
    """

    filter: Filter = EVERYTHING
    backfill: timedelta | None = None

    @property
    def text(self) -> str:
        """Write it as canonical JSON that `read` gives back: `{}` where nothing is said."""
        back = {} if self.backfill is None else {"backfill_s": _seconds(self.backfill)}
        parts = _parts(self.filter)
        return _json(back | ({"filter": parts} if parts else {}))

    @classmethod
    def read(cls, text: str) -> "Terms":
        """Read what `text` wrote; raise ValueError for anything else."""
        given = _object(json.loads(text), {"backfill_s", "filter"})
        seconds = given.get("backfill_s")
        if seconds is not None and (type(seconds) is not int or not 0 < seconds <= _MOST_S):
            raise ValueError("backfill_s is a number of seconds, at most 30 days of them")
        back = None if seconds is None else timedelta(seconds=seconds)
        return cls(_filter(given.get("filter", {})), back)


AS_IT_COMES = Terms()
_MOST_S = int(MOST_BACK.total_seconds())


@dataclass(frozen=True, slots=True)
class RouteChange:
    """What was done to a route by chat: the texts of its `Terms`, None where it was not there."""

    feed: str
    channel_key: str
    old: str | None
    new: str | None


def read_terms(text: str, vendors: Find, tags: Find, before: Terms = AS_IT_COMES) -> Terms:
    """Read terms as people type them; what they do not speak of stays as it was `before`.

    Raise ValueError, in a line for a person, for what nobody can read; what `vendors` and `tags`
    raise for names that they do not know passes.
    """
    given = _pairs(text)
    if given is None:
        return replace(before, filter=EVERYTHING)
    limits, back = before.filter, before.backfill
    for key, value in given.items():
        empty = value.casefold() in EMPTY
        match key:
            case "vendors":
                limits = replace(limits, vendors=frozenset(() if empty else vendors(value)))
            case "tags":
                limits = replace(limits, tags=frozenset(() if empty else tags(value)))
            case "not":
                limits = replace(limits, not_vendors=frozenset(() if empty else vendors(value)))
            case "min":
                limits = replace(limits, minimum=MatchKind.POSSIBLE if empty else _kind(value))
            case _:
                back = None if empty else read_span(value)
    return Terms(limits, back)


def read_span(text: str) -> timedelta:
    """Read how far back a feed is searched at first. Raise ValueError, in a line for a person."""
    span = parse_duration(text)
    if not timedelta(0) < span <= MOST_BACK:
        raise ValueError(f"a feed is searched at most {write_duration(MOST_BACK)} back")
    return span


def typed(terms: Terms) -> str:
    """Write terms as they are typed, vendors by their ids, so that `read_terms` gives them back."""
    return shown(terms, str) or EMPTY[0]


def shown(terms: Terms, name: Callable[[str], str]) -> str:
    """Write terms for people; `name` gives a vendor's name by its id. Empty: all comes."""
    return " ".join(f"{key}={value}" for key, value in told(terms, name).items() if value)


def told(terms: Terms, name: Callable[[str], str]) -> dict[str, str]:
    """Write each part of the terms for people; empty where nothing is said."""
    limits = terms.filter
    return {
        "vendors": ", ".join(sorted(map(name, limits.vendors))),
        "tags": ", ".join(sorted(limits.tags)),
        "not": ", ".join(sorted(map(name, limits.not_vendors))),
        "min": "" if limits.minimum is MatchKind.POSSIBLE else str(limits.minimum),
        "backfill": "" if terms.backfill is None else write_duration(terms.backfill),
    }


def way_back(old: Terms, new: Terms) -> str:
    """Write as people type it what makes the old terms of the new ones."""
    before, after = told(old, str), told(new, str)
    return " ".join(
        f"{key}={before[key] or EMPTY_AS[key]}" for key in EXAMPLES if before[key] != after[key]
    )


def _pairs(text: str) -> dict[str, str] | None:
    """Part a line into what is said of each part of the terms; None: everything comes."""
    said = _AROUND.sub("=", text.strip()).split()
    if len(said) == 1 and said[0].casefold() in EMPTY:
        return None
    read: dict[str, str] = {}
    current: str | None = None
    for word in said:
        name, pair, value = word.partition("=")
        if pair:
            current = _key(name)
            if current in read:
                raise ValueError(f"{current} is given twice")
            read[current] = value
        elif current is None:
            raise ValueError(_unknown(word))
        else:
            read[current] += f" {word}"
    return {key: _value(key, value) for key, value in read.items()}


def _key(name: str) -> str:
    key = _KEYS.get(name.strip("'\"").casefold())
    if key is None:
        near = suggestion(name.casefold(), _KEYS) or f"; there are {', '.join(EXAMPLES)}"
        raise ValueError(f"a route has no {quoted(name)}{near}")
    return key


def _unknown(word: str) -> str:
    key = _KEYS.get(word.casefold())
    if key is not None:
        return f"{key} needs a value after a sign of equality, as in {EXAMPLES[key]}"
    return f"{quoted(word)} says nothing of a route; write for example {EXAMPLES['vendors']}"


def _value(key: str, text: str) -> str:
    value = text.strip(" '\"")
    if not value:
        raise ValueError(f"{key} needs a value, as in {EXAMPLES[key]}")
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"what follows {key}= has at most {LONGEST_VALUE} characters")
    return value


def _kind(text: str) -> MatchKind:
    known = [str(each) for each in MatchKind]
    if text.casefold() not in known:
        near = suggestion(text.casefold(), known)
        raise ValueError(f"{quoted(text)} is not one of {', '.join(known)}{near}")
    return MatchKind(text.casefold())


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


def _parts(limits: Filter) -> dict[str, object]:
    """Give what a filter says, for JSON; what it does not speak of is left out."""
    lists = {"vendors": limits.vendors, "tags": limits.tags, "not_vendors": limits.not_vendors}
    parts: dict[str, object] = {key: sorted(each) for key, each in lists.items() if each}
    if limits.minimum is not MatchKind.POSSIBLE:
        parts["minimum"] = str(limits.minimum)
    return parts


def _filter(given: object) -> Filter:
    parts = _object(given, {"vendors", "tags", "not_vendors", "minimum"})
    return Filter(
        _strings(parts.get("vendors", [])),
        _strings(parts.get("tags", [])),
        _strings(parts.get("not_vendors", [])),
        MatchKind(str(parts.get("minimum", MatchKind.POSSIBLE))),
    )


def _object(given: object, known: set[str]) -> dict[str, object]:
    if not isinstance(given, dict) or not given.keys() <= known:
        raise ValueError(f"that is no object with only {', '.join(sorted(known))}")
    return given


def _strings(given: object) -> frozenset[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise ValueError("that is no list of words")
    return frozenset(given)


def _json(parts: object) -> str:
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
