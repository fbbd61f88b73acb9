"""In which encoding a feed is: what it says itself, and what its server says."""

import codecs
import re

from bot.feeds.formats.raw import NotStrictError

# As feedparser finds it, so that both readers see the same declaration.
_DECLARED = re.compile(rb"<\?xml[^>\r\n]*?encoding=[\"']([A-Za-z][\w.-]{0,39})[\"'][^>\r\n]*\?>")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_SPACED = re.compile(rb"<\?xml[^>]*encoding\s*=")
_PARAMETER = re.compile(r";\s*charset\s*=\s*[\"']?\s*([\w.-]{1,40})", re.IGNORECASE)
# Encodings in which ASCII is ASCII, under Python's names.
_SAFE = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp1251|cp866|koi8-[rut]|gb18030|gbk|big5(?:hkscs)?|shift_jis|"
    r"cp932|euc_(?:jp|kr)|cp949|tis-620|mac-\w+"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """Give a feed in UTF-8, ready for an XML parser. Raise NotStrictError in doubt.

    Where the server's charset denies a feed that is and calls itself UTF-8, the feed is right.
    """
    marked = ""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            marked, body = codec, body[len(mark) :]
            break
    if marked.startswith("utf-16"):
        if _parameter(content_type) not in ("", "utf-16", marked):
            raise NotStrictError
        return _recoded(body, marked)
    codec = _own(body)
    if b"\0" in body[:4] or (marked and codec != marked):
        raise NotStrictError
    told = _parameter(content_type)
    if told and told != codec and not body.isascii() and not (codec == "utf-8" and _is_utf8(body)):
        raise NotStrictError
    return body if codec == "utf-8" else _recoded(body, codec)


def is_plainly_utf8(body: bytes) -> bool:
    """Whether a feed is in UTF-8 and does not say otherwise."""
    found = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    named = _python_name(found[1].decode()) if found else "utf-8"
    return named == "utf-8" and _is_utf8(body)


def _own(body: bytes) -> str:
    """Give the codec that a feed names, UTF-8 where it names none."""
    found = _DECLARED.match(body)
    if found is None:
        if _SPACED.match(body[:1024]):
            raise NotStrictError
        return "utf-8"
    codec = _python_name(found[1].decode())
    if not _SAFE.fullmatch(codec):
        raise NotStrictError
    return codec


def _parameter(content_type: str | None) -> str:
    found = _PARAMETER.search(content_type or "")
    return _python_name(found[1]) if found else ""


def _python_name(name: str) -> str:
    """Give one name to all spellings of an encoding; gb18030 holds all of GB2312."""
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return name.lower()
    return "gb18030" if codec == "gb2312" else codec


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _recoded(body: bytes, codec: str) -> bytes:
    try:
        text = body.decode(codec)
    except UnicodeDecodeError:
        raise NotStrictError from None
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
