"""Whether two things tell one story: their fingerprints, and the comparison.

A wrong join hides news, and a missed one only says it twice. So whatever is in doubt is two.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bot.core.addresses import canonical
from bot.core.headlines import Titles, compare, headline, regular, series, telling, weighty
from bot.core.shingles import Common, Words, in_common, words

LONGEST_TITLE = 500
"""Characters that are looked at."""

_FEWEST = 25
"""Words under which a text is too short to say whose it is."""
_SUMMARY = 40
"""Words under which a text may put in words of its own what another tells at length."""
_COPY, _BOTH = 0.85, 0.6
"""Share of the shorter text's shingles that stand in the longer one where it is a copy, or of the
longer one's in the shorter: where both go on in their own way, they must be alike on the whole.
Texts that tell of one event in their own words share under 0.1, follow-ups that quote more."""
_KIN = 0.4
"""The same under which an equal title is chance."""
_AHEAD = 15
"""Words that a place, a date and a name may take up before the text itself; more are news."""
_TOLD = 0.3
"""Share of a title's longer words that stand in its text, if that is about the same."""
_RECOUNTED = 1
"""Numbers that may have changed in a copy; where more have, a form was filled in anew."""


_NO_WORDS = Words()


class Sameness(StrEnum):
    """Why two are one story."""

    ADDRESS = "same address"
    TEXT = "same text"
    TITLE = "same title"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a story is recognised by.

    `url` is canonical, and None where there is none or it names a whole site. `title` is folded
    for comparison. The text's words are there as numbers only.
    """

    url: str | None
    title: str
    words: Words = _NO_WORDS


def fingerprint(url: str | None, title: str, text: str) -> Fingerprint:
    """Take the fingerprint of a story; the same on every machine and in every process."""
    address = canonical(url) if url else None
    host, _, rest = (address or "").removeprefix("https://").partition("/")
    if not rest and "?" not in host and "#" not in host:
        address = None
    return Fingerprint(address, headline(title[:LONGEST_TITLE], host), words(text))


def same_story(one: Fingerprint, other: Fingerprint) -> Sameness | None:
    """Say why two fingerprints are of one story, or None where they are not or it is in doubt.

    A title does not know its date: compare within days, not with all that ever was.
    """
    if one.url is not None and one.url == other.url:
        return Sameness.ADDRESS
    titles = compare(one.title, other.title)
    if titles is Titles.OPPOSED:
        return None
    common = in_common(one.words, other.words)
    # Two pages of one site with one text: a form letter, or what stands before a paywall.
    same_site = bool(one.url and other.url) and _site(one.url) == _site(other.url)
    if common and (
        common.opposed or common.ahead > _AHEAD or common.figures > (0 if same_site else _RECOUNTED)
    ):
        return None
    alike = titles is Titles.ALIKE and telling(one.title) and telling(other.title)
    length = min(one.words.length, other.words.length)
    readable = common is not None and length >= _FEWEST and (alike or not same_site)
    if common and readable and _copy(one, other, titles, common):
        return Sameness.TEXT
    kin = common.of_shorter >= _KIN if common and length >= _SUMMARY else not same_site
    return Sameness.TITLE if alike and kin else None


def _copy(one: Fingerprint, other: Fingerprint, titles: Titles, common: Common) -> bool:
    """Whether one text is a copy of the other, as far as their titles allow it."""
    both = common.of_longer >= _BOTH
    if common.of_shorter < _COPY and not both:
        return False
    if titles is Titles.RIVAL:
        return both and common.changes <= common.figures
    if titles is Titles.ALIKE:
        vague = not telling(one.title)
    else:
        vague = regular(one.title) or regular(other.title) or series(one.title, other.title)
        if not (_tells(one, other) or _tells(other, one)):
            return False
    # "Press release", twice, and what comes each week: all that is there may be a greeting.
    return both or not vague


def _tells(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether the title of one has words that both texts have; of a wall's text it has none."""
    title = set(words(" ".join(weighty(one.title))).line)
    shared = title.intersection(one.words.line, other.words.line)
    return len(shared) >= _TOLD * len(title)


def _site(address: str | None) -> str:
    return urlsplit(address or "").netloc
