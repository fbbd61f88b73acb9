"""The command line: arguments in, one clear line out when they are wrong.

Exit codes: 0 done, 1 not found, 2 a bad argument, file or configuration, 130 interrupted.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from bot import __version__, pack
from bot.cli_db import db_cli
from bot.cli_feeds import feeds_cli
from bot.cli_matrix import matrix_cli
from bot.cli_outbox import outbox_cli
from bot.cli_shared import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_FOUND,
    ConfigFile,
    WatchlistFolders,
    packs,
    print_json,
    stop,
)
from bot.cli_watchlist import watchlist_cli
from bot.configfile import load
from bot.core.cards import Desk, card
from bot.core.matcher import Matcher
from bot.core.mention import MatchKind
from bot.core.page import wall_words
from bot.core.record import record
from bot.core.watchlist import Nearest, Several
from bot.errors import BotError, InvalidFileError
from bot.log import configure
from bot.platforms.console.render import render, to_text
from bot.platforms.matrix import render as matrix
from bot.platforms.slack import render as slack

cli = typer.Typer(
    name="vendorwatch",
    help="Context cards for watched surveillance vendors, on Slack, Matrix and the console.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.add_typer(watchlist_cli, name="watchlist")
cli.add_typer(db_cli, name="db")
cli.add_typer(feeds_cli, name="feeds")
cli.add_typer(outbox_cli, name="outbox")
cli.add_typer(matrix_cli, name="matrix")


class Format(StrEnum):
    """What `vendor` prints."""

    TEXT = "text"
    JSON = "json"
    SLACK = "slack"
    MATRIX = "matrix"


@cli.command()
def demo() -> None:
    """Show the bot at work, with no accounts and no network."""
    from bot.demo.play import play  # noqa: PLC0415 - only the demo needs a web server

    configure("info", "text")
    asyncio.run(play())


@cli.command()
def run(config: ConfigFile = None) -> None:
    """Run the bot."""
    from bot.serve import serve  # noqa: PLC0415 - quick commands need no database

    settings = load(config, os.environ)
    configure(settings.log.level, settings.log.format)
    asyncio.run(serve(settings))


@cli.command()
def vendor(
    name: Annotated[list[str], typer.Argument(help="A name, brand, domain or id.")],
    format_: Annotated[Format, typer.Option("--format", "-f")] = Format.TEXT,
    full: Annotated[bool, typer.Option("--full", help="The whole record.")] = False,
    config: ConfigFile = None,
    folders: WatchlistFolders = None,
) -> None:
    """Print a vendor's card; exit 1 if the watchlist has no such name."""
    settings = load(config, os.environ)
    watchlist = pack.load(packs(settings, folders))
    asked = " ".join(name)
    answer = watchlist.find(asked)
    if isinstance(answer, Several | Nearest):
        near = " or ".join(each.id for each in answer.vendors)
        hint = f"; did you mean {near}?" if near else ""
        stop(f"no watched vendor is called {asked!r}{hint}", NOT_FOUND)
    found = answer.vendor
    if format_ is Format.JSON:
        print_json(found.model_dump(mode="json", by_alias=True))
        return
    desk = Desk(watchlist.programs, datetime.now(UTC).date(), settings.corrections_contact)
    document = record(found, desk) if full else card(found, desk, sold_as=answer.sold_as)
    match format_:
        case Format.TEXT if sys.stdout.isatty():
            screen = Console(highlight=False)
            screen.print(render(document, screen.width))
        case Format.TEXT:
            print(to_text(document))
        case Format.SLACK:
            drawn = slack.render_pages(document)
            messages = [{"text": each.text, "blocks": each.blocks} for each in drawn]
            print_json(messages if full else messages[0])
        case Format.MATRIX:
            parts = matrix.render_pages(document)
            events = [{"body": p.body, "formatted_body": p.formatted_body} for p in parts]
            print_json(events if full else events[0])


@cli.command()
def scan(
    source: Annotated[str, typer.Argument(help="A file, a web address, or - for input.")] = "-",
    as_json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write JSON lines.")] = False,
    with_text: Annotated[bool, typer.Option("--with-text", help="Add the text scanned.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Do not reduce pages to the article.")] = False,
    minimum: Annotated[MatchKind, typer.Option("--min", help="The least sure kind to print.")] = (
        MatchKind.VARIANT
    ),
    config: ConfigFile = None,
    folders: WatchlistFolders = None,
) -> None:
    """Print the watched vendors that a text names."""
    from bot.scan import as_json, read_lines, read_source  # noqa: PLC0415 - slow to import

    settings = load(config, os.environ)
    matcher = Matcher(pack.load(packs(settings, folders)).vendors.values())
    if jsonl:
        for identity, text in read_lines(source):
            found = [match for match in matcher.find(text) if match.kind.reaches(minimum)]
            print(json.dumps({"id": identity, "mentions": as_json(found)}, ensure_ascii=False))
        return
    scanned = asyncio.run(read_source(source, raw=raw, config=settings))
    found = [match for match in matcher.find(scanned.text) if match.kind.reaches(minimum)]
    if as_json_:
        told: dict[str, object] = {"source": scanned.source, "mentions": as_json(found)}
        print_json(told | ({"text": scanned.text} if with_text else {}))
        return
    for match in found:
        print(f"{match.start}-{match.end}\t{match.vendor}\t{match.matched}\t{match.kind}")
    if not found:
        print("no watched vendor is named", file=sys.stderr)
    if scanned.note:
        print(wall_words(scanned.note), file=sys.stderr)


@cli.command()
def check(config: ConfigFile = None) -> None:
    """Check everything that `run` needs, and say all that is wrong at once."""
    from bot.checkup import check_all  # noqa: PLC0415 - quick commands need no database

    settings = load(config, os.environ)
    configure("error", settings.log.format)
    problems = asyncio.run(check_all(settings))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        stop(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}", BAD_INPUT)
    print("all is well")


def _version(asked: bool) -> None:
    if asked:
        print(f"vendorwatch {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Context cards for watched surveillance vendors, on Slack, Matrix and the console."""
    del version


def command_line(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line, this process's own by default; give its exit code."""
    try:
        code = cli(arguments, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        print(f"vendorwatch: {error.format_message()} (try --help)", file=sys.stderr)
    except InvalidFileError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
    except BotError as error:
        print(f"vendorwatch: {error}", file=sys.stderr)
    except BrokenPipeError:
        # The reader has seen enough (| head). Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.Abort:
        return INTERRUPTED
    except OSError as error:
        print(f"vendorwatch: {error}", file=sys.stderr)
    return BAD_INPUT
