"""What the last days brought about a vendor: mentions by day, what came of them, alerts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Handle,
    Heading,
    Inlines,
    Item,
    Paragraph,
    link,
    strong,
    words,
)
from bot.core.overview import Told, moment
from bot.core.vendor import Vendor
from bot.core.wording import counted

DAYS = 30
REASONS_SHOWN = 3
_FOOT = "Days are UTC. Of private channels and encrypted rooms, only those that you are in count."
_NONE = "·"
_BARS = "▁▂▃▄▅▆▇█"


class Fate(StrEnum):
    """What became of a mention: an alert, a line in a digest, not yet one, or nothing."""

    POSTED = "posted"
    DIGEST = "told in a digest"
    WAITING = "waiting"
    QUIET = "judged quiet"


@dataclass(frozen=True, slots=True)
class Day:
    """How many mentions of a vendor a day (UTC) had, by what became of them."""

    day: date
    mentions: Mapping[Fate, int]

    @property
    def count(self) -> int:
        """How many it had in all."""
        return sum(self.mentions.values())


@dataclass(frozen=True, slots=True)
class Past:
    """The last `DAYS` days, today last; why mentions were judged quiet, the commonest first."""

    days: tuple[Day, ...]
    reasons: tuple[tuple[str, int], ...]
    alerts: tuple[Told, ...]


def history(vendor: Vendor, past: Past, changes: Sequence[Item] = ()) -> Document:
    """Write a vendor's history. `changes` are lines on what was changed in its record."""
    total = sum(day.count for day in past.days)
    lead = f"{vendor.name}: {counted(total, 'mention')} in {DAYS} days"
    blocks: list[Block] = [Heading(words(strong(lead)))]
    if total:
        blocks += [Paragraph(words(_what_came(past))), Bullets(tuple(_weeks(past.days)))]
    blocks.append(Heading(words("Last alerts")))
    if past.alerts:
        blocks.append(Bullets(tuple(Item(_alert(each)) for each in past.alerts)))
    else:
        blocks.append(Paragraph(words("None.")))
    if changes:
        blocks += [Heading(words("Last changes to the record")), Bullets(tuple(changes))]
    foot = (
        "Days are UTC. Of private channels and encrypted rooms, only those that you are in count."
    )
    blocks.append(Footnote(words(foot)))
    blocks.append(Actions((Button("Full record", f"vendor record {vendor.id}", "📄"),)))
    return Document(f"{lead}.", tuple(blocks))


def _what_came(past: Past) -> str:
    """Say how many came to what, and why the others to nothing."""
    sums = {fate: sum(day.mentions.get(fate, 0) for day in past.days) for fate in Fate}
    parts = [f"{counted(sums[Fate.POSTED], 'alert')} posted"]
    parts += [f"{sums[fate]} {fate}" for fate in (Fate.DIGEST, Fate.WAITING) if sums[fate]]
    quiet = f"{sums[Fate.QUIET]} {Fate.QUIET}"
    if past.reasons:
        shown = [f"{reason} ({count})" for reason, count in past.reasons[:REASONS_SHOWN]]
        more = len(past.reasons) - len(shown)
        shown += [f"{counted(more, 'other reason')}"] if more else []
        quiet += f": {'; '.join(shown)}"
    return ", ".join([*parts, quiet]) + "."


def _weeks(days: Sequence[Day]) -> list[Item]:
    """Draw a bar a day, a line a week, the weeks from Monday: so it reads in any font."""
    most = max(day.count for day in days)
    weeks: dict[date, list[Day]] = {}
    for day in days:
        weeks.setdefault(day.day - timedelta(days=day.day.weekday()), []).append(day)
    items = []
    for week in weeks.values():
        bars = "".join(_bar(day.count, most) for day in week)
        posted = sum(day.mentions.get(Fate.POSTED, 0) for day in week)
        told = counted(sum(day.count for day in week), "mention")
        told += f", {counted(posted, 'alert')}" if posted else ""
        items.append(Item(words(f"{_span(week[0].day, week[-1].day)}: {bars} {told}")))
    return items


def _bar(count: int, most: int) -> str:
    """Draw a day's mentions against those of the day with the most."""
    return _BARS[-(-count * len(_BARS) // most) - 1] if count else _NONE


def _span(first: date, last: date) -> str:
    """Name some days: `2 to 8 Nov`."""
    if first == last:
        return f"{first.day} {first:%b}"
    begin = str(first.day) if first.month == last.month else f"{first.day} {first:%b}"
    return f"{begin} to {last.day} {last:%b}"


def _alert(told: Told) -> Inlines:
    where = Handle(told.channel.id, "channel")
    return words(link(moment(told.at), told.link), " in ", where)
