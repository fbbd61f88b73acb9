"""Views: what stands in a modal or in the Home tab, within Slack's limits. Pure.

Reference: https://docs.slack.dev/reference/views
"""

from collections.abc import Iterable
from typing import TypeAlias

from bot.core.clean import clean, cleaned
from bot.core.commands import Command, Parameter
from bot.core.document import Document
from bot.platforms.slack.agreed import FORM, PAGE, VALUE
from bot.platforms.slack.render import JSON, MOST_LABEL, Budget, fitted, paged, shortened
from bot.platforms.slack.told import Form
from bot.platforms.slack.where import MOST_METADATA, Place, Window

View: TypeAlias = dict[str, JSON]

MOST_TITLE = 24
MOST_WORDS = 2_000
"""Characters of a view's title and of an input's label; Slack's own limits."""
MOST_OPTIONS = 100
MOST_OPTION = 75
"""Options of a menu, and characters of one; Slack's own limits."""
MOST_HINT = 150
"""Characters that stand in an empty input; Slack's own limit."""
MOST_WRITTEN = 3_000
"""Characters that an input takes; Slack's own limit."""
VIEW = Budget(blocks=96, characters=12_000, json=60_000)
"""Slack takes 100 blocks and 250 kB in a view; turning its pages needs two blocks more. How much
text a view shows is written nowhere: this is what a message is known to show."""
TITLE = "VendorWatch"


def title_of(path: Iterable[str]) -> str:
    """Give a window its title: the command's words."""
    return shortened(clean(" ".join(path)).strip().capitalize(), MOST_TITLE) or TITLE


def waiting(title: str, place: Place, told: str = "Fetching …") -> View:
    """Give what stands in a window until the answer is there."""
    hint = "If nothing comes, the window has lost touch: close it and ask again."
    blocks: list[JSON] = [_section(told), _small(hint)]
    return _modal(title, blocks, place)


def answer(document: Document, window: Window, place: Place) -> View:
    """Draw the page of an answer that a window is at, with buttons to turn the pages."""
    if not window.line:
        return _modal(window.title, [*fitted(cleaned(document), VIEW)], place)
    shared = paged(document, VIEW)
    page = min(max(window.page, 1), len(shared))
    blocks: list[JSON] = [*shared[page - 1]]
    if len(shared) > 1:
        blocks = [_small(f"Page {page} of {len(shared)}"), *blocks]
        blocks.append({"type": "actions", "elements": [*_turning(page, len(shared), window.line)]})
    return _modal(window.title, blocks, place)


def home(document: Document) -> View:
    """Draw the Home tab."""
    return {"type": "home", "blocks": [*fitted(cleaned(document), VIEW)]}


def form(command: Command, missing: Iterable[Parameter], of: Form, place: Place) -> View | None:
    """Ask for what a command lacks, an input for each; None if Slack could not keep it."""
    metadata = place.write(of)
    blocks: list[JSON] = [_section(clean(command.help))]
    for name, value in of.given.items():
        blocks.append(_small(f"{_label(name)}: {clean(value)}"))
    blocks += map(_input, missing)
    if len(metadata) > MOST_METADATA or len(blocks) > VIEW.blocks:
        return None
    return {
        **_modal(title_of(command.path), blocks, place),
        "callback_id": FORM,
        "private_metadata": metadata,
        "submit": _plain("OK", MOST_TITLE),
        "close": _plain("Cancel", MOST_TITLE),
    }


def _modal(title: str, blocks: list[JSON], place: Place) -> View:
    return {
        "type": "modal",
        "title": _plain(title or TITLE, MOST_TITLE),
        "close": _plain("Close", MOST_TITLE),
        "private_metadata": place.write(),
        "blocks": blocks,
    }


def _input(parameter: Parameter) -> JSON:
    """Ask for a parameter: a menu where there is a choice, else a line or lines to write."""
    drawn: dict[str, JSON] = {
        "type": "input",
        "block_id": parameter.name,
        "label": _plain(_label(parameter.label), MOST_WORDS),
        "element": _menu(parameter) if _fits_menu(parameter) else _line(parameter),
    }
    if parameter.hint:
        drawn["hint"] = _plain(clean(parameter.hint), MOST_WORDS)
    return drawn


def _fits_menu(parameter: Parameter) -> bool:
    choices = parameter.choices
    return 0 < len(choices) <= MOST_OPTIONS and max(map(len, choices)) <= MOST_OPTION


def _menu(parameter: Parameter) -> JSON:
    options: list[JSON] = [
        {"text": _plain(each.replace("_", " "), MOST_OPTION), "value": each}
        for each in parameter.choices
    ]
    return {"type": "static_select", "action_id": VALUE, "options": options}


def _line(parameter: Parameter) -> JSON:
    drawn: dict[str, JSON] = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": parameter.takes_rest,
        "max_length": MOST_WRITTEN,
    }
    if parameter.example:
        drawn["placeholder"] = _plain(clean(parameter.example), MOST_HINT)
    return drawn


def _turning(page: int, count: int, line: str) -> Iterable[JSON]:
    for to, words in ((page - 1, "Previous page"), (page + 1, "Next page")):
        if 1 <= to <= count:
            yield {
                "type": "button",
                "text": _plain(words, MOST_LABEL),
                "action_id": f"{PAGE}{to}",
                "value": line,
                "accessibility_label": f"{words}, {to} of {count}",
            }


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _section(text: str) -> JSON:
    return {"type": "section", "text": _plain(text, 3_000)}


def _small(text: str) -> JSON:
    return {"type": "context", "elements": [_plain(text, 3_000)]}


def _plain(text: str, most: int) -> dict[str, JSON]:
    return {"type": "plain_text", "text": shortened(text, most), "emoji": False}
