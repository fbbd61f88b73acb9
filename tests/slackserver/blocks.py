"""Whether blocks are what Slack takes: by slack_sdk's models, and by rules which those miss.

A problem reads as Slack's own do: `must be less than 3001 characters
[json-pointer:/blocks/0/text/text]`.
"""

import copy
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.slackserver.shapes import BLOCKS, HOME, MODAL, anything, array, by_type, say
from tests.slackserver.state import Json

MOST_MESSAGE_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
MOST_CHARACTERS = 13_200
"""Over all blocks of a message; undocumented: https://github.com/slackapi/bolt-js/issues/2509"""
MOST_VIEW_BYTES = 250_000
_MODAL_ONLY = {"alert"}
_COUNTED = {"text", "url", "value", "alt_text", "image_url"}


def check_message(blocks: list[Json], *, refused: Iterable[str] = ()) -> list[str]:
    """Give what Slack would say against the blocks of a message; nothing if they are right.

    `refused` are types that this workspace does not have yet.
    """
    return list(_all(blocks, "/blocks", MOST_MESSAGE_BLOCKS, _MODAL_ONLY | set(refused)))


def check_view(view: Json, *, refused: Iterable[str] = ()) -> list[str]:
    """Give what Slack would say against a modal or a Home tab."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [say(f"unsupported type: {kind}", "/view/type")]
    problems = list((MODAL if kind == "modal" else HOME)(view, "/view"))
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        without = set(refused) | (_MODAL_ONLY if kind == "home" else set())
        problems += _all(blocks, "/view/blocks", MOST_VIEW_BLOCKS, without)
        asks = any(isinstance(each, dict) and each.get("type") == "input" for each in blocks)
        if kind == "modal" and asks and "submit" not in view:
            problems.append(say("missing required field: submit", "/view"))
    if not problems:
        problems += _by_model(lambda: View(**copy.deepcopy(view)).to_dict(), "/view")
    return problems


def characters(blocks: object) -> int:
    """Count what is shown and linked in blocks."""
    if isinstance(blocks, list):
        return sum(map(characters, blocks))
    if isinstance(blocks, dict):
        return sum(
            len(value) if isinstance(value, str) and key in _COUNTED else characters(value)
            for key, value in blocks.items()
        )
    return 0


def identified(blocks: Sequence[Json]) -> list[Json]:
    """Give every block an id, and every element that can be clicked an action_id."""
    made = []
    for block in blocks:
        named = {**block, "block_id": block.get("block_id") or uuid.uuid4().hex[:5]}
        if block.get("type") == "actions":
            named["elements"] = [
                {"action_id": uuid.uuid4().hex[:5], **each} for each in block["elements"]
            ]
        made.append(named)
    return made


def _all(blocks: list[Any], where: str, most: int, without: set[str]) -> Iterator[str]:
    yield from array(anything, most=most)(blocks, where)
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        place = f"{where}/{number}"
        problems = list(_block(block, place, without))
        yield from problems
        if not isinstance(block, dict):
            continue
        identity = block.get("block_id")
        if identity in seen:
            yield say(f'`block_id` "{identity}" already exists', f"{place}/block_id")
        seen |= {identity} if isinstance(identity, str) else set()
        yield from _twice(block, place)
        if not problems:
            yield from _by_model(partial(_parsed, block), place)


def _parsed(block: Json) -> None:
    parsed = Block.parse(copy.deepcopy(block))
    if parsed is None:
        raise SlackObjectFormationError(f"unsupported type: {block.get('type')}")
    parsed.to_dict()


def _by_model(build: Callable[[], object], where: str) -> Iterator[str]:
    try:
        build()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError) as error:
        yield say(str(error), where)


def _block(block: object, where: str, without: set[str]) -> Iterator[str]:
    if isinstance(block, dict) and block.get("type") in without:
        yield say(f"unsupported type: {block['type']}", f"{where}/type")
        return
    yield from by_type(BLOCKS)(block, where)


def _twice(block: Json, where: str) -> Iterator[str]:
    """Find an action_id that a block has twice."""
    seen: set[str] = set()
    for part, place in _parts(block, where):
        identity = part.get("action_id")
        if not isinstance(identity, str):
            continue
        if identity in seen:
            yield say(f'`action_id` "{identity}" already exists', f"{place}/action_id")
        seen.add(identity)


def _parts(value: object, where: str) -> Iterator[tuple[Json, str]]:
    if isinstance(value, dict):
        yield value, where
        for key, each in value.items():
            yield from _parts(each, f"{where}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _parts(each, f"{where}/{number}")
