"""JSON Feed, versions 1 and 1.1 (jsonfeed.org/version/1.1)."""

import json
from functools import partial

from bot.feeds import plain
from bot.feeds.formats.dates import parse_date
from bot.feeds.formats.raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError


def read(body: bytes, base: str) -> RawFeed:
    """Read a JSON Feed. Raise UnreadableError for any other JSON."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableError("is not a feed: it is broken JSON") from None
    version = data.get("version")
    items = data.get("items")
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(items, list):
        raise UnreadableError("is not a feed: it is JSON of another kind")
    rows = [item for item in items[:MOST_ITEMS] if isinstance(item, dict)]
    return RawFeed(plain.of_markup(_string(data, "title")), tuple(_item(row, base) for row in rows))


def _item(item: dict[str, object], base: str) -> RawItem:
    return RawItem(
        guid=plain.fold(plain.clean(_string(item, "id"))),
        link=_string(item, "url") or _string(item, "external_url"),
        base=base,
        title=plain.of_markup(_string(item, "title")),
        published=parse_date(_string(item, "date_published"))
        or parse_date(_string(item, "date_modified")),
        tell=partial(_longest, item),
    )


def _longest(item: dict[str, object]) -> str:
    return plain.longest(
        plain.of_markup(_string(item, "summary")),
        plain.of_markup(_string(item, "content_html")),
        plain.clean(_string(item, "content_text")),
    )


def _string(data: dict[str, object], key: str) -> str:
    """Give a text; numbers, which some write as ids, become one, all else is empty."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
