"""What of `vendorwatch watchlist ...` is about edits: writing them into files, and making some."""

import getpass
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from bot import interchange, pack, packwriter
from bot.cli_shared import BAD_INPUT, NOT_FOUND, stop, with_store
from bot.config import Approval, Config
from bot.core.editing.edition import Edition
from bot.core.mention import DEFAULT_TEAM, Channel, Invocation
from bot.core.wording import counted
from bot.errors import UsageError
from bot.packwriter import Change, Novelty

if TYPE_CHECKING:
    from bot.commands.recordintake import Taken
    from bot.core.document import Document
    from bot.core.editing.intake import Intake
    from bot.storage.store import Store

WithEdits = Annotated[
    bool, typer.Option("--edits", help="With what a team edited by chat, from the database.")
]
Database = Annotated[
    str | None,
    typer.Option("--database", help="The database of those edits, if not the configuration's."),
]
Team = Annotated[str | None, typer.Option("--team", help="Whose edits; `default` without.")]
WIDTH = 100


def settings_of(config: Config, database: str | None) -> Config:
    """Give a configuration with the database that was named."""
    if database is None:
        return config
    named = config.database.model_copy(update={"url": database})
    return config.model_copy(update={"database": named})


def edition_of(settings: Config, folders: Sequence[Path], team: str | None) -> Edition:
    """Give the watchlist as a team has it: packs, and over them what was edited."""
    from bot.current import CurrentWatchlist  # noqa: PLC0415 - slow to import

    current = CurrentWatchlist(folders)

    async def followed(store: "Store") -> frozenset[str]:
        await current.follow(store.revisions)
        return frozenset(await store.revisions.heads())

    teams = with_store(settings, followed)
    if (team or DEFAULT_TEAM) not in teams:
        known = f"; there are edits of {', '.join(sorted(teams))}" if teams else ""
        told = f"nobody edited the watchlist of the team {team or DEFAULT_TEAM!r}{known}"
        if team is not None:
            raise UsageError(told)
        print(f"note: {told}", file=sys.stderr)
    return current.of(team or DEFAULT_TEAM).edition


def write_pack(folder: Path, edition: Edition, folders: Sequence[Path]) -> None:
    """Write a pack of all records: those that were edited anew, the others as their files are."""
    watchlist, packs = edition.watchlist, edition.packs.vendors
    files = pack.files(folders)
    paths = {path.stem: path for path in files if path.name != "programs.yml"}
    changes: list[Change] = []
    for id_, vendor in watchlist.vendors.items():
        like = paths[id_] if vendor == packs.get(id_) else None
        text = partial(interchange.vendor_text, vendor)
        changes.append(_file(folder / "vendors" / f"{id_}.yml", like, text))
    if watchlist.programs:
        given = [path for path in files if path.name == "programs.yml"]
        one = given[0] if len(given) == 1 else None
        text = partial(interchange.programs_text, watchlist.programs)
        changes.append(_file(folder / "programs.yml", one, text))
    for change in changes:
        if change.novelty is not Novelty.SAME:
            packwriter.save(change)
            print(f"{change.path}: {change.novelty}")
    for path in sorted((folder / "vendors").glob("*.yml")):
        if path.stem not in watchlist.vendors:
            print(f"{path}: left as it is; that vendor is not watched", file=sys.stderr)
    print(f"{counted(len(watchlist.vendors), 'vendor')} in {folder}")


def _file(path: Path, like: Path | None, text: Callable[[], str]) -> Change:
    """Say what writing a file changes: it is to be the same as another, or a text."""
    return packwriter.change(path, text() if like is None else like.read_bytes().decode())


def import_edits(
    settings: Config, folders: Sequence[Path], text: str, team: str | None, *, sure: bool
) -> None:
    """Make an edit of each record in a text, once somebody has seen what they change."""
    from bot.commands.recordintake import take_in  # noqa: PLC0415 - slow to import
    from bot.core.editing.intake import intake, intake_document  # noqa: PLC0415 - as above
    from bot.current import CurrentWatchlist  # noqa: PLC0415 - as above
    from bot.editing import Editing  # noqa: PLC0415 - as above
    from bot.recordtexts import RecordTexts  # noqa: PLC0415 - as above

    documents = RecordTexts().read(text)
    current = CurrentWatchlist(folders)
    given = Invocation(
        Channel("shell", "import", team=team or DEFAULT_TEAM), uuid4().hex, _who(), ""
    )
    approval = settings.watchlist.approval is Approval.REQUIRED

    async def look(store: "Store") -> "Intake":
        await current.follow(store.revisions)
        return intake(current.of(given.channel.team).edition, documents)

    async def take(store: "Store") -> "Taken":
        found = await look(store)
        editing = Editing(store, current, lambda: datetime.now(UTC), approval)
        return await take_in(editing.by(given), found.incoming)

    found = with_store(settings, look)
    _say(intake_document(found))
    if not _is_meant(found, sure=sure):
        return
    taken = with_store(settings, take)
    for incoming, done in taken.done:
        word = "proposed as" if done.waits else "revision"
        print(f"{incoming.vendor.name}: {word} {done.revision.number}")
    if taken.refused:
        told = "; ".join(f"{each.name}: {each.flaws[0]}" for each in taken.refused)
        stop(f"not taken in: {told}", BAD_INPUT)


def _is_meant(found: "Intake", *, sure: bool) -> bool:
    """Ask whether to go on, if there is anything to do and somebody to ask; else exit."""
    if found.refused:
        stop("nothing was taken in; mend those first", BAD_INPUT)
    if not found.incoming:
        return False
    if not (sure or sys.stdin.isatty()):
        stop("nothing was taken in: say --yes where nobody can be asked", BAD_INPUT)
    if not (sure or typer.confirm("Take them in?")):
        stop("nothing was taken in", NOT_FOUND)
    return True


def _say(document: "Document") -> None:
    from bot.platforms.console.render import to_text  # noqa: PLC0415 - slow to import

    print(to_text(document, WIDTH))


def _who() -> str:
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):
        return "shell"  # an account without a name
