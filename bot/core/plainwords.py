"""What pydantic finds wrong with a file, in the words of the person who wrote the file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.core.spelling import nearest, suggestion

Loc: TypeAlias = tuple[str | int, ...]

SHAPES: Mapping[str, str] = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "a lower-case slug such as acme-cam",
    r"^https?://[^\s<>\"|]+$": "a web address starting with http:// or https://",
    r"^[A-Z]{2}$": "a country code of two capital letters, such as CN",
    r"^[A-Z][a-z]{3}$": "a script code such as Latn, Hans or Cyrl",
    r"^(console|matrix|slack):\S+$": "a channel such as console:#town-hall or slack:C0123ABCD",
}
"""What each pattern of the models asks for."""

_SIMPLE = {
    "string_too_short": "there must be some text here",
    "tuple_type": "this must be a list: each item in a line of its own after '- '",
    "list_type": "this must be a list: each item in a line of its own after '- '",
    "dict_type": "this must be keys and values: each in a line of its own as 'key: value'",
    "model_type": "this must be keys and values: each in a line of its own as 'key: value'",
    "string_type": "this must be text, not a list or keys and values",
    "bool_parsing": "this must be true or false",
    "bool_type": "this must be true or false",
    "int_parsing": "this must be a whole number",
    "float_parsing": "this must be a number",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A problem at `loc`; `at_key` if it is the key there, not its value, that is wrong.

    `suggested` is the key that was probably meant.
    """

    loc: Loc
    message: str
    at_key: bool = False
    suggested: str | None = None


def explain_all(model: type[BaseModel], error: ValidationError) -> tuple[Explained, ...]:
    """Say everything that is wrong; a key that was only misspelt is not missed as well."""
    found = error.errors(include_url=False)
    others = [explain(model, each) for each in found if not _follows(each, found)]
    meant = {(*each.loc[:-1], each.suggested) for each in others if each.suggested}
    missing = [each["loc"] for each in found if each["type"] == "missing"]
    return (
        *others,
        *(Explained(loc[:-1], f"missing key '{loc[-1]}'") for loc in missing if loc not in meant),
    )


def _follows(details: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether an error is told otherwise: missing keys together, a list whose items are wrong."""
    loc = details["loc"]
    return details["type"] == "missing" or (
        details["type"] == "too_short"
        and any(other["loc"][: len(loc)] == loc != other["loc"] for other in found)
    )


def explain(model: type[BaseModel], details: ErrorDetails) -> Explained:
    """Put one of pydantic's errors into plain words."""
    loc, kind, given = details["loc"], details["type"], details["input"]
    context = details.get("ctx", {})
    at_key = bool(loc) and loc[-1] == "[key]"
    if at_key:
        loc = loc[:-1]
    if kind == "extra_forbidden":
        return _unknown_key(loc, keys_of(annotation_at(model, loc[:-1])))
    if given is None:
        message = "there must be a value here"
    elif kind in {"enum", "literal_error"}:
        message = _not_one_of(given, re.findall(r"'([^']*)'", str(context.get("expected"))))
    elif kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        message = f"{shown(given)} must be {SHAPES.get(pattern, f'of the form {pattern}')}"
    elif kind == "string_too_long":
        message = f"this is longer than {context.get('max_length')} characters"
    elif kind == "too_short":
        message = "there must be at least one item here"
    elif kind == "value_error":
        message = str(context.get("error"))
    else:
        message = _SIMPLE.get(kind) or details["msg"].replace("Input should be", "this must be")
    return Explained(loc, message, at_key=at_key)


def shown(value: object) -> str:
    """Quote what was written, cut to a length that fits a line."""
    text = " ".join(str(value).split())
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"


def _unknown_key(loc: Loc, known: Iterable[str]) -> Explained:
    key = str(loc[-1])
    known = list(known)
    message = f"unknown key {shown(key)}{suggestion(key, known)}"
    return Explained(loc, message, at_key=True, suggested=nearest(key, known))


def _not_one_of(given: object, known: list[str]) -> str:
    if len(known) == 1:
        return f"{shown(given)} must be '{known[0]}'"
    return f"{shown(given)} is not one of {', '.join(known)}{suggestion(str(given), known)}"


def annotation_at(model: type[BaseModel], loc: Loc) -> object:
    """Give the type that a model wants at a path in its data; None where it wants nothing."""
    wanted: object = model
    for part in loc:
        wanted = _inside(wanted, part)
    return wanted


def keys_of(wanted: object) -> tuple[str, ...]:
    """Give the keys of a model, as files spell them; none for any other type."""
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return tuple(field.alias or name for name, field in wanted.model_fields.items())
    return ()


def _inside(wanted: object, part: str | int) -> object:
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        for name, field in wanted.model_fields.items():
            if part == (field.alias or name):
                return bare(field.annotation)
        return None
    arguments = get_args(wanted)
    if not arguments:
        return None
    return bare(arguments[-1] if get_origin(wanted) is dict else arguments[0])


def bare(wanted: object) -> object:
    """Strip `Annotated` and `| None` from a type."""
    origin = get_origin(wanted)
    if origin is Annotated:
        return bare(get_args(wanted)[0])
    if origin in {Union, UnionType}:
        return next((bare(arg) for arg in get_args(wanted) if arg is not type(None)), None)
    return wanted
