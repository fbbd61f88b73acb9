"""Markup to words: titles and summaries as a person would read them."""

import re
from html import unescape

from lxml import etree
from lxml.html import defs, document_fromstring

LONGEST_MARKUP = 256_000
"""Markup past this many characters is not read."""

_BLOCK_NAMES = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
]
_BLOCKS = tuple(f"{{*}}{name}" for name in _BLOCK_NAMES)
_UNREAD = ("{*}script", "{*}style", "{*}template", "{*}head")
_BREAK = "\u2028"

# Not text in any encoding: control characters, lone surrogates and non-characters. They would be
# refused by the HTML parser or by the database.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# A `<` that opens no tag that HTML knows is a character: "<Acme> & sons" is a name, not an element.
_NO_TAG = re.compile(rf"<(?!/?(?:{'|'.join(sorted(defs.tags))})\b|!--|!\[CDATA)", re.IGNORECASE)
# Tags as nearly all are written: quotes in pairs, no "<" within. A page of them needs no parser.
_REST = r"\b(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>"
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(_BLOCK_NAMES)}){_REST}", re.IGNORECASE)
_INLINE_TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(defs.tags - frozenset(_BLOCK_NAMES)))}){_REST}", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--(?!-?>)(?:(?!--).)*+-->", re.DOTALL)
_NEEDS_PARSER = re.compile(r"<(?:script|style|template|head|title|\?|!(?!--))", re.IGNORECASE)
_PARSER = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)


def clean(text: str) -> str:
    """Drop what is no text: control characters, lone surrogates, non-characters."""
    return _NO_TEXT.sub("", text)


def fold(text: str) -> str:
    """Give the text on one line with single spaces."""
    return " ".join(text.split())


def longest(*texts: str) -> str:
    """Give the text that says most: summaries are often the start of the content beside them."""
    return max(texts, key=len)


def of_markup(markup: str) -> str:
    """Give the words of an HTML fragment or of plain text, a line for each block."""
    markup = clean(markup[:LONGEST_MARKUP])
    if "<" not in markup:
        return _tidy(clean(unescape(markup)))
    return _of_simple_markup(markup) or _of_any_markup(markup)


def _of_simple_markup(markup: str) -> str:
    """Give the words of markup without scripts and with whole tags only, else nothing."""
    if _NEEDS_PARSER.search(markup):
        return ""
    text = _COMMENT.sub("", markup) if "<!--" in markup else markup
    text = _INLINE_TAG.sub("", _BLOCK_TAG.sub(_BREAK, text))
    if "<" in text and len(_NO_TAG.findall(text)) != text.count("<"):
        return ""
    lines = unescape(text).split(_BREAK) if "&" in text else text.split(_BREAK)
    return "\n".join(filter(None, map(fold, map(clean, lines))))


def _of_any_markup(markup: str) -> str:
    safe = _NO_TAG.sub("&lt;", markup)
    return of_element(document_fromstring(f"<div>{safe}</div>", parser=_PARSER))


def of_element(root: etree._Element) -> str:
    """Give the words of an element, a line for each block; namespaces do not matter.

    Uses the element up: line separators are put into it, as walking it in Python takes far longer.
    """
    etree.strip_elements(root, *_UNREAD, with_tail=False)
    for block in root.iter(*_BLOCKS):
        block.text = _BREAK + (block.text or "")
        block.tail = _BREAK + (block.tail or "")
    lines = "".join(map(str, root.itertext())).split(_BREAK)
    return _tidy(clean("\n".join(map(fold, lines))))


def _tidy(text: str) -> str:
    return "\n".join(filter(None, map(fold, text.splitlines())))
