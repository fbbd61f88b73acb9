"""`vendorwatch watchlist ...`: checking, starting and handing on the curated records."""

import csv
import json
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot import pack
from bot.cli_shared import BAD_INPUT, ConfigFile, packs, print_json, stop
from bot.config import load
from bot.core import export
from bot.core.template import slug, template

watchlist_cli = typer.Typer(help="Check the watchlist's files.", no_args_is_help=True)


@watchlist_cli.command("check")
def watchlist_check(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of packs.")] = None,
    todo: Annotated[bool, typer.Option("--todo", help="List what a person has to confirm.")] = (
        False
    ),
    config: ConfigFile = None,
) -> None:
    """Check every file of the watchlist and say all that is wrong at once."""
    chosen = packs(load(config, os.environ), folders)
    watchlist = pack.load(chosen)
    if todo:
        for each in pack.waiting(chosen, datetime.now(UTC).date()):
            print(each)
        return
    warnings = pack.warnings(chosen)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    count = len(watchlist.vendors)
    print(f"{count} vendor{'' if count == 1 else 's'}, no errors, {len(warnings)} warnings")


@watchlist_cli.command("new")
def watchlist_new(
    name: Annotated[str, typer.Argument(help="What the vendor is called.")],
    folder: Annotated[Path, typer.Option("--folder", help="The pack to write to.")] = (
        Path("watchlists")
    ),
) -> None:
    """Write a commented file for a new vendor; it is valid and watches from then on."""
    name = " ".join(name.split())
    id_ = slug(name)
    if not id_:
        stop(
            f"{name!r} makes no id; name the vendor in Latin letters, native_name comes later",
            BAD_INPUT,
        )
    path = folder / "vendors" / f"{id_}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(name, id_))
    except FileExistsError:
        stop(f"{path}: is there already", BAD_INPUT)
    print(path)


class ExportFormat(StrEnum):
    """What `watchlist export` writes."""

    JSON = "json"
    CSV = "csv"
    FTM = "ftm"


@watchlist_cli.command("export")
def watchlist_export(
    format_: Annotated[ExportFormat, typer.Option("--format", "-f")] = ExportFormat.JSON,
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of packs.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write the watchlist for other programs: records, rows or FollowTheMoney entities."""
    watchlist = pack.load(packs(load(config, os.environ), folders))
    vendors = watchlist.vendors.values()
    match format_:
        case ExportFormat.JSON:
            print_json([each.model_dump(mode="json", by_alias=True) for each in vendors])
        case ExportFormat.CSV:
            writer = csv.DictWriter(sys.stdout, export.COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(export.rows(vendors))
        case ExportFormat.FTM:
            for entity in export.entities(vendors, watchlist.programs):
                print(json.dumps(entity, ensure_ascii=False))


@watchlist_cli.command("schema")
def watchlist_schema() -> None:
    """Print the JSON Schema of a vendor file, for editors."""
    print(pack.schema(), end="")
