"""Pages to articles. Pure: no network, and the same page always gives the same text.

trafilatura finds the article. Before it, what the page itself marks as something else is taken
out of the tree, because on short pages trafilatura falls back to the whole page; after it, `cut`
drops the teasers that sit among the article's own paragraphs.
"""

import logging
import re
from configparser import ConfigParser
from copy import deepcopy
from itertools import islice

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import DEFAULT_CONFIG

from bot.core.addresses import redact
from bot.errors import FeedError
from bot.feeds.extraction.article import Article, Note, in_zones, without
from bot.feeds.extraction.boilerplate import cut, words
from bot.feeds.extraction.decoding import decode
from bot.feeds.extraction.jsonld import read_declared
from bot.feeds.extraction.kinds import is_plain
from bot.feeds.extraction.outline import PROSE_WORDS
from bot.feeds.extraction.prune import prune
from bot.feeds.extraction.title import find_description, find_title
from bot.feeds.extraction.walls import find_note
from bot.feeds.plain import clean, fold, of_element

__all__ = ["MOST_PAGE", "Article", "Note", "cut", "decode", "extract", "without"]

MOST_PAGE = 2 * 1024 * 1024
"""Bytes of a page that are read."""

MOST_ELEMENTS = 20_000
"""Pages of more are read by their paragraphs alone: finding the article would take many seconds."""

# It logs every page it finds nothing in, as a warning with the address; the caller decides that.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_ENOUGH = 20
"""Words of an article that are taken for one."""

_RICHER = 2
"""How many times the words of the markup a page's data must have to be taken instead."""

_HIDDEN = (
    "descendant::*[self::noscript or self::select or self::svg or @hidden or @aria-hidden='true' "
    "or "
    "contains(translate(@style, ' ', ''), 'display:none')]"
)

# Below 250 characters trafilatura would take the text of the whole page, in one line.
_SHORT_IS_FINE = deepcopy(DEFAULT_CONFIG)
_SHORT_IS_FINE["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "1"

_XML = re.compile(r"^\s*<\?xml[^>]*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n")
_HEAD_ELEMENTS = frozenset(
    ("title", "meta", "link", "style", "script", "base", "noscript", "object")
)


def extract(
    html: bytes | str,
    url: str | None = None,
    charset: str | None = None,
    content_type: str | None = None,
) -> Article:
    """Reduce a page to its article. Raise FeedError if it has no text, or is no text to begin with.

    `charset` and `content_type` are the server's word; without them the document's own is taken.
    `url` tells the page's links to itself from those to other news, and names it in errors.
    """
    name = redact(url) if url else "the page"
    plain = is_plain(html, content_type, name)
    page = clean((html if isinstance(html, str) else decode(html, charset))[:MOST_PAGE])
    if plain:
        article = in_zones("", _of_plain_text(page))
    else:
        try:
            article = _of_tree(_tree(_XML.sub("", page)), url or "")
        except (etree.LxmlError, ValueError):
            raise FeedError(f"{name} has no text to read") from None
    if not article.text:
        raise FeedError(f"{name} has no text to read")
    return article


def _of_tree(tree: HtmlElement, url: str) -> Article:
    title, headline = find_title(tree)
    declared = read_declared(tree, title, url)
    description = find_description(tree)
    seen = _seen(tree)
    if next(islice(tree.iter(), MOST_ELEMENTS, None), None) is None:
        prune(tree, headline, url)
        text = cut(_article(tree))
    else:
        text = cut(_paragraphs(tree))
    told = cut(declared.text)
    if words(told) > _RICHER * words(text):
        text = told
    if words(text) < _ENOUGH and description not in text:
        text = f"{description}\n{text}"
    title = title or declared.headline
    return in_zones(title, text, seen, find_note(title, text, seen, free=declared.free))


def _of_plain_text(text: str) -> str:
    """Give a line for each paragraph: what stands between blank lines, if there are any."""
    bare = text.replace("\r\n", "\n").strip()
    return "\n".join(map(fold, _BLANK_LINES.split(bare))) if _BLANK_LINES.search(bare) else bare


def _seen(tree: HtmlElement) -> list[str]:
    """Give the lines of a page that a reader sees."""
    body = tree.find("body")
    if body is None:
        return []
    copied = deepcopy(body)
    for hidden in copied.xpath(_HIDDEN):
        hidden.tag = "template"
    for link in copied.iter("a", "button", "span"):
        link.tail = link.tail or " "
    return of_element(copied).splitlines()


def _tree(page: str) -> HtmlElement:
    """Parse a page. Raise LxmlError or ValueError if there is nothing in it.

    HTML lets authors leave <body> out, but the parser knows only HTML 4's elements to open it:
    what it took for parts of the head is put back.
    """
    parser = HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    tree = document_fromstring(page, parser=parser)
    head = tree.find("head")
    strays = [] if head is None else [each for each in head if each.tag not in _HEAD_ELEMENTS]
    if strays:
        body = tree.find("body")
        body = etree.SubElement(tree, "body") if body is None else body
        for place, stray in enumerate(strays):
            body.insert(place, stray)
    return tree


def _article(tree: HtmlElement) -> str:
    """Ask trafilatura. It leaves figures out whole, but a caption is the article's own words."""
    for caption in list(tree.iter("figcaption")):
        caption.tag = "p"
    for figure in list(tree.iter("figure")):
        figure.drop_tag()
    found = _trafilatura(tree, _SHORT_IS_FINE)
    # Next to nothing: its rescue knows pages that have their text in scripts only.
    return found if words(found) >= _ENOUGH else max(found, _trafilatura(tree), key=len)


def _trafilatura(tree: HtmlElement, config: ConfigParser = DEFAULT_CONFIG) -> str:
    found = trafilatura.extract(
        tree, fast=True, include_comments=False, include_links=False, config=config
    )
    return found or ""


def _paragraphs(tree: HtmlElement) -> str:
    texts = (fold(paragraph.text_content()) for paragraph in tree.iter("p"))
    return "\n".join(text for text in texts if words(text) >= PROSE_WORDS)
