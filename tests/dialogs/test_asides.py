"""Where all see answers, what is for the asker alone goes aside: refusals, and who may do what."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, Bot, make, place
from tests.fakes import Clock, FakePlatform, said

HALL, SEALED = "#hall", Channel("fake", "!sealed", private=True, encrypted=True)
ASIDE, IF_ANY = "aside", "aside, if any"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot on a platform where answers are messages that all of a channel see."""
    platform = FakePlatform(keeps_answers=True, private_answers=False, direct={"#ada"})
    roles = Roles.of(["fake:ada"], ["fake:dana"])
    async for made in make(tmp_path, [ACME], Settings(), Clock(), platform=platform, roles=roles):
        yield made


def told(bot: Bot) -> tuple[str, str]:
    """Give where the last answer stands, and how it begins."""
    last = bot.platform.shown[bot.last_id()]
    return last.channel, said(last.document).partition(".")[0]


async def asks(bot: Bot, line: str, actor: str, **more: str) -> tuple[str, str]:
    """Give a command; give where its answer stands, and how it begins."""
    given = Invocation(place(HALL), f"{actor} {line} {more}", actor, line, **more)
    await bot.app.on_command(given)
    await bot.settle()
    return told(bot)


async def test_a_refusal_goes_aside_where_there_is_such_a_place_and_makes_none(hall: Bot) -> None:
    where, words = await asks(hall, "watchlist add Gizmo Eye", "anna")
    assert where == IF_ANY
    assert words == "Only curators and admins may use watchlist add; nothing was done"


@pytest.mark.parametrize("line", ["vendor audit", "vendor roles"])
async def test_who_may_and_who_tried_is_told_to_the_asker_alone(hall: Bot, line: str) -> None:
    assert (await asks(hall, line, "ada"))[0] == ASIDE


async def test_what_everybody_may_see_stays_where_it_was_asked(hall: Bot) -> None:
    assert await asks(hall, "watchlist add Gizmo Eye", "dana") == (HALL, "Gizmo Eye is watched")
    assert (await asks(hall, "vendor gizmo", "anna"))[0] == HALL
    assert (await asks(hall, "vendor mute everything nicely", "anna"))[0] == HALL


async def test_whoever_is_alone_with_the_bot_is_answered_there(hall: Bot) -> None:
    await hall.answers("vendor audit", "ada", "#ada")
    assert told(hall)[0] == "#ada"
    await hall.answers("watchlist add Gizmo Eye", "anna", "#ada")
    assert told(hall)[0] == "#ada"


async def test_whoever_confirms_what_is_not_theirs_hears_so_aside(hall: Bot) -> None:
    await hall.answers("watchlist remove acme-cam", "dana", confirm=False)
    code = said(hall.platform.answered[-1]).partition("vendor confirm ")[2][:4]
    where, words = await asks(hall, f"vendor confirm {code}", "anna")
    assert (where, words) == (
        IF_ANY,
        "Only whoever gave that command may do this; nothing was done",
    )


async def test_where_nobody_knows_who_asks_nobody_is_written_to(hall: Bot) -> None:
    """The name is somebody's, who may never have asked."""
    assert (await asks(hall, "watchlist log", "ada", doubt="That device is not signed."))[0] == HALL
    reaction = Invocation(SEALED, "r1", "ada", "vendor pause", on="p1")
    await hall.app.on_command(reaction)
    await hall.settle()
    assert told(hall)[0] == SEALED.id


async def test_a_command_that_is_edited_to_one_for_all_is_answered_before_all(hall: Bot) -> None:
    """The answer that stood aside goes."""
    await asks(hall, "vendor roles", "ada")
    [aside] = hall.shown(ASIDE)
    assert "ada" in aside
    edited = Invocation(place(HALL), "e1", "ada", "vendor acme-cam", revises="ada vendor roles {}")
    await hall.app.on_command(edited)
    await hall.settle()
    assert hall.shown(ASIDE) == []
    assert told(hall)[0] == HALL
