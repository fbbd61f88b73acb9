"""What a search of the entries that feeds brought lately has found, as it is told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.clean import shortened
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Handle,
    Inlines,
    Item,
    Paragraph,
    link,
    plain,
    spoken,
    strong,
    words,
)
from bot.core.wording import counted

SHOWN = 20
"""Entries that are told, the newest; the rest are counted."""
_NAMED = 3
_TITLE = 120
_NAME = 60
_MATCHED = 60
_ADDRESS = 500
"""Characters. A longer address is left out: it would eat a message's budget."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored entry that names vendors: its feed's title, its date, and the words that matched.

    `vendors` are the names of those it is about.
    """

    title: str
    url: str | None
    feed: str
    at: datetime
    matched: tuple[str, ...]
    vendors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search of some days found: how many `entries` of how many `feeds`, and the newest.

    `names` are those of the vendors. `known` entries alerted before, and are not among the rest.
    `number` is the search's own.
    """

    number: int
    names: tuple[str, ...]
    days: int
    entries: int = 0
    feeds: int = 0
    known: int = 0
    newest: tuple[Hit, ...] = ()


def searching(days: int) -> str:
    """Say that a search has been asked for."""
    return f"Searching {counted(days, 'day')} of stored entries for it…"


def told(text: str) -> Document:
    """Make a document of a sentence with names in it, none of which is to be typed."""
    return Document(text, (Paragraph(words(text)),))


def progress(names: Sequence[str], searched: int, total: int) -> Document:
    """Say how far a search has come."""
    return told(f"Searched {searched:,} of {max(total, searched):,} entries for {called(names)}.")


def given_up(names: Sequence[str]) -> Document:
    """Say that a search does not come to an end."""
    again = spoken(" Try `watchlist backsearch` and its name.")
    text = words(f"The search of stored entries for {called(names)} failed.", *again)
    return Document(plain(text), (Paragraph(text),))


def not_watched(names: Sequence[str]) -> Document:
    """Say that there is nobody to search for any more."""
    return told(f"{called(names)}: not watched any more, so stored entries are not searched.")


def findings(found: Findings, *, sharing: bool = False, by: str | None = None) -> Document:
    """Tell what was found, newest first. `sharing` offers to show it to all; `by` whom it was."""
    lead = _lead(found)
    if not found.entries:
        return told(lead)
    items = tuple(Item(_entry(each, several=len(found.names) > 1)) for each in found.newest)
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if items:
        blocks.append(Bullets(items))
    more = found.entries - len(items)
    if more > 0:
        blocks.append(Paragraph(words(f"and {more:,} more")))
    if found.known:
        verb = "is" if found.known == 1 else "are"
        blocks.append(Paragraph(words(f"{_known(found.known)} {verb} left out.")))
    if by is not None:
        blocks.append(Footnote(words("Shared by ", Handle(by, "person"), ".")))
    if sharing:
        button = Button("Post here", f"watchlist backsearch post {found.number}", "📣")
        blocks.append(Actions((button,)))
    return Document(lead, tuple(blocks))


def called(names: Sequence[str]) -> str:
    """Name vendors in a sentence, some of many."""
    shown = [shortened(each, _NAME) for each in names[:_NAMED]]
    more = len(names) - len(shown)
    parts = [*shown, *([counted(more, "more vendor")] if more else [])]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _lead(found: Findings) -> str:
    lately = "In the last day" if found.days == 1 else f"In the last {found.days} days"
    name = called(found.names)
    if found.entries:
        which = f"{found.entries:,} stored entr{'y' if found.entries == 1 else 'ies'}"
        verb = "names" if found.entries == 1 else "name"
        return f"{lately} {which} of {counted(found.feeds, 'feed')} {verb} {name}:"
    if found.known:
        return f"{lately} no other stored entry names {name}: {_known(found.known)}."
    return f"{lately} no stored entry names {name}."


def _known(count: int) -> str:
    return f"{count:,} that alerted before"


def _entry(hit: Hit, *, several: bool) -> Inlines:
    at = hit.at.astimezone(UTC)
    title = shortened(hit.title, _TITLE)
    shown = link(
        title or "an entry without a title", hit.url if len(hit.url or "") <= _ADDRESS else None
    )
    matched = ", ".join(f"“{shortened(each, _MATCHED)}”" for each in hit.matched[:_NAMED])
    about = f" ({called(hit.vendors)})" if several else ""
    return words(shown, f", {shortened(hit.feed, _NAME)}, {at.day} {at:%b %Y}: {matched}{about}")
