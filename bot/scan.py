"""Scanning one text from outside: a file, a web page or standard input, without a running bot."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.config import Config
from bot.core.mention import Match
from bot.errors import InvalidFileError, Problem
from bot.feeds.extraction.extract import Article, decode, extract
from bot.feeds.fetching.fetch import Fetcher
from bot.source import read_bytes, read_text

_PAGES = frozenset((".html", ".htm", ".xhtml"))


@dataclass(frozen=True, slots=True)
class Scanned:
    """A text and where it came from. Offsets of matches are code points into `text`.

    `note` says what stands before a page that was not read whole, as in `PageText`.
    """

    source: str
    text: str
    note: str = ""


async def read_source(source: str, *, raw: bool, config: Config) -> Scanned:
    """Read what to scan: web pages and `.html` files are reduced to their article unless `raw`.

    That is done as for the pages of feeds, and `vendor check` does it likewise: title, lead and
    body are scanned, and what stands around the article is not.

    Raise BotError in one line for anything that cannot be read.
    """
    if source.startswith(("http://", "https://")):
        feeds = config.feeds
        async with Fetcher(contact=feeds.contact, allow_networks=feeds.allow_networks) as fetcher:
            page = await fetcher.page(source, beside=source)
        body = page.body or b""
        if raw:
            return Scanned(source, decode(body, page.charset))
        return _article(source, extract(body, page.url, page.charset, page.content_type))
    if Path(source).suffix.lower() in _PAGES:
        body = read_bytes(source)
        return Scanned(source, decode(body)) if raw else _article(source, extract(body, source))
    return Scanned(source, read_text(source))


def _article(source: str, article: Article) -> Scanned:
    return Scanned(source, article.text, str(article.note))


def read_lines(source: str) -> Iterator[tuple[object, str]]:
    """Give the id and text of each line of JSON; raise InvalidFileError at the first bad one."""
    for number, line in enumerate(read_text(source).split("\n"), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            identity, text = given["id"], given["text"]
        except (ValueError, KeyError, TypeError):
            identity, text = None, None
        if not isinstance(text, str):
            problem = 'each line must be a JSON object with "id" and a "text" that is a string'
            raise InvalidFileError([Problem(source, number, 1, problem)])
        yield identity, text


def as_json(matches: Sequence[Match]) -> list[dict[str, object]]:
    """Give matches as the objects that scripts rely on."""
    return [
        {
            "vendor": match.vendor,
            "text": match.matched,
            "start": match.start,
            "end": match.end,
            "kind": str(match.kind),
            "score": match.score,
            "name": match.name,
        }
        for match in matches
    ]
