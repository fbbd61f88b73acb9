"""A page as zones: its headline, how it begins, the rest of it, and what stands around it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from bot.feeds.extraction.boilerplate import words
from bot.feeds.plain import fold

_LEAD_WORDS = 60
_LEAD_PARAGRAPHS = 2
_PROSE = 10
_LEAST_WORDS = 5
_LEAST_UNSPACED = 20
_MOST_ASIDE = 100_000
_MOST_SEARCHED = 3_000
"""Lines that are looked for within the article's; more would take seconds on purpose-made pages."""


class Note(StrEnum):
    """Why a page gave no article, or only its start."""

    NONE = ""
    PAYWALL = "paywall"
    CONSENT = "consent wall"
    CHALLENGE = "browser check"


@dataclass(frozen=True, slots=True)
class Article:
    """A page's own words and those around them, a line for each paragraph.

    `lead` is the first two paragraphs or 60 words of the text, `body` the rest; neither repeats
    the title. `aside` is what a reader sees besides: menus, teasers, comments; at most 100,000
    characters, and never searched for alerts. `prints` are of the paragraphs of lead and body,
    signed numbers of 64 bits, the same on every page that has the paragraph.
    """

    title: str
    lead: str = ""
    body: str = ""
    aside: str = ""
    prints: tuple[int, ...] = ()
    note: Note = Note.NONE

    @property
    def text(self) -> str:
        """All that is searched: title, lead, body."""
        return "\n".join(part for part in (self.title, self.lead, self.body) if part)


def in_zones(title: str, text: str, seen: Iterable[str] = (), note: Note = Note.NONE) -> Article:
    """Divide an article's text into zones; `seen` are the lines of the whole page."""
    lines = [line for line in map(fold, text.splitlines()) if line]
    for place, line in enumerate(lines[:4]):
        if line == title:
            del lines[place]
            break
    lead = _lead(lines)
    prints = tuple(print_of(line) for line in lines if _is_paragraph(line))
    aside = _outside(seen, [title, *lines])
    return Article(title, "\n".join(lines[:lead]), "\n".join(lines[lead:]), aside, prints, note)


def without(article: Article, known: Collection[int]) -> Article:
    """Move paragraphs that stand on other pages of the host too from lead and body to aside.

    `known` are their prints. Nothing is moved if that would take more than half of the words: then
    it is the article itself that the host shows at several addresses, and an alert that comes
    twice is better than one that is missed.
    """
    lead, body = (part.splitlines() for part in (article.lead, article.body))
    repeated = {line for line in (*lead, *body) if _is_paragraph(line) and print_of(line) in known}
    moved = [line for line in (*lead, *body) if line in repeated]
    if 2 * sum(map(words, moved)) > sum(map(words, (*lead, *body))):
        return article
    return replace(
        article,
        lead="\n".join(line for line in lead if line not in repeated),
        body="\n".join(line for line in body if line not in repeated),
        aside="\n".join(filter(None, (article.aside, *moved)))[:_MOST_ASIDE],
    )


def print_of(paragraph: str) -> int:
    """Give the print of a paragraph: a signed number of 64 bits, the same in every process."""
    digest = blake2b(fold(paragraph).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _lead(lines: list[str]) -> int:
    """Count the lines that an article begins with."""
    length = prose = 0
    for count, line in enumerate(lines, 1):
        size = words(line)
        length += size
        prose += size >= _PROSE
        if length >= _LEAD_WORDS or prose >= _LEAD_PARAGRAPHS:
            return count
    return len(lines)


def _is_paragraph(line: str) -> bool:
    """Whether a line is long enough to be told again; a character without spaces is half a word."""
    least = _LEAST_WORDS if line.isascii() or " " in line else _LEAST_UNSPACED / 2
    return words(line) >= least


def _outside(seen: Iterable[str], inside: list[str]) -> str:
    """Give the lines of a page that the article does not have, alone or within others.

    Spaces do not count: where a link or a line ends, readers of markup differ about them.
    """
    whole = {"".join(line.split()) for line in inside}
    joined = "\n".join(map("".join, map(str.split, inside)))
    searched = 0
    kept: list[str] = []
    for line in seen:
        bare = "".join(line.split())
        if bare in whole:
            continue
        searched += 1
        if searched > _MOST_SEARCHED or bare not in joined:
            kept.append(line)
    return "\n".join(kept)[:_MOST_ASIDE]
