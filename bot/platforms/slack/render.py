"""A document as a Slack message: Block Kit blocks and the fallback text.

Words go into `rich_text`, where they are literal: no `<!channel>`, `*` or `:emoji:` in them can do
anything. Reference: https://docs.slack.dev/reference/block-kit/blocks
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeAlias, assert_never

from bot.core.clean import cleaned
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Divider,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Handle,
    Heading,
    Inline,
    Inlines,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Struck,
    Text,
    Typed,
    plain,
    size,
    strong,
)
from bot.core.fit import fit, pages
from bot.platforms.slack.agreed import BUTTON

JSON: TypeAlias = "str | int | bool | list[JSON] | dict[str, JSON]"

MOST_BLOCKS = 20
"""Slack takes 50 in a message; a card of more than 20 is unreadable."""
MOST_CHARACTERS = 9_000
"""Shown words and link addresses. Slack refuses a message of about 13,200 characters over all its
blocks (`msg_blocks_too_long`, undocumented: https://github.com/slackapi/bolt-js/issues/2509)."""
MOST_JSON = 12_000
"""Characters of the blocks as JSON: some of the structure counts towards the same refusal
(https://github.com/slackapi/bolt-js/issues/2867)."""
MOST_TEXT = 3_000
"""Characters of the fallback text; `chat.update` takes 4,000."""
MOST_CONTEXT = 3_000
MOST_BUTTONS = 25
MOST_LABEL = 75
MOST_VALUE = 2_000
"""Slack's own limits: of a text object, of an actions block, of a button's text and value."""

# What Slack would read as formatting in mrkdwn: its marks, emoji codes, a quote, a link's bar.
_MARKUP = re.compile(r"[*_~`|]|:[^\s:]+:|^>")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_PERSON = re.compile(r"[UW][A-Z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class Budget:
    """What one message or view holds: blocks, shown characters with link addresses, JSON."""

    blocks: int
    characters: int
    json: int


MESSAGE = Budget(MOST_BLOCKS, MOST_CHARACTERS, MOST_JSON)


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """What `chat.postMessage` takes; `text` is for notifications and screen readers.

    Post it with `unfurl_links` and `unfurl_media` off, and without `parse` and `link_names`.
    """

    text: str
    blocks: list[dict[str, JSON]]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A drawn block: parts of a `rich_text` block, or whole blocks of other types.

    `leads` marks a heading, which stays in one block with what follows it.
    """

    parts: list[dict[str, JSON]]
    rich: bool = True
    leads: bool = False


def render(document: Document) -> SlackMessage:
    """Draw a document within Slack's limits and ours; what does not fit is left out visibly.

    Each button carries its command line as its value; its `action_id` is `command:1`, `command:2`
    and so on. A document without words shows its summary.
    """
    document = cleaned(document)
    return SlackMessage(_fallback(document.summary), fitted(document, MESSAGE))


def render_pages(document: Document, most: int | None = None) -> tuple[SlackMessage, ...]:
    """Draw a document in as many messages as it takes, each within the limits.

    What `most` of them do not hold is left out visibly.
    """
    shared = pages(document, partial(_fits, budget=MESSAGE))
    if most is not None and len(shared) > most:
        rest = tuple(block for page in shared[most - 1 :] for block in page.blocks)
        shared = (*shared[: most - 1], Document(shared[most - 1].summary, rest))
    return tuple(map(render, shared))


def render_first(document: Document, more: Button) -> SlackMessage:
    """Draw a document in one message; with a button for the rest where it does not fit."""
    shared = pages(document, partial(_fits, budget=MESSAGE))
    if len(shared) == 1:
        return render(document)
    return render(Document(document.summary, (*shared[0].blocks, Actions((more,)))))


def fitted(document: Document, budget: Budget) -> list[dict[str, JSON]]:
    """Draw a clean document's blocks, as many as the budget takes."""
    return _blocks(fit(document, partial(_fits, budget=budget)).blocks, budget)


def paged(document: Document, budget: Budget) -> list[list[dict[str, JSON]]]:
    """Draw all of a document's blocks, shared out among as many pages as they take."""
    shared = pages(cleaned(document), partial(_fits, budget=budget))
    return [fitted(page, budget) for page in shared]


def shortened(text: str, most: int) -> str:
    """Give a text that is no longer than that; what was cut leaves a mark."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def escape(text: str) -> str:
    """Escape the three characters by which mrkdwn begins mentions and links.

    Source: https://docs.slack.dev/messaging/formatting-message-text
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fits(document: Document, budget: Budget) -> bool:
    blocks = _blocks(document.blocks, budget)
    return (
        len(blocks) <= budget.blocks
        and size(document.blocks) <= budget.characters
        and len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) <= budget.json
        # A command that was cut would be another command.
        and all(len(button.line) <= MOST_VALUE for button in _buttons(document.blocks))
    )


def _fallback(summary: str) -> str:
    if len(escape(summary)) <= MOST_TEXT:
        return escape(summary)
    room, kept = MOST_TEXT - 1, ""
    for character in summary:
        room -= len(escape(character))
        if room < 0:
            break
        kept += escape(character)
    return kept + "…"


def _blocks(blocks: Sequence[Block], budget: Budget) -> list[dict[str, JSON]]:
    """Draw each block as one of its own, or neighbouring text as one where that is too many."""
    numbers = count(1)
    drawn = [_drawn(block, numbers) for block in blocks]
    apart = _grouped(drawn, together=False)
    return apart if len(apart) <= budget.blocks else _grouped(drawn, together=True)


def _grouped(drawn: Iterable[_Drawn], *, together: bool) -> list[dict[str, JSON]]:
    blocks: list[dict[str, JSON]] = []
    rich: list[JSON] | None = None
    for each in drawn:
        if not each.rich:
            blocks += each.parts
            rich = None
            continue
        if rich is None or (each.leads and not together):
            rich = []
            blocks.append({"type": "rich_text", "elements": rich})
        rich += each.parts
        if not (each.leads or together):
            rich = None
    return blocks


def _drawn(  # noqa: PLR0911 - one return for each type of block
    block: Block, numbers: Iterator[int]
) -> _Drawn:
    match block:
        case Heading(text):
            return _Drawn([_holder("section", text, bold=True)], leads=True)
        case Paragraph(text):
            return _Drawn([_holder("section", text)])
        case Quote(text):
            return _Drawn([_holder("quote", text)])
        case Footnote(text):
            return _footnote(text)
        case Bullets(items):
            return _Drawn(list(_lists(items)))
        case Fields(rows):
            return _Drawn([_list([_row(row) for row in rows], indent=0)])
        case Actions(buttons):
            return _Drawn(list(_rows(buttons, numbers)), rich=False)
        case Preformatted(lines):
            element: JSON = {"type": "text", "text": lines}
            return _Drawn([{"type": "rich_text_preformatted", "elements": [element]}])
        case Divider():
            return _Drawn([{"type": "divider"}], rich=False)
        case _:
            assert_never(block)


def _row(row: FieldRow) -> Inlines:
    return (strong(f"{row.label}:"), Text(" "), *row.text) if row.label else row.text


def _lists(items: Iterable[Item]) -> Iterator[dict[str, JSON]]:
    """Draw items as bullets, the answers to one as an indented list right under it."""
    plain_items: list[Inlines] = []
    for item in items:
        plain_items.append(item.text)
        if item.answers:
            yield _list(plain_items, indent=0)
            yield _list(item.answers, indent=1)
            plain_items = []
    if plain_items:
        yield _list(plain_items, indent=0)


def _list(texts: Iterable[Inlines], *, indent: int) -> dict[str, JSON]:
    drawn: dict[str, JSON] = {
        "type": "rich_text_list",
        "style": "bullet",
        "elements": [_holder("section", text) for text in texts],
    }
    return drawn | {"indent": indent} if indent else drawn


def _holder(kind: str, text: Inlines, *, bold: bool = False) -> dict[str, JSON]:
    return {"type": f"rich_text_{kind}", "elements": [_element(part, bold=bold) for part in text]}


def _element(part: Inline, *, bold: bool) -> dict[str, JSON]:
    style: dict[str, JSON] = {"bold": True} if bold else {}
    match part:
        case Text(value, strong=is_strong):
            element: dict[str, JSON] = {"type": "text", "text": value}
            style |= {"bold": True} if is_strong else {}
        case Struck(value):
            element = {"type": "text", "text": value}
            style |= {"strike": True}
        case Typed(value, in_chat):
            element = {"type": "text", "text": f"/{value}" if in_chat else value}
            style |= {"code": True}
        case Link(label, url):
            element = {"type": "link", "url": url, "text": label}
        case Handle(value, "channel") if _CHANNEL.fullmatch(value):
            element = {"type": "channel", "channel_id": value}
        case Handle(value, "person") if _PERSON.fullmatch(value):
            element = {"type": "user", "user_id": value}
        case Handle(value):
            element = {"type": "text", "text": value}
        case _:
            assert_never(part)
    return {**element, "style": style} if style else element


def _footnote(text: Inlines) -> _Drawn:
    """Draw small print in a context block, or as plain words where mrkdwn might read marks in it.

    A context block is the only small text there is, and only its mrkdwn holds links; mrkdwn has
    no way to escape its marks.
    """
    styled = any(
        isinstance(part, Struck | Handle | Typed) or part == strong(plain((part,))) for part in text
    )
    marked_up = "".join(_mrkdwn(part) for part in text)
    if styled or _MARKUP.search(plain(text)) or len(marked_up) > MOST_CONTEXT:
        return _Drawn([_holder("section", text)])
    element: dict[str, JSON] = {"type": "mrkdwn", "text": marked_up, "verbatim": True}
    return _Drawn([{"type": "context", "elements": [element]}], rich=False)


def _mrkdwn(part: Inline) -> str:
    if isinstance(part, Link):
        return f"<{escape(part.url)}|{escape(part.label)}>"
    return escape(part.value)


def _rows(buttons: Iterable[Button], numbers: Iterator[int]) -> Iterator[dict[str, JSON]]:
    drawn: list[JSON] = [_button(button, next(numbers)) for button in buttons if button.line]
    for start in range(0, len(drawn), MOST_BUTTONS):
        yield {"type": "actions", "elements": drawn[start : start + MOST_BUTTONS]}


def _button(button: Button, number: int) -> dict[str, JSON]:
    drawn: dict[str, JSON] = {
        "type": "button",
        "text": {"type": "plain_text", "text": shortened(button.label, MOST_LABEL), "emoji": False},
        "action_id": f"{BUTTON}{number}",
        "value": button.line,
    }
    # "Mute here" says too little to somebody who hears it without the card.
    spoken = f"{button.label}: {button.line}"
    return drawn | {"accessibility_label": spoken} if len(spoken) <= MOST_LABEL else drawn


def _buttons(blocks: Iterable[Block]) -> Iterator[Button]:
    return (button for block in blocks if isinstance(block, Actions) for button in block.buttons)
