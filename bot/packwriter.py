"""Writing packs: records that come in, and files brought to their canonical text.

Nothing is written before all of it has been checked, and each file is replaced as a whole: a fault
or a kill leaves the file that was there.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot import yamlfile
from bot.core.vendor import Programs, Vendor
from bot.errors import BotError, InvalidFileError, Problem
from bot.interchange import PROGRAMS_HEAD, SCHEMA_LINE, Document, programs_text, vendor_text


class Novelty(StrEnum):
    """How a file that is to be written stands to the one that is there."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it will be, and what that means for the one that is there."""

    path: Path
    text: str
    novelty: Novelty


def plan(folder: Path, documents: Sequence[Document]) -> tuple[Change, ...]:
    """Say what importing records into a pack would write; raise InvalidFileError as a whole."""
    changes: dict[Path, Change] = {}
    twice: list[Problem] = []
    for document in documents:
        vendor = document.content if isinstance(document.content, Vendor) else None
        path = folder / (f"vendors/{vendor.id}.yml" if vendor else "programs.yml")
        if path in changes:
            place = document.loaded.place(("id",), of_key=True)
            twice.append(place.problem(f"{path.name} comes twice in this stream"))
        changes[path] = change(path, document.text)
    if twice:
        raise InvalidFileError(twice)
    return tuple(changes.values())


def tidied(paths: Sequence[Path]) -> tuple[Change, ...]:
    """Give files in their canonical text.

    Raises InvalidFileError with all that cannot be read, and all that have comments of their own:
    they would be lost.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            changes.append(_tidied(path))
        except InvalidFileError as error:
            problems += error.problems
    if problems:
        raise InvalidFileError(problems)
    return tuple(changes)


def _tidied(path: Path) -> Change:
    loaded = yamlfile.read(path)
    text = path.read_text(encoding="utf-8-sig")
    if path.name == "programs.yml":
        head = PROGRAMS_HEAD
        canonical = programs_text(yamlfile.validate(Programs, loaded).programs)
    else:
        head = SCHEMA_LINE
        canonical = vendor_text(yamlfile.validate(Vendor, loaded))
    comments = yamlfile.comments(text.removeprefix(head))
    if comments:
        line = comments[0] + text.startswith(head)
        told = "comments would be lost; move what they say into 'note', or take them out"
        raise InvalidFileError([Problem(str(path), line, 1, told)])
    return change(path, canonical)


def change(path: Path, text: str) -> Change:
    """Say what a file is to be; raise BotError where the one that is there cannot be read."""
    return Change(path, text, _novelty(path, text))


def save(wanted: Change) -> None:
    """Write one file whole or not at all; raise BotError where the disk does not take it."""
    # A hidden name: whoever reads the pack meanwhile passes it by.
    draft = wanted.path.with_name(f".{wanted.path.name}.{os.getpid()}")
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(wanted.text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(wanted.path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise BotError(f"{wanted.path}: cannot be written: {error.strerror}") from None


def _novelty(path: Path, text: str) -> Novelty:
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        return Novelty.NEW
    except OSError as error:
        raise BotError(f"{path}: cannot be read: {error.strerror}") from None
    return Novelty.SAME if there == text.encode() else Novelty.CHANGED
