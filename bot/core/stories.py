"""Whether two things tell one story: their fingerprints, and the comparison.

A wrong join hides news, and a missed one only says it twice. So whatever is in doubt is two.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from bot.core.addresses import canonical

LONGEST_TITLE = 500
LONGEST_TEXT = 50_000
"""Characters that are looked at."""
CLOSE = 8
"""Bits of 64. Copies of one text with small cuts are 7 apart in the middle, texts that share 60%
of their paragraphs 17, form letters that name their sender eight times 19 (seldom under 11)."""
APART = 22
"""Bits of 64 from which on two texts have so little in common that an equal title is chance."""
_SHORT = 5
"""Words under which a title is too short to be one story's alone."""

_SHINGLE = 4
_FEWEST = 40
"""Words under which a text is too short to say whose it is; two characters of Chinese are one."""
_NAME_WEIGHT, _MOST_NAMED = 2, 8
"""Names and numbers count once more by themselves: little else tells two form letters apart."""
_LANES = tuple(sum((byte >> bit & 1) << 32 * bit for bit in range(8)) for byte in range(256))

# Scripts written without spaces are taken character by character.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_INSIDE = re.compile(r"['’ʼ]|(?<=[^\W\d_])\.(?=[^\W\d_])|(?<=\.[^\W\d_])\.")
_BETWEEN = re.compile(r"(?<![0-9])[.,]|[.,](?![0-9])")
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)]*$")
_OPENING = "\"'“‘«([„"

_SUFFIX = re.compile(
    rf"(?P<sign>\s[-–—]{{1,2}}\s|\s?[|•·]\s?|(?<=[{_UNSPACED}])[-_–—]{{1,2}}(?=[{_UNSPACED}]))"
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
_NEGATIONS = frozenset(
    "no not never none nor without cannot cant wont dont doesnt didnt isnt arent wasnt werent "  # noqa: SIM905 - forty lines shorter
    "hasnt havent hadnt shouldnt wouldnt couldnt nicht kein keine nie ohne pas sans ne non sin "
    "не нет без ни 不 没 沒 未 无 無 非 否".split()
)
_RIVALS, _SHORT_RIVALS = 0.6, 0.35
"""How much of their words (0 to 1) rivals share, and where a title is short or without spaces."""


class Sameness(StrEnum):
    """Why two are one story."""

    ADDRESS = "same address"
    TEXT = "same text"
    TITLE = "same title"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a story is recognised by; of its words it holds the title's alone.

    `url` is canonical, and None where there is none or it names a whole site. `title` is folded
    for comparison. `print` is a 64-bit SimHash, 0 where the text is too short to mean anything.
    """

    url: str | None
    title: str
    print: int


class _Titles(StrEnum):
    """How two titles stand to each other."""

    ALIKE = "the same but for spelling"
    RIVAL = "the same but for a word that may make it another story"
    OPPOSED = "the same but for a number or a negation"
    OTHER = "different, or one is missing"


def fingerprint(url: str | None, title: str, text: str) -> Fingerprint:
    """Take the fingerprint of a story; the same on every machine and in every process."""
    address = canonical(url) if url else None
    host, _, rest = (address or "").removeprefix("https://").partition("/")
    if not rest and "?" not in host and "#" not in host:
        address = None
    return Fingerprint(address, _headline(title[:LONGEST_TITLE], host), _simhash(text))


def same_story(one: Fingerprint, other: Fingerprint) -> Sameness | None:
    """Say why two fingerprints are of one story, or None where they are not or it is in doubt.

    A title does not know its date: compare within days, not with all that ever was.
    """
    if one.url is not None and one.url == other.url:
        return Sameness.ADDRESS
    distance = (one.print ^ other.print).bit_count() if one.print and other.print else None
    titles = _compare(one.title, other.title)
    telling = titles is _Titles.ALIKE and _telling(one.title) and _telling(other.title)
    # Two pages of one site with one text: a form letter, or what stands before a paywall.
    same_site = bool(one.url and other.url) and _site(one.url) == _site(other.url)
    reach = -1 if same_site and not telling else _reach(titles, telling=telling)
    if distance is not None and distance <= reach:
        return Sameness.TEXT
    if telling and (distance < APART if distance is not None else not same_site):
        return Sameness.TITLE
    return None


def _site(address: str | None) -> str:
    return urlsplit(address or "").netloc


def _reach(titles: _Titles, *, telling: bool) -> int:
    """Give the distance up to which two texts are one, given how their titles stand."""
    match titles:
        case _Titles.OPPOSED:
            return -1
        case _Titles.RIVAL:
            return 0
        case _Titles.ALIKE if not telling:
            return CLOSE // 2  # "Press release", twice: the texts alone must tell the senders apart
        case _:
            return CLOSE


def _compare(one: str, other: str) -> _Titles:
    if not (one and other):
        return _Titles.OTHER
    first, second = _said(one), _said(other)
    if "".join(first) == "".join(second) or (
        len(first) == len(second) and all(map(_spelled_alike, first, second))
    ):
        return _Titles.ALIKE
    common = LCSseq.similarity(first, second)
    short = min(_length(one), _length(other)) < _SHORT or _CHARACTER.search(one + other)
    if 2 * common < (_SHORT_RIVALS if short else _RIVALS) * (len(first) + len(second)):
        return _Titles.OTHER
    changed = set(first) ^ set(second)
    if any(word in _NEGATIONS or any(map(str.isdigit, word)) for word in changed):
        return _Titles.OPPOSED
    # Words that are only added tell more of the same; one in place of another may be a name.
    return _Titles.RIVAL if common < min(len(first), len(second)) else _Titles.OTHER


def _said(title: str) -> list[str]:
    return [token for token in _TOKEN.findall(title) if token not in _SLIGHT]


def _spelled_alike(one: str, other: str) -> bool:
    """Whether two words are one, by its plural or by a slip in a long word. Never numbers."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and short.isalpha() and long == f"{short}s":
        return True
    alike = len(short) >= 8 and short.isalpha() and long.isalpha() and short[:3] == long[:3]
    return alike and fuzz.ratio(short, long) >= 90


def _telling(title: str) -> bool:
    """Whether a title says enough to be one story's alone."""
    return _length(title) >= _SHORT and _REGULAR.search(title) is None


def _length(title: str) -> float:
    """Count words; two characters of a script without spaces are one."""
    return sum(0.5 if _CHARACTER.match(token) else 1 for token in _TOKEN.findall(title))


def _headline(title: str, host: str) -> str:
    """Fold a title and cut off what is its publisher's: `- Reuters`, `| World | The Guardian`."""
    folded = " ".join(unicodedata.normalize("NFKC", title).casefold().split())
    site = re.sub(r"[\W_]", "", host)
    for _ in range(3):
        found = _SUFFIX.search(folded)
        if found is None or not _is_publisher(found, site):
            break
        folded = folded[: found.start()]
    return _plain_words(folded)


def _is_publisher(found: re.Match[str], site: str) -> bool:
    """Whether the end of a title is its publisher's; what may be a place or a speaker stays."""
    name = found["name"].strip()
    squeezed = re.sub(r"[\W_]", "", name.removeprefix("the "))
    if any(map(str.isdigit, name)) or len(name.split()) > 5 or found.start() == 0:
        return False
    if found["sign"].strip() in {"|", "•", "·"} and len(name) < found.start():
        return True
    return bool(_PUBLISHER.search(name)) or (len(squeezed) > 2 and squeezed in site)


def _plain_words(folded: str) -> str:
    """Leave letters, marks, digits and signs of money and share, with single spaces between."""
    text = _BETWEEN.sub(" ", _INSIDE.sub("", folded))
    return " ".join(text.translate(_KEPT).split())


class _Kept(dict[int, str]):
    """Characters that tell titles apart, as they are, and a space for any other."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        kept = category.startswith(("L", "M", "N")) or category == "Sc" or character in "%.,"
        self[code] = character if kept else " "
        return self[code]


_KEPT = _Kept()


def _simhash(text: str) -> int:
    tokens, named = _tokens(text[:LONGEST_TEXT])
    if sum(0.5 if _CHARACTER.match(token) else 1 for token in tokens) < _FEWEST:
        return 0
    starts = range(len(tokens) - _SHINGLE + 1)
    features = dict.fromkeys((" ".join(tokens[at : at + _SHINGLE]) for at in starts), 1)
    for name, times in named.items():
        features[f"={name}"] = _NAME_WEIGHT * min(times, _MOST_NAMED)
    # Eight sums at a time, each in 32 bits of its own of one large number.
    sums = [0] * 8
    for feature, weight in features.items():
        digest = blake2b(feature.encode(errors="replace"), digest_size=8).digest()
        for place, byte in enumerate(digest):
            sums[place] += _LANES[byte] * weight
    half = sum(features.values()) / 2
    bits = (lane >> 32 * bit & 0xFFFF_FFFF for lane in sums for bit in range(8))
    return sum((each > half) << place for place, each in enumerate(bits)) or 1


def _tokens(text: str) -> tuple[list[str], Counter[str]]:
    """Give a text's words in order, and how often each name and number stands in it.

    A name is what begins with a capital within a sentence.
    """
    tokens: list[str] = []
    named: Counter[str] = Counter()
    begins = True
    for raw in unicodedata.normalize("NFKC", text).split():
        found = _TOKEN.findall(_plain_words(raw.casefold()))
        capital = not begins and raw.lstrip(_OPENING)[:1].isupper()
        named.update(token for token in found if capital or any(map(str.isdigit, token)))
        tokens += found
        begins = _SENTENCE_END.search(raw) is not None
    return tokens, named
