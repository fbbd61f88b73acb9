"""`vendorwatch outbox ...`: what could not be posted, and another try."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli_shared import ConfigFile, with_store
from bot.configfile import load

LISTED = 100
"""Documents that a list shows at most."""

outbox_cli = typer.Typer(help="What could not be posted.", no_args_is_help=True)


@outbox_cli.command("list")
def outbox_list(config: ConfigFile = None) -> None:
    """List what was given up, newest first, with its reason; private channels are not named."""
    for each in with_store(load(config, os.environ), lambda store: store.parked(LISTED)):
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
    count = with_store(load(config, os.environ), lambda store: store.retry(ids, datetime.now(UTC)))
    print(f"{count} message{'' if count == 1 else 's'} will be tried again")


def _tries(attempts: int) -> str:
    return "1 try" if attempts == 1 else f"{attempts} tries"
