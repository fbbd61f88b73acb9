"""Reads the configuration: one YAML file, and the environment, which wins.

`VENDORWATCH_ALERTS__COOLDOWN=12h` sets `cooldown` in the section `alerts`; a list is written as in
YAML, `[10.0.0.0/8]`; the items of a list of sections are counted from 0, and the number after the
last one adds one: `VENDORWATCH_MATRIX__ACCOUNTS__0__PASSWORD`. An empty variable sets nothing.

The overlay of the environment is written here rather than left to a library, so that a wrong
value is blamed on the variable or on the line of the file that it came from.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_origin

from pydantic import BaseModel

from bot import yamlfile
from bot.config import Config
from bot.configchecks import at, broken_in, contradictions, of_accounts, secrets
from bot.core.plainwords import Loc, annotation_at, keys_of
from bot.core.spelling import nearest
from bot.errors import InvalidFileError, Problem
from bot.yamlfile import Loaded, Place, Plain

T = TypeVar("T")

PREFIX = "VENDORWATCH_"
FILE_VARIABLE = "VENDORWATCH_CONFIG"
"""Where the file is, unless the command line says it."""

# Kubernetes tells every pod of the services around it. A service called vendorwatch, or one whose
# name starts so, yields VENDORWATCH_PORT_8080_TCP and the like, which nobody meant as settings.
_KUBERNETES = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?")
_MAX_SECRET = 64 * 1024

# The number of a list's item, in the name of a variable.
_NUMBER = re.compile(r"(?<=__)[0-9]{1,4}(?=__|$)")


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the configuration; raise InvalidFileError with every problem of file and variables.

    Paths in the file start from the file's folder, paths in variables from the working directory.
    Without `path` the variable VENDORWATCH_CONFIG may name the file. On return, secrets given as
    files have been read.
    """
    if path is None and environ.get(FILE_VARIABLE):
        path = Path(environ[FILE_VARIABLE])
    file = Loaded("configuration", {}) if path is None else _without_empty(yamlfile.read(path))
    problems: list[Problem] = []
    for variable in _variables(environ):
        try:
            loc = _meant(variable)
            file = _overlay(file, _from_variable(variable, environ[variable], loc), loc)
        except InvalidFileError as error:
            problems += error.problems
    try:
        config = yamlfile.validate(Config, file)
    except InvalidFileError as error:
        raise InvalidFileError([*problems, *error.problems, *_further(file, path)]) from None
    problems += contradictions(config, file)
    config, found = _resolve(config, file, path)
    problems += found
    if problems:
        raise InvalidFileError(problems)
    return config


def _further(loaded: Loaded, path: Path | None) -> list[Problem]:
    """Find what is wrong beside settings that are wrong by themselves: those left out, the rest."""
    broken = broken_in(loaded)
    sound = Loaded(loaded.file, _without(loaded.data, broken), loaded.values, loaded.keys)
    try:
        config = yamlfile.validate(Config, sound)
    except InvalidFileError:
        return []
    return [*contradictions(config, sound, broken), *_resolve(config, sound, path)[1]]


def _without(data: Plain, broken: Collection[Loc]) -> Plain:
    """Give the data without its settings at these paths."""
    if not isinstance(data, dict) or () in broken:
        return {}
    inner = {
        key: {loc[1:] for loc in broken if loc[0] == key} for key in data if (key,) not in broken
    }
    return {key: _without(data[key], there) if there else data[key] for key, there in inner.items()}


def _without_empty(loaded: Loaded) -> Loaded:
    """Drop settings without a value: a section with every line commented out is the default."""
    return Loaded(loaded.file, _prune(loaded.data) or {}, loaded.values, loaded.keys)


def _prune(data: Plain) -> Plain:
    if isinstance(data, dict):
        return {key: _prune(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [_prune(item) for item in data]
    return data


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Give the variables that are meant for the bot, sections before what is in them."""
    for variable in sorted(environ, key=_in_order):
        if (
            not variable.startswith(PREFIX)
            or variable == FILE_VARIABLE
            or not environ[variable].strip()
        ):
            continue
        name = variable.removeprefix(PREFIX)
        if "__" not in name and _KUBERNETES.search(f"_{name}"):
            continue
        yield variable


def _in_order(variable: str) -> list[tuple[int, str]]:
    """Sort by name, and the items of a list by number: the tenth comes after the second."""
    parts = variable.split("__")
    return [(int(part), "") if re.fullmatch("[0-9]{1,4}", part) else (-1, part) for part in parts]


def variables(model: type[BaseModel] = Config, loc: Loc = ()) -> Iterator[tuple[str, Loc]]:
    """Give the name of the variable and the path in the file of every setting and section.

    Of a list of sections, those of its first item.
    """
    for key in keys_of(model):
        there: Loc = (*loc, key)
        yield _named(there), there
        inner = annotation_at(model, (key,))
        if get_origin(inner) is tuple:
            inner = annotation_at(model, (key, 0))
            there = (*there, 0)
            if keys_of(inner):
                yield _named(there), there
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from variables(inner, there)


def _named(loc: Loc) -> str:
    return PREFIX + "__".join(map(str, loc)).upper()


def _meant(variable: str) -> Loc:
    """Give the path of the setting that a variable names; raise InvalidFileError if it is none."""
    known = dict(variables())
    numbers = _NUMBER.findall(variable)
    found = known.get(_NUMBER.sub("0", variable))
    if found is None:
        near = [_NUMBER.sub(numbers[0], each) if numbers else each for each in known]
        meant = nearest(variable.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in near))
        hint = f"; did you mean '{PREFIX}{meant}'?" if meant else ""
        raise InvalidFileError([Problem(variable, 0, 0, f"unknown setting{hint}")])
    left = iter(numbers)
    return tuple(int(next(left)) if isinstance(part, int) else part for part in found)


def _from_variable(variable: str, value: str, loc: Loc) -> Loaded:
    """Read one variable: text for a plain setting, YAML for a list or a section."""
    wanted = annotation_at(Config, loc)
    if keys_of(wanted) or get_origin(wanted) is tuple:
        return yamlfile.parse(value.encode("utf-8", "replace"), variable)
    return Loaded(variable, value, {(): Place(variable)})


def _overlay(below: Loaded, above: Loaded, loc: Loc) -> Loaded:
    """Put a variable's value over what the file says at `loc`."""
    key = str(loc[-1])
    # A secret and the file that holds it are one setting: either replaces the file's other one.
    twins = {
        twin
        for twin in {f"{key}_file", key.removesuffix("_file")} - {key}
        if below.place((*loc[:-1], twin)).file == below.file
    }
    values = {there: place for there, place in below.values.items() if there[: len(loc)] != loc}
    for end, part in enumerate(loc):
        if isinstance(part, int):
            # What is missing in an item that only variables make is blamed on the item.
            item = loc[: end + 1]
            values.setdefault(item, Place(_named(item)))
    values |= {(*loc, *there): place for there, place in above.values.items()}
    keys = dict(below.keys) | {(*loc, *there): place for there, place in above.keys.items()}
    return Loaded(below.file, _put(below.data, loc, above, twins), values, keys)


def _put(data: Plain, loc: Loc, above: Loaded, twins: set[str]) -> Plain:
    """Give the data with a variable's value at a path, and without the `twins` beside it."""
    if not loc:
        return above.data
    part, rest = loc[0], loc[1:]
    if isinstance(part, str):
        inner = dict(data) if isinstance(data, dict) else {}
        if not rest:
            inner = {key: value for key, value in inner.items() if key not in twins}
        return inner | {part: _put(inner.get(part), rest, above, twins)}
    items = list(data) if isinstance(data, list) else []
    if part > len(items):
        message = f"there is no item {len(items)} before this one; items are counted from 0"
        raise InvalidFileError([Problem(above.file, 0, 0, message)])
    before = items[part] if part < len(items) else None
    return [*items[:part], _put(before, rest, above, twins), *items[part + 1 :]]


def _resolve(config: Config, loaded: Loaded, path: Path | None) -> tuple[Config, list[Problem]]:
    """Read secrets, make paths start where they should, and find what only then shows."""
    problems: list[Problem] = []

    def based(name: Path, loc: Loc) -> Path:
        if path is None or loaded.place(loc).file != str(path):
            return name
        return path.parent / name

    for number, folder in enumerate(config.watchlists):
        there: Loc = ("watchlists", number)
        config = _with(config, there, based(folder, there))
    for number, account in enumerate(config.matrix.accounts):
        there = ("matrix", "accounts", number, "store")
        config = _with(config, there, based(account.store, there))
    for number, followed in enumerate(config.feeds.lists):
        there = ("feeds", "lists", number, "source")
        if not followed.is_address:
            # Whole, since what a list brought is known by it, from wherever it is read.
            file = based(Path(followed.source), there)
            config = _with(config, there, str(file.parent.resolve() / file.name))
    for section, setting in secrets(config):
        file = getattr(at(config, section), f"{setting}_file")
        if file is None:
            continue
        loc = (*section, f"{setting}_file")
        try:
            config = _with(config, (*section, setting), _secret(based(file, loc)))
        except ValueError as error:
            told = f"the secret in '{file}' cannot be read: {error}"
            problems.append(loaded.place(loc).problem(told))
    problems += of_accounts(config, loaded)
    return config, problems


def _with(model: T, loc: Loc, value: object) -> T:
    """Give a model with another value at a path."""
    part, rest = loc[0], loc[1:]
    inner = _with(at(model, (part,)), rest, value) if rest else value
    changed: Any = model
    if isinstance(part, int):
        changed = (*changed[:part], inner, *changed[part + 1 :])
    else:
        changed = changed.model_copy(update={part: inner})
    return cast("T", changed)


def _secret(path: Path) -> str:
    """Read the secret that a file holds; raise ValueError saying why it cannot be had."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_SECRET + 1).decode().strip()
    except OSError as error:
        raise ValueError(error.strerror) from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if not text or len(text) > _MAX_SECRET:
        raise ValueError("it is too long" if text else "it is empty")
    return text
