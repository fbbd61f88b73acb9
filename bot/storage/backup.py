"""Copies a SQLite database while it is in use, and puts a copy back.

Both go through SQLite's backup API: https://www.sqlite.org/backup.html
"""

import os
import secrets
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from bot.errors import StorageError
from bot.storage.database import parse
from bot.storage.failures import explain, file_of
from bot.storage.migrate import refuse_newer
from bot.storage.tables import outbox, vendor_state

Progress = Callable[[int, int], None]
"""Is told how many pages are done, and of how many."""

_PAGES = 1024
_OURS = {"alembic_version", outbox.name, vendor_state.name}


def nobody_looks(done: int, total: int) -> None:
    """Do nothing about the progress."""
    del done, total


def backup(url: str, file: Path, progress: Progress) -> None:
    """Write a copy of the database as it is now to a new file, while others read and write it.

    The file appears when all of it is on the disk, not before; a file that is there is never
    overwritten. Raise StorageError, also with guidance if the database is on a server.
    """
    parsed = parse(url)
    database = file_of(parsed)
    if database is None:
        target = shlex.quote(f"--file={file}")
        raise StorageError(
            f"a database on a server is backed up by its own program: pg_dump --format=custom "
            f"{target} --dbname={shlex.quote(_for_libpq(parsed))}"
        )
    _refuse_if_there(file)
    with _opened(database) as source:
        _check_ours(source, database)
        _copy(source, file, progress)


def restore(url: str, file: Path, now: datetime, progress: Progress) -> Path | None:
    """Make a database what it was when the file was written; say where the present one is kept.

    Nobody else may have it open. None if there was no database yet. Raise StorageError, also with
    guidance if the database is on a server; all is then as it was.
    """
    parsed = parse(url)
    database = file_of(parsed)
    if database is None:
        raise StorageError(
            "a database on a server is restored by its own program, with the bot stopped: "
            "pg_restore --clean --if-exists --no-owner --single-transaction "
            f"--dbname={shlex.quote(_for_libpq(parsed))} {shlex.quote(str(file))}"
        )
    with _opened(file, alone=True) as source:
        if database.exists() and file.samefile(database):
            raise StorageError(f"{file}: is the database itself; name a backup of it")
        refuse_newer(_check_ours(source, file), str(file))
        _check_whole(source, file)
        if not database.exists():
            _copy(source, database, progress)
            return None
        kept = database.with_name(f"{database.name}.before-restore-{now:%Y%m%dT%H%M%S}")
        _refuse_if_there(kept)
        with _seized(database, parsed) as present:
            _copy(present, kept, nobody_looks)
            # One transaction of the present database: it is either the old one or the new one.
            with _told(database):
                source.backup(present, pages=_PAGES, progress=_counting(progress))
        return kept


def _copy(source: sqlite3.Connection, file: Path, progress: Progress) -> None:
    """Write what a connection sees to a new file."""
    hidden = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        # Made here so that nobody else can read it; SQLite takes an empty file as a new database.
        os.close(os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _told(file), closing(_connect(hidden, "rw")) as target:
            source.backup(target, pages=_PAGES, progress=_counting(progress))
            # All in one file, which can be read where nothing can be written.
            target.execute("PRAGMA journal_mode = DELETE").fetchall()
        _sync(hidden)
        try:
            # Unlike a renaming this fails if the file is there by now.
            os.link(hidden, file)
        except FileExistsError:
            _refuse_if_there(file)
        except OSError:
            # A file system without links.
            _refuse_if_there(file)
            hidden.rename(file)
        _sync(file.parent)
    except OSError as error:
        raise StorageError(f"{file}: cannot be written ({error.strerror})") from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                hidden.with_name(hidden.name + suffix).unlink()


@contextmanager
def _opened(file: Path, *, alone: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a database for reading, at one moment of its life however long the reading takes.

    `alone`: nobody else uses the file, and nothing may be written beside it.
    """
    if not file.is_file():
        raise StorageError(f"{file}: {'is a folder' if file.is_dir() else 'there is no such file'}")
    beside = any(file.with_name(file.name + suffix).exists() for suffix in ("-wal", "-journal"))
    mode = "ro&immutable=1" if alone and not beside else "rw"
    with _told(file), closing(_connect(file, mode)) as connection:
        # What is read first says which moment. Outside a transaction the copying would begin anew
        # each time that somebody writes. https://www.sqlite.org/c3ref/backup_finish.html
        connection.execute("BEGIN")
        yield connection


@contextmanager
def _seized(file: Path, url: URL) -> Iterator[sqlite3.Connection]:
    """Open a database and keep everybody else out of it; raise StorageError if somebody is in."""
    try:
        with closing(_connect(file, "rw")) as connection:
            # A connection in WAL mode has a share of the file for as long as it is open, and the
            # mode cannot be left while another has one. After that a lock is held until the end.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            if mode != "delete":
                raise StorageError(f"database {file}: is in use; stop the bot, then restore")
            yield connection
    except sqlite3.Error as error:
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StorageError(f"database {file}: is in use; stop the bot, then restore") from error
        if _code(error) == sqlite3.SQLITE_NOTADB:
            raise StorageError(
                f"database {file}: is no database any more; move it away, then restore"
            ) from error
        raise StorageError(explain(error, url)) from error


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=1)


def _check_ours(connection: sqlite3.Connection, file: Path) -> str:
    """Give the schema of a database of this program; raise StorageError if it is another's."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    if not {name for (name,) in names} >= _OURS:
        raise StorageError(f"{file}: is no vendorwatch database")
    schemas = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return ", ".join(sorted(schema for (schema,) in schemas))


def _check_whole(connection: sqlite3.Connection, file: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise StorageError(f"{file}: is damaged; take another backup")


def _refuse_if_there(file: Path) -> None:
    if file.is_symlink() or file.exists():
        raise StorageError(f"{file}: is there already; name a file that is not")


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn SQLite's failures into ours, about this file."""
    try:
        yield
    except sqlite3.Error as error:
        if _code(error) == sqlite3.SQLITE_NOTADB:
            raise StorageError(f"{file}: is no vendorwatch database") from error
        words = explain(error, URL.create("sqlite", database=str(file)))
        raise StorageError(words.removeprefix("database ")) from error


def _code(error: sqlite3.Error) -> int:
    """Give the primary result code. An error that SQLite had no part in has none: 0."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _counting(progress: Progress) -> Callable[[int, int, int], None]:
    def count(status: int, left: int, total: int) -> None:
        del status
        progress(total - left, total)

    return count


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _for_libpq(url: URL) -> str:
    """Write a server's address for its own programs, which ask for the password themselves."""
    query = {key: value for key, value in url.query.items() if key in {"host", "port"}}
    if "ssl" in url.query:
        query["sslmode"] = url.query["ssl"]
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return bare.render_as_string()
