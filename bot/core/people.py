"""Who was given a role by chat, and what was attempted that not everybody may. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.commands import Role
from bot.core.document import (
    Bullets,
    Document,
    Footnote,
    Handle,
    Heading,
    Inline,
    Inlines,
    Item,
    Paragraph,
    Text,
    Typed,
    said,
    spoken,
    strong,
    words,
)
from bot.core.mention import Channel
from bot.core.overview import moment
from bot.core.wording import counted


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role that somebody holds by chat. `by` is None where the code in the log gave it."""

    platform: str
    actor: str
    role: Role
    by: str | None
    at: datetime

    @property
    def key(self) -> str:
        """The person's key across platforms, as the configuration writes it."""
        return f"{self.platform}:{self.actor}"


class Change(StrEnum):
    """What became of a wish to appoint or dismiss somebody.

    `last`: nothing, as nobody who was appointed would be left to appoint anybody.
    """

    DONE = "done"
    NO_CHANGE = "no change"
    LAST = "last"


class Outcome(StrEnum):
    """What became of a command that not everybody may give.

    `asked`: it waits to be confirmed. `usage`: it could not be carried out as it was typed.
    """

    DONE = "done"
    ASKED = "asked"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    USAGE = "usage"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """That somebody gave a command: its words without what followed them.

    `revision` is the number of the change that it made to the watchlist, if it made one.
    """

    command: str
    outcome: Outcome
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt, by whom, where and when."""

    attempt: Attempt
    actor: str
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class Here:
    """The platform that is read on; `person` gives the id of whom a word names there, if anybody.

    Somebody of another platform is named by the key, and so is a group.
    """

    platform: str
    person: Callable[[str], str | None]

    def named(self, key: str) -> Inline:
        """Name whom a key is about."""
        platform, _, id_ = key.partition(":")
        is_here = platform == self.platform and self.person(id_) == id_
        return Handle(id_, "person") if is_here else Text(key)


def appointments(
    named: Mapping[str, Role], appointed: Sequence[Appointment], rules: Sequence[str], here: Here
) -> Document:
    """Write who may change what, and why.

    `named` are keys of the configuration, `rules` the sentences in which the platform says who may
    by its own rights.
    """
    by_role = sorted(named.items(), key=lambda each: (each[1] is not Role.ADMIN, each))
    items = [
        Item(words(here.named(key), f": {role}, by the configuration")) for key, role in by_role
    ]
    items += [Item(_appointed(each, here)) for each in appointed]
    items += [Item(words(rule)) for rule in rules]
    if not items:
        return said(
            "Nobody is named here. Whoever runs this bot finds a code in its log at the start: "
            "`vendor claim <code>`."
        )
    lead = "Who may change what"
    how = "An admin types `vendor appoint <person> <role>` or `vendor dismiss <person>`."
    blocks = (Paragraph(words(strong(lead))), Bullets(tuple(items)), Footnote(spoken(how)))
    return Document(f"{lead}: {counted(len(items), 'rule')}.", blocks)


def _appointed(each: Appointment, here: Here) -> Inlines:
    who, day = here.named(each.key), f"{each.at.day} {each.at:%b %Y}"
    if each.by is None:
        return words(who, f": {each.role}, by the code in the bot's log, {day}")
    return words(who, f": {each.role}, appointed by ", here.named(each.by), f", {day}")


def audit(attempts: Sequence[Attempted], days: int) -> Document:
    """Write what was attempted, newest first. `days` is how long that is kept."""
    if not attempts:
        return said("Nobody has tried yet what not everybody may.")
    lead = f"The last {counted(len(attempts), 'attempt')} at what not everybody may, newest first"
    blocks = (
        Heading(words(lead)),
        Bullets(tuple(Item(_attempted(each)) for each in attempts)),
        Footnote(words(f"Kept for {counted(days, 'day')}. {PRIVATE}")),
    )
    return Document(f"{lead}.", blocks)


PRIVATE = "Of private channels, only those that you are in are shown."


def _attempted(each: Attempted) -> Inlines:
    attempt = each.attempt
    told = f": {_OUTCOMES[attempt.outcome]}"
    if attempt.revision is not None:
        told += f", revision {attempt.revision}"
    who, where = Handle(each.actor, "person"), Handle(each.channel.id, "channel")
    return words(f"{moment(each.at)}, ", who, " in ", where, ", ", Typed(attempt.command), told)


_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DONE: "done",
    Outcome.ASKED: "to be confirmed",
    Outcome.CANCELLED: "cancelled",
    Outcome.REFUSED: "refused",
    Outcome.USAGE: "could not be read, or did not fit",
    Outcome.FAILED: "failed",
}


def admins_among(appointed: Iterable[Appointment]) -> int:
    """Count those who may appoint others."""
    return sum(each.role is Role.ADMIN for each in appointed)
