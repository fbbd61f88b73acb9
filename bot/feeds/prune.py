"""Taking out of a page what it marks itself as something else than its article.

The headline and all the prose there is are never taken out; on the word of a class name that is
sometimes given to articles, nor is the bulk of the prose.
"""

import re
from collections import Counter
from itertools import islice
from urllib.parse import urldefrag

from lxml import etree
from lxml.html import HtmlElement

from bot.feeds.boilerplate import words
from bot.feeds.headings import is_section
from bot.feeds.links import clean_link
from bot.feeds.plain import fold

_NEVER_ARTICLE = (
    "nav aside footer menu dialog noscript template button select iframe object svg canvas audio "
    "video"
)
_ROLES = frozenset(("navigation", "complementary", "contentinfo", "search", "dialog", "menu"))
# Names of classes and ids that say what a block is. Whole words from the start of a name, so that
# "with-sidebar" and "no-comments" on an article mean nothing.
_SURE_HINT = re.compile(
    r"(?:related|sidebar|side-bar|most-?(?:read|popular|viewed)|recirc\w*|comments?|commentlist|"
    r"disqus\w*|respond|reader-comments|breadcrumbs?|nav|navbar|navigation|menu|footer|outbrain|"
    r"taboola|more-?(?:news|stories|articles)|pagination|pager|blogroll|popular|trending|promo\w*|"
    r"recommend\w*|advert\w*|ads?|adsense|sponsor\w*|read-?(?:more|next|also)|see-also|also-read|"
    r"up-?next)(?:[-_]\w*)*|(?:\w+[-_])+(?:comments|sidebar|related|adverts?|breadcrumbs?)",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"(?:teasers?|newsletter|subscribe|share|sharing|social|tags?|taglist|topics|cookies?|consent|"
    r"gdpr|latest|author-?(?:bio|box)|partners?)(?:[-_]\w*)*|(?:\w+[-_])+(?:teasers?|tags)",
    re.IGNORECASE,
)
_HINTED = ("div", "section", "ul", "ol", "article", "table", "p", "header", "form")
_INLINE = frozenset(("a", "b", "em", "span", "strong"))
_HEADINGS = ("h2", "h3", "h4", "h5", "h6", "p", "div", "li", "dt", "td", "legend", *_INLINE)
_PARAGRAPHS = frozenset(("p", "div", "td", "li", "dd", "blockquote", "section", "article", "pre"))
_BLOCKS = _PARAGRAPHS | {"ul", "ol", "dl", "table", "tr", "tbody", "main", "h1", "h2", "h3", "h4"}
PROSE_WORDS = 10
"""Words from which a paragraph counts as prose."""

_HEADLINE_WORDS = 4
_DROPPED = "dropped"
_NEARLY_ALL = 0.8
_MOST_LINKS = 40
_MOST_PIECES = 100
_CARD = 60


def prune(tree: HtmlElement, headline: HtmlElement | None, url: str) -> None:
    """Take navigation, sidebars, comments, hidden parts, teaser boxes and link lists out.

    They are marked first and taken out when nothing of them is held any more: lxml frees the held
    elements of a part that was taken out in quadratic time.
    """
    page = _Page(tree, headline)
    _mark(page, tree, url)
    page.name_article()
    del page
    etree.strip_elements(tree, _DROPPED, with_tail=False)


def _mark(page: "_Page", tree: HtmlElement, url: str) -> None:
    for element in list(tree.iter(*_NEVER_ARTICLE.split())):
        page.drop(element)
    for element in list(tree.iter(*_BLOCKS)):
        if _is_hidden(element):
            page.drop(element)
    for element in list(tree.iter(*_HINTED)):
        if _is_named(element, _SURE_HINT) or (_is_hinted(element) and not page.is_bulk(element)):
            page.drop(element)
    for element in list(tree.iter(*_HEADINGS)):
        if _is_alone(element) and is_section(_short_text(element)):
            page.drop(page.box(element))
    here = clean_link(url)
    _drop_teaser_cards(page, tree, here)
    _drop_teaser_links(page, tree, here)
    _unlink_lists(page, tree)


class _Page:
    """A tree, its headline and where its prose stands: paragraphs of some length."""

    def __init__(self, tree: HtmlElement, headline: HtmlElement | None) -> None:
        self._above = set(headline.iterancestors()) | {headline} if headline is not None else set()
        self._order = {element: place for place, element in enumerate(tree.iter())}
        self._start = self._order[headline] if headline is not None else 0
        self._end = len(self._order)
        self._words: Counter[HtmlElement] = Counter()
        self._paragraphs: Counter[HtmlElement] = Counter()
        self._first_prose: dict[HtmlElement, int] = {}
        self._tree = tree
        for paragraph in tree.iter(*_PARAGRAPHS):
            if not any(child.tag in _BLOCKS for child in paragraph):
                self._count(paragraph)

    def _count(self, paragraph: HtmlElement) -> None:
        length = words(paragraph.text_content())
        if length < PROSE_WORDS:
            return
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

    def drop(self, element: HtmlElement | None) -> None:
        """Mark an element to be taken out; not if it holds the headline or all prose after it."""
        if element is None or element in self._above:
            return
        if self._paragraphs[element] < max(self._paragraphs[self._tree], 1):
            element.tag = _DROPPED

    def name_article(self) -> None:
        """Call the narrowest block with nearly all the prose the article.

        Not if an article has most of the prose, or the headline.

        In a page without a word about its parts trafilatura collects paragraphs alone, and loses
        what stands in subheadings and lists.
        """
        articles = list(self._tree.iter("article"))
        if any(each in self._above or self.is_bulk(each) for each in articles):
            return
        for teaser in articles:
            teaser.tag = "section"
        block = self._tree
        while True:
            inner = max(block, key=self._kept_words, default=None)
            if inner is None or self._kept_words(inner) < _NEARLY_ALL * self._kept_words(block):
                break
            block = inner
        if block.tag in ("div", "section", "td", "main"):
            block.tag = "article"

    def _kept_words(self, element: HtmlElement) -> int:
        return 0 if element.tag == _DROPPED else self._words[element]

    def box(self, heading: HtmlElement) -> HtmlElement | None:
        """Give the widest block that begins with a heading; None if that is the heading alone.

        What has prose before the heading is not the heading's, however it is nested.
        """
        block = heading
        place = self._order[heading]
        for above in heading.iterancestors():
            if above.tag in ("body", "html", "main", "article") or above in self._above:
                break
            if self._first_prose.get(above, place) < place:
                break
            block = above
        return None if block is heading else block


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role", "").lower() in _ROLES
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _is_hinted(element: HtmlElement) -> bool:
    """Whether an element is named like something else, or is a site's header or a form."""
    if element.tag in ("header", "form"):
        return next(element.iterancestors("article", "main"), None) is None
    return _is_named(element, _HINT)


def _is_named(element: HtmlElement, hint: re.Pattern[str]) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}".split()
    return any(hint.fullmatch(name[:100]) for name in names[:20])


def _is_alone(element: HtmlElement) -> bool:
    """Whether an element may be a heading: not a word within a sentence, nor a whole block."""
    if len(element) > 3:
        return False
    parent = element.getparent()
    if element.tag not in _INLINE or parent is None:
        return True
    return parent.tag not in ("p", "li", "td") and not (
        (parent.text or "").strip() or (element.tail or "").strip()
    )


def _short_text(element: HtmlElement) -> str:
    """Give the text of a short element; reading long ones over and over would take for ever."""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > 200:
            return ""
    return fold(text)


def _drop_teaser_links(page: _Page, tree: HtmlElement, here: str | None) -> None:
    """Drop paragraphs, headings and lists that are nothing but links: to other headlines, or tags.

    A single link of a few words stays: it may be a subheading of the article's own.
    """
    for element in list(tree.iter("p", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6", "div")):
        links = list(islice(element.iter("a"), _MOST_LINKS + 1))
        if not links or len(links) > _MOST_LINKS:
            continue
        text = _short_text(element)
        linked = fold(" ".join(_short_text(link) for link in links))
        if not text or len(text) > len(linked) + 3 * len(links):
            continue
        if words(text) < _HEADLINE_WORDS and len(links) == 1:
            continue
        if all(_leads_away(link.get("href") or "", here) for link in links):
            page.drop(element)


def _leads_away(href: str, here: str | None) -> bool:
    """Whether a link leads to another page; a bare `#` stands for one in templates."""
    if href.startswith("#"):
        return href == "#"
    target = clean_link(href, here or "")
    return here is None or target is None or urldefrag(target)[0] != urldefrag(here)[0]


def _drop_teaser_cards(page: _Page, tree: HtmlElement, here: str | None) -> None:
    """Drop short blocks that begin with the headline of another page, on a line of its own."""
    for block in list(tree.iter("div", "li", "article", "section", "dd")):
        link = next(block.iter("a"), None)
        if link is None or (link.tail or "").strip():
            continue
        headline = _short_text(link)
        if words(headline) < _HEADLINE_WORDS or not _leads_away(link.get("href") or "", here):
            continue
        text = fold(" ".join(islice(block.itertext(), _MOST_PIECES)))
        before = words(text.partition(headline)[0])
        if before < _HEADLINE_WORDS and words(text) <= _CARD:
            page.drop(block)


def _unlink_lists(page: _Page, tree: HtmlElement) -> None:
    """Make plain words of the links in the article's own lists: companies, each with its deed.

    trafilatura would take such a list for navigation.
    """
    for item in list(tree.iter("li", "dd")):
        if not page.is_within(item):
            continue
        links = list(islice(item.iter("a"), _MOST_LINKS))
        linked = sum(words(_short_text(link)) for link in links)
        if words(_short_text(item)) >= linked + 2:
            for link in links:
                link.tag = "span"
