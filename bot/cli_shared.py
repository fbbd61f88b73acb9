"""What all commands of the command line share: exit codes, options, ways to end."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from bot.config import Config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.storage.store import Store

T = TypeVar("T")

NOT_FOUND = 1
BAD_INPUT = 2
INTERRUPTED = 130

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="The configuration file (YAML).")
]
WatchlistFolders = Annotated[
    list[Path] | None,
    typer.Option("--watchlist", "-w", help="A folder of packs to use instead of the shipped one."),
]


def packs(config: Config, given: list[Path] | None) -> list[Path]:
    """Give the packs that were named, or those of the configuration."""
    return given or config.pack_folders()


def print_json(value: object) -> None:
    """Print for scripts."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def stop(message: str, code: int) -> NoReturn:
    """Say in one line what is wrong, and exit with a code."""
    print(f"vendorwatch: {message}", file=sys.stderr)
    raise typer.Exit(code)


def with_store(settings: Config, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Open the configured database for a piece of work, and close it after. Raise StorageError."""
    from bot.storage.store import Store  # noqa: PLC0415 - slow to import

    async def opened() -> T:
        store = await Store.open(settings.database.url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(opened())
