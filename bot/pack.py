"""Watchlist packs: folders with `vendors/*.yml`, and `programs.yml` if they name programmes.

Packs stand in order: a vendor or a programme in a later one replaces that of an earlier one. Every
file is read before anything is complained of, so that one look shows all there is to mend.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot import yamlfile
from bot.core.editorial import check, check_all
from bot.core.feedlist import SuggestedFeed, SuggestedFeeds
from bot.core.todo import todo
from bot.core.vendor import Program, Programs, Vendor
from bot.core.watchlist import Watchlist
from bot.errors import InvalidFileError, Problem
from bot.interchange import Document
from bot.yamlfile import Loaded

_HERE = Path(__file__).parent
_NO_PACK = "there is no watchlist here: no folder 'vendors' and no programs.yml"


@dataclass(slots=True)
class _Read:
    """What has been read so far. `files` holds the file of each vendor, for its places."""

    vendors: dict[str, Vendor] = field(default_factory=dict)
    files: dict[str, Loaded] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    programs_known: bool = True

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """Note the problems of a file and go on."""
        try:
            yield
        except InvalidFileError as error:
            self.problems += error.problems


def load(folders: Iterable[Path], incoming: Iterable[Document] = ()) -> Watchlist:
    """Read packs; raise InvalidFileError with every error of every file. Warnings pass.

    `incoming` are files that are not in a folder yet; they replace those of the packs.
    """
    read = _read(folders)
    for document in incoming:
        if isinstance(document.content, Programs):
            read.programs |= document.content.programs
        else:
            read.vendors[document.content.id] = document.content
            read.files[document.content.id] = document.loaded
    read.problems += (problem for is_error, problem in _examine(read) if is_error)
    if read.problems:
        raise InvalidFileError(read.problems)
    return Watchlist(read.vendors, read.programs)


def suggested_feeds(folders: Iterable[Path]) -> tuple[SuggestedFeed, ...]:
    """Give the feeds that packs suggest; raise InvalidFileError with all that is wrong there."""
    found: dict[str, SuggestedFeed] = {}
    problems: list[Problem] = []
    for path in (folder / "feeds.yml" for folder in folders):
        if not path.exists():
            continue
        try:
            loaded = yamlfile.read(path)
            suggested = yamlfile.validate(SuggestedFeeds, loaded)
        except InvalidFileError as error:
            problems += error.problems
            continue
        for index in suggested.repeated():
            place = loaded.place(("feeds", index, "url"))
            problems.append(place.problem("this address is already suggested further up"))
        found |= {feed.url: feed for feed in suggested.feeds}
    if problems:
        raise InvalidFileError(problems)
    return tuple(found.values())


def warnings(folders: Iterable[Path]) -> tuple[Problem, ...]:
    """Give what is worth a look in packs, in order of place; what cannot be read is left out."""
    found = _examine(_read(folders))
    return tuple(sorted(problem for is_error, problem in found if not is_error))


def waiting(folders: Iterable[Path], today: date) -> tuple[Problem, ...]:
    """Give what waits for a curator or a reviewer, in order of place: see `bot.core.todo`."""
    read = _read(folders)
    return tuple(
        sorted(
            read.files[finding.vendor].place(finding.path, of_key=True).problem(finding.message)
            for vendor in read.vendors.values()
            for finding in todo(vendor, today)
        )
    )


def shipped() -> Path:
    """Give the folder of the pack that comes with the bot: in the package, or beside it."""
    inside = _HERE / "watchlists"
    return inside if inside.is_dir() else _HERE.parent / "watchlists"


def is_pack(folder: Path) -> bool:
    """Say whether there is a pack in a folder."""
    return (folder / "vendors").exists() or (folder / "programs.yml").exists()


def files(folders: Iterable[Path]) -> list[Path]:
    """Give the files of packs, in order; raise InvalidFileError where there is no pack."""
    found: list[Path] = []
    for folder in folders:
        if not is_pack(folder):
            raise InvalidFileError([Problem(str(folder), 0, 0, _NO_PACK)])
        try:
            found += _vendor_files(folder)
        except OSError as error:
            told = f"the folder cannot be read: {error.strerror}"
            raise InvalidFileError([Problem(str(folder / "vendors"), 0, 0, told)]) from None
        if (programs := folder / "programs.yml").exists():
            found.append(programs)
    return found


def fingerprint(folders: Iterable[Path]) -> str:
    """Name the state of the packs' files, cheaply: it changes when one of them does."""
    digest = hashlib.sha256()
    for folder in folders:
        paths = [folder / "programs.yml"]
        with contextlib.suppress(OSError):
            paths += _vendor_files(folder)
        for path in paths:
            told = f"{path}"
            with contextlib.suppress(OSError):
                state = path.stat()
                told += f" {state.st_mtime_ns} {state.st_size} {state.st_ino}"
            digest.update(f"{told}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def schema() -> str:
    """Write the JSON Schema of a vendor file, for editors that complete and check as one types."""
    plain = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Vendor.model_json_schema(by_alias=True),
    }
    _allow_bare_years(plain)
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _allow_bare_years(schema: object) -> None:
    """Let a date be a number: editors read the year in `date: 2021` as one."""
    if isinstance(schema, dict):
        if str(schema.get("pattern", "")).startswith(r"^\d{4}(-"):
            schema["type"] = ["string", "integer"]
        for inner in schema.values():
            _allow_bare_years(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _allow_bare_years(inner)


def _read(folders: Iterable[Path]) -> _Read:
    read = _Read()
    for folder in folders:
        programs = folder / "programs.yml"
        if not is_pack(folder):
            read.problems.append(Problem(str(folder), 0, 0, _NO_PACK))
            continue
        try:
            paths = _vendor_files(folder)
        except OSError as error:
            told = f"the folder cannot be read: {error.strerror}"
            read.problems.append(Problem(str(folder / "vendors"), 0, 0, told))
            continue
        for path in paths:
            with read.noting():
                _read_vendor(path, read)
        if programs.exists():
            before = len(read.problems)
            with read.noting():
                read.programs |= yamlfile.validate(Programs, yamlfile.read(programs)).programs
            read.programs_known &= len(read.problems) == before
    return read


def _vendor_files(folder: Path) -> list[Path]:
    """Give the vendor files of a pack in order; hidden ones are an editor's. Raise OSError."""
    if not (folder / "vendors").exists():
        return []
    return sorted(
        path
        for path in (folder / "vendors").iterdir()
        if path.suffix in {".yml", ".yaml"} and not path.name.startswith(".")
    )


def _read_vendor(path: Path, read: _Read) -> None:
    if path.suffix != ".yml":
        raise InvalidFileError([Problem(str(path), 0, 0, "the name of a vendor file ends in .yml")])
    loaded = yamlfile.read(path)
    vendor = yamlfile.validate(Vendor, loaded)
    if vendor.id != path.stem:
        told = f"the id '{vendor.id}' and the file's name, {path.name}, must be the same"
        raise InvalidFileError([loaded.place(("id",)).problem(told)])
    read.vendors[vendor.id] = vendor
    read.files[vendor.id] = loaded


def _examine(read: _Read) -> Iterator[tuple[bool, Problem]]:
    """Hold what was read to the editorial standard; say of each finding whether it is an error."""
    findings = [
        finding
        for vendor in read.vendors.values()
        for finding in check(vendor, read.programs)
        if read.programs_known or finding.path[-1] != "program"
    ]
    # A vendor whose file could not be read may be the one that another's record speaks of.
    if not read.problems:
        findings += check_all(read.vendors.values())
    for finding in findings:
        place = read.files[finding.vendor].place(finding.path, of_key=True)
        yield finding.is_error, place.problem(finding.message)
