"""Whether a message is a command, and which: `!vendor hikvision`, `@bot: hikvision`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.text import fold
from bot.platforms.matrix.markup import lines, person_of, pill
from bot.platforms.matrix.values import Json, listed, mapping, string, user
from bot.platforms.matrix.words import markup, plain

LONGEST_NAME = 80
"""Characters of what is taken for a vendor's name in a direct room; longer is something said."""

_FIRST = re.compile(r"(?P<sign>[!！]|//?|)(?P<word>\S+)(?P<rest>.*)", re.DOTALL)
# A mention as clients write it that send their Markdown as the plain text.
_MARKDOWN = re.compile(r"\[(?P<label>[^\[\]\n]{1,255})\]\((?P<address>[^()\s]{1,512})\)")
_AFTER = re.compile(r"\s*[:,，：]")
# What goes on with one of these is a longer name, or the id of a user of another server.
_LONGER = re.compile(r"[\w.@=/-]*[\w@=/-]|:\S")
_LEADING = re.compile(r"[\s:,，：]+")


@dataclass(frozen=True, slots=True)
class Own:
    """Who the bot is: all its accounts, the one that reads, and what people call that one.

    `names` are its display name and the first part of its id, by which it is called in "@bot: ...".
    `command_words` are the words that a command begins with, in lower case.
    """

    user_ids: frozenset[str]
    user_id: str
    names: tuple[str, ...]
    command_words: frozenset[str]


def called(content: Json, own: Own, *, direct: bool) -> str | None:
    """Give the line of the command that a message is; None if it is none.

    It begins with the command's word in lower case, and keeps its line breaks. In a `direct` room
    it takes neither a sign nor a name before it. Only an `m.text` is ever a command.
    """
    if string(content, "msgtype") != "m.text":
        return None
    text = plain(content).strip()
    line = _given(text, own, signed=True)
    if line is not None:
        return line
    rest = _addressed(content, text, own)
    if rest is not None:
        return _given(rest, own, signed=False) or f"vendor {rest or 'help'}"
    return _alone(text, own) if direct else None


def mentioned(text: str) -> str | None:
    """Give the user that a word of a command names: `@ada:chat.example`; None if it names none."""
    link = _MARKDOWN.fullmatch(text)
    return (person_of(link["address"]) if link else person_of(text) or user(text)) or None


def _given(text: str, own: Own, *, signed: bool) -> str | None:
    """Give the command that a text is by its first word, which must have a sign if `signed`."""
    first = _FIRST.match(text)
    word = first["word"].lower() if first else ""
    if first is None or word not in own.command_words or (signed and not first["sign"]):
        return None
    return f"{word}{first['rest']}"


def _alone(text: str, own: Own) -> str | None:
    """Give the command that somebody means who is alone with the bot."""
    if not text:
        return None
    if text.lower().removeprefix("!") == "help":
        return "vendor help"
    line = _given(text, own, signed=False)
    if line is None and len(text) <= LONGEST_NAME and len(text.splitlines()) == 1:
        return f"vendor {text}"
    return line


def _addressed(content: Json, text: str, own: Own) -> str | None:
    """Give what follows the bot's name where a message begins with it."""
    link = _MARKDOWN.match(text)
    if link is not None:
        meant = person_of(link["address"]) == own.user_id
        return _LEADING.sub("", text[link.end() :], count=1) if meant else None
    html = markup(content)
    first = pill(html)
    label = first[1] if first is not None and first[0] == own.user_id else ""
    named = label != "" or own.user_id in listed(mapping(content, "m.mentions"), "user_ids")
    for name in _names(own, label):
        rest = _after(text, name, named=named, is_id=name == own.user_id)
        if rest is not None:
            return rest
    if label:  # the plain text calls it otherwise
        said = "\n".join(lines(html))
        return _after(said, label, named=True, is_id=True) or ""
    return None


def _names(own: Own, label: str) -> Iterator[str]:
    """Give all that the bot may be called, the longest first: one may begin like another."""
    names = {own.user_id, label, *own.names}
    yield from sorted(filter(None, (name.strip() for name in names)), key=lambda name: -len(name))


def _after(text: str, name: str, *, named: bool, is_id: bool) -> str | None:
    """Give what follows a name at a text's beginning; None if it does not speak to that name.

    A bare name speaks to nobody ("vendorwatch is down"), unless the message says whom it mentions.
    """
    at = "@" if text.startswith("@") and not name.startswith("@") else ""
    end = len(at) + len(name)
    if fold(text[len(at) : end]) != fold(name):
        return None
    rest = text[end:]
    if _LONGER.match(rest) and not (rest.startswith(":") and (is_id or not at)):
        return None
    if not (named or at or is_id or _AFTER.match(rest)):
        return None
    leading = _LEADING.match(rest)
    return rest[leading.end() :] if leading else rest
