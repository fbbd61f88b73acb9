"""What kind of document an address gave: a page, plain text, or something that is not read."""

import re

from bot.errors import FeedError

_PAGES = re.compile(r"text/html|application/xhtml\+xml|application/vnd\.wap\.xhtml\+xml")
_UNTOLD = frozenset(
    ("", "text/xml", "application/xml", "application/octet-stream", "application/x-download",
     "application/force-download", "binary/octet-stream", "unknown/unknown")
)  # fmt: skip
_CALLED = {
    "application/pdf": "a PDF",
    "application/json": "JSON data",
    "application/zip": "an archive",
    "application/msword": "an office document",
    "application/rtf": "an office document",
    "application/rss+xml": "a feed",
    "application/atom+xml": "a feed",
}
_FAMILIES = (
    ("image/", "an image"),
    ("audio/", "a sound recording"),
    ("video/", "a video"),
    ("font/", "a font"),
    ("application/vnd.", "an office document"),
)
_BEGINNINGS = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"GIF8", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"RIFF", "an image or a recording"),
    (b"PK\x03\x04", "an archive or office document"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"{\\rtf", "an office document"),
    (b"\x1f\x8b", "an archive"),
    (b"ID3", "a sound recording"),
)
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|\?xml|article|div|p\b|h1|meta|title)", re.IGNORECASE
)


def is_plain(document: bytes | str, content_type: str | None, name: str) -> bool:
    """Whether a document is plain text and not a page.

    Raise FeedError if it is neither, by its first bytes or else by the server's word; servers call
    pages much, so that the bytes come first.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    start = (
        document[:1024]
        if isinstance(document, bytes)
        else document[:1024].encode("utf-8", "replace")
    )
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    called = next((called for first, called in _BEGINNINGS if start.startswith(first)), None)
    if called:
        raise FeedError(f"{name} is {called}, which is not read")
    if kind not in {"", "text/plain"} and _MARKUP.match(start):
        return False
    if _PAGES.fullmatch(kind) or kind in _UNTOLD:
        return False
    if kind.startswith("text/"):
        return True
    known = (called for family, called in _FAMILIES if kind.startswith(family))
    called = _CALLED.get(kind) or next(known, f"of the type {kind[:60]}")
    raise FeedError(f"{name} is {called}, which is not read")
