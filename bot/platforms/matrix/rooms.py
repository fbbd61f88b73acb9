"""A room as its state says: who may do what, who is there, whether it is encrypted. Pure.

Power is computed here, by version of the room, since the SDK knows nothing of version 12.
Reference: https://spec.matrix.org/latest/rooms/
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.platforms.matrix.values import Json, identity, listed, mapping, string, user

ROTATION_MS = 604_800_000
"""Milliseconds that a key of a room serves at most: a week, as the specification recommends."""
ROTATION_MESSAGES = 100
"""Messages for which one serves at most, as the specification recommends."""

_SHORTEST_MS = 3_600_000
_PRIVILEGED_CREATORS = 12
_STRICT_LEVELS = 10
_HERE = frozenset({"join", "invite"})
BY_INVITATION = frozenset({"invite", "knock", "private"})
"""Rules of joining by which somebody who is there has to let one in."""
_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Successor:
    """The room that another goes on in, and who said so."""

    room_id: str
    by: str


@dataclass(slots=True)
class Room:
    """A joined room, which is fed its state in any order. `members` are those known so far.

    They are `complete` once all were told. `changes` counts what was told of them. A `space` is a
    list of rooms, in which nobody talks.
    """

    version: str = "1"
    encrypted: bool = False
    rotation_ms: int = ROTATION_MS
    rotation_messages: int = ROTATION_MESSAGES
    private: bool = True
    successor: Successor | None = None
    predecessor: str | None = None
    space: bool = False
    members: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    changes: int = 0
    _rule: str = "invite"
    _history: str = "shared"
    _creator: str = ""
    _additional: frozenset[str] = frozenset()
    _levels: Json | None = None
    _counts: dict[str, int] = field(default_factory=dict)

    def take(self, event: Json) -> None:
        """Take an event of the room's state; what is no such thing changes nothing."""
        kind, key = string(event, "type"), event.get("state_key")
        content = mapping(event, "content")
        if kind == "m.room.member":
            self._take_member(user(key), content)
        elif key == "":
            self._take_single(kind, user(event.get("sender")), content)

    def take_summary(self, summary: Json) -> None:
        """Take how many members there are, as a sync tells it; it tells only what has changed."""
        for key in ("m.joined_member_count", "m.invited_member_count"):
            count = _whole(summary.get(key))
            if count is not None and count >= 0:
                self._counts[key] = count

    def take_members(self, events: Iterable[Json]) -> None:
        """Take the membership events of all who are here, instead of what was known before."""
        self.members.clear()
        for event in events:
            self.take(event)
        self.complete = True

    def missed(self) -> None:
        """Take it that not everything was told: who is here has to be asked for again."""
        self.complete = False
        self._counts.clear()
        self.changes += 1

    @property
    def joined(self) -> frozenset[str]:
        """Who is known to be in the room; not all, where members are loaded lazily."""
        return frozenset(each for each, is_ in self.members.items() if is_ == "join")

    @property
    def invited(self) -> frozenset[str]:
        """Who is known to be invited and has not come yet."""
        return frozenset(each for each, is_ in self.members.items() if is_ == "invite")

    @property
    def readers(self) -> frozenset[str]:
        """Who is to be able to read what is said now: the invited too, where they will see it."""
        return self.joined if self._history == "joined" else self.joined | self.invited

    def few(self, number: int) -> bool:
        """Whether at most so many are here or still to come, as far as a sync has told."""
        return bool(self._counts) and sum(self._counts.values()) <= number

    def abandoned(self, own: frozenset[str]) -> bool:
        """Whether nobody is left here, or still to come, beside the bot's own accounts."""
        here = self.members.keys()
        counted = sum(self._counts.values()) <= len(here & own)
        return bool(here & own) and not here - own and bool(self._counts) and counted

    @property
    def maker(self) -> str:
        """Who made the room; empty if nothing says so yet."""
        return self._creator

    def lonely(self, own: frozenset[str]) -> bool:
        """Whether nobody but the bot's own accounts is here or invited, as far as one knows."""
        others = self.members.keys() - own
        if others or self.complete:
            return not others
        return sum(self._counts.values()) <= len(self.members.keys() & own)

    @property
    def by_invitation(self) -> bool:
        """Whether nobody comes in whom nobody there let in."""
        return self._rule in BY_INVITATION

    @property
    def creators(self) -> frozenset[str]:
        """Who may do everything because they made the room; nobody before version 12."""
        if not self._creator or _number(self.version) < _PRIVILEGED_CREATORS:
            return frozenset()
        return self._additional | {self._creator}

    def power(self, user_id: str) -> float:
        """Give a user's power level; infinite for those who made a room of version 12 or newer."""
        if user_id in self.creators:
            return math.inf
        if self._levels is None:
            older = _number(self.version) < _PRIVILEGED_CREATORS
            return 100 if older and user_id and user_id == self._creator else 0
        level = self._level(mapping(self._levels, "users").get(user_id))
        if level is None:
            level = self._level(self._levels.get("users_default"))
        return level or 0

    def direct(self, own: frozenset[str]) -> bool:
        """Whether at most one person is here, or invited, beside the bot's own accounts.

        False as long as it is not known how many are here, and where people can come or read along
        without being invited: what is private must not be told there.
        """
        here = {each for each, is_ in self.members.items() if is_ in _HERE}
        known = self.complete or "m.joined_member_count" in self._counts
        closed = self.by_invitation and self._history != "world_readable"
        if not (here & own and known and closed):
            return False
        return len(here - own) <= 1 and sum(self._counts.values()) <= len(here & own) + 1

    def _take_member(self, user_id: str, content: Json) -> None:
        membership = string(content, "membership")
        if not user_id or not membership:
            return
        self.changes += 1
        if membership in _HERE:
            self.members[user_id] = membership
        else:
            self.members.pop(user_id, None)

    def _take_single(self, kind: str, sender: str, content: Json) -> None:
        match kind:
            case "m.room.create" if not self._creator:  # a room is made once
                self._take_create(sender, content)
            case "m.room.power_levels":
                self._levels = content
            case "m.room.join_rules":
                self._rule = string(content, "join_rule")
                self.private = self._rule != "public"
            case "m.room.history_visibility":
                self._history = string(content, "history_visibility") or "shared"
            case "m.room.encryption":
                self._take_encryption(content)
            case "m.room.tombstone":
                room_id = room(content.get("replacement_room"))
                self.successor = Successor(room_id, sender) if room_id and sender else None
            case _:
                pass

    def _take_create(self, sender: str, content: Json) -> None:
        self.version = identity(content.get("room_version")) or "1"
        self.space = string(content, "type") == "m.space"
        # Until version 11 the content says who it was, though it always is the sender as well.
        self._creator = sender or user(content.get("creator"))
        self._additional = frozenset(
            each for each in map(user, listed(content, "additional_creators")) if each
        )
        # Rooms upgraded to version 12 give no event of their predecessor.
        self.predecessor = room(mapping(content, "predecessor").get("room_id")) or None

    def _take_encryption(self, content: Json) -> None:
        # Whatever is in it: what was meant to be encrypted is never spoken in in the clear.
        self.encrypted = True
        period, messages = (
            _whole(content.get(key)) for key in ("rotation_period_ms", "rotation_period_msgs")
        )
        # A room may want a new key more often than usual, never less often.
        if period is not None:
            self.rotation_ms = min(max(period, _SHORTEST_MS), ROTATION_MS)
        if messages is not None:
            self.rotation_messages = min(max(messages, 1), ROTATION_MESSAGES)

    def _level(self, value: object) -> int | None:
        """Read a level; before version 10 it may be a string or have a fraction."""
        whole = _whole(value)
        if whole is not None or _number(self.version) >= _STRICT_LEVELS:
            return whole
        if isinstance(value, float) and math.isfinite(value):
            return int(value)
        return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def room(value: object) -> str:
    """Give the id of a room, or an empty string for what is none."""
    given = identity(value)
    return given if given.startswith("!") else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(version: str) -> int:
    """Give a version's number; one with a name of its own gives nobody infinite power."""
    return int(version) if re.fullmatch(r"\d{1,4}", version, re.ASCII) else _PRIVILEGED_CREATORS - 1
