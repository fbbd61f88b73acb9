"""`vendorwatch db ...`: the database's schema, backups and the way back, and forgetting a team."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_shared import ConfigFile
from bot.configfile import load
from bot.errors import UsageError

db_cli = typer.Typer(help="Upgrade, back up and restore the database.", no_args_is_help=True)


@db_cli.command("upgrade")
def db_upgrade(config: ConfigFile = None) -> None:
    """Bring the database to the schema of this program; `run` does so too when it starts."""
    from bot.storage.database import Database  # noqa: PLC0415 - slow to import
    from bot.storage.migrate import Migration, migrate  # noqa: PLC0415 - as above

    async def upgrade() -> tuple[str, Migration]:
        database = Database.at(url)
        try:
            await database.reach()
            return database.name, await migrate(database)
        finally:
            await database.close()

    url = load(config, os.environ).database.url
    name, done = asyncio.run(upgrade())
    if done.before == done.after:
        print(f"database {name}: is up to date (schema {done.after})")
    elif done.before is None:
        print(f"database {name}: made (schema {done.after})")
    else:
        print(f"database {name}: upgraded from schema {done.before} to {done.after}")


@db_cli.command("backup")
def db_backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    config: ConfigFile = None,
) -> None:
    """Write a copy of a SQLite database to a new file; the bot may go on meanwhile."""
    from bot.storage.backup import backup  # noqa: PLC0415 - slow to import

    url = load(config, os.environ).database.url
    with _progress("backup") as progress:
        backup(url, file, progress)
    print(file)


@db_cli.command("restore")
def db_restore(
    file: Annotated[Path, typer.Argument(help="What `db backup` wrote.")],
    config: ConfigFile = None,
) -> None:
    """Put a backup of a SQLite database in its place; the present one is kept beside it."""
    from bot.storage.backup import restore  # noqa: PLC0415 - slow to import

    url = load(config, os.environ).database.url
    with _progress("restore") as progress:
        kept = restore(url, file, datetime.now(UTC), progress)
    print("restored" if kept is None else f"restored; what was there is kept as {kept}")


@db_cli.command("erase")
def db_erase(
    platform: Annotated[str, typer.Argument(help="slack or matrix.")],
    team: Annotated[str, typer.Argument(help="The workspace's id, as T0123; `default` is ours.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is.")] = False,
    config: ConfigFile = None,
) -> None:
    """Forget at once all that is kept of a team on a platform: alerts, mutes, settings, tokens."""
    from bot.storage.store import Store  # noqa: PLC0415 - slow to import

    async def erase() -> int:
        store = await Store.open(url)
        try:
            return await store.erase(platform, team)
        finally:
            await store.close()

    if not yes:
        raise UsageError(
            f"this forgets all that is kept of {team} on {platform}, for good; add --yes to do it"
        )
    url = load(config, os.environ).database.url
    gone = asyncio.run(erase())
    print(f"erased: {gone} row{'' if gone == 1 else 's'} of {team} on {platform}")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Draw a line that grows, if somebody is looking."""
    from bot.storage.backup import nobody_looks  # noqa: PLC0415 - slow to import

    if not sys.stderr.isatty():
        yield nobody_looks
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(what, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)
