"""`vendorwatch outbox ...`: what could not be posted, and another try."""

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli_shared import ConfigFile
from bot.configfile import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.storage.store import Store

T = TypeVar("T")
LISTED = 100
"""Documents that a list shows at most."""

outbox_cli = typer.Typer(help="What could not be posted.", no_args_is_help=True)


@outbox_cli.command("list")
def outbox_list(config: ConfigFile = None) -> None:
    """List what was given up, newest first, with its reason; private channels are not named."""
    for each in _with_store(config, lambda store: store.parked(LISTED)):
        when = f"{each.created_at:%Y-%m-%d %H:%M} UTC"
        print(f"{each.id}\t{when}\t{each.place}\t{each.reason} ({_tries(each.attempts)})")


@outbox_cli.command("retry")
def outbox_retry(
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers that `outbox list` shows; all without.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Let what was given up go again, in order; a running bot takes it up within seconds."""
    count = _with_store(config, lambda store: store.retry(ids, datetime.now(UTC)))
    print(f"{count} message{'' if count == 1 else 's'} will be tried again")


def _tries(attempts: int) -> str:
    return "1 try" if attempts == 1 else f"{attempts} tries"


def _with_store(config: ConfigFile, work: "Callable[[Store], Awaitable[T]]") -> T:
    from bot.storage.store import Store  # noqa: PLC0415 - slow to import

    async def opened() -> T:
        store = await Store.open(load(config, os.environ).database.url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(opened())
