"""A vendor that is known by name alone: it watches already, and says that nothing is recorded."""

import unicodedata

from bot.core.editing.tree import Tree
from bot.core.editorial import claims
from bot.core.export import UNKNOWN
from bot.core.template import SHORTEST_WORD
from bot.core.vendor import Confidence, Statement, Vendor

NOTHING = "nothing is recorded yet"
UNTOLD = Statement(text=NOTHING, confidence=Confidence.UNVERIFIED)
"""What a stub says that its vendor makes."""
UNKNOWN_SEAT = "unknown"


def stub(name: str, id_: str) -> Tree:
    """Give the record of a vendor of which only the name is known."""
    return {
        "schema": "vendorwatch/1",
        "id": id_,
        "name": name,
        "country": UNKNOWN,
        "headquarters": UNKNOWN_SEAT,
        "makes": {"text": NOTHING, "confidence": "unverified"},
        "names": {name: called(name)},
    }


def called(name: str) -> Tree:
    """Give a name as it is looked for if nobody says how: by its length and its script."""
    letters = [ch for ch in unicodedata.normalize("NFKC", name) if ch.isalpha()]
    scripts = {script_of(ch) for ch in letters}
    script = scripts.pop() if len(scripts) == 1 else "Latn"
    made: Tree = {"value": name, "role": "alias"}
    mode = _mode(name, script)
    if mode != "word":
        made["match"] = mode
    if script != "Latn":
        made["script"] = script
    return made


def is_stub(vendor: Vendor) -> bool:
    """Whether nothing in a record speaks: it has names, and perhaps drafts."""
    return not any(claim.speaks for _, claim in claims(vendor))


def script_of(letter: str) -> str:
    """Give the ISO 15924 code of a letter's script, as far as the watchlist tells them apart."""
    name = unicodedata.name(letter, "LATIN")
    return next((code for start, code in _SCRIPTS if name.startswith(start)), "Latn")


_SCRIPTS = (
    ("CJK", "Hani"), ("HANGUL", "Hang"), ("HIRAGANA", "Jpan"), ("KATAKANA", "Jpan"),
    ("CYRILLIC", "Cyrl"), ("ARABIC", "Arab"), ("GREEK", "Grek"), ("HEBREW", "Hebr"),
    ("DEVANAGARI", "Deva"), ("THAI", "Thai"),
)  # fmt: skip
_WITHOUT_SPACES = frozenset({"Hani", "Jpan", "Thai"})


def _mode(name: str, script: str) -> str:
    """Say how a name is looked for at first: as a word; letter for letter where it is short."""
    if script in _WITHOUT_SPACES:
        return "substring"
    return "word" if sum(ch.isalnum() for ch in name) >= SHORTEST_WORD else "exact"
