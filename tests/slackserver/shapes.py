"""The shape of every block, element and view: what it must have, may have, and how long.

A check takes a value and the JSON pointer to it, and gives what Slack would say against it. The
limits are those of https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any, str], Iterator[str]]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


def say(problem: str, where: str) -> str:
    """Word a problem as Slack does."""
    return f"{problem} [json-pointer:{where}]"


def anything(_value: object, _where: str) -> Iterator[str]:
    """Let everything pass."""
    return iter(())


def _string(most: int, *, least: int = 1, address: bool = False) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield say("must be a string", where)
        elif len(value) < least:
            yield say(f"must be more than {least - 1} characters", where)
        elif len(value) > most:
            yield say(f"must be less than {most + 1} characters", where)
        elif address and not _ADDRESS.fullmatch(value):
            yield say("must be a valid URL", where)

    return check


def _number(least: int, most: int) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield say(f"must be a number from {least} to {most}", where)

    return check


def _flag(value: object, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield say("must be a boolean", where)


def _one_of(*allowed: object) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        if value not in allowed:
            yield say(f"must be one of {', '.join(map(str, allowed))}", where)

    return check


def array(item: Check, *, most: int, least: int = 1) -> Check:
    """Make the check of a list, and of each thing in it."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield say("must provide an array", where)
            return
        if len(value) > most:
            yield say(f"no more than {most} items allowed", where)
        if len(value) < least:
            yield say(f"no fewer than {least} items allowed", where)
        for number, each in enumerate(value):
            yield from item(each, f"{where}/{number}")

    return check


def _object(required: Mapping[str, Check], optional: Mapping[str, Check] = {}) -> Check:
    allowed = {**optional, **required}

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield say("must provide an object", where)
            return
        for key in required:
            if key not in value:
                yield say(f"missing required field: {key}", where)
        for key, each in value.items():
            if key == "type":
                continue
            if key not in allowed:
                yield say(f"invalid additional property: {key}", where)
            else:
                yield from allowed[key](each, f"{where}/{key}")

    return check


def by_type(table: Mapping[str, Check]) -> Check:
    """Make the check of an object whose `type` decides how it is checked."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield say("must provide an object", where)
        elif "type" not in value:
            yield say("missing required field: type", where)
        elif not isinstance(value["type"], str) or value["type"] not in table:
            yield say(f"unsupported type: {value['type']}", f"{where}/type")
        else:
            yield from table[value["type"]](value, where)

    return check


def _plain(most: int) -> Check:
    return by_type({"plain_text": _object({"text": _string(most)}, {"emoji": _flag})})


def _text(most: int) -> Check:
    return by_type(
        {
            "plain_text": _object({"text": _string(most)}, {"emoji": _flag}),
            "mrkdwn": _object({"text": _string(most)}, {"verbatim": _flag}),
        }
    )


# --- elements ---------------------------------------------------------------------------------

_CONFIRM = _object(
    {"title": _plain(100), "text": _text(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": _one_of("primary", "danger")},
)
_OPTION = _object(
    {"text": _text(75), "value": _string(150)},
    {"description": _text(75), "url": _string(3000, address=True)},
)
_OPTION_GROUP = _object({"label": _plain(75), "options": array(_OPTION, most=100)})
_ACTION: dict[str, Check] = {
    "action_id": _string(255),
    "confirm": _CONFIRM,
    "focus_on_load": _flag,
    "placeholder": _plain(150),
}
_CHOICES: dict[str, Check] = {
    "options": array(_OPTION, most=100),
    "option_groups": array(_OPTION_GROUP, most=100),
    "initial_option": _OPTION,
    "initial_options": array(_OPTION, most=100),
    "max_selected_items": _number(1, 1000),
}
_BUTTON = _object(
    {"text": _plain(75)},
    {
        "action_id": _string(255),
        "url": _string(3000, address=True),
        "value": _string(2000),
        "style": _one_of("primary", "danger"),
        "confirm": _CONFIRM,
        "accessibility_label": _string(75),
    },
)
_IMAGE = _object(
    {"alt_text": _string(2000)},
    {"image_url": _string(3000, address=True), "slack_file": anything},
)
_STATIC_SELECT = _object({}, _ACTION | _CHOICES)
# Checked by the models; here only that they may stand where they stand.
_SELECTS: dict[str, Check] = {
    "static_select": _STATIC_SELECT,
    "multi_static_select": _STATIC_SELECT,
} | dict.fromkeys(
    [
        f"{many}{of}_select"
        for many in ("", "multi_")
        for of in ("external", "users", "conversations", "channels")
    ],
    anything,
)
_PICKERS: dict[str, Check] = dict.fromkeys(["datepicker", "timepicker"], anything)
_TICKS: dict[str, Check] = dict.fromkeys(
    ["checkboxes", "radio_buttons"],
    _object({"options": array(_OPTION, most=10)}, _ACTION | _CHOICES),
)
_OVERFLOW = _object({"options": array(_OPTION, most=5)}, _ACTION)
_CLICKED: dict[str, Check] = {
    "button": _BUTTON,
    "overflow": _OVERFLOW,
    "workflow_button": anything,
    **_SELECTS,
    **_PICKERS,
    **_TICKS,
}
_WRITTEN = _object(
    {},
    _ACTION
    | {
        "initial_value": _string(3000, least=0),
        "multiline": _flag,
        "min_length": _number(0, 3000),
        "max_length": _number(1, 3000),
        "dispatch_action_config": anything,
    },
)
_ASKED: dict[str, Check] = (
    {"plain_text_input": _WRITTEN, "datetimepicker": anything}
    | dict.fromkeys(
        ["number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input"],
        anything,
    )
    | _SELECTS
    | _PICKERS
    | _TICKS
)

# --- rich text --------------------------------------------------------------------------------

_STYLE = {
    "style": _object(
        {},
        dict.fromkeys(
            [
                "bold",
                "italic",
                "strike",
                "code",
                "underline",
                "highlight",
                "client_highlight",
                "unlink",
            ],
            _flag,
        ),
    )
}
_WORDS = _object({"text": _string(20_000)}, _STYLE)
_LINK = _object(
    {"url": _string(3000, address=True)}, {"text": _string(20_000), "unsafe": _flag} | _STYLE
)
_LEAVES: dict[str, Check] = {
    "text": _WORDS,
    "link": _LINK,
    "emoji": _object(
        {"name": _string(255)}, {"unicode": _string(255), "skin_tone": _number(1, 6)} | _STYLE
    ),
    "user": _object({"user_id": _string(20)}, _STYLE),
    "usergroup": _object({"usergroup_id": _string(20)}, _STYLE),
    "channel": _object({"channel_id": _string(20)}, _STYLE),
    "team": _object({"team_id": _string(20)}, _STYLE),
    "broadcast": _object({"range": _one_of("here", "channel", "everyone")}, _STYLE),
    "color": _object({"value": _string(20)}, _STYLE),
    "date": _object(
        {"timestamp": _number(0, 2**53), "format": _string(255)},
        {"url": _string(3000, address=True), "fallback": _string(255)} | _STYLE,
    ),
}
_MOST_PARTS = 1000
_SECTION_OF_WORDS = _object({"elements": array(by_type(_LEAVES), most=_MOST_PARTS, least=0)})
_BORDER: dict[str, Check] = {"border": _one_of(0, 1)}
_RICH = by_type(
    {
        "rich_text_section": _SECTION_OF_WORDS,
        "rich_text_quote": _object(
            {"elements": array(by_type(_LEAVES), most=_MOST_PARTS, least=0)}, _BORDER
        ),
        "rich_text_preformatted": _object(
            {
                "elements": array(
                    by_type({"text": _WORDS, "link": _LINK}), most=_MOST_PARTS, least=0
                )
            },
            {**_BORDER, "language": _string(255)},
        ),
        "rich_text_list": _object(
            {
                "elements": array(
                    by_type({"rich_text_section": _SECTION_OF_WORDS}), most=_MOST_PARTS
                ),
                "style": _one_of("bullet", "ordered"),
            },
            {**_BORDER, "indent": _number(0, 8), "offset": _number(0, 100_000)},
        ),
    }
)
_RICH_TEXT: dict[str, Check] = {"elements": array(_RICH, most=_MOST_PARTS)}

# --- blocks and views -------------------------------------------------------------------------


def _identified(required: Mapping[str, Check], optional: Mapping[str, Check] = {}) -> Check:
    return _object(required, {"block_id": _string(255), **optional})


def _section(value: Any, where: str) -> Iterator[str]:
    if "text" not in value and "fields" not in value:
        yield say("must define either `text` or `fields`", f"{where}/type")
    yield from _identified(
        {},
        {
            "text": _text(3000),
            "fields": array(_text(2000), most=10),
            "accessory": by_type(_CLICKED | {"image": _IMAGE}),
            "expand": _flag,
        },
    )(value, where)


_INSIDE: dict[str, Check] = {
    "section": _section,
    "divider": _identified({}),
    "header": _identified({"text": _plain(150)}, {"level": _number(1, 4)}),
    "image": _identified(
        {"alt_text": _string(2000)},
        {
            "image_url": _string(3000, address=True),
            "slack_file": anything,
            "title": _plain(2000),
        },
    ),
    "actions": _identified(
        {"elements": array(by_type(_CLICKED | {"datetimepicker": anything}), most=25)}
    ),
    "context": _identified(
        {
            "elements": array(
                by_type(
                    {
                        "image": _IMAGE,
                        "mrkdwn": _object({"text": _string(3000)}, {"verbatim": _flag}),
                        "plain_text": _object({"text": _string(3000)}, {"emoji": _flag}),
                    }
                ),
                most=10,
            )
        }
    ),
    "rich_text": _identified(_RICH_TEXT),
}
_CELLS = array(
    by_type(
        {
            "raw_text": _object({"text": _string(10_000)}),
            "raw_number": anything,
            "rich_text": _object(_RICH_TEXT),
        }
    ),
    most=20,
)
BLOCKS: dict[str, Check] = (
    _INSIDE
    | {
        "input": _identified(
            {"label": _plain(2000), "element": by_type(_ASKED)},
            {"hint": _plain(2000), "optional": _flag, "dispatch_action": _flag},
        ),
        "markdown": _identified({"text": _string(12_000)}),
        "table": _identified(
            {"rows": array(_CELLS, most=100)}, {"column_settings": array(anything, most=20)}
        ),
        "container": _identified(
            {"child_blocks": array(by_type(_INSIDE), most=10)},
            {
                "title": _plain(150),
                "rich_text_title": anything,
                "subtitle": _text(150),
                "width": _one_of("narrow", "standard", "wide", "full"),
                "icon": anything,
                "is_collapsible": _flag,
                "default_collapsed": _flag,
                "has_header_divider": _flag,
            },
        ),
        "alert": _identified(
            {"text": _text(200)},
            {"level": _one_of("default", "info", "warning", "error", "success")},
        ),
        "card": _identified(
            {},
            {
                "title": _text(150),
                "subtitle": _text(150),
                "body": _text(200),
                "hero_image": anything,
                "icon": anything,
                "actions": array(by_type({"button": _BUTTON}), most=3),
            },
        ),
    }
    | dict.fromkeys(
        ["call", "carousel", "context_actions", "file", "plan", "task_card", "video"],
        anything,  # by the models alone
    )
)

_VIEW: dict[str, Check] = {
    "private_metadata": _string(3000, least=0),
    "callback_id": _string(255, least=0),
    "external_id": _string(255, least=0),
}
HOME = _object({"blocks": anything}, _VIEW)
MODAL = _object(
    {"blocks": anything, "title": _plain(24)},
    _VIEW
    | {
        "submit": _plain(24),
        "close": _plain(24),
        "clear_on_close": _flag,
        "notify_on_close": _flag,
        "submit_disabled": _flag,
    },
)
