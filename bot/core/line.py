"""A line as people type or paste it: its words, its quotation marks, its odd spaces. Pure.

Telephones and word processors write other quotation marks and spaces than the plain ones; what is
pasted has line breaks, and a fence of backticks around it.
"""

import re
from dataclasses import dataclass

# What closes what, and what does if that never comes. An apostrophe of a telephone opens nothing.
_CLOSED_BY = {
    '"': '"', "“": "”“", "”": "”", "„": "“”", "‟": "”“", "«": "»", "»": "«", "＂": "＂",
    "'": "'", "‘": "’", "‚": "‘’", "‹": "›", "›": "‹", "＇": "＇",
}  # fmt: skip
_DOUBLE, _SINGLE = '"“”„‟«»＂', "'‘’‚‛‹›＇"
_PLAIN = str.maketrans(dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'"))
# A backslash before either of these makes it a letter.
_QUOTED = re.compile(r'"((?:\\[\\"]|\\(?![\\"])|[^\\"]|"(?!\s|\Z))*)"(?=\s|\Z)')
_ESCAPED = re.compile(r'\\([\\"])')
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ODD = re.compile(r"[^\S \t\n]")
# A space without width, a joiner of words, a byte order mark: pasted with the rest, and unseen.
_UNSEEN = re.compile("[\u200b\u2060\ufeff]")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"\S+")
_FENCE = re.compile(r"(?i)\s*(`{3,}|~{3,})[ \t]*(?:(?:ya?ml|opml|xml|json|te?xt)?[ \t]*\n)?")
_MARK = re.compile(rf"(?:(?<=[\s=])|\A)[{''.join(_CLOSED_BY)}]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or what stands in quotation marks as one: line[start:end], marks included."""

    text: str
    start: int
    end: int
    quoted: bool = False


def evened(text: str) -> str:
    """Give a text with plain line breaks and spaces, and nothing in it that is not seen."""
    return _ODD.sub(" ", _BREAK.sub("\n", _UNSEEN.sub("", text)))


def plain_line(text: str) -> str:
    """Give a text as a command has it: in one line, with plain quotation marks and spaces."""
    return " ".join(evened(text).translate(_PLAIN).split())


def first_word(line: str, at: int = 0) -> Word | None:
    """Give the first word of an even line from a place on; None if there is none.

    What stands in quotation marks is one, if a mark begins a word and its pendant ends one; any
    other mark is a letter.
    """
    found = _WORD.match(line, _after_space(line, at))
    if found is None:
        return None
    return _quoted(line, found.start()) or Word(
        plain_line(found.group()), found.start(), found.end()
    )


def first_words(line: str, at: int, most: int) -> tuple[Word, ...]:
    """Give so many words of an even line from a place on, or all there are."""
    words: list[Word] = []
    while len(words) < most and (word := first_word(line, at)) is not None:
        words.append(word)
        at = word.end
    return tuple(words)


def rest_of(line: str, at: int) -> str:
    """Give all of an even line from a place on in one line, without marks around the whole."""
    word = first_word(line, at)
    if word is not None and word.quoted and not line[word.end :].strip():
        return word.text
    return plain_line(line[at:])


def block_of(line: str, at: int) -> str:
    """Give what was pasted after a place as it stands, without the fence around it.

    Raise ValueError if something comes after the fence.
    """
    text = line[at:].rstrip()
    fence = _FENCE.match(text)
    if fence is not None:
        inner, mark, after = text[fence.end() :].rpartition(fence[1])
        if mark and after.strip():
            raise ValueError("nothing may come after the fence that ends the block")
        return (inner if mark else after).rstrip()
    head, broken, below = text.partition("\n")
    return below if broken and not head.strip() else text.lstrip(" \t")


def fields_of(line: str, at: int) -> str:
    """Give all of an even line from a place on in one line, with its quotation marks.

    Those around a value are plain ones afterwards, and what they hold is escaped by a backslash.
    """
    text = " ".join(line[at:].split())
    parts: list[str] = []
    done, lone = 0, ""
    while (mark := _MARK.search(text, done)) is not None:
        word = None if mark.group() in lone else _quoted(text, mark.start())
        if word is None:
            lone += mark.group()  # its pendant does not come later either
            parts.append(text[done : mark.end()])
            done = mark.end()
            continue
        parts.append(text[done : word.start])
        as_it_is = mark.group() in {'"', "'"}
        inner = text[word.start + 1 : word.end - 1]
        parts.append(text[word.start : word.end] if as_it_is else in_marks(inner))
        done = word.end
    return "".join((*parts, text[done:]))


def written(value: str) -> str:
    """Write a value of one line so that it is read back as one word."""
    word = first_word(value)
    bare = word is not None and not word.quoted and (word.start, word.end) == (0, len(value))
    return value if bare else in_marks(value)


def in_marks(value: str) -> str:
    """Put a value in quotation marks."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _after_space(line: str, at: int) -> int:
    found = _SPACE.match(line, at)
    return at if found is None else found.end()


def _quoted(line: str, start: int) -> Word | None:
    """Give what stands in quotation marks from a place on; None if it does not."""
    mark = line[start]
    closers = _CLOSED_BY.get(mark)
    if closers is None:
        return None
    if mark == '"' and (found := _QUOTED.match(line, start)) is not None:
        inner = _ESCAPED.sub(r"\1", found[1])
        return Word(plain_line(inner), start, found.end(), quoted=True)
    others = _DOUBLE if mark in _DOUBLE else _SINGLE
    for some in (closers, others):
        ending = re.compile(rf"[{some}](?=\s|\Z)").search(line, start + 1)
        if ending is not None:
            inner = line[start + 1 : ending.start()]
            return Word(plain_line(inner), start, ending.end(), quoted=True)
    return None
