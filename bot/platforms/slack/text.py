"""What Slack sends as the words that a person sees, for matching and for command lines.

Slack escapes three characters and writes links and mentions as `<...>` tokens. Reference:
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from bot.core.addresses import tracks

MOST_CHARACTERS = 40_000
"""Of what is searched in one message; Slack's own limit for a message's text."""
MOST_LINES = 2_000
"""Lines of a message that are looked at beside its text."""
LONGEST_PART = 5 * MOST_CHARACTERS
"""Characters of a text or line that are looked at: `&amp;` is five for one."""
DEEPEST = 4
"""How many blocks within blocks are opened."""

_TOKEN = re.compile(r"<([^<>]+)>")
_MENTION = re.compile(r"<[@#!][^<>]*>")
_ESCAPE = re.compile("&(amp|lt|gt);")
_ESCAPED: Mapping[str, str] = {"amp": "&", "lt": "<", "gt": ">"}
_ID = re.compile(r"[A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|(?:mailto|tel):)\S+", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://)?")
# Schemes that nobody sees: a mail address is shown without its `mailto:`.
_UNSEEN = re.compile(r"(?:mailto|tel):", re.IGNORECASE)
# What may follow an address and is no part of it, up to a space.
_ENDING = re.compile(r"[.,;:!?'\")\]}*_~…]*(?=\s|$)")
# Neither SQLite nor PostgreSQL takes these; a cut emoji leaves half of a pair behind.
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+")
# Where blocks keep text, a text object or rich text; and where they keep other blocks and elements.
_SPOKEN = (
    *("title", "rich_text_title", "subtitle", "text", "body"),
    *("description", "details", "output", "alt_text"),
)
_WITHIN = ("fields", "elements", "child_blocks", "tasks")
_EVERYBODY = frozenset({"here", "channel", "everyone", "group"})


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a token shows, and the address that it leads to where the words do not say it."""

    words: str
    address: str = ""
    is_address: bool = False


def decode(text: str) -> str:
    """Give Slack's escaped text as words to be searched, line by line.

    A link's label stays in its sentence and its address comes at the end of the line, so that a
    name of which half is linked stays whole; parameters that only say who clicked are left out.
    What is no token of Slack's stays as it is. Takes time in proportion to the text's length.
    """
    return "\n".join(_decoded(line) for line in mended(text).split("\n"))


def typed(text: str) -> str:
    """Give Slack's escaped text as somebody typed it, for a command's line.

    `example.org` stays what it was before Slack made a link of it; a link with a label of its own
    is that label and right after it the address, whole. A channel is its key, `slack:C012AB`,
    a person `@U012AB`.
    """
    return "\n".join(_decoded(line, as_typed=True) for line in mended(text).split("\n"))


def words(event: Mapping[str, object]) -> str:
    """Give all text of a message to be searched, `MOST_CHARACTERS` at most, nothing of it twice.

    That is its text and, where the text does not say them, its blocks, attachments, forwarded
    messages, and the titles and names of its files. The previews that Slack adds to links are not
    part of it, nor who wrote what was forwarded. Parts of an unknown shape are left out.
    """
    found = _Found()
    found.add(string(event, "text")[:LONGEST_PART])
    for line in islice(_lines(event), MOST_LINES):
        if found.room <= 0:
            break
        if not found.has(line):
            found.add(line)
    return "\n".join(found.parts)[:MOST_CHARACTERS]


def mended(text: str) -> str:
    """Give a text that every database takes: without NUL and without half pairs."""
    return _BROKEN.sub("\ufffd", text)


def string(of: Mapping[str, object], key: str) -> str:
    """Give the string under a key, or an empty one."""
    value = of.get(key)
    return value if isinstance(value, str) else ""


def mapping(of: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Give the object under a key, or an empty one."""
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> Iterator[Mapping[str, object]]:
    """Give the objects in what should be a list; none if it is no list."""
    return (each for each in _list(value) if isinstance(each, dict))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


# Tokens


def _unescaped(text: str) -> str:
    """Undo the escaping once: `&amp;lt;` is what somebody wrote as `&lt;`."""
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _decoded(line: str, *, as_typed: bool = False) -> str:
    parts: list[str] = []
    addresses: list[str] = []
    end = 0
    for token in _TOKEN.finditer(line):
        shown = _shown(token[1], as_typed=as_typed)
        if shown is None:
            continue
        before = _unescaped(line[end : token.start()])
        parts += (before, _parted(shown, before, line, token.end(), as_typed=as_typed))
        if shown.address and not as_typed:
            addresses.append(shown.address)
        end = token.end()
    parts.append(_unescaped(line[end:]))
    return " ".join(filter(None, ("".join(parts), *dict.fromkeys(addresses))))


def _parted(shown: _Shown, before: str, line: str, end: int, *, as_typed: bool) -> str:
    """Give what a token shows, with spaces where an address would run into its neighbours."""
    given, is_address = shown.words, shown.is_address
    if as_typed and shown.address:
        given, is_address = f"{given} {shown.address}", True
    if not is_address:
        return given
    lead = " " if shown.is_address and before[-1:].isalnum() else ""
    return lead + given + ("" if _ENDING.match(line, end) else " ")


def _shown(token: str, *, as_typed: bool) -> _Shown | None:
    """Take a token apart; None if it is none of Slack's."""
    head, _, label = token.partition("|")
    label = _unescaped(label) if label.strip() else ""
    sign, rest = head[:1], head[1:]
    if sign in {"@", "#"}:
        if not _ID.fullmatch(rest):
            return None
        if not as_typed:
            return _Shown(_named(sign, label, rest))
        # A command needs to know which channel and whom, whatever they are called today.
        return _Shown(f"slack:{rest}" if sign == "#" else f"@{rest}")
    if sign == "!":
        return _special(rest, label)
    address = _unescaped(head)
    return _link(address, label, as_typed=as_typed) if _ADDRESS.fullmatch(address) else None


def _named(sign: str, label: str, name: str) -> str:
    return label if label.startswith(sign) else sign + (label or name)


def _special(command: str, label: str) -> _Shown | None:
    kind, _, rest = command.partition("^")
    if kind == "subteam" and _ID.fullmatch(rest):
        return _Shown(_named("@", label, rest))
    if kind == "date" and label:
        # date^time^format^link, and the link is optional
        address = _unescaped("".join(rest.split("^")[2:3]))
        return _Shown(label, address if _ADDRESS.fullmatch(address) else "")
    if command in _EVERYBODY:
        return _Shown(f"@{command}")
    return _Shown(label) if label else None


def _link(address: str, label: str, *, as_typed: bool) -> _Shown:
    if _UNSEEN.match(address):
        address = _UNSEEN.sub("", address)
    elif not as_typed:
        address = _untracked(address)
    if label and _bare(label) != _bare(address) and label != address:
        return _Shown(label, address)
    return _Shown(label if label and as_typed else address, is_address=True)


def _bare(address: str) -> str:
    """Give an address as people shorten it: without its scheme and last slash."""
    return _SCHEME.sub("", _untracked(address.strip()), count=1).rstrip("/").casefold()


def _untracked(address: str) -> str:
    start, _, query = address.partition("?")
    if not query:
        return address
    query, hash_, fragment = query.partition("#")
    kept = "&".join(each for each in query.split("&") if not tracks(each))
    return start + (f"?{kept}" if kept else "") + hash_ + fragment


# A message's parts


@dataclass(slots=True)
class _Found:
    """What has been found in a message so far, and its bare words to look a line up in."""

    parts: list[str] = field(default_factory=list)
    said: str = " "
    room: int = MOST_CHARACTERS

    def add(self, text: str) -> None:
        """Add Slack's text, decoded."""
        decoded = decode(text)
        if decoded.strip():
            self.parts.append(decoded)
            self.room -= len(decoded) + 1
            self.said += f"{_key(text)} "

    def has(self, line: str) -> bool:
        """Whether the words of a line have been said in that order; so it is if it has none."""
        key = _key(line)
        return not key or f" {key} " in self.said


def _key(text: str) -> str:
    """Give the words of a text by which its repetition in other markup is known.

    Mentions are left out: a text names who is meant, a block only gives the id.
    """
    return " ".join(_WORD.findall(decode(_MENTION.sub(" ", text)).casefold()))


def _lines(event: Mapping[str, object]) -> Iterator[str]:
    """Give what a message says beside its text, as lines of Slack's escaped text."""
    for part in _parts(event):
        yield from filter(None, part[:LONGEST_PART].split("\n"))


def _parts(event: Mapping[str, object]) -> Iterator[str]:
    yield from _blocks(event.get("blocks"))
    for attachment in mappings(event.get("attachments")):
        yield from _attachment(attachment)
    yield from _files(event)


def _files(of: Mapping[str, object]) -> Iterator[str]:
    for file in mappings(of.get("files")):
        yield string(file, "title")
        yield string(file, "name")


def _attachment(of: Mapping[str, object]) -> Iterator[str]:
    forwarded = of.get("is_share") is True
    if not forwarded and any(
        of.get(key) for key in ("from_url", "original_url", "is_app_unfurl", "is_msg_unfurl")
    ):
        return
    yield string(of, "pretext")
    yield string(of, "title")
    yield _untracked(string(of, "title_link"))
    yield string(of, "text")
    for row in mappings(of.get("fields")):
        yield string(row, "title")
        yield string(row, "value")
    yield from _blocks(of.get("blocks"))
    for message in mappings(of.get("message_blocks")):
        yield from _blocks(mapping(message, "message").get("blocks"))
    yield from _files(of)
    if not forwarded:  # there it begins with the author's name
        yield string(of, "fallback")


def _blocks(blocks: object, depth: int = 0) -> Iterator[str]:
    for block in mappings(blocks):
        yield from _block(block, depth)


def _block(block: Mapping[str, object], depth: int) -> Iterator[str]:
    """Give what a block or an element of one says: its words, not its controls."""
    match string(block, "type"):
        case "rich_text":
            for element in mappings(block.get("elements")):
                yield from _rich(element)
        case "actions" | "context_actions" | "input" | "button":
            return
        case "table":
            for cell in chain.from_iterable(map(mappings, _list(block.get("rows")))):
                yield from _block(cell, depth)
        case _ if depth <= DEEPEST:
            for key in _SPOKEN:
                yield string(block, key)
                yield from _blocks([block.get(key)], depth + 1)
            for key in _WITHIN:
                yield from _blocks(block.get(key), depth + 1)


def _text(text_object: Mapping[str, object]) -> str:
    return string(text_object, "text")


def _rich(element: Mapping[str, object]) -> Iterator[str]:
    """Give a section, quote or list of rich text as the escaped text that means the same."""
    if string(element, "type") == "rich_text_list":
        for item in mappings(element.get("elements")):
            yield "".join(map(_leaf, mappings(item.get("elements"))))
    else:
        yield "".join(map(_leaf, mappings(element.get("elements"))))


def _leaf(leaf: Mapping[str, object]) -> str:
    # Whether Slack escapes these three characters in a leaf as well is said nowhere.
    text = _escaped(_unescaped(_text(leaf)))
    match string(leaf, "type"):
        case "text":
            return text
        case "link":
            url = _escaped(_unescaped(re.sub(r"[<>|\s]", "", string(leaf, "url"))))
            return f"<{url}|{text}>" if text else f"<{url}>"
        case "emoji":
            tone = leaf.get("skin_tone")
            shade = f":skin-tone-{tone}:" if isinstance(tone, int) and 1 <= tone <= 6 else ""
            return f":{string(leaf, 'name')}:{shade}"
        case "color":
            return string(leaf, "value")
        case _:
            return " "
