"""`vendorwatch matrix ...`: the first login of an account."""

import asyncio
import os
import sys
from getpass import getpass
from secrets import token_bytes
from typing import Annotated

import typer

from bot.cli_shared import BAD_INPUT, ConfigFile, stop
from bot.config import Config
from bot.config_matrix import MatrixAccount
from bot.configfile import load
from bot.log import configure

matrix_cli = typer.Typer(help="The bot's accounts on Matrix.", no_args_is_help=True)


@matrix_cli.callback()
def _matrix() -> None:
    """Keep `login` a word of its own: a group of one command would swallow it."""


@matrix_cli.command("login")
def login(
    account: Annotated[
        str | None,
        typer.Option("--account", "-a", help="Its user, or its number in the list, from 0."),
    ] = None,
    anew: Annotated[
        bool,
        typer.Option(
            "--new-identity",
            help="Replace the identity that was made elsewhere; who compared it is warned.",
        ),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Log an account in; the login stays in its store folder.

    The password is asked for on the terminal, unless the configuration has it or a token. A
    recovery key is printed if one was made; keep it, since it is not shown again.
    """
    settings = load(config, os.environ)
    configure(settings.log.level, settings.log.format)
    chosen = _chosen(settings, account)
    password = _password(chosen, needed=anew)
    # Not at the top: the encryption is slow to import, and most commands do without.
    from bot.platforms.matrix.login import first_login  # noqa: PLC0415

    for line in asyncio.run(first_login(chosen.settings(), password, token_bytes, anew=anew)):
        print(line)


def _chosen(settings: Config, asked: str | None) -> MatrixAccount:
    """Find the account that is meant; stop if none is, or if several may be."""
    accounts = settings.matrix.accounts
    if not accounts:
        stop("the configuration has no account under matrix.accounts", BAD_INPUT)
    listed = ", ".join(f"{number} ({each.user})" for number, each in enumerate(accounts))
    if asked is None:
        if len(accounts) > 1:
            stop(f"say which account with --account: {listed}", BAD_INPUT)
        return accounts[0]
    meant = [each for number, each in enumerate(accounts) if asked in {str(number), each.user}]
    if not meant:
        stop(f"no account is called {asked!r}; there is: {listed}", BAD_INPUT)
    return meant[0]


def _password(account: MatrixAccount, *, needed: bool) -> str | None:
    """Give the password of the configuration, or ask; None where a token will do instead."""
    if account.password or (account.access_token and not needed):
        return account.password
    if not sys.stdin.isatty():
        stop(
            f"{account.user} has no password in the configuration, and there is no terminal to "
            "ask on: set password_file, or run this on a terminal",
            BAD_INPUT,
        )
    try:
        given = getpass(f"Password of {account.user}: ")
    except EOFError:
        # The prompt's line is still open.
        print(file=sys.stderr)
        given = ""
    if not given:
        stop("no password was given", BAD_INPUT)
    return given
