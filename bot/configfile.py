"""Reads the configuration: one YAML file, and the environment, which wins.

`VENDORWATCH_ALERTS__COOLDOWN=12h` sets `cooldown` in the section `alerts`; a list is written as in
YAML, `[10.0.0.0/8]`; an empty variable sets nothing.

The overlay of the environment is written here rather than left to a library, so that a wrong
value is blamed on the variable or on the line of the file that it came from.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_origin

from pydantic import BaseModel

from bot import yamlfile
from bot.config import Config
from bot.core.duration import parse_duration
from bot.core.spelling import nearest
from bot.errors import InvalidFileError, Problem
from bot.plainwords import Loc, annotation_at, keys_of
from bot.yamlfile import Loaded, Place, Plain

PREFIX = "VENDORWATCH_"
FILE_VARIABLE = "VENDORWATCH_CONFIG"
"""Where the file is, unless the command line says it."""

# Kubernetes tells every pod of the services around it. A service called vendorwatch, or one whose
# name starts so, yields VENDORWATCH_PORT_8080_TCP and the like, which nobody meant as settings.
_KUBERNETES = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?")
_MAX_SECRET = 64 * 1024

SECRETS = (
    ("database", "url"),
    ("slack", "bot_token"),
    ("slack", "app_token"),
    ("slack", "signing_secret"),
    ("slack", "client_secret"),
    ("slack", "token_key"),
)
"""Settings that a file may hold, by section; the file's setting ends in `_file`."""


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
    for variable, loc in _variables(environ):
        try:
            file = _overlay(file, _from_variable(variable, environ[variable], loc), loc)
        except InvalidFileError as error:
            problems += error.problems
    try:
        config = yamlfile.validate(Config, file)
    except InvalidFileError as error:
        raise InvalidFileError([*problems, *error.problems]) from None
    config, found = _resolve(config, file, path)
    problems += found
    if problems:
        raise InvalidFileError(problems)
    return config


def _without_empty(loaded: Loaded) -> Loaded:
    """Drop settings without a value: a section with every line commented out is the default."""
    return Loaded(loaded.file, _prune(loaded.data) or {}, loaded.values, loaded.keys)


def _prune(data: Plain) -> Plain:
    if isinstance(data, dict):
        return {key: _prune(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [_prune(item) for item in data]
    return data


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, Loc]]:
    """Give the variables that are meant for the bot and the settings they name."""
    for variable in sorted(environ):
        if (
            not variable.startswith(PREFIX)
            or variable == FILE_VARIABLE
            or not environ[variable].strip()
        ):
            continue
        name = variable.removeprefix(PREFIX)
        if "__" not in name and _KUBERNETES.search(f"_{name}"):
            continue
        yield variable, tuple(name.lower().split("__"))


def variables(model: type[BaseModel] = Config, loc: Loc = ()) -> Iterator[tuple[str, Loc]]:
    """Give the name of the variable and the path in the file of every setting and section."""
    for key in keys_of(model):
        there = (*loc, key)
        yield PREFIX + "__".join(map(str, there)).upper(), there
        inner = annotation_at(model, (key,))
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from variables(inner, there)


def _from_variable(variable: str, value: str, loc: Loc) -> Loaded:
    """Read one variable: text for a plain setting, YAML for a list or a section."""
    known = dict(variables())
    if known.get(variable) != loc:
        meant = nearest(
            variable.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known)
        )
        message = (
            f"unknown setting; did you mean '{PREFIX}{meant}'?" if meant else "unknown setting"
        )
        raise InvalidFileError([Problem(variable, 0, 0, message)])
    wanted = annotation_at(Config, loc)
    if keys_of(wanted) or get_origin(wanted) is tuple:
        return yamlfile.parse(value.encode("utf-8", "replace"), variable)
    return Loaded(variable, value, {(): Place(variable)})


def _overlay(below: Loaded, above: Loaded, loc: Loc) -> Loaded:
    """Put a variable's value over what the file says at `loc`."""
    data = dict(below.data) if isinstance(below.data, dict) else {}
    inner = data
    for part in map(str, loc[:-1]):
        there = inner.get(part)
        inner[part] = deeper = dict(there) if isinstance(there, dict) else {}
        inner = deeper
    key = str(loc[-1])
    # A secret and the file that holds it are one setting: either replaces the file's other one.
    for twin in {f"{key}_file", key.removesuffix("_file")} - {key}:
        if below.place((*loc[:-1], twin)).file == below.file:
            inner.pop(twin, None)
    inner[key] = above.data
    kept = {there: place for there, place in below.values.items() if there[: len(loc)] != loc}
    values = kept | {(*loc, *there): place for there, place in above.values.items()}
    keys = dict(below.keys) | {(*loc, *there): place for there, place in above.keys.items()}
    return Loaded(below.file, data, values, keys)


def _resolve(config: Config, loaded: Loaded, path: Path | None) -> tuple[Config, list[Problem]]:
    """Read secrets, make paths start where they should, and find what only all of it shows."""
    problems = list(_contradictions(config, loaded))

    def based(name: Path, loc: Loc) -> Path:
        if path is None or loaded.place(loc).file != str(path):
            return name
        return path.parent / name

    folders = tuple(
        based(folder, ("watchlists", index)) for index, folder in enumerate(config.watchlists)
    )
    read: dict[str, BaseModel] = {}
    for section, setting in SECRETS:
        given = read.get(section, getattr(config, section))
        file = getattr(given, f"{setting}_file")
        if file is None:
            continue
        loc: Loc = (section, f"{setting}_file")
        try:
            secret = _secret(based(file, loc))
            read[section] = given.model_copy(update={setting: secret})
        except ValueError as error:
            told = f"the secret in '{file}' cannot be read: {error}"
            problems.append(loaded.place(loc).problem(told))
    return config.model_copy(update={**read, "watchlists": folders}), problems


def _contradictions(config: Config, loaded: Loaded) -> Iterator[Problem]:
    for section, setting in SECRETS:
        given = {setting, f"{setting}_file"}
        if given <= getattr(config, section).model_fields_set:
            place = loaded.place((section, f"{setting}_file"), of_key=True)
            yield place.problem(f"give either '{setting}' or '{setting}_file', not both")
    for wanting in config.slack.wanting(config.web):
        yield loaded.place(("slack",), of_key=True).problem(wanting)
    if config.feeds.interval < parse_duration("1m"):
        place = loaded.place(("feeds", "interval"))
        yield place.problem("feeds may be polled every 1m at most")
    seen: dict[str, int] = {}
    for index, feed in enumerate(config.feeds.list):
        place = loaded.place(("feeds", "list", index, "url"))
        if feed.url in seen:
            yield place.problem("this feed is already listed; give it all its channels there")
        seen[feed.url] = index


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
