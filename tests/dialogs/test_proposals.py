"""Two people decide where that is wanted, and where a newer pack and an edit disagree."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.editing.tree import put
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests import build
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])
DESK = Channel("fake", "#desk")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot on which edits wait for a second person."""
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), None, (DESK,), roles=CURATORS, approval=True
    ) as made:
        yield made


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot on which edits hold at once."""
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana") -> str:
    """Give a command; give what is answered, in text."""
    return await bot.answers(line, actor, confirm=False)


async def test_an_edit_waits_for_somebody_else(bot: Bot) -> None:
    """Nothing is watched before; the desk is asked; nobody approves their own."""
    assert "Proposed as 1: Gizmo Eye is watched." in await says(bot, "watchlist add Gizmo Eye")
    assert "dana proposes as 1" in bot.shown("#desk")[-1]
    assert "No watched vendor" in await says(bot, "vendor gizmo eye")
    assert "1 · Gizmo Eye" in await says(bot, "watchlist proposals")
    assert "your own proposal" in await says(bot, "watchlist approve 1")
    assert "1 is approved" in await says(bot, "watchlist approve 1", "eli")
    assert "approved by eli" in await says(bot, "watchlist diff 1")
    assert "Gizmo Eye" in await says(bot, "vendor gizmo eye")
    assert "does not wait" in await says(bot, "watchlist approve 1", "ada")
    assert "Nothing waits" in await says(bot, "watchlist proposals")


async def test_whoever_proposed_may_take_it_back(bot: Bot) -> None:
    """It stays in the log, and holds never."""
    await says(bot, "watchlist add Gizmo Eye")
    assert "1 is rejected" in await says(bot, "watchlist reject 1")
    assert "Rejected" in await says(bot, "watchlist log")
    assert "nothing to take back" in await says(bot, "watchlist undo 1", "eli")


async def test_a_proposal_that_others_have_overtaken_is_refused(bot: Bot) -> None:
    """Two propose to watch the same: the second is not what it was once the first holds."""
    await says(bot, "watchlist add Gizmo Eye")
    await says(bot, "watchlist add Gizmo Eye", "eli")
    assert "approved" in await says(bot, "watchlist approve 1", "ada")
    told = await says(bot, "watchlist approve 2", "ada")
    assert "That is how it is already; nothing was changed." in told


async def test_the_policy_note_is_said_and_ended(quick: Bot) -> None:
    """Anybody may read it; curators set it; it can be undone."""
    assert "There is no policy note" in await says(quick, "watchlist policy", "anna")
    told = await says(quick, "watchlist policy Ask procurement before buying")
    assert "stands on every card. (revision 1)" in told
    assert "Ask procurement" in await says(quick, "watchlist policy", "anna")
    assert "Only curators" in await says(quick, "watchlist policy none", "anna")
    assert "is gone" in await says(quick, "watchlist policy none")
    await says(quick, "watchlist undo 2")
    assert "Ask procurement" in await says(quick, "watchlist policy")


@pytest.mark.parametrize(("verb", "seat"), [("approve", "Ogdenville"), ("reject", "Shelbyville")])
async def test_where_a_newer_pack_disagrees_somebody_decides(
    quick: Bot, verb: str, seat: str
) -> None:
    """What was edited stands until then; either word may be taken."""
    edits = quick.app.editing.by(Invocation(DESK, "m1", "dana", ""))
    record = put(edits.edition.record("acme-cam"), ("headquarters",), "Shelbyville")
    await edits.make("acme-cam", record)
    build.write_pack(quick.pack, ACME.model_copy(update={"headquarters": "Ogdenville"}))
    assert await quick.app.current.reload()
    assert "Shelbyville" in await says(quick, "vendor acme-cam")
    told = await says(quick, "watchlist proposals")
    assert "here: Shelbyville" in told
    assert "the packs: Ogdenville" in told
    code = told.partition("Take the pack's (")[2][:5]
    assert "Acme Cam: " in await says(quick, f"watchlist {verb} {code}")
    assert seat in await says(quick, "vendor acme-cam")
    assert "Nothing waits" in await says(quick, "watchlist proposals")
