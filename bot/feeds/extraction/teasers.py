"""Taking out of a page what leads to other pages: headlines, cards with a few words, tags."""

import re
from itertools import islice
from urllib.parse import urldefrag

from lxml.html import HtmlElement

from bot.feeds.extraction.boilerplate import words
from bot.feeds.extraction.outline import Outline, short_text
from bot.feeds.links import clean_link
from bot.feeds.plain import fold

_HEADLINE_WORDS = 4
_MOST_LINKS = 40
_MOST_PIECES = 100
_CARD = 60
_LONG_CARD = 300
_FIRST_LINKS = 3
_CARDS = ("div", "li", "article", "section", "dd", "td", "tr")
_WITHIN_CARDS = ("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "article", "section")
_OF_LINKS = ("p", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6", "div", "td", "tr", "table", "dd",
             "section", "header", "center")  # fmt: skip
_POINTER = re.compile(
    r"(?:^|[\s(\[>|–—-])(?:(?:read|see|watch)(?: more| also| next| now)?|also read|more on this|"
    r"related"
    r"(?: \w{4,9})?|lesen sie (?:auch|mehr)|mehr (?:dazu|zum thema)|(?:à )?lire aussi|voir aussi|"
    r"lee? "
    r"también|leia (?:também|mais)|leggi anche|lees ook|czytaj (?:także|też|również)|"
    r"читайте (?:также|"
    r"також)|(?:по|на эту) теме|(?:相关|相關|延伸)(?:阅读|閱讀|新闻|新聞)|"
    r"関連記事|관련 ?기사|اقرأ أيض(?:ا|اً|ًا))"
    r"\s*[:：]\s*$",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)(?:[?#]|$)", re.IGNORECASE)


def drop_links(page: Outline, tree: HtmlElement, here: str | None) -> None:
    """Drop paragraphs, headings and lists that are nothing but links: to other headlines, or tags.

    A single link of a few words stays: it may be a subheading of the article's own.
    """
    for element in list(tree.iter(*_OF_LINKS)):
        links = list(islice(element.iter("a"), _MOST_LINKS + 1))
        if not links or len(links) > _MOST_LINKS:
            continue
        text = short_text(element)
        linked = fold(" ".join(short_text(link) for link in links))
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


def drop_cards(page: Outline, tree: HtmlElement, here: str | None) -> None:
    """Drop blocks that begin with the headline of another page, on a line of its own.

    Beside an article that stands in one block of its own they may be long.
    """
    for link in list(tree.iter("a")):
        if _is_whole_card(link) and _leads_away(link.get("href") or "", here):
            page.drop(link)
    for block in list(tree.iter(*_CARDS)):
        headline = _first_headline(block, here)
        if not headline:
            continue
        text = fold(" ".join(islice(block.itertext(), _MOST_PIECES)))
        before = words(text.partition(headline)[0])
        most = _LONG_CARD if page.is_apart(block) else _CARD
        if before < _HEADLINE_WORDS and words(text) <= most:
            page.drop(block)


def drop_pointers(page: Outline, tree: HtmlElement, here: str | None) -> None:
    """Drop links within a paragraph that words before them announce: "(Read more: ...)"."""
    for link in list(tree.iter("a")):
        before = link.getprevious()
        said = _before(link) or (short_text(before) if before is not None else "")
        if _POINTER.search(said) and _leads_away(link.get("href") or "", here):
            page.drop(link)


def _before(link: HtmlElement) -> str:
    """Give the words between a link and the element before it."""
    before, parent = link.getprevious(), link.getparent()
    text = before.tail if before is not None else parent.text if parent is not None else ""
    return (text or "").rstrip()[-80:]


def _first_headline(block: HtmlElement, here: str | None) -> str:
    """Give the words of the first link that may be a headline, unless a sentence goes on there."""
    for link in islice(block.iter("a"), _FIRST_LINKS):
        headline = short_text(link)
        if words(headline) >= _HEADLINE_WORDS:
            goes_on = (link.tail or "").strip()
            return headline if not goes_on and _leads_away(link.get("href") or "", here) else ""
    return ""


def _is_whole_card(link: HtmlElement) -> bool:
    """Whether a link has blocks within: a card that is a link as a whole, and no picture's."""
    if _PICTURE.search(link.get("href") or "") or next(link.iter(*_WITHIN_CARDS), None) is None:
        return False
    text = fold(" ".join(islice(link.itertext(), _MOST_PIECES)))
    return _HEADLINE_WORDS <= words(text) <= _LONG_CARD


def unlink_lists(page: Outline, tree: HtmlElement) -> None:
    """Make plain words of the links in the article's own lists: companies, each with its deed.

    trafilatura would take such a list for navigation.
    """
    for item in list(tree.iter("li", "dd")):
        if not page.is_within(item):
            continue
        links = list(islice(item.iter("a"), _MOST_LINKS))
        linked = sum(words(short_text(link)) for link in links)
        if words(short_text(item)) >= linked + 2:
            for link in links:
                link.tag = "span"
