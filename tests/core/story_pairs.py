"""Pairs of news texts of which it is known whether they tell one story.

The texts stand in story_texts.yml, what is made of them in story_pairs.yml.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypedDict

import yaml

_SENTENCE = re.compile(r"(?<=[.!?。»”\"])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a feed brings it."""

    title: str
    text: str
    url: str


class Half(StrEnum):
    """What a pair is for."""

    CHOSEN_BY = "chosen by"
    REPORTED = "reported"
    LATER = "written later"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries, whether they are one story, and why."""

    number: int
    kind: str
    same: bool
    why: str
    one: Told
    other: Told
    half: Half


class _Text(TypedDict, total=False):
    title: str
    site: str
    text: list[str]


class _Edited(TypedDict, total=False):
    """What is done to a text.

    `without` leaves out a paragraph and `drop` sentences, counted from 1; `cut` takes a share off
    the end; `change` puts words for others; `before` and `after` stand around it.
    """

    of: str
    without: int
    drop: list[int]
    cut: float
    change: dict[str, str]
    before: str
    after: str
    title: str
    site: str


_Kind = Mapping[str, str | bool | Sequence[str | _Edited]]


@cache
def _texts() -> Mapping[str, _Text]:
    loaded: dict[str, _Text] = yaml.safe_load(_file("story_texts.yml"))
    return loaded


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _paragraphs(name: str) -> list[str]:
    found: list[str] = []
    for each in _texts()[name]["text"]:
        if each.startswith("="):
            source, _, part = each[1:].partition(" ")
            first, _, last = part.partition("-")
            found += _paragraphs(source)[int(first) - 1 : int(last or first)]
        else:
            found.append(each)
    return found


def _tell(edit: _Edited) -> Told:
    name = edit["of"]
    known = _texts()[name]
    paragraphs = _paragraphs(name)
    if "without" in edit:
        paragraphs.pop(edit["without"] - 1)
    sentences = _SENTENCE.split("\n".join(paragraphs))
    dropped = edit.get("drop", [])
    text = " ".join(each for at, each in enumerate(sentences, 1) if at not in dropped)
    text = text[: round(len(text) * (1 - edit.get("cut", 0)))]
    for old, new in edit.get("change", {}).items():
        assert old in text, f"{name} does not say {old}"
        text = text.replace(old, new)
    host = edit.get("site") or known.get("site", f"{name}.example")
    parts = (edit.get("before"), text, edit.get("after"))
    whole = " ".join(part for part in parts if part)
    return Told(edit.get("title", known["title"]), whole, f"https://{host}/{name}")


def _pairs() -> Iterator[Pair]:
    kinds: list[_Kind] = yaml.safe_load(_file("story_pairs.yml"))
    number = 0
    for kind in kinds:
        for half in Half:
            edits = kind.get(half, ())
            assert not isinstance(edits, str | bool)
            if edits:
                number += 1
                one, other = (_tell({"of": e} if isinstance(e, str) else e) for e in edits)
                yield Pair(number, str(kind["kind"]), kind["same"] is True, str(kind["why"]),
                           one, other, half)  # fmt: skip


PAIRS = tuple(_pairs())
