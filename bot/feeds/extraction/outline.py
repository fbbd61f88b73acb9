"""A page's tree: where its headline and its prose stand, and what has been marked to go."""

from collections import Counter
from itertools import islice

from lxml.html import HtmlElement

from bot.feeds.extraction.boilerplate import words
from bot.feeds.plain import fold

PROSE_WORDS = 10
"""Words from which a paragraph counts as prose."""

DROPPED = "dropped"
"""The tag of what is to be taken out."""

_PARAGRAPHS = frozenset(("p", "div", "td", "li", "dd", "blockquote", "section", "article", "pre"))
BLOCKS = _PARAGRAPHS | {"ul", "ol", "dl", "table", "tr", "tbody", "main", "h1", "h2", "h3", "h4"}
_SUBHEADINGS = ("h2", "h3", "h4", "h5", "h6")
_HEADLINE_WORDS = 4
_NEARLY_ALL = 0.8
_MOST_BEFORE = 100
_WHOLE = 120
"""Words of prose that are an article for certain."""

_REMNANT = 30
_HOME_WORDS = 40
_HOME_PARAGRAPHS = 2


class Outline:
    """A tree, its headline and where its prose stands: paragraphs of some length."""

    def __init__(self, tree: HtmlElement, headline: HtmlElement | None) -> None:
        self._above = set(headline.iterancestors()) | {headline} if headline is not None else set()
        self._order = {element: place for place, element in enumerate(tree.iter())}
        self._start = self._order[headline] if headline is not None else 0
        self._end = len(self._order)
        self._words: Counter[HtmlElement] = Counter()
        self._paragraphs: Counter[HtmlElement] = Counter()
        self._first_prose: dict[HtmlElement, int] = {}
        self._leaves: dict[HtmlElement, int] = {}
        self._tree = tree
        for paragraph in tree.iter(*_PARAGRAPHS):
            if next(islice(paragraph.iter(*BLOCKS), 1, None), None) is None:
                self._count(paragraph)
        self._home = self._find_home(headline)

    def _count(self, paragraph: HtmlElement) -> None:
        length = words(paragraph.text_content())
        if length < PROSE_WORDS:
            return
        self._leaves[paragraph] = length
        place = self._order[paragraph]
        if place > self._start:
            self._end = place
        for element in (paragraph, *paragraph.iterancestors()):
            self._words[element] += length
            self._paragraphs[element] += place > self._start
            self._first_prose.setdefault(element, place)

    def is_bulk(self, element: HtmlElement) -> bool:
        """Whether the element holds more than half of the page's prose."""
        return 2 * self._words[element] > self._words[self._tree]

    def is_within(self, element: HtmlElement) -> bool:
        """Whether the element stands between the headline and the last paragraph of prose."""
        return self._start <= self._order[element] <= self._end

    def is_after_prose(self, element: HtmlElement) -> bool:
        """Whether the start of an article stands between the headline and an element beside it."""
        before = islice(element.itersiblings(preceding=True), _MOST_BEFORE)
        return sum(self._words[each] for each in before) >= _HOME_WORDS

    def drop(self, element: HtmlElement | None) -> None:
        """Mark an element to be taken out; not if it holds the headline or all prose after it."""
        if element is None or element in self._above:
            return
        if self._paragraphs[element] < max(self._paragraphs[self._tree], 1):
            element.tag = DROPPED

    def drop_remnants(self) -> None:
        """Drop what has hardly any prose, outside of the block that has a whole article.

        Whose site it is, who pays for it, who wrote it.
        """
        home = self._home
        kept = self._kept()
        if home is None or kept[home] < _WHOLE:
            return
        for paragraph in [each for each in self._leaves if each in kept and self.is_apart(each)]:
            block = paragraph
            for above in paragraph.iterancestors():
                if above.tag == "body" or not self.is_apart(above) or kept[above] > _REMNANT:
                    break
                block = above
            if kept[block] <= _REMNANT:
                self.drop(block)

    def name_article(self) -> None:
        """Call the narrowest block with nearly all the prose, and with its beginning, the article.

        Not if an article has most of the prose, or the headline.

        In a page without a word about its parts trafilatura collects paragraphs alone, and loses
        what stands in subheadings, lists and divisions.
        """
        kept = self._kept()
        for paragraph in self._leaves:
            if paragraph.tag == "div" and paragraph in kept and self.is_within(paragraph):
                paragraph.tag = "p"
        articles = list(self._tree.iter("article"))
        if any(each in self._above or 2 * kept[each] > kept[self._tree] for each in articles):
            return
        for teaser in articles:
            teaser.tag = "section"
        first = self._first_kept()
        begins = {first, *first.iterancestors()} if first is not None else set()
        block = self._tree
        while True:
            inner = max(block, key=lambda each: kept[each], default=None)
            if inner is None or kept[inner] < _NEARLY_ALL * kept[block]:
                break
            if begins and inner not in begins:
                break
            block = inner
        if block.tag in ("div", "section", "td", "main"):
            block.tag = "article"

    def _first_kept(self) -> HtmlElement | None:
        """Give the first paragraph or heading after the headline that does not go."""
        for element in self._tree.iter(*_PARAGRAPHS, *_SUBHEADINGS):
            if not self.is_within(element) or element in self._above:
                continue
            long = element.tag in _SUBHEADINGS and words(short_text(element)) >= _HEADLINE_WORDS
            if (long or element in self._leaves) and not _goes(element):
                return element
        return None

    def _kept(self) -> Counter[HtmlElement]:
        """Count the words of prose in each element that are not to go."""
        kept: Counter[HtmlElement] = Counter()
        for paragraph, length in self._leaves.items():
            if not _goes(paragraph):
                for element in (paragraph, *paragraph.iterancestors()):
                    kept[element] += length
        return kept

    def prose(self, element: HtmlElement) -> int:
        """Count the words of an element's prose."""
        return self._words[element]

    def prose_around(self, element: HtmlElement) -> HtmlElement | None:
        """Give the narrowest block around an element that has prose."""
        return next((above for above in element.iterancestors() if self._words.get(above)), None)

    def is_apart(self, element: HtmlElement) -> bool:
        """Whether the page has an article in one block, and the element is outside that."""
        return self._home is not None and not (
            element is self._home
            or any(above is self._home for above in element.iterancestors())
            or any(above is element for above in self._home.iterancestors())
        )

    def _find_home(self, headline: HtmlElement | None) -> HtmlElement | None:
        """Give the narrowest block with the headline and an article's worth of prose after it."""
        for above in headline.iterancestors() if headline is not None else ():
            if above.tag in ("body", "html"):
                break
            if self._paragraphs[above] >= _HOME_PARAGRAPHS and self._words[above] >= _HOME_WORDS:
                return above
        return None

    def box(self, heading: HtmlElement, most: int | None = None) -> HtmlElement | None:
        """Give the widest block that begins with a heading; None if that is the heading alone.

        What has prose before the heading is not the heading's, however it is nested. `most` is of
        words in its prose.
        """
        block = heading
        place = self._order[heading]
        for above in heading.iterancestors():
            if above.tag in ("body", "html", "main", "article") or above in self._above:
                break
            if self._first_prose.get(above, place) < place:
                break
            if most is not None and self._words[above] > most:
                break
            block = above
        return None if block is heading else block


def _goes(element: HtmlElement) -> bool:
    """Whether an element is to be taken out, or is within one that is."""
    return element.tag == DROPPED or next(element.iterancestors(DROPPED), None) is not None


def short_text(element: HtmlElement) -> str:
    """Give the text of a short element; reading long ones over and over would take for ever."""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > 200:
            return ""
    return fold(text)
