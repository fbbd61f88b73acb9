"""What a page declares about its article for search engines, as JSON-LD (schema.org)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from bot.feeds.links import clean_link
from bot.feeds.plain import fold, of_markup

_ARTICLES = re.compile(
    r"(?:https?://schema\.org/)?(?:\w*Article|\w*BlogPosting|Blog ?Posting|Report|LiveBlogPosting|"
    r"PressRelease\w*)"
)
# Where the page's own article may stand; lists and mentions hold those of other pages.
_WITHIN = ("@graph", "mainEntity", "mainEntityOfPage", "liveBlogUpdate")
_MOST_SCRIPTS = 20
_MOST_NODES = 200
_LONGEST = 2_000_000
_CONTROLS = re.compile(r"[\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """The article of a page's data; `free` is False where it says that not all may read it."""

    headline: str = ""
    text: str = ""
    free: bool = True


def read_declared(tree: HtmlElement, title: str, url: str) -> Declared:
    """Give the article that a page declares to be its own; an empty one if there is none.

    It has the page's title or its address, or is the only one.
    """
    nodes = list(_articles(tree))
    own = [each for each in nodes if _is_of(each, title, url)]
    chosen = own or (nodes if len({_headline(each) for each in nodes}) == 1 else [])
    if not chosen:
        return Declared()
    texts = [of_markup(_text(each)) for each in chosen]
    return Declared(
        headline=_headline(chosen[0]),
        text=max(texts, key=len),
        free=all(_is_free(each) for each in chosen),
    )


def _articles(tree: HtmlElement) -> Iterator[dict[str, object]]:
    scripts = tree.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]")
    waiting = [_parse(each.text or "") for each in scripts[:_MOST_SCRIPTS]]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting[:0] = node[:_MOST_NODES]
        elif isinstance(node, dict):
            if _is_article(node.get("@type")):
                yield node
            waiting += [node[name] for name in _WITHIN if isinstance(node.get(name), (dict, list))]


def _parse(text: str) -> object:
    """Read JSON as pages have it: raw line ends in strings, comments and CDATA around it."""
    bare = re.sub(
        r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|(?://\s*)?\]\]>)\s*$", "", text
    )
    for attempt in (bare[:_LONGEST], _CONTROLS.sub(" ", bare[:_LONGEST])):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(each, str) and _ARTICLES.fullmatch(each) for each in kinds)


def _is_of(node: dict[str, object], title: str, url: str) -> bool:
    headline = _headline(node).casefold()
    wanted = title.casefold()
    if headline and wanted and (headline in wanted or wanted in headline):
        return True
    page = node.get("mainEntityOfPage")
    page = page.get("@id") if isinstance(page, dict) else page
    named = [each for each in (node.get("url"), page) if isinstance(each, str)]
    here = clean_link(url)
    return here is not None and any(clean_link(each, url) == here for each in named)


def _headline(node: dict[str, object]) -> str:
    headline = node.get("headline") or node.get("name")
    return fold(of_markup(headline)) if isinstance(headline, str) else ""


def _text(node: dict[str, object]) -> str:
    """Give the article's text; of a live blog, those of its entries as well."""
    body = node.get("articleBody") or node.get("text")
    updates = node.get("liveBlogUpdate")
    parts = [body, *(_update(each) for each in (updates if isinstance(updates, list) else []))]
    return "\n".join(part for part in parts if isinstance(part, str))


def _update(node: object) -> str:
    if not isinstance(node, dict):
        return ""
    said = (node.get("headline"), node.get("articleBody"))
    return "\n".join(each for each in said if isinstance(each, str))


def _is_free(node: dict[str, object]) -> bool:
    return str(node.get("isAccessibleForFree", True)).strip().rpartition("/")[2].lower() != "false"
