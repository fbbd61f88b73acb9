"""The fields by which a form asks for a part of a record, from its model, as it stands. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from bot.core.arguments import HINTS
from bot.core.arguments import Kind as Argument
from bot.core.editing.fieldwords import BECAUSE, BY_SEMICOLON, Kind, Spec, Specs
from bot.core.editing.filling import sources_of
from bot.core.editing.parts import (
    AFFECTED,
    ANSWERABLE,
    MEASURE,
    NOT_LISTED,
    SOURCE,
    Ground,
    Part,
    items_of,
)
from bot.core.editing.telling import item_words
from bot.core.editing.tree import Path, Tree, at
from bot.core.forms import BETWEEN, Field, FieldKind, Option, label_of
from bot.core.plainwords import bare
from bot.core.vendor import Vendor

_LONG = frozenset({"text", "short", "outcome", "binds", "effect", "limits", "note", "why"})
_ADDRESSES = frozenset({"url", "archived_url"})
_LAST = ("sources", "source", "confidence", "note", BECAUSE)
_GIVEN: Mapping[str, frozenset[str]] = {
    "measures": frozenset({"id", "title", "authority", "status"}),
    "allegations": frozenset({"id", "status"}),
    "responses": frozenset({"id", "by"}),
    "names": frozenset({"role"}),
}
"""What a new item needs and is given where nobody says otherwise."""
_LABELS: Mapping[str, str] = {
    "value": "Name",
    "phrase": "Text that only looks like a name",
    "match": "How it is looked for",
    "requires": "Words that have to stand near",
    "effect": "What it does",
    "limits": "What it does not do",
    "verified_on": "Status read on",
    "no_response": "No response on record",
    "tier": "Whose word it is",
    "url": "Address",
    "by": "Said by",
    BECAUSE: "Why, for the log",
}
_HINTS: Mapping[str, str] = {
    "requires": "Context words, for the way “context”.",
    "no_response": "For example: did not answer RFE/RL.",
    "sources": "Of the record, by their keys; a new one is written below.",
}
_LEFT_OUT = frozenset({"id", "key", "no_response.sources", "no_response.source"})
"""What is typed or pasted where it is needed: a form of everything would be filled in by nobody."""
_SOURCE_PARTS: tuple[tuple[str, str, bool], ...] = (
    ("publisher", "who publishes it", True),
    ("date", "when", False),
    ("tier", "whose word it is", True),
    ("url", "its address", False),
)


def part_fields(ground: Ground, part: Part, item: Tree | None) -> tuple[Field, ...]:
    """Ask for an item that is new (None), or for what of one is to be otherwise."""
    given = _GIVEN.get(part.key, frozenset({"id"}) if part.called == "id" else frozenset())
    needed = {
        name
        for name, each in part.model.model_fields.items()
        if each.is_required() and (name not in given or item is not None)
    }
    specs = {key: spec for key, spec in part.specs.items() if key not in _LEFT_OUT}
    fields = _Fields(ground, part.model, item or {}, part)
    return tuple(_in_order(fields.of(specs, needed), needed))


def record_fields(ground: Ground, specs: Specs) -> tuple[Field, ...]:
    """Ask for what of a record's own fields is to be otherwise."""
    needed = {"name", "country", "headquarters", "makes"}
    left_out = {"source", "review", "examples"}
    told = {key: spec for key, spec in specs.items() if key.partition(".")[0] not in left_out}
    fields = _Fields(ground, Vendor, ground.tree, None)
    return tuple(_in_order(fields.of(told, needed), needed))


def item_options(ground: Ground, part: Part) -> tuple[Option, ...]:
    """Give the items of a part to choose from."""
    return _options(items_of(ground.tree, part))


def _options(items: Mapping[str, Tree]) -> tuple[Option, ...]:
    return tuple(Option(key, f"{key}: {item_words(item)}") for key, item in items.items())


def _in_order(fields: Iterable[Field], needed: set[str]) -> list[Field]:
    """Put what is needed first, and sources and remarks last."""

    def rank(field: Field) -> int:
        word = (field.part_of or field.name).rpartition(".")[2]
        last = _LAST.index(word) + 2 if word in _LAST and "." not in field.name else 1
        last = _LAST.index("source") + 2 if field.part_of == "source" else last
        return 0 if field.name in needed else last

    return sorted(fields, key=rank)


class _Fields:
    """Makes the fields of one item, or of the record itself."""

    def __init__(
        self, ground: Ground, model: type[BaseModel], item: Tree, part: Part | None
    ) -> None:
        self.ground, self.model, self.item, self.part = ground, model, item, part

    def of(self, specs: Specs, needed: set[str]) -> Iterator[Field]:
        """Make a field of each spec that a form has room for."""
        told: set[Path] = set()
        for key, spec in specs.items():
            if spec.kind is Kind.SOURCE:
                yield from self._new_source(key)
            elif spec.path not in told:
                told |= {spec.path} if spec.path else set()
                field = self._field(key, spec, required=key in needed)
                if field is not None:
                    yield field

    def _field(self, key: str, spec: Spec, *, required: bool) -> Field | None:
        kind, options = self._kind(key, spec)
        value = self._value(spec, kind)
        if value is None or (kind is FieldKind.CHOICES and not options):
            return None
        leads = () if self.part is None else (self.part.key,)
        return Field(
            key,
            _label(key),
            kind,
            options,
            required,
            value,
            self._hint(key, spec, kind),
            leads=(*leads, *(spec.whole or (key,))),
        )

    def _kind(self, key: str, spec: Spec) -> tuple[FieldKind, tuple[Option, ...]]:
        last = spec.path[-1] if spec.path else key
        if spec.kind is Kind.CHOICE:
            return FieldKind.CHOICE, tuple(map(Option, spec.choices))
        if spec.kind is Kind.DATE:
            return FieldKind.DATE, ()
        if last == "program" and self.part in {MEASURE, NOT_LISTED}:
            programs = self.ground.programs.items()
            return FieldKind.CHOICE, tuple(Option(id_, f"{id_}: {of.name}") for id_, of in programs)
        if last in {"answers", "affects", "sources"}:
            return FieldKind.CHOICES, self._there(last)
        if last in _ADDRESSES:
            return FieldKind.ADDRESS, ()
        return (FieldKind.TEXT if last in _LONG else FieldKind.LINE), ()

    def _there(self, key: str) -> tuple[Option, ...]:
        """Give what of the record an item can name."""
        tree = self.ground.tree
        if key == "sources":
            all_ = sources_of(tree).items()
            return _options({name: each for name, each in all_ if isinstance(each, dict)})
        among = ANSWERABLE if key == "answers" else AFFECTED
        return tuple(each for part in among for each in _options(items_of(tree, part)))

    def _value(self, spec: Spec, kind: FieldKind) -> str | None:
        """Give what stands there; None if no line could say it."""
        there = at(self.item, spec.path) if spec.path else None
        if there is None or isinstance(there, str):
            return there or ""
        several, between = [*there], _between(spec)
        if kind is not FieldKind.CHOICES and any(between.strip() in each for each in several):
            return None
        return (BETWEEN if kind is FieldKind.CHOICES else between).join(several)

    def _hint(self, key: str, spec: Spec, kind: FieldKind) -> str:
        several = ""
        if kind is FieldKind.LINE and spec.kind in {Kind.LIST, Kind.LINES}:
            several = "Several stand between " + (
                "semicolons." if _between(spec) == "; " else "commas."
            )
        day = f"{HINTS[Argument.DATE].capitalize()}." if kind is FieldKind.DATE else ""
        about = _HINTS.get(spec.path[-1] if spec.path else key) or _described(
            self.model, spec.path
        ).replace("`", "")
        return " ".join(filter(None, (about, several, day)))

    def _new_source(self, key: str) -> Iterator[Field]:
        """Ask for a source that the record does not have, in its parts."""
        around = key.rpartition(".")[0].replace("_", " ")
        new = f"New source of “{around}”" if around else "New source"
        for name, label, required in _SOURCE_PARTS:
            kind, options = self._kind(name, SOURCE.specs[name])
            hint = self._hint(name, SOURCE.specs[name], kind) if name == "date" else ""
            yield Field(
                f"{key}.{name}",
                f"{new}: {label}",
                kind,
                options,
                required,
                hint=hint,
                part_of=key,
                leads=("sources", name),
            )


def _label(key: str) -> str:
    return _LABELS.get(key) or label_of(key.replace(".", ": "))


def _between(spec: Spec) -> str:
    return "; " if spec.path and spec.path[-1] in BY_SEMICOLON else BETWEEN


def _described(model: type[BaseModel], path: Path) -> str:
    """Give what the model says of a field."""
    told = ""
    for word in path:
        field = model.model_fields.get(word)
        if field is None:
            return ""
        told, inner = field.description or "", bare(field.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return told
