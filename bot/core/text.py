"""Folding text for comparison without moving a single offset."""

import unicodedata

# Scripts written without spaces between words: a letter of theirs beside a Latin name does not
# make the name part of a longer word, and their own names need no boundary.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO")


class _Fold(dict[int, int]):
    """Folds one character to one character, computed on first sight."""

    def __missing__(self, code: int) -> int:
        folded = fold_character(chr(code))
        self[code] = ord(folded)
        return ord(folded)


_FOLD = _Fold()


def fold(text: str) -> str:
    """Fold case, width and space; the result has the length of `text`, position by position."""
    return text.translate(_FOLD)


def fold_character(character: str) -> str:
    """Fold one character to the one character that stands for it.

    Characters whose folding is longer (ß, ligatures) stay themselves, so that offsets hold.
    """
    if character.isspace():
        return " "
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) == 1:
        character = compatible
    for lowered in (character.casefold(), character.lower()):
        if len(lowered) == 1:
            return lowered
    return character


class _Spaced(dict[str, bool]):
    """Whether a character is a letter or digit of a script that puts spaces between words."""

    def __missing__(self, character: str) -> bool:
        spaced = character.isalnum() and not unicodedata.name(character, "").startswith(_UNSPACED)
        self[character] = spaced
        return spaced


_SPACED = _Spaced()


def bounded(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] stands alone as words do.

    A letter or digit right outside it makes it part of a longer word, unless either side of that
    edge is of a script written without spaces.
    """
    before = start == 0 or not (_SPACED[text[start - 1]] and _SPACED[text[start]])
    after = end == len(text) or not (_SPACED[text[end]] and _SPACED[text[end - 1]])
    return before and after
