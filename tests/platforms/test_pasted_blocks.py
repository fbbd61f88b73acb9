"""A pasted block comes to its command to the letter, whichever platform it was pasted on."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.core.commands import Block, CommandTable, Known
from bot.core.document import Document
from bot.core.mention import Channel
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.platforms.matrix.calls import Own, called
from bot.platforms.slack.events import read
from bot.platforms.slack.told import Asked
from tests.build import vendor
from tests.platforms.slack.payloads import BOT_USER, ME, app_mention, direct, slash
from tests.platforms.test_console_adapter import Ears, console

ACME = vendor("acme")
KNOWN = Known(Watchlist.of([ACME]).find, Channel("x", "y"), lambda channel: channel, date.min)
OWN = Own(frozenset({"@bot:a.example"}), "@bot:a.example", ("bot",), frozenset({"watchlist"}))
BLOCK = "names:\n  - value: “Acme” & <Co>\n    note: it's  'so'\n\nhome: https://acme.example/x?a=b"
WRAPPED = (f"\n```yaml\n{BLOCK}\n```", f"\n{BLOCK}", f" ```\n{BLOCK}\n```")

table = CommandTable()


@table.command("watchlist edit")
async def edit(_context: object, name: Vendor, record: Block) -> Document:
    """Change a record."""
    raise AssertionError((name, record))


def from_matrix(text: str) -> str:
    line = called({"msgtype": "m.text", "body": text}, OWN, direct=False)
    assert line is not None
    return line


def from_slack(payload: object) -> str:
    asked = read(payload, ME)
    assert isinstance(asked, Asked)
    return asked.invocation.line


def escaped(text: str) -> str:
    """Give a text as Slack writes it, which makes links of addresses."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    address = "https://acme.example/x?a=b"
    return text.replace(address, f"<{address}>")


WAYS: dict[str, Callable[[str], str]] = {
    "matrix": lambda given: from_matrix(f"!watchlist edit acme{given}"),
    "matrix by name": lambda given: from_matrix(f"@bot: watchlist edit acme{given}"),
    "slack slash": lambda given: from_slack(slash("/watchlist", f"edit acme{escaped(given)}")),
    "slack mention": lambda given: from_slack(
        app_mention(f"<@{BOT_USER}> watchlist edit acme{escaped(given)}")
    ),
    "slack direct": lambda given: from_slack(direct(f"watchlist edit acme{escaped(given)}")),
}


@pytest.mark.parametrize("given", WRAPPED)
@pytest.mark.parametrize("way", WAYS)
def test_a_block_is_to_the_letter_what_was_pasted(way: str, given: str) -> None:
    call = table.read(WAYS[way](given), KNOWN)
    assert call.arguments == {"name": ACME, "record": BLOCK}


async def test_a_fence_opens_a_block_on_the_console_which_a_fence_ends() -> None:
    platform, paper = console(
        "vendor edit acme ```", *BLOCK.split("\n"), "```", "said ```code``` here", "vendor list"
    )
    ears = Ears()
    await platform.run(ears)
    block, listed = (each.line for each in ears.commands)
    read_ = table.read(block.replace("vendor", "watchlist", 1), KNOWN)
    assert read_.arguments == {"name": ACME, "record": BLOCK}
    assert listed == "vendor list"
    assert [each.text for each in ears.messages] == ["said ```code``` here"]
    assert "```>   - value: “Acme” & <Co>" in paper.getvalue()


async def test_a_block_that_never_ends_is_not_carried_out() -> None:
    platform, paper = console("vendor edit acme ```yaml", "names:", "/quit")
    ears = Ears()
    await platform.run(ears)
    assert ears.commands == []
    assert "The block was not ended by ```, so nothing was done with it." in paper.getvalue()
