"""Whether two headlines are one, whatever their publishers put after them."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from bot.core.shingles import CHARACTER, NEGATIONS, TOKEN, UNSPACED, plain_words

_SHORT = 5
"""Words under which a title is too short to be one story's alone."""
_SERIES = 3
"""Words that the titles of a series have before what differs."""

_SUFFIX = re.compile(
    rf"(?P<sign>\s[-–—]{{1,2}}\s|\s?[|•·]\s?|(?<=[{UNSPACED}])[-_–—]{{1,2}}(?=[{UNSPACED}]))"
    r"(?P<name>(?:(?!\s-{1,2}\s)[^|•·–—]){2,40})$"
)
_PUBLISHER = re.compile(
    r"\b(?:news|times|post|guardian|reuters|bloomberg|associated press|bbc|cnn|cnbc|npr|dw|ap|afp"
    r"|ft|wsj|scmp|ipvm|journal|herald|tribune|daily|magazine|online|press|media|tv|radio|gazette"
    r"|review|chronicle|observer|telegraph|courier|globe|express|standard|politico|axios|wired"
    r"|techcrunch|forbes|zeitung|spiegel|heise|le monde|figaro|el país|новости|газета|известия"
    r"|тасс|риа|рбк|коммерсантъ?|ведомости|интерфакс|медуза|meduza)\b"
    r"|\w\.(?:com|org|net|de|fr|uk|ru|cn)$|[网網报報社]$|新闻$|新聞$"
)
_SLIGHT = frozenset({"a", "an", "the", "and", "exclusive", "breaking"})
_REGULAR = re.compile(
    r"\b(?:weekly|daily|monthly|quarterly|annual|round ?ups?|digest|briefing|newsletter|podcast"
    r"|episode|bulletin|recap|(?:this|the|last) (?:week|month)|(?:week|month|year) in"
    r"|live (?:blog|updates?)|liveblog|(?:press|media) release|headlines|agenda"
    r"|newsticker|wochenrückblick|дайджест\w*|обзор\w*|итоги)\b"
    r"|[周週月日][报報刊]|[早晚]报|[一每本][周週日]|新闻稿|公告|简报"
)
_RIVALS, _SHORT_RIVALS = 0.6, 0.35
"""How much of their words (0 to 1) rivals share, and where a title is short or without spaces."""


class Titles(StrEnum):
    """How two titles stand to each other."""

    ALIKE = "the same but for spelling"
    RIVAL = "the same but for a word that may make it another story"
    OPPOSED = "the same but for a number or a negation"
    OTHER = "different, or one is missing"


def compare(one: str, other: str) -> Titles:
    """Say how two folded titles stand to each other."""
    if not (one and other):
        return Titles.OTHER
    first, second = _said(one), _said(other)
    if "".join(first) == "".join(second) or (
        len(first) == len(second) and all(map(_spelled_alike, first, second))
    ):
        return Titles.ALIKE
    same = _beginning(first, second)
    after = first[same : same + 1] + second[same : same + 1]
    if same >= _SERIES and len(after) == 2 and all(any(map(str.isdigit, word)) for word in after):
        return Titles.OPPOSED
    common = LCSseq.similarity(first, second)
    short = min(_length(one), _length(other)) < _SHORT or CHARACTER.search(one + other)
    if 2 * common < (_SHORT_RIVALS if short else _RIVALS) * (len(first) + len(second)):
        return Titles.OTHER
    changed = set(first) ^ set(second)
    if any(word in NEGATIONS or any(map(str.isdigit, word)) for word in changed):
        return Titles.OPPOSED
    # Words that are only added tell more of the same; one in place of another may be a name.
    return Titles.RIVAL if common < min(len(first), len(second)) else Titles.OTHER


@lru_cache(maxsize=4)  # one title is compared with many
def _said(title: str) -> tuple[str, ...]:
    return tuple(token for token in TOKEN.findall(title) if token not in _SLIGHT)


def _spelled_alike(one: str, other: str) -> bool:
    """Whether two words are one, by its plural or by a slip in a long word. Never numbers."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and short.isalpha() and long == f"{short}s":
        return True
    alike = len(short) >= 8 and short.isalpha() and long.isalpha() and short[:3] == long[:3]
    return alike and fuzz.ratio(short, long) >= 90


def telling(title: str) -> bool:
    """Whether a title says enough to be one story's alone."""
    return _length(title) >= _SHORT and not regular(title)


def _length(title: str) -> float:
    """Count words; two characters of a script without spaces are one."""
    return sum(0.5 if CHARACTER.match(token) else 1 for token in TOKEN.findall(title))


def headline(title: str, host: str) -> str:
    """Fold a title and cut off what is its publisher's: `- Reuters`, `| World | The Guardian`."""
    folded = " ".join(unicodedata.normalize("NFKC", title).casefold().split())
    site = re.sub(r"[\W_]", "", host)
    for _ in range(3):
        found = _SUFFIX.search(folded)
        if found is None or not _is_publisher(found, site):
            break
        folded = folded[: found.start()]
    return plain_words(folded)


def _is_publisher(found: re.Match[str], site: str) -> bool:
    """Whether the end of a title is its publisher's; what may be a place or a speaker stays."""
    name = found["name"].strip()
    squeezed = re.sub(r"[\W_]", "", name.removeprefix("the "))
    if any(map(str.isdigit, name)) or len(name.split()) > 5 or found.start() == 0:
        return False
    if found["sign"].strip() in {"|", "•", "·"} and len(name) < found.start():
        return True
    return bool(_PUBLISHER.search(name)) or (len(squeezed) > 2 and squeezed in site)


def _beginning(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def series(one: str, other: str) -> bool:
    """Whether two titles begin alike and go on differently, as those of one column do."""
    first, second = TOKEN.findall(one), TOKEN.findall(other)
    same = first[: _beginning(first, second)]
    return one != other and _length(" ".join(same)) >= _SERIES


def regular(title: str) -> bool:
    """Whether a title is of something that comes again and again under it."""
    return _REGULAR.search(title) is not None


def weighty(title: str) -> list[str]:
    """Give the words of a title that say what it is about: the longer ones, and characters."""
    return [token for token in TOKEN.findall(title) if len(token) > 3 or CHARACTER.match(token)]
