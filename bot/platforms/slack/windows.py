"""Views: what stands in a modal or in the Home tab, within Slack's limits. Pure.

Reference: https://docs.slack.dev/reference/views
"""

from collections.abc import Iterable
from typing import TypeAlias

from bot.core.clean import clean, cleaned
from bot.core.commands import Command, Parameter
from bot.core.document import Document
from bot.core.forms import Field, Form, label_of
from bot.platforms.slack.agreed import FORM, PAGE
from bot.platforms.slack.inputs import field_of, fits, input_of, plain
from bot.platforms.slack.render import JSON, MOST_LABEL, Budget, fitted, paged, shortened
from bot.platforms.slack.told import Begun
from bot.platforms.slack.where import MOST_METADATA, Place, Window

View: TypeAlias = dict[str, JSON]

MOST_TITLE = 24
"""Characters of a view's title; Slack's own limit."""
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


def form(command: Command, missing: Iterable[Parameter], begun: Begun, place: Place) -> View | None:
    """Ask for what a command lacks, an input for each; None if Slack could not keep it."""
    fields = tuple(map(field_of, missing))
    return asking(Form(title_of(command.path), fields, told=command.help), begun, place)


def asking(of: Form, begun: Begun, place: Place) -> View | None:
    """Draw a form over what is known already; None if Slack could not keep it."""
    metadata = place.write(begun)
    blocks: list[JSON] = [_section(clean(of.told))] if of.told else []
    blocks += [_small(f"{label_of(name)}: {clean(value)}") for name, value in begun.given.items()]
    blocks += [input_of(each) if fits(each) else _small(_too_long(each)) for each in of.fields]
    if len(metadata) > MOST_METADATA or len(blocks) > VIEW.blocks:
        return None
    return {
        **_modal(shortened(of.title, MOST_TITLE), blocks, place),
        "callback_id": FORM,
        "private_metadata": metadata,
        "submit": plain("OK", MOST_TITLE),
        "close": plain("Cancel", MOST_TITLE),
    }


def _too_long(field: Field) -> str:
    return (
        f"{field.label} is too long for a form and stays as it is here. It is changed in the whole "
        "record, pasted as YAML after `watchlist edit`."
    )


def _modal(title: str, blocks: list[JSON], place: Place) -> View:
    return {
        "type": "modal",
        "title": plain(title or TITLE, MOST_TITLE),
        "close": plain("Close", MOST_TITLE),
        "private_metadata": place.write(),
        "blocks": blocks,
    }


def _turning(page: int, count: int, line: str) -> Iterable[JSON]:
    for to, words in ((page - 1, "Previous page"), (page + 1, "Next page")):
        if 1 <= to <= count:
            yield {
                "type": "button",
                "text": plain(words, MOST_LABEL),
                "action_id": f"{PAGE}{to}",
                "value": line,
                "accessibility_label": f"{words}, {to} of {count}",
            }


def _section(text: str) -> JSON:
    return {"type": "section", "text": plain(text, 3_000)}


def _small(text: str) -> JSON:
    return {"type": "context", "elements": [plain(text, 3_000)]}
