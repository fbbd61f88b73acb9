"""What was changed in the watchlist, and what waits, is shown where people look at a vendor."""

from pathlib import Path

from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, a_bot
from tests.dialogs.test_editing import CURATORS, says
from tests.fakes import Clock


async def test_a_history_has_the_last_changes_and_of_what_waits_only_for_curators(
    tmp_path: Path,
) -> None:
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS, approval=True
    ) as bot:
        await says(bot, "watchlist add Gizmo Eye")
        await says(bot, "watchlist approve 1", "eli")
        await says(bot, "watchlist remove gizmo eye a rumour")
        code = bot.platform.replies[-1][1].partition("vendor confirm ")[2][:4]
        await says(bot, f"vendor confirm {code}")
        told = await says(bot, "vendor history gizmo eye", "anna")
        assert "Last changes to the record" in told
        assert "1 · Gizmo Eye. dana, 1 Apr 2024, 12:00 UTC in #hall, approved by eli" in told
        assert "rumour" not in told
        assert "2 · Gizmo Eye" not in told
        told = await says(bot, "vendor history gizmo eye", "eli")
        assert "a rumour. Waits for approval." in told
        assert told.index("2 · Gizmo Eye") < told.index("1 · Gizmo Eye")
        assert "added, Gizmo Eye" in told


async def test_the_status_counts_what_waits_and_has_the_teams_note(tmp_path: Path) -> None:
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS, approval=True
    ) as bot:
        for line in ("vendor status", "vendor overview"):
            told = await says(bot, line)
            assert "proposal" not in told
            assert "note" not in told
        await says(bot, "watchlist policy Ask first")
        await says(bot, "watchlist add Gizmo Eye")
        for line in ("vendor status", "vendor overview"):
            told = await says(bot, line)
            assert "2 proposals wait for a decision: watchlist proposals." in told
            assert "Ask first" not in told
        await says(bot, "watchlist approve 1", "eli")
        for line in ("vendor status", "vendor overview"):
            told = await says(bot, line)
            assert "1 proposal waits for a decision: watchlist proposals." in told
            assert "Team's note: Ask first" in told
