"""A line is tried before it is given: what would keep it from being done is told, none of it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.editing.tree import put
from bot.core.mention import Invocation
from bot.core.refused import RefusedError
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.errors import DeniedError
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, place
from tests.fakes import Clock


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    roles = Roles.of(["fake:ada"], ["fake:dana"])
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=roles) as made:
        yield made


def given(line: str, actor: str = "dana") -> Invocation:
    return Invocation(place("#hall"), "i1", actor, line)


async def test_what_is_tried_is_not_done(bot: Bot) -> None:
    line = "watchlist measure edit acme-cam trade-list title=Other"
    assert await bot.app.tries(given(line)) == ()
    assert await bot.app.store.revisions.log("default", None, 5, None) == ()
    (fault,) = await bot.app.tries(given(f"{line} status=removed"))
    assert fault.path == ("measures", "trade-list")
    assert "needs 'ended_on'" in fault.message
    (fault,) = await bot.app.tries(given("watchlist measure edit acme-cam nonsense title=Other"))
    assert "There is no measure" in fault.message
    (lacks, _) = await bot.app.tries(given("watchlist measure add acme-cam kind=inquiry title=X"))
    assert lacks.path == ("measures", "authority")


async def test_a_command_without_a_form_is_never_tried(bot: Bot) -> None:
    assert await bot.app.tries(given("vendor mute acme-cam")) == ()
    assert await bot.app.store.mutes(bot.clock(), "default", private=frozenset()) == ()


async def test_only_who_may_give_a_command_is_asked_or_tried(bot: Bot) -> None:
    line = "watchlist measure edit acme-cam trade-list title=Other"
    with pytest.raises(DeniedError, match="Only curators and admins"):
        await bot.app.tries(given(line, "anna"))
    with pytest.raises(DeniedError, match="Only curators and admins"):
        await bot.app.asks(given("watchlist measure add acme-cam", "anna"))


@pytest.mark.parametrize(
    "line",
    [
        "vendor acme-cam",
        "nonsense",
        "watchlist measure add nobody",
        "watchlist measure edit acme-cam trade-list title=Other",
        "watchlist measure edit acme-cam nonsense",
        "watchlist name add acme-cam Acme Eye",
        "watchlist source add acme-cam IPVM, 2023, research",
        "watchlist set acme-cam country=DE",
        "watchlist add Gizmo Eye",
    ],
)
async def test_what_is_whole_or_makes_no_sense_asks_for_nothing(bot: Bot, line: str) -> None:
    assert await bot.app.asks(given(line)) is None


async def test_words_that_were_typed_already_are_not_asked_for_again(bot: Bot) -> None:
    form = await bot.app.asks(given("watchlist response add acme-cam tender"))
    assert form is not None
    assert form.lead == "tender"
    assert "answers" not in {each.name for each in form.fields}


async def test_a_refused_edit_says_where_the_record_is_at_fault(bot: Bot) -> None:
    edits = bot.app.editing.by(given("watchlist set acme-cam country=x"))
    record = put(edits.edition.record("acme-cam"), ("country",), "nowhere")
    with pytest.raises(RefusedError) as refused:
        await edits.make("acme-cam", record)
    assert [each.path for each in refused.value.faults] == [("country",)]
