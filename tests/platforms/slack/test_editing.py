"""Curators on Slack: the whole way from nothing to a published record and back, and two at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import editing_script
from tests.editing_script import at_ease, two_at_once, walk
from tests.platforms.slack.curator import Curator, words
from tests.platforms.slack.town import Town, running, settings
from tests.slackserver.server import slack


@pytest.fixture
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Give a workspace whose Anna and Ben are curators of an empty watchlist."""
    more = getattr(request, "param", {})
    async with slack(retry_delays=(0.0, 0.2, 0.4)) as server:
        anna, ben = server.add_user("anna"), server.add_user("ben")
        hall = server.add_channel("hall", [anna, ben])
        curators = [f"slack:{each}" for each in (anna, ben)]
        empty = editing_script.settings(tmp_path / "empty", curators)
        async with running(settings(tmp_path, server, **{**empty, **more})) as app:
            await server.until(lambda: server.socket.connections, within=10)
            yield Town(server, app, anna, hall)


@pytest.fixture
def ben(town: Town) -> str:
    """Give the other curator's id."""
    return next(id_ for id_, each in town.server.state.users.items() if each.name == "ben")


async def test_a_curator_goes_from_nothing_to_a_published_record_and_back(
    town: Town, tmp_path: Path
) -> None:
    async with at_ease(town.app) as site:
        await walk(Curator(town, town.anna), site, tmp_path)


async def test_of_two_curators_at_once_one_wins_and_the_other_is_asked_to_look(
    town: Town, ben: str
) -> None:
    await two_at_once(Curator(town, town.anna), Curator(town, ben))


@pytest.mark.parametrize("town", [{"watchlist": {"approval": "required"}}], indirect=True)
async def test_an_edit_waits_for_a_press_of_somebody_else(town: Town, ben: str) -> None:
    anna, other = Curator(town, town.anna), Curator(town, ben)
    assert "Proposed as 1" in await anna.says("watchlist add Lens Works")
    assert "No watched vendor" in await anna.says("vendor lens works")
    own = await anna.asks("watchlist proposals")
    assert "your own proposal" in words(await anna.presses(own, "Approve 1"))
    waiting = await other.asks("watchlist proposals")
    assert "1 · Lens Works" in words(waiting)
    assert "1 is approved" in words(await other.presses(waiting, "Approve 1"))
    assert "Stub: no record yet" in await anna.says("vendor lens works")
    # Whoever comes too late is told what became of it.
    assert "does not wait" in words(await other.presses(waiting, "Reject 1"))
