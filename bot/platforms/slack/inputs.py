"""The inputs of a form: what a field is drawn as, within Slack's limits. Pure.

Reference: https://docs.slack.dev/reference/block-kit/blocks/input-block
"""

from collections.abc import Iterable, Iterator

from bot.core.clean import clean
from bot.core.commands import Parameter
from bot.core.forms import BETWEEN, Field, FieldKind, Option, label_of
from bot.platforms.slack.agreed import NO_CHOICE, VALUE
from bot.platforms.slack.render import JSON, shortened

MOST_WORDS = 2_000
"""Characters of an input's label and hint; Slack's own limit."""
MOST_OPTIONS = 100
MOST_OPTION = 75
MOST_CHOICE = 150
"""Options of a menu or of a group in one, characters of one and of what it stands for; Slack's own
limits."""
MOST_GROUPED = 300
"""Options of a menu in groups; a view has 250 kB for all that is in it."""
MOST_HINT = 150
"""Characters that stand in an empty input; Slack's own limit."""
MOST_WRITTEN = 3_000
"""Characters that an input takes; Slack's own limit."""


def field_of(parameter: Parameter) -> Field:
    """Ask for what a command needs: a menu where there is a choice, else a line or lines."""
    options = tuple(map(Option, parameter.choices))
    written = FieldKind.TEXT if parameter.takes_rest else FieldKind.LINE
    return Field(
        parameter.name,
        label_of(parameter.label),
        FieldKind.CHOICE if _fit_menu(options) else written,
        options,
        required=True,
        hint=parameter.hint,
        example=parameter.example,
    )


def fits(field: Field) -> bool:
    """Whether what stands in a field now can stand in an input."""
    return len(field.value) <= MOST_WRITTEN


def input_of(field: Field) -> JSON:
    """Draw a field; as a line to write where there are too many choices for a menu."""
    drawn: dict[str, JSON] = {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label, MOST_WORDS),
        "element": _menu(field) if _fit_menu(field.options) else _line(field),
    }
    if field.hint:
        drawn["hint"] = plain(clean(field.hint), MOST_WORDS)
    if not field.required or field.part_of:
        drawn["optional"] = True
    return drawn


def _fit_menu(options: Iterable[Option]) -> bool:
    values = [each.value for each in options]
    return 0 < len(values) < MOST_GROUPED and max(map(len, values)) <= MOST_CHOICE


def _menu(field: Field) -> JSON:
    several = field.kind is FieldKind.CHOICES
    there = [*filter(None, field.value.split(BETWEEN) if several else [field.value])]
    options: list[JSON] = [_option(each) for each in field.options]
    if there and not several and not field.required:
        options.insert(0, _option(Option(NO_CHOICE, "None")))
    chosen: list[JSON] = [_option(each) for each in field.options if each.value in there]
    drawn: dict[str, JSON] = {
        "type": "multi_static_select" if several else "static_select",
        "action_id": VALUE,
    }
    if len(options) <= MOST_OPTIONS:
        drawn["options"] = options
    else:
        drawn["option_groups"] = [*_groups(options)]
    if chosen:
        drawn |= {"initial_options": chosen} if several else {"initial_option": chosen[0]}
    return drawn


def _groups(options: list[JSON]) -> Iterator[JSON]:
    """Share options out among groups, called by their place."""
    for start in range(0, len(options), MOST_OPTIONS):
        some = options[start : start + MOST_OPTIONS]
        yield {"label": plain(f"{start + 1} to {start + len(some)}", MOST_OPTION), "options": some}


def _option(option: Option) -> JSON:
    return {"text": plain(clean(option.words), MOST_OPTION), "value": option.value}


def _line(field: Field) -> JSON:
    drawn: dict[str, JSON] = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.kind is FieldKind.TEXT,
        "max_length": MOST_WRITTEN,
    }
    if field.value:
        drawn["initial_value"] = field.value
    if field.example:
        drawn["placeholder"] = plain(clean(field.example), MOST_HINT)
    return drawn


def plain(text: str, most: int) -> dict[str, JSON]:
    """Give words that Slack shows as they are."""
    return {"type": "plain_text", "text": shortened(text, most), "emoji": False}
