"""The watchlist's own voice: words that judge where a record should tell who said what.

What stands in quotation marks is somebody else's word and stays as it was said.
"""

import re
from collections.abc import Iterator, Mapping

LOADED: Mapping[str, str] = {
    "linked to": "say how: owns, supplies, shares an address with",
    "ties to": "say which: owns, supplies, shares an address with",
    "notorious": "leave it out",
    "infamous": "leave it out",
    "controversial": "say who objects to what",
    "disgraced": "leave it out",
    "shady": "leave it out",
    "so-called": "leave it out",
    "blacklisted": "name the list and what it does",
    "blacklist": "name the list and what it does",
    "allegedly": "say who alleges it",
    "claimed": "write 'said', which doubts nothing",
}
"""Words that carry a judgement, and what to write instead."""

SANCTIONED = "'sanctioned' is said only of an asset freeze in force; name the measure"

_LOADED = re.compile(rf"\b({'|'.join(map(re.escape, LOADED))})\b", re.IGNORECASE)
_SANCTIONED = re.compile(r"\bsanctioned\b", re.IGNORECASE)
_QUOTED = re.compile(
    r"""
      "[^"]*" | “[^”]*” | «[^»]*» | „[^“”]*[“”] | 「[^」]*」
    | (?<!\w)'[^']*(?:(?<=\w)'(?=\w)[^']*)*'(?!\w)      # an apostrophe inside a word ends nothing
    | (?<!\w)‘[^’]*(?:(?<=\w)’(?=\w)[^’]*)*’(?!\w)
    """,
    re.VERBOSE,
)


def loaded_words(text: str) -> Iterator[str]:
    """Say what is wrong with the words of a text that judge."""
    for found in _LOADED.finditer(unquoted(text)):
        word = found[0].lower()
        yield f"'{word}' is a judgement: {LOADED[word]}, or quote who said it"


def says_sanctioned(text: str) -> bool:
    """Whether a text calls something sanctioned in its own voice."""
    return _SANCTIONED.search(unquoted(text)) is not None


def unquoted(text: str) -> str:
    """Leave out what stands in quotation marks."""
    return _QUOTED.sub(" … ", text)
