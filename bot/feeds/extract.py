"""Pages to articles. Pure: no network, and the same page always gives the same text.

trafilatura finds the article. Before it, what the page itself marks as something else is taken
out of the tree, because on short pages trafilatura falls back to the whole page; after it, `cut`
drops the teasers that sit among the article's own paragraphs.
"""

import codecs
import logging
import re
from configparser import ConfigParser
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import DEFAULT_CONFIG

from bot.errors import FeedError
from bot.feeds.boilerplate import cut, words
from bot.feeds.links import redact
from bot.feeds.plain import clean, fold
from bot.feeds.prune import PROSE_WORDS, prune
from bot.feeds.title import find_title

__all__ = ["MOST_PAGE", "Article", "cut", "extract"]

MOST_PAGE = 2 * 1024 * 1024
"""Bytes of a page that are read."""

MOST_ELEMENTS = 20_000
"""Pages of more are read by their paragraphs alone: finding the article would take many seconds."""

# It logs every page it finds nothing in, as a warning with the address; the caller decides that.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_ENOUGH = 20
"""Words of an article that are taken for one."""

# Below 250 characters trafilatura would take the text of the whole page, in one line.
_SHORT_IS_FINE = deepcopy(DEFAULT_CONFIG)
_SHORT_IS_FINE["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "1"

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{3,30})", re.IGNORECASE)
# Codecs of the web. Others of Python's are no text encodings or are slow on purpose-made input.
_WEB_CODEC = re.compile(
    r"utf-?(?:8|16(?:-?[bl]e)?)|us-ascii|ascii|latin-?1|iso-?8859-?\d+|windows-?\d+|cp\d+|koi8-[ru]|"
    r"gb2312|gbk|gb18030|big5(?:-?hkscs)?|shift[-_]jis|sjis|euc-(?:jp|kr)|mac-?\w+|tis-620",
    re.IGNORECASE,
)
_HEAD = 4_096
_HEAD_ELEMENTS = frozenset(
    ("title", "meta", "link", "style", "script", "base", "noscript", "object")
)


@dataclass(frozen=True, slots=True)
class Article:
    """A page's headline and its own text, a line for each paragraph.

    The text holds the headline as well: it is all there is to search.
    """

    title: str
    text: str


def extract(html: bytes | str, url: str | None = None, charset: str | None = None) -> Article:
    """Reduce a page to its article. Raise FeedError if it has no text of its own.

    `charset` is the server's word for bytes; without it the page's own is taken. `url` tells the
    page's links to itself from those to other news, and names it in errors.
    """
    name = redact(url) if url else "the page"
    page = html if isinstance(html, str) else decode(html, charset)
    try:
        tree = _tree(clean(page[:MOST_PAGE]))
    except (etree.LxmlError, ValueError):
        raise FeedError(f"{name} has no text to read") from None
    title, headline = find_title(tree)
    if next(islice(tree.iter(), MOST_ELEMENTS, None), None) is None:
        prune(tree, headline, url or "")
        text = cut(_article(tree))
    else:
        text = cut(_paragraphs(tree))
    if title and title not in text[: 4 * len(title) + 400]:
        text = f"{title}\n{text}"
    if not text.strip():
        raise FeedError(f"{name} has no text to read")
    return Article(title, text.strip())


def decode(body: bytes, charset: str | None = None) -> str:
    """Decode a page: by its byte order mark, as UTF-8, as declared, at last as Windows-1252."""
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if body.startswith(mark):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _META_CHARSET.search(body[:_HEAD])
        named = (charset or "", declared[1].decode() if declared else "", "windows-1252")
    return body.decode(next(filter(_is_codec, named)), "replace")


def _is_codec(name: str) -> bool:
    if _WEB_CODEC.fullmatch(name) is None:
        return False
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


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
