"""What an event's content says, as the words that a person sees. Pure, and never raises.

Reference: https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes
"""

import re
from collections.abc import Iterable
from itertools import islice

from bot.platforms.matrix.markup import lines
from bot.platforms.matrix.values import Json, mapping, mappings, mended, string

MOST_CHARACTERS = 64 * 1024
"""Of what is searched in one message; an event has no more bytes than that."""
MOST_LINES = 2_000
"""Lines of formatted text that are looked at beside the plain one."""
MOST_OPTIONS = 100
"""Answers of a poll that are looked at; the specification allows twenty."""

_SPOKEN = frozenset({"m.text", "m.emote"})
_FILES = frozenset({"m.image", "m.file", "m.video", "m.audio"})
# How the first line of a quoted message begins, as clients put it before a reply.
_FALLBACK = re.compile(r"> (?:\* )?<@[^>\n]*>")
_HTML = "org.matrix.custom.html"
_WORD = re.compile(r"[^\W_]+")
# Where a poll keeps the words of its parts: today's name, and those of the years before.
_TEXTS = ("m.text", "org.matrix.msc1767.text", "body")


def words(content: Json) -> str:
    """Give all that a message says, `MOST_CHARACTERS` at most, hardly any of it twice.

    Its text without the message that it quotes as a reply, what its formatted text says beyond
    that, and the name of its file. Empty for a notice, and for what has no words.
    """
    kind = string(content, "msgtype")
    body = plain(content)
    if kind in _SPOKEN:
        return _together(body, lines(markup(content)))
    if kind in _FILES:
        name = string(content, "filename")
        # Without a name of its own, the text is the file's name and no caption.
        caption = lines(markup(content)) if name and name != body else ()
        return _together(body, (*caption, mended(name[:MOST_CHARACTERS])))
    return _together(body) if kind == "m.location" else ""


def plain(content: Json) -> str:
    """Give the plain text of a message without the quoted message that a reply begins with."""
    body = mended(string(content, "body")[:MOST_CHARACTERS]).replace("\r\n", "\n")
    is_reply = mapping(mapping(content, "m.relates_to"), "m.in_reply_to")
    if not is_reply or not _FALLBACK.match(body):
        return body
    said = body.split("\n")
    after = next((at for at, line in enumerate(said) if not line.startswith(">")), len(said))
    return "\n".join(said[after:]).removeprefix("\n")


def markup(content: Json) -> str:
    """Give the formatted text of a message as markup; empty if it has none."""
    if content.get("format") != _HTML:
        return ""
    return mended(string(content, "formatted_body")[:MOST_CHARACTERS])


def sticker(content: Json) -> str:
    """Give what a sticker shows, as its sender describes it."""
    return _together(plain(content))


def poll(content: Json) -> str:
    """Give a poll's question and answers, a line each."""
    for name in ("m.poll", "org.matrix.msc3381.poll.start"):
        start = mapping(content, name)
        if start:
            answers = islice(mappings(start, "answers"), MOST_OPTIONS)
            told = map(_told, (mapping(start, "question"), *answers))
            return _together("\n".join(filter(None, told)))
    return ""


def _told(part: Json) -> str:
    for key in _TEXTS:
        bodies = (string(each, "body") for each in mappings(part, key))
        said = string(part, key) or next(filter(None, bodies), "")
        if said:
            return mended(said[:MOST_CHARACTERS])
    return ""


def _together(body: str, more: Iterable[str] = ()) -> str:
    """Put a text and the lines together that say what it does not."""
    parts = [body] if body.strip() else []
    said = f" {_key(body)} "
    room = MOST_CHARACTERS - len(body)
    for line in islice(more, MOST_LINES):
        key = _key(line)
        if room <= 0:
            break
        if key and f" {key} " not in said:
            parts.append(line)
            said += f"{key} "
            room -= len(line) + 1
    return "\n".join(parts)[:MOST_CHARACTERS]


def _key(text: str) -> str:
    """Give the bare words by which the same is known in other markup."""
    return " ".join(_WORD.findall(text.casefold()))
