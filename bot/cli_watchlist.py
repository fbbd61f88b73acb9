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

from bot import interchange, pack, packwriter
from bot.cli_edits import (
    Database,
    Team,
    WithEdits,
    edition_of,
    import_edits,
    settings_of,
    write_pack,
)
from bot.cli_shared import BAD_INPUT, NOT_FOUND, ConfigFile, packs, print_json, stop
from bot.configfile import load
from bot.core import export
from bot.core.editing.edition import Edition
from bot.core.template import slug, template
from bot.packwriter import Novelty
from bot.source import read_text

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
    pack.suggested_feeds(chosen)
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
    YAML = "yaml"


@watchlist_cli.command("export")
def watchlist_export(
    format_: Annotated[ExportFormat, typer.Option("--format", "-f")] = ExportFormat.JSON,
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of packs.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Write a pack of YAML files there instead.")
    ] = None,
    edits: WithEdits = False,
    database: Database = None,
    team: Team = None,
    config: ConfigFile = None,
) -> None:
    """Write the watchlist for other programs: records, rows or FollowTheMoney entities.

    With --edits it is the watchlist as a team has it; --database and --team mean that as well.
    """
    settings = settings_of(load(config, os.environ), database)
    chosen = packs(settings, folders)
    if edits or database or team:
        edition = edition_of(settings, chosen, team)
    else:
        edition = Edition(pack.load(chosen))
    if folder is not None:
        write_pack(folder, edition, chosen)
        return
    watchlist = edition.watchlist
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
        case ExportFormat.YAML:
            for text in interchange.stream(watchlist):
                print(text, end="")


@watchlist_cli.command("import")
def watchlist_import(
    source: Annotated[str, typer.Argument(help="A file of records (YAML), or - for the input.")],
    folder: Annotated[Path, typer.Option("--folder", help="The pack to write to.")] = (
        Path("watchlists")
    ),
    replace: Annotated[bool, typer.Option("--replace", help="Replace what says otherwise.")] = (
        False
    ),
    edits: WithEdits = False,
    database: Database = None,
    team: Team = None,
    yes: Annotated[bool, typer.Option("--yes", help="Make edits without asking.")] = False,
    config: ConfigFile = None,
) -> None:
    """Take in records that `watchlist export --format yaml` or a colleague wrote.

    They are written into a pack's folder. With --edits, or --database or --team, they become edits
    of a team's watchlist, as if given by chat.
    """
    if edits or database or team:
        settings = settings_of(load(config, os.environ), database)
        import_edits(settings, packs(settings, None), read_text(source), team, sure=yes)
        return
    documents = interchange.split(source, read_text(source))
    changes = packwriter.plan(folder, documents)
    pack.load(_with(packs(load(config, os.environ), None), folder), documents)
    if not replace:
        differing = [str(each.path) for each in changes if each.novelty is Novelty.CHANGED]
        if differing:
            told = "says otherwise; nothing was written, --replace takes the new text"
            stop(f"{', '.join(differing)}: {told}", BAD_INPUT)
    for change in changes:
        if change.novelty is not Novelty.SAME:
            packwriter.save(change)
        print(f"{change.path}: {change.novelty}")


@watchlist_cli.command("format")
def watchlist_format(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of packs.")] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing.")] = False,
    config: ConfigFile = None,
) -> None:
    """Bring files to the form in which the same record is always the same bytes.

    With --check nothing is written, and the exit code is 1 if a file would be.
    """
    paths = pack.files(packs(load(config, os.environ), folders))
    changed = [each for each in packwriter.tidied(paths) if each.novelty is Novelty.CHANGED]
    for change in changed:
        if not only_check:
            packwriter.save(change)
        print(f"{change.path}: {'would be ' if only_check else ''}formatted")
    print(f"{len(paths) - len(changed)} of {len(paths)} files were as they should be")
    if changed and only_check:
        raise typer.Exit(NOT_FOUND)


@watchlist_cli.command("feeds")
def watchlist_feeds(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of packs.")] = None,
    config: ConfigFile = None,
) -> None:
    """List the feeds that the watchlist suggests, one a line; nothing subscribes by itself."""
    for feed in pack.suggested_feeds(packs(load(config, os.environ), folders)):
        title = f" ({feed.title})" if feed.title else ""
        print(f"{feed.url}\t{feed.kind}\t{feed.confidence}\t{feed.publisher}{title}: {feed.about}")


@watchlist_cli.command("schema")
def watchlist_schema() -> None:
    """Print the JSON Schema of a vendor file, for editors."""
    print(pack.schema(), end="")


def _with(chosen: list[Path], folder: Path) -> list[Path]:
    """Put a pack behind those chosen, once, if there is one in that folder yet."""
    others = [each for each in chosen if each.resolve() != folder.resolve()]
    return [*others, folder] if pack.is_pack(folder) else others
