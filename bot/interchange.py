"""Records as the text of their files, and several files as one stream.

A record has one canonical text, so that two people who say the same write the same bytes, and what
is exported, sent and imported comes back as it was. In a stream each file is a YAML document after
a line `---`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot import yamlfile
from bot.core.vendor import Name, Program, Programs, Record, Vendor
from bot.core.watchlist import Watchlist
from bot.errors import InvalidFileError, Problem
from bot.yamlfile import Loaded, Plain
from bot.yamlwriter import Layout, write

SCHEMA_LINE = "# yaml-language-server: $schema=../schema.json\n"
"""The head of a vendor's file: editors complete and check by it."""

_VENDOR_LAYOUT = Layout(
    apart=frozenset(
        {
            "names", "not_this", "examples", "identifiers", "related", "measures", "not_listed",
            "allegations", "responses", "proceedings", "background", "sources", "review",
        }
    ),
    spaced=frozenset({"measures", "allegations", "responses", "proceedings", "background"}),
)  # fmt: skip
PROGRAMS_HEAD = "# What the lists and laws behind the measures do and do not do, in plain words.\n"
_PROGRAMS_LAYOUT = Layout(spaced=frozenset({"programs"}))
# YAML 1.2, rule 206: such a line is a document's start wherever it stands.
_START = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_SOMETHING = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


def vendor_text(vendor: Vendor) -> str:
    """Write a vendor's file: keys in the model's order, what is left at its default left out.

    How a name is matched and how far the review has come are always said.
    """
    return SCHEMA_LINE + write(_whole(vendor), _VENDOR_LAYOUT)


def part_text(vendor: Vendor, part: str, item: tuple[str, str] | None = None) -> str | None:
    """Write one part of a vendor's file, or of its list the items that have `item`: key and value.

    None if there is nothing of it.
    """
    value = _whole(vendor).get(part)
    if item is not None and isinstance(value, list):
        key, wanted = item
        value = [each for each in value if isinstance(each, dict) and each.get(key) == wanted]
    return write({part: value}, _VENDOR_LAYOUT) if value else None


def _whole(vendor: Vendor) -> dict[str, Plain]:
    plain = _plain(vendor)
    plain["names"] = [_name(name) for name in vendor.names]
    plain["review"] = {"status": vendor.review.status} | _plain(vendor.review)
    return plain


def programs_text(programs: Mapping[str, Program]) -> str:
    """Write the file `programs.yml`."""
    every = Programs(schema="vendorwatch/1", programs=dict(programs))
    return PROGRAMS_HEAD + write(_plain(every), _PROGRAMS_LAYOUT)


def stream(watchlist: Watchlist) -> Iterator[str]:
    """Give the texts of a watchlist's files, programmes first, each behind a `---` line."""
    if watchlist.programs:
        yield f"---\n{programs_text(watchlist.programs)}"
    for vendor in watchlist.vendors.values():
        yield f"---\n{vendor_text(vendor)}"


Content: TypeAlias = Vendor | Programs


@dataclass(frozen=True, slots=True)
class Document:
    """One file out of a stream: its text as it came, and what it says."""

    text: str
    loaded: Loaded
    content: Content


def split(file: str, text: str) -> tuple[Document, ...]:
    """Take a stream apart; `file` is what problems call it.

    Raises InvalidFileError with every problem of every document, at its line in the stream.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for part, line in parts(text):
        try:
            loaded = yamlfile.parse(part.encode(), file, line)
            documents.append(Document(part, loaded, _content(loaded)))
        except InvalidFileError as error:
            problems += error.problems
    if not documents and not problems:
        problems.append(Problem(file, 0, 0, "there is no record in it"))
    if problems:
        raise InvalidFileError(problems)
    return tuple(documents)


def parts(text: str) -> Iterator[tuple[str, int]]:
    """Give the documents of a stream that hold something, each with the line it begins in."""
    starts = [*_START.finditer(text)]
    bounds = [(0, starts[0].start() if starts else len(text))]
    ends = [found.start() for found in starts[1:]] + [len(text)]
    bounds += [(found.end(), end) for found, end in zip(starts, ends, strict=False)]
    for begin, end in bounds:
        part = text[begin:end]
        if _SOMETHING.search(part):
            yield part, 1 + text.count("\n", 0, begin)


def _content(loaded: Loaded) -> Content:
    if isinstance(loaded.data, dict) and "programs" in loaded.data:
        return yamlfile.validate(Programs, loaded)
    return yamlfile.validate(Vendor, loaded)


def _plain(record: Record) -> dict[str, Plain]:
    dumped: dict[str, Plain] = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return dumped


def _name(name: Name) -> dict[str, Plain]:
    said: dict[str, Plain] = {"value": name.value, "role": name.role, "match": name.match}
    return said | _plain(name)
