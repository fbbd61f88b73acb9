"""A channel's choices, and how people write them: `mode=digest cooldown=12h tags=cameras`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bot.core.duration import parse_duration
from bot.core.hours import DigestPlan, Every, QuietHours
from bot.core.mention import MatchKind
from bot.core.spelling import suggestion

MORNINGS = DigestPlan.parse("daily 9 UTC")


class Mode(StrEnum):
    """How a channel wants its alerts.

    `react` puts a mark on the message, `digest` collects, `trial` collects what would have been
    posted.
    """

    THREAD = "thread"
    CHANNEL = "channel"
    REACT = "react"
    DIGEST = "digest"
    TRIAL = "trial"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Settings:
    """A channel's choices; the defaults are what a sane team would pick.

    `vendors` and `tags`: with any given, only these alert; `not_vendors` and `not_tags` never do.
    `withdraw`: whether a card goes when the message that brought it is deleted; None: in threads.
    """

    mode: Mode = Mode.THREAD
    minimum: MatchKind = MatchKind.VARIANT
    cooldown: timedelta = timedelta(hours=24)
    repeat_card: timedelta = timedelta(days=30)
    vendors: frozenset[str] = frozenset()
    not_vendors: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    not_tags: frozenset[str] = frozenset()
    quiet: QuietHours | None = None
    digest: DigestPlan = MORNINGS
    withdraw: bool | None = None

    def wants(self, vendor: str, tags: frozenset[str]) -> bool:
        """Whether this channel takes alerts about a vendor with these tags."""
        if vendor in self.not_vendors or tags & self.not_tags:
            return False
        chosen = self.vendors or self.tags
        return not chosen or vendor in self.vendors or bool(tags & self.tags)

    @property
    def in_threads(self) -> bool:
        """Whether an alert about a message goes under it."""
        return self.mode is Mode.THREAD

    @property
    def withdraws(self) -> bool:
        """Whether a card goes with the message that brought it."""
        return self.mode is Mode.THREAD if self.withdraw is None else self.withdraw

    @property
    def trial_plan(self) -> DigestPlan:
        """When a trial's digest comes: weekly, at the digest's hour."""
        return replace(self.digest, every=Every.WEEKLY)

    def changed(self, choices: Mapping[str, str]) -> "Settings":
        """Give these settings with some chosen otherwise, each as people write it.

        Raises ValueError, in a line for a person, for an unknown setting or value.
        """
        read: dict[str, Any] = {}
        for key, text in choices.items():
            if key not in _READERS:
                raise ValueError(f"there is no setting '{key}'{suggestion(key, _READERS)}")
            read[key] = _READERS[key](text.strip())
        return replace(self, **read)


DEFAULTS = Settings()


def _mode(text: str) -> Mode:
    return Mode(_one_of(text, Mode))


def _minimum(text: str) -> MatchKind:
    return MatchKind(_one_of(text, MatchKind))


def _one_of(text: str, choices: type[StrEnum]) -> str:
    known = [str(choice) for choice in choices]
    if text not in known:
        raise ValueError(f"{text!r} is not one of {', '.join(known)}{suggestion(text, known)}")
    return text


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.replace(",", " ").split())


def _quiet(text: str) -> QuietHours | None:
    return None if text == "none" else QuietHours.parse(text)


def _yes(text: str) -> bool | None:
    return {"yes": True, "no": False, "default": None}[_one_of(text, _Answer)]


class _Answer(StrEnum):
    YES = "yes"
    NO = "no"
    DEFAULT = "default"


_READERS: Mapping[str, Callable[[str], Any]] = {
    "mode": _mode,
    "minimum": _minimum,
    "cooldown": parse_duration,
    "repeat_card": parse_duration,
    "vendors": _ids,
    "not_vendors": _ids,
    "tags": _ids,
    "not_tags": _ids,
    "quiet": _quiet,
    "digest": DigestPlan.parse,
    "withdraw": _yes,
}
SETTINGS = frozenset(_READERS)
"""The names of all settings."""
