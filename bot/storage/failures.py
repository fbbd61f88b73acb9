"""Says in one line what is wrong with a database and what to do about it."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE: dict[int, str] = {
    sqlite3.SQLITE_PERM: "may not be opened; check its permissions",
    sqlite3.SQLITE_BUSY: "stays locked by another program; stop that program",
    sqlite3.SQLITE_LOCKED: "stays locked by another program; stop that program",
    sqlite3.SQLITE_READONLY: (
        "cannot be written; make the file, its folder and its file system writable for this user"
    ),
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk it is on",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_FULL: "has no room to grow: the disk is full; free some space",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database; name another file in database.url",
}


def explain(error: Exception, url: URL) -> str:
    """Describe a failure of the database at `url`. No values from a statement are repeated."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    file = file_of(url)
    if file is not None:
        return f"database {file}: {_sqlite(cause, file)}"
    words = str(cause).split("\n", 1)[0] or type(cause).__name__
    return (
        f"database {url.render_as_string(hide_password=True)}: {words}; "
        "check that the server is up and that database.url is right"
    )


def file_of(url: URL) -> Path | None:
    """Give the file of a SQLite database; None for a server."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path((url.database or "").removeprefix("file:"))


def _sqlite(cause: BaseException, file: Path) -> str:
    code = getattr(cause, "sqlite_errorcode", None)
    # Extended codes carry the primary one in their lowest byte.
    primary = code & 0xFF if isinstance(code, int) else None
    if primary == sqlite3.SQLITE_CANTOPEN:
        return _cannot_open(file)
    if primary in _SQLITE:
        return _SQLITE[primary]
    words = str(cause).split("\n", 1)[0] or type(cause).__name__
    return f"cannot be used ({words})"


def _cannot_open(file: Path) -> str:
    if file.is_dir():
        return "is a folder; name a file in database.url"
    if not file.parent.is_dir():
        return f"the folder {file.parent} does not exist; make it, or change database.url"
    return f"cannot be opened; make it and the folder {file.parent} writable for this user"
