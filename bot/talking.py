"""Makes the platforms that a configuration asks for."""

import os
import sys
from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from bot.commands import table
from bot.config import Config, SlackMode
from bot.core.document import COMMANDS
from bot.errors import BotError
from bot.platforms.base import Platform
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.console.keyboard import Keyboard, is_there
from bot.platforms.console.lines import read_lines
from bot.platforms.matrix.settings import MatrixSettings

# The SDKs are imported where they are needed: they are slow to, and most commands do without.


def talking_on(config: Config, clock: Callable[[], datetime]) -> tuple[Platform, ...]:
    """Make the platforms that a configuration asks for; raise BotError if there is none."""
    asked = (console if config.console.enabled else None, slack, matrix)
    made = [make(config, clock) for make in asked if make is not None]
    platforms = tuple(each for each in made if each is not None)
    if not platforms:
        raise BotError(
            "nothing to talk on: set console.enabled to true, or give slack.bot_token and "
            "slack.app_token, or an account in matrix.accounts"
        )
    return platforms


def console(config: Config, clock: Callable[[], datetime]) -> Platform:
    """Make the console platform on this process's terminal or pipes."""
    typed = sys.stdin.isatty()
    keyboard = Keyboard() if is_there() else None
    return ConsolePlatform(
        lines=read_lines() if keyboard is None else keyboard.lines(),
        screen=Console(highlight=False, soft_wrap=False),
        commands=table.first_words,
        clock=clock,
        channel=config.console.channel,
        user=config.console.name,
        echo=not typed,
        keep_open=not typed and bool(config.feeds.list),
        keyboard=keyboard,
    )


def slack(config: Config, clock: Callable[[], datetime]) -> Platform | None:
    """Make the Slack platform, if there is a token for it, or one may come by an installation."""
    del clock
    given = config.slack
    if given.bot_token is None and given.client_id is None:
        return None
    sockets = given.mode is SlackMode.SOCKET
    from bot.platforms.slack.adapter import SlackPlatform, SlackSettings  # noqa: PLC0415
    from bot.platforms.slack.install import OAuth  # noqa: PLC0415

    oauth = None
    if given.client_id is not None and given.client_secret is not None:
        oauth = OAuth(given.client_id, given.client_secret, config.web.url)
    return SlackPlatform(
        SlackSettings(
            bot_token=given.bot_token,
            app_token=given.app_token if sockets else None,
            signing_secret=None if sockets else given.signing_secret,
            oauth=oauth,
            token_key=given.token_key,
            api_url=given.api_url,
            allowed_bots=frozenset(given.allowed_bots),
            commands=table,
            channels=_named(config, "slack"),
        )
    )


def matrix(config: Config, clock: Callable[[], datetime]) -> Platform | None:
    """Make the Matrix platform, if there is an account for it."""
    given = config.matrix
    if not given.accounts:
        return None
    from bot.platforms.matrix.adapter import MatrixPlatform  # noqa: PLC0415

    return MatrixPlatform(
        MatrixSettings(
            accounts=tuple(each.settings() for each in given.accounts),
            manner=given.manner(),
            management=given.management,
            moderators=given.moderators,
            rooms=tuple(dict.fromkeys((*_named(config, "matrix"), *given.management))),
            # What is told as something to type is answered, if only that there is no such thing.
            command_words=table.first_words | frozenset(COMMANDS),
        ),
        clock,
        os.urandom,
    )


def _named(config: Config, platform: str) -> tuple[str, ...]:
    """Give the ids of the channels on a platform that the configuration names."""
    keys = [key for feed in config.feeds.list for key in feed.channels]
    every = (key.partition(":") for key in [*keys, *config.admins.channels])
    return tuple(dict.fromkeys(id_ for name, _, id_ in every if name == platform))
