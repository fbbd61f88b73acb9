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
_SENTENCE_END = re.compile(r"[.!?。！？؟।…:;]['\"”’»）)\]]*$")
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def words(text: str) -> int:
    """Count words; a character of a script without spaces counts half of one."""
    if text.isascii():
        return len(text.split())
    found = _WORD.findall(text)
    unspaced = sum(1 for each in found if len(each) == 1 and each >= "\u3040")
    return len(found) - unspaced + (unspaced + 1) // 2


def cut(text: str) -> str:
    """Drop the lines of a text that are not of its article; the lines kept stay as they are.

    Stops at the first heading of a following section once an article has been seen, and drops
    tag lists, teasers that break off in an ellipsis with their headlines, and adverts.
    """
    lines = text.splitlines(keepends=True)
    last_long = max((i for i, line in enumerate(lines) if words(line) >= _ARTICLE_LINE), default=-1)
    kept = _Kept()
    index = 0
    while index < len(lines):
        bare = lines[index].strip()
        more_follows = index < last_long and not is_end(bare)
        if is_section(bare) and kept.has_article(more_follows=more_follows):
            index = len(lines) if is_end(bare) else _resumes(lines, index + 1)
        elif kept.words and is_aside(bare):
            index = _after_aside(lines, index + 1)
        else:
            kept.take(lines[index], bare)
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

    def take(self, line: str, bare: str) -> None:
        """Keep a line, unless it is a label or a teaser."""
        length = words(bare)
        if length <= _LONGEST_LABEL_LINE and is_label(bare):
            return
        broken_off = length <= _LONGEST_TEASER and _ELLIPSIS.search(bare)
        if broken_off and self.words >= _TEASER_FIRST:
            self._drop_headline()
            return
        self.lines.append(line)
        self.words += length
        if length >= _SENTENCE and _SENTENCE_END.search(bare):
            self._prose += length

    def _drop_headline(self) -> None:
        """Take a teaser's headline off the end."""
        near = range(len(self.lines) - 1, max(0, len(self.lines) - 1 - _NEAR), -1)
        last = next((i for i in near if self.lines[i].strip()), 0)
        line = self.lines[last].strip()
        if last and words(line) <= _LONGEST_HEADLINE and not _SENTENCE_END.search(line):
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
        whole = words(bare) >= _PARAGRAPH and _SENTENCE_END.search(bare)
        if not whole or _ELLIPSIS.search(bare):
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
    short = words(bare) <= _ADVERT or (
        words(bare) < _LONGEST_HEADLINE and not _SENTENCE_END.search(bare)
    )
    return index + 1 if short and not is_section(bare) else index
