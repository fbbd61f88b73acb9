"""What surrounds an article on its page, told by its lines: teasers, tag lists, comments."""

import re

from bot.feeds.extraction.headings import is_aside, is_end, is_label, is_section

PROSE_FIRST = 80
"""Words of an article before a section's heading is believed; menus use the same words."""

# All in words. A short article is over at a heading after which no line is as long as an
# article's; a box in its middle is over where two paragraphs follow each other.
_SHORT_ARTICLE = 25
_ARTICLE_LINE = 40
_PARAGRAPH = 25
_SENTENCE = 8
_TEASER_FIRST = 40
_LONGEST_TEASER = 60
_LONGEST_HEADLINE = 25
_LONGEST_LABEL_LINE = 60
_ADVERT = 12
_NEAR = 5

_ELLIPSIS = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|[.…]\s*(?:read|continue|weiter|lire|leer)\b.{0,20})$",
    re.IGNORECASE,
)
# A line that breaks off shows it at its end, or in one of these words near it.
_DOTS = ("…", "...", "]")
_ONWARDS = re.compile(r"read|continue|weiter|lire|leer", re.IGNORECASE)
_END_OF_LINE = 40
_SENTENCE_ENDS = tuple(".!?。！？؟।…:;")
_CLOSING = "'\"”’»）)]"
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_RUN = re.compile(rf"[{_UNSPACED}]+")
_WORD = re.compile(r"\w+")
_FIRST_UNSPACED = "\u3040"
_PERHAPS_UNSPACED = re.compile(f"[{_FIRST_UNSPACED}-\U0010ffff]")


def words(text: str) -> int:
    """Count words; a character of a script without spaces counts half of one."""
    if text.isascii():
        return len(text.split())
    if not _PERHAPS_UNSPACED.search(text):
        return len(_WORD.findall(text))
    parts = _RUN.split(text)
    found = _WORD.findall(" ".join(parts))
    alone = sum(1 for each in found if len(each) == 1 and each >= _FIRST_UNSPACED)
    unspaced = len(text) - sum(map(len, parts)) + alone
    return len(found) - alone + (unspaced + 1) // 2


def _ends_sentence(bare: str) -> bool:
    return bare.rstrip(_CLOSING).endswith(_SENTENCE_ENDS)


def _breaks_off(bare: str) -> bool:
    if not (bare.endswith(_DOTS) or _ONWARDS.search(bare[-_END_OF_LINE:])):
        return False
    return _ELLIPSIS.search(bare) is not None


def cut(text: str) -> str:
    """Drop the lines of a text that are not of its article; the lines kept stay as they are.

    Stops at the first heading of a following section once an article has been seen, and drops
    tag lists, teasers that break off in an ellipsis with their headlines, and adverts.
    """
    lines = text.splitlines(keepends=True)
    bares = [line.strip() for line in lines]
    lengths = list(map(words, bares))
    last_long = max((i for i, length in enumerate(lengths) if length >= _ARTICLE_LINE), default=-1)
    kept = _Kept()
    index = 0
    while index < len(lines):
        bare = bares[index]
        more_follows = index < last_long and not is_end(bare)
        if is_section(bare) and kept.has_article(more_follows=more_follows):
            index = len(lines) if is_end(bare) else _resumes(lines, index + 1)
        elif kept.words and is_aside(bare):
            index = _after_aside(lines, index + 1)
        else:
            kept.take(lines[index], bare, lengths[index])
            index += 1
    return "".join(kept.lines)


class _Kept:
    """The lines taken so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words = 0
        self._prose = 0

    def has_article(self, *, more_follows: bool) -> bool:
        """Whether an article is behind us: a long one, or a short one and nothing long follows."""
        return self.words >= PROSE_FIRST or (self._prose >= _SHORT_ARTICLE and not more_follows)

    def take(self, line: str, bare: str, length: int) -> None:
        """Keep a line, unless it is a label or a teaser."""
        if length <= _LONGEST_LABEL_LINE and is_label(bare):
            return
        if length <= _LONGEST_TEASER and self.words >= _TEASER_FIRST and _breaks_off(bare):
            self._drop_headline()
            return
        self.lines.append(line)
        self.words += length
        if length >= _SENTENCE and _ends_sentence(bare):
            self._prose += length

    def _drop_headline(self) -> None:
        """Take a teaser's headline off the end."""
        near = range(len(self.lines) - 1, max(0, len(self.lines) - 1 - _NEAR), -1)
        last = next((i for i in near if self.lines[i].strip()), 0)
        line = self.lines[last].strip()
        if last and words(line) <= _LONGEST_HEADLINE and not _ends_sentence(line):
            self.words -= words(line)
            del self.lines[last]


def _resumes(lines: list[str], start: int) -> int:
    """Give where the article goes on after a box: two whole paragraphs in a row, not teasers."""
    before: int | None = None
    for index in range(start, len(lines)):
        bare = lines[index].strip()
        if not bare:
            continue
        if is_end(bare):
            break
        whole = words(bare) >= _PARAGRAPH and _ends_sentence(bare)
        if not whole or _breaks_off(bare):
            before = None
        elif before is not None:
            return before
        else:
            before = index
    return len(lines)


def _after_aside(lines: list[str], start: int) -> int:
    """Give where to read on after the word "Advertisement": past its one short line."""
    index = next((i for i in range(start, len(lines)) if lines[i].strip()), len(lines))
    if index == len(lines):
        return index
    bare = lines[index].strip()
    short = words(bare) <= _ADVERT or (words(bare) < _LONGEST_HEADLINE and not _ends_sentence(bare))
    return index + 1 if short and not is_section(bare) else index
