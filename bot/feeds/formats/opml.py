"""OPML 2.0: lists of feeds as readers exchange them (opml.org/spec2.opml). Pure.

Lists in the wild are written by hand and by programs that do not know XML well, so much is borne
with; but what ends in the middle is refused, since what it lost would look as if taken out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html.entities import html5

from lxml import etree

from bot.core.addresses import redact
from bot.errors import BotError
from bot.feeds.extraction.decoding import decode
from bot.feeds.links import clean_link
from bot.feeds.plain import clean, fold

MOST_BYTES = 4 * 1024 * 1024
MOST_FEEDS = 10_000
_LONGEST_TITLE = 300
_LONGEST_FAULT = 100
_LONGEST_ADDRESS = 1_000
"""As in the configuration."""

_FEED_SCHEME = re.compile(r"feed:(?://(?!/)|(?=https?:))", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
# What a parser's words end with, which is said before them.
_WHERE = re.compile(r", line \d+, column \d+$")
_END = re.compile(r"</\s*opml\s*>|<opml\b[^<>]*/>", re.IGNORECASE)
# Either an entity that XML itself knows, or an ampersand that is not written as it ought to be.
_AMPERSAND = re.compile(
    r"&(?:(?P<known>(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)|(?P<html>[A-Za-z0-9]+;)?)"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed of a list. `title` may be empty."""

    url: str
    title: str = ""


def read(data: bytes, name: str) -> tuple[Listed, ...]:
    """Give the feeds of an OPML list, each once, in order; folders do not matter.

    An address is taken as it stands there, so that it stays the feed's name. Raise BotError, with
    the `name` of the list, if it is none, if it is cut off, or if it has no feed.
    """
    if len(data) > MOST_BYTES:
        raise BotError(f"{name}: larger than {MOST_BYTES // 1024 // 1024} MiB, so it is not read")
    text = decode(data).lstrip("\ufeff \t\r\n")
    root = _root(text)
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise BotError(f"{name}: is not OPML; export the list as OPML from your feed reader")
    if not _END.search(text):
        raise BotError(f"{name}: ends in the middle, so it is not read")
    found: dict[str, Listed] = {}
    for each in _outlines(root):
        found.setdefault(each.url, each)
        if len(found) > MOST_FEEDS:
            raise BotError(f"{name}: has more than {MOST_FEEDS} feeds; split it up")
    if not found:
        raise BotError(f"{name}: lists no feed: no outline has an xmlUrl")
    return tuple(found.values())


def no_addresses(data: bytes) -> tuple[str, ...]:
    """Give what stands in place of addresses in a list that `read` can read, each once."""
    root = _root(decode(data[:MOST_BYTES]).lstrip("\ufeff \t\r\n"))
    given = () if root is None else (each for each, _ in _outlined(root))
    return tuple(dict.fromkeys(url for url in given if url and not _is_address(url)))


def fault(data: bytes) -> str | None:
    """Say where a list stops being XML, as `line 3, column 9: ...`; None where it is sound."""
    text = decode(data[:MOST_BYTES])
    whole = text.lstrip("\ufeff \t\r\n")
    try:
        _parsed(whole, recover=False)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        why = _WHERE.sub("", error.msg or "it ends there")
        line += text[: len(text) - len(whole)].count("\n")
        return f"line {line}, column {column}: {why[:_LONGEST_FAULT]}"
    except ValueError:
        return None
    return None


def _root(text: str) -> etree._Element | None:
    try:
        return _parsed(text, recover=True)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _parsed(text: str, *, recover: bool) -> etree._Element | None:
    """Read XML of which only elements and attributes matter: it declares nothing, fetches nothing.

    Parsers put entities into attributes whatever they are told about them, so none gets there.
    """
    text = _without_doctype(_DECLARATION.sub("", clean(text), count=1))
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    return etree.fromstring(_AMPERSAND.sub(_escaped, text).encode(), parser)


def _without_doctype(text: str) -> str:
    found = _DOCTYPE.search(text)
    if found is None:
        return text
    end, own = text.find(">", found.end()), text.find("[", found.end())
    if -1 < own < end:
        end = text.find(">", text.find("]", own))
    if end <= 0:
        return ""
    lines = "\n" * text.count("\n", found.start(), end)
    return text[: found.start()] + lines + text[end + 1 :]


def _escaped(found: re.Match[str]) -> str:
    """Give an ampersand as XML has it. Addresses have bare ones, titles the entities of HTML."""
    if found["known"]:
        return found[0]
    meant = html5.get(found["html"] or "", "")
    return meant or "&amp;" + found[0][1:]


def _outlined(root: etree._Element) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each outline's address, empty where there is none, and its attributes."""
    for element in root.iter("{*}*"):
        if etree.QName(element).localname.lower() == "outline":
            given = {str(key).lower(): str(value) for key, value in element.attrib.items()}
            yield _FEED_SCHEME.sub(_web, given.get("xmlurl", "").strip()), given


def _outlines(root: etree._Element) -> Iterator[Listed]:
    for url, given in _outlined(root):
        if _is_address(url):
            title = fold(given.get("title") or given.get("text") or "")
            yield Listed(url, "" if title in {url, redact(url)} else title[:_LONGEST_TITLE].strip())


def _web(scheme: re.Match[str]) -> str:
    """Give what is to stand for `feed:`, which some readers put before or instead of http:."""
    return "http://" if scheme[0].endswith("//") else ""


def _is_address(url: str) -> bool:
    short = len(url) <= _LONGEST_ADDRESS and not re.search(r"[\s<>\"|]", url)
    return short and clean_link(url) is not None


def left_out(data: bytes) -> tuple[str, ...]:
    """Give the titles of what has no address that a feed could be at, in a list that `read` reads.

    An address that is none stands for a title that is missing. Folders and comments need none.
    """
    root = _root(decode(data[:MOST_BYTES]).lstrip("\ufeff \t\r\n"))
    return () if root is None else tuple(_addressless(root))


def _addressless(root: etree._Element) -> Iterator[str]:
    for element in filter(_is_outline, root.iter("{*}*")):
        given = {str(key).lower(): str(value) for key, value in element.attrib.items()}
        url = given.get("xmlurl", "").strip()
        is_folder = not url and any(map(_is_outline, element.iterchildren("{*}*")))
        is_comment = given.get("iscomment", "").lower() == "true"
        if not (is_folder or is_comment or _is_address(_FEED_SCHEME.sub(_web, url))):
            title = fold(given.get("title") or given.get("text") or "") or url
            yield redact(title)[:_LONGEST_TITLE] or "(no title)"


def _is_outline(element: etree._Element) -> bool:
    return etree.QName(element).localname.lower() == "outline"


def write(feeds: Iterable[Listed], title: str, now: datetime) -> bytes:
    """Give the feeds as an OPML list that `read` gives back.

    An address stands there whole, with what is secret in it; what has no title gets it redacted.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = clean(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for each in feeds:
        name = clean(each.title) or redact(each.url)
        etree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=each.url)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
