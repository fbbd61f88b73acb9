"""The 64-bit SimHash by which stories were told apart before; here for comparison alone."""

import re
import unicodedata
from collections import Counter
from hashlib import blake2b

from bot.core.shingles import CHARACTER, TOKEN, plain_words

_SHINGLE = 4
_FEWEST = 40
"""Words under which a text is too short to say whose it is; two characters of Chinese are one."""
_NAME_WEIGHT, _MOST_NAMED = 2, 8
"""Names and numbers count once more by themselves: little else tells two form letters apart."""
_LANES = tuple(sum((byte >> bit & 1) << 32 * bit for bit in range(8)) for byte in range(256))


_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)]*$")
_OPENING = "\"'“‘«([„"


def simhash(text: str) -> int:
    """Give a text's print; 0 where it is too short to mean anything."""
    tokens, named = _tokens(text)
    if sum(0.5 if CHARACTER.match(token) else 1 for token in tokens) < _FEWEST:
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
        found = TOKEN.findall(plain_words(raw.casefold()))
        capital = not begins and raw.lstrip(_OPENING)[:1].isupper()
        named.update(token for token in found if capital or any(map(str.isdigit, token)))
        tokens += found
        begins = _SENTENCE_END.search(raw) is not None
    return tokens, named
