"""A bot in a process of its own that searches stored entries, to be killed while it does.

`python -m tests.bench.searcher FOLDER SECONDS` does so with the database of that folder, so many
seconds after noon, and says in a line after each step how many entries have been searched.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.storage.backsearches import Leased
from bot.storage.backsearchstore import BacksearchStore
from tests.dialogs import conftest
from tests.dialogs.conftest import ACME, Bot, a_bot
from tests.fakes import Clock

CURATORS = Roles.of([], ["fake:dana"])


async def kept(file: Path) -> str:
    """Give the address of a database that is there."""
    return f"sqlite+aiosqlite:///{file}"


async def searches(bot: Bot) -> None:
    """Carry out what waits, aloud."""
    reach = BacksearchStore.reach

    async def aloud(store: BacksearchStore, leased: Leased, until: datetime) -> bool:
        sys.stdout.write(f"{leased.reached.searched}\n")
        sys.stdout.flush()
        return await reach(store, leased, until)

    BacksearchStore.reach = aloud  # type: ignore[assignment,method-assign]  # in a process of its own
    await bot.app.backsearches.once()


async def main(folder: Path, late: float) -> None:
    """Search in the database of a folder, which is there."""
    conftest.empty = kept  # type: ignore[attr-defined]  # in a process of its own
    clock = Clock()
    clock.pass_(seconds=late)
    async with a_bot(folder, [ACME], Settings(), clock, roles=CURATORS) as bot:
        await searches(bot)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
