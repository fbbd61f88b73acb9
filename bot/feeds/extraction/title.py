"""A page's headline: what it calls itself, and which element says so."""

import re

from lxml.html import HtmlElement

from bot.feeds.plain import fold

_SITE = re.compile(r"\s+[|•·»–—-]\s+[^|•·»–—]{1,40}$")


def find_title(tree: HtmlElement) -> tuple[str, HtmlElement | None]:
    """Give the headline's words and its element, where there is one.

    The headline is the first heading that the page's title or its `og:title` repeats, so that a
    site's name in a heading is not taken for one; else these themselves.
    """
    declared = [text for text in (_meta(tree, "og:title"), _head_title(tree)) if text]
    for heading in tree.iter("h1", "h2", "div", "p", "span"):
        if heading.tag not in ("h1", "h2") and len(heading):
            continue
        words = fold(heading.text_content())
        if _is_headline(words, declared):
            return words, heading
    first = tree.find(".//h1")
    if declared:
        return _SITE.sub("", declared[0]), first
    return (fold(first.text_content()), first) if first is not None else ("", None)


def _is_headline(words: str, declared: list[str]) -> bool:
    """Whether a title is these words, bare or with the site's name before or after."""
    if len(words) < 6:
        return False
    return any(
        words == title or (words in title and 2 * len(words) > len(title)) for title in declared
    )


def find_description(tree: HtmlElement) -> str:
    """Give what a page says in its head that it is about, or nothing."""
    return _meta(tree, "og:description", "description")


def _meta(tree: HtmlElement, *names: str) -> str:
    for name in names:
        for element in tree.iter("meta"):
            if name in (element.get("property"), element.get("name")):
                return fold(element.get("content") or "")
    return ""


def _head_title(tree: HtmlElement) -> str:
    element = tree.find(".//title")
    return fold(element.text_content()) if element is not None else ""
