"""YAML as a curator would write it: the same data always gives the same bytes.

What `bot.yamlfile` reads is written here: mappings, sequences and text, no other kind of scalar.
Text that another reader could take for a number, a date or a switch is quoted; long text is folded
into a block; short lists, and short mappings in a list, stand on one line. Reading what was written
gives the same data back.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.yamlfile import Plain

WIDTH = 110
"""Columns of a line, as far as its text can be broken."""

_INDICATORS = "-?:,[]{}#&*!|>'\"%@`=<~."
# What YAML 1.1 or 1.2 would read as something other than text: switches, null, and whatever
# begins like a number or a date and has no letter in it.
_NOT_TEXT = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|[-+.]?\d[\d_.:,a-fA-FxXoO+-]*)~?")
_BLOCK_MARKS = re.compile(r": |:$| #")
_FLOW_MARKS = re.compile(r": |:$| #|[\[\]{},]|:[\[\]{},]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_WORDS = re.compile(r"\S+(?: \S+)+")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has empty lines: before the keys of `apart`, between the items of `spaced`.

    Both name keys of the outermost mapping.
    """

    apart: frozenset[str] = frozenset()
    spaced: frozenset[str] = frozenset()


PLAIN_LAYOUT = Layout()


def write(data: Mapping[str, Plain], layout: Layout = PLAIN_LAYOUT) -> str:
    """Write a file's data, keys in their order, with a line break at the end."""
    lines: list[str] = []
    for key, value in data.items():
        if lines and key in layout.apart:
            lines.append("")
        lines += _entry(key, value, WIDTH, spaced=key in layout.spaced)
    return "\n".join(lines) + "\n"


def _entry(key: str, value: Plain, room: int, *, spaced: bool = False) -> list[str]:
    """Write one key with its value; `room` is how many columns there are."""
    head = f"{_scalar(key)}:"
    if value is None:
        return [head]
    if isinstance(value, str):
        return _text(head, value, room)
    if isinstance(value, dict):
        parts = [_entry(inner, each, room - 2) for inner, each in value.items()]
    elif not spaced and (flow := _flow(value)) and len(head) + 1 + len(flow) <= room:
        return [f"{head} {flow}"]
    else:
        parts = [_item(each, room - 2) for each in value]
    if not parts:
        return [f"{head} {_flow(value)}"]
    return [head, *_indented(_joined(parts, apart=spaced))]


def _item(value: Plain, room: int) -> list[str]:
    """Write one item of a sequence, on one line where it fits."""
    if isinstance(value, str):
        return _text("-", value, room)
    flow = _flow(value)
    if value and (flow is None or len(flow) + 2 > room):
        parts = (
            [_entry(key, each, room - 2) for key, each in value.items()]
            if isinstance(value, dict)
            else [_item(each, room - 2) for each in value]
        )
        first, *others = _joined(parts, apart=False)
        return [f"- {first}", *_indented(others)]
    return [f"- {flow}"]


def _text(head: str, value: str, room: int) -> list[str]:
    """Write text behind its key: on the line, or folded under it where that is too long."""
    line = f"{head} {_scalar(value)}"
    if len(line) <= room or not _WORDS.fullmatch(value) or _UNPRINTABLE.search(value):
        return [line]
    return [f"{head} >-", *_indented(_folded(value, room - 2))]


def _folded(value: str, room: int) -> Iterator[str]:
    """Break text at single spaces; a longer word has a line to itself."""
    line = ""
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > room:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _flow(value: Plain) -> str | None:
    """Write a value on one line; None where it holds a mapping inside another collection."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _scalar(value, flow=True)
    inner = value.values() if isinstance(value, dict) else value
    if any(isinstance(each, dict) for each in inner):
        return None
    texts = [_flow(each) for each in inner]
    if None in texts:
        return None
    known = [each for each in texts if each is not None]
    if isinstance(value, dict):
        keys = [_scalar(key, flow=True) for key in value]
        return f"{{{', '.join(map(': '.join, zip(keys, known, strict=True)))}}}"
    return f"[{', '.join(known)}]"


def _scalar(text: str, *, flow: bool = False) -> str:
    """Write text bare where every reader takes it for text, else in double quotes."""
    marks = _FLOW_MARKS if flow else _BLOCK_MARKS
    bare = (
        text
        and text == text.strip()
        and text[0] not in _INDICATORS
        and not _NOT_TEXT.fullmatch(text)
        and not marks.search(text)
        and not _UNPRINTABLE.search(text)
    )
    return text if bare else _quoted(text)


def _quoted(text: str) -> str:
    """Write text in double quotes; JSON's escapes are YAML's too."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _joined(parts: Sequence[list[str]], *, apart: bool) -> list[str]:
    lines: list[str] = []
    for index, part in enumerate(parts):
        if index and apart:
            lines.append("")
        lines += part
    return lines


def _indented(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)
