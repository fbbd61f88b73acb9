"""Where a page's feeds are: what it declares, what its links look like, what is usual."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from bot.feeds.links import clean_link
from bot.feeds.plain import clean, fold

MOST_PAGE = 512 * 1024
"""Bytes of a page that are looked at."""

MOST_FOUND = 20

_TYPES = frozenset(
    (
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/x.atom+xml",
        "application/x-atom+xml",
        "text/rss+xml",
    )
)
# Of these, only what also looks like a feed is one: wp-json and sitemaps have them as well.
_LOOSE_TYPES = frozenset(("application/json", "application/xml", "text/xml"))
_COMMENTS = re.compile(r"/comments/|\bcomments?\b|\bcommentaires\b|\bkommentare\b", re.IGNORECASE)
_LOOKS_SO = re.compile(
    r"(?:^|/)(?:feeds?|rss2?|atom|rdf)(?:/(?:rss2?|atom|rdf|default|posts/default))?/?$"
    r"|(?:^|[/._-])(?:feed|rss|atom|index)\.(?:xml|rdf|json)$|\.(?:rss|atom|rdf)$"
    r"|/(?:rss|feed|feeds|atom)[/_-][^/]{1,60}(?:\.xml)?/?$",
    re.IGNORECASE,
)
_ASKS_SO = re.compile(
    r"(?:^|&)(?:feed=(?:rss2?|atom|rdf)|format=(?:rss|atom|feed)|type=rss|rss=)", re.IGNORECASE
)
_NO_FEED = re.compile(
    r"\b(?:sitemap|opensearch|feedback|wlwmanifest|rsd)\b|^/index\.json$", re.IGNORECASE
)
_SHARERS = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|newsblur\.com|netvibes\.com|subtome\.com)$"
)
_USUAL = (
    "feed",
    "rss",
    "feed.xml",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feed.json",
    "feeds/posts/default",
    "?format=rss",
)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """Where a feed may be. `declared` says that the page calls it one, rather than its looks."""

    address: str
    title: str
    declared: bool = True


def feeds_of_page(html: bytes, base: str) -> tuple[FoundFeed, ...]:
    """Give a page's feeds, best first: those it declares, then links that plainly lead to one.

    Feeds of comments come last of their kind. `base` is the page's own address; its `<base>`
    counts. At most 20; none of what is no page.
    """
    try:
        parser = HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
        tree = document_fromstring(html[:MOST_PAGE], parser=parser)
    except (etree.LxmlError, ValueError):
        return ()
    element = tree.find(".//base[@href]")
    if element is not None:
        base = clean_link(element.get("href") or "", base) or base
    found: dict[str, FoundFeed] = {}
    for each in (*_declared(tree, base), *_linked(tree, base)):
        known = found.setdefault(_spelling(each.address), each)
        if not known.title and each.title:
            found[_spelling(each.address)] = replace(known, title=each.title)
    best = sorted(found.values(), key=lambda each: (not each.declared, _of_comments(each)))
    return tuple(best[:MOST_FOUND])


def guesses(base: str) -> tuple[str, ...]:
    """Give where a page's feed usually is, likeliest first: beside the page, then at the root."""
    try:
        parts = urlsplit(base)
        path = parts.path.removesuffix("/")
    except ValueError:
        return ()
    if path.rpartition("/")[2].endswith((".html", ".htm", ".php", ".asp", ".aspx")):
        path = path.rpartition("/")[0]
    here = parts._replace(path=f"{path}/", query="", fragment="").geturl()
    root = parts._replace(path="/", query="", fragment="").geturl()
    tried = [urljoin(here, usual) for usual in _USUAL[:5]] if here != root else []
    tried += [urljoin(root, usual) for usual in _USUAL]
    return tuple(dict.fromkeys(filter(None, map(clean_link, tried))))


def _declared(tree: HtmlElement, base: str) -> Iterator[FoundFeed]:
    for link in tree.iter("link"):
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        address = clean_link(link.get("href") or "", base)
        if address is None or not {"alternate", "feed"} & set(rel):
            continue
        loosely = kind in _LOOSE_TYPES and _looks_like_a_feed(address)
        if kind in _TYPES or loosely or ("feed" in rel and not kind):
            yield FoundFeed(address, fold(clean(link.get("title") or ""))[:200])


def _linked(tree: HtmlElement, base: str) -> Iterator[FoundFeed]:
    for link in islice(tree.iter("a", "area"), 5_000):
        address = clean_link(link.get("href") or "", base)
        if address is not None and _looks_like_a_feed(address):
            title = fold(clean(link.text_content() or link.get("title") or ""))[:200]
            yield FoundFeed(address, title, declared=False)


def _looks_like_a_feed(address: str) -> bool:
    parts = urlsplit(address)
    if _SHARERS.search(parts.hostname or "") or _NO_FEED.search(parts.path):
        return False
    return bool(_LOOKS_SO.search(parts.path) or _ASKS_SO.search(parts.query))


def _of_comments(feed: FoundFeed) -> bool:
    return bool(_COMMENTS.search(feed.address) or _COMMENTS.search(feed.title))


def _spelling(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", address).rstrip("/")
