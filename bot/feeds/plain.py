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
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]*+)(?:>|\b(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>)")
_COMMENT = re.compile(r"<!--(?!-?>)(?:(?!--).)*+-->", re.DOTALL)
_NEEDS_PARSER = re.compile(r"<(?:script|style|template|head|title|\?|!(?!--))", re.IGNORECASE)
_PARSED_ONLY = frozenset(("script", "style", "template", "head", "header", "title"))
# As `html.unescape` finds them.
_REFERENCE = re.compile(r"(&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?))")
_MOST_REFERENCES = 4_096
_PARSER = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)


class _Breaks(dict[str, str]):
    """What stands for a tag: a break, or nothing. KeyError for those that need a parser."""

    def __missing__(self, tag: str) -> str:
        small = tag.lower()
        if small == tag:
            raise KeyError(tag)
        return self[small]


class _Characters(dict[str, str]):
    """What references mean, each looked up once."""

    def __missing__(self, reference: str) -> str:
        text = clean(unescape(reference))
        if len(self) < _MOST_REFERENCES:
            self[reference] = text
        return text


_BREAKS = _Breaks(
    (slash + name, _BREAK if name in _BLOCK_NAMES else "")
    for name in (defs.tags | frozenset(_BLOCK_NAMES)) - _PARSED_ONLY
    for slash in ("", "/")
)
_CHARACTERS = _Characters()


def clean(text: str) -> str:
    """Drop what is no text: control characters, lone surrogates, non-characters."""
    return text if text.isprintable() else _NO_TEXT.sub("", text)


def fold(text: str) -> str:
    """Give the text on one line with single spaces."""
    line = text.replace("\n", " ")
    # No white space but the space itself is printable.
    if line.isprintable() and "  " not in line:
        return line.strip()
    return " ".join(line.split())


def longest(*texts: str) -> str:
    """Give the text that says most: summaries are often the start of the content beside them."""
    return max(texts, key=len)


def of_markup(markup: str) -> str:
    """Give the words of an HTML fragment or of plain text, a line for each block."""
    markup = clean(markup[:LONGEST_MARKUP])
    if "<" not in markup:
        return _tidy(_unescaped(markup))
    return _of_known_tags(markup) or _of_simple_markup(markup) or _of_any_markup(markup)


def _of_known_tags(markup: str) -> str:
    """Give the words of markup that is text and whole tags of HTML only, else nothing.

    They are those that `_of_simple_markup` would give, but no tag is handled by Python.
    """
    parts = _TAG.split(markup)
    try:
        parts[1::2] = map(_BREAKS.__getitem__, parts[1::2])
    except KeyError:
        return ""
    text = "".join(parts)
    return "" if "<" in text else _lines(text)


def _lines(text: str) -> str:
    return "\n".join(filter(None, map(fold, _unescaped(text).split(_BREAK))))


def _unescaped(text: str) -> str:
    """Do what `html.unescape` does. A text has few references, but the same again and again."""
    if "&" not in text:
        return text
    parts = _REFERENCE.split(text)
    parts[1::2] = map(_CHARACTERS.__getitem__, parts[1::2])
    return "".join(parts)


def _of_simple_markup(markup: str) -> str:
    """Give the words of markup without scripts and with whole tags only, else nothing."""
    if _NEEDS_PARSER.search(markup):
        return ""
    text = _COMMENT.sub("", markup) if "<!--" in markup else markup
    text = _INLINE_TAG.sub("", _BLOCK_TAG.sub(_BREAK, text))
    if "<" in text and len(_NO_TAG.findall(text)) != text.count("<"):
        return ""
    return _lines(text)


def _of_any_markup(markup: str) -> str:
    safe = _NO_TAG.sub("&lt;", markup)
    return of_element(document_fromstring(f"<div>{safe}</div>", parser=_PARSER))


def of_element(root: etree._Element) -> str:
    """Give the words of an element, a line for each block; namespaces do not matter.

    Uses the element up: line separators are put into it, as walking it in Python takes far longer.
    """
    etree.strip_elements(root, *_UNREAD, with_tail=False)
    for block in root.iter(*_BLOCKS):
        # A reference may stand for a character that lxml gives but does not take.
        block.text = _BREAK + clean(block.text or "")
        block.tail = _BREAK + clean(block.tail or "")
    lines = "".join(map(str, root.itertext())).split(_BREAK)
    return _tidy(clean("\n".join(map(fold, lines))))


def _tidy(text: str) -> str:
    return "\n".join(filter(None, map(fold, text.splitlines())))
