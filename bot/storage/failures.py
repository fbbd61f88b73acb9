"""Says in one line what is wrong with a database and what to do about it."""

import socket
import sqlite3
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

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

# https://www.postgresql.org/docs/18/errcodes-appendix.html; two characters stand for a class.
_POSTGRESQL: dict[str, str] = {
    "08": "the connection to the server was lost; check that the server is up",
    "22": "a value cannot be kept there, such as a text with a zero byte",
    "25006": "can only be read; name the primary server, not a standby, in database.url",
    "28": "the server does not let this user in; check database.url and the server's pg_hba.conf",
    "28P01": "the server does not take the password; correct it in database.url",
    "3D000": "there is no such database on the server; make it there, or change database.url",
    "40": "others were in the way again and again; try again",
    "42501": "this user may not do that there; make the user the owner of the database",
    "53": "the server has run out of memory or something else it needs; see its log",
    "53100": "has no room to grow: the server's disk is full; free some space there",
    "53300": "the server takes no more connections; run fewer programs or raise max_connections",
    "55P03": "stays locked by another program; stop that program",
    "57014": "a statement took longer than the server allows; see what the server is busy with",
    "57P": "the server is starting or shutting down; wait for it, or start it",
    "58": "the server cannot read or write its files; see its log",
    "XX": "is damaged, or the server has a fault; see its log and restore a backup if needed",
}
# Undone by the server for the sake of another transaction, or because tables have changed.
_AGAIN = {"40001", "40P01", "0A000"}


def explain(error: Exception, url: URL) -> str:
    """Describe a failure of the database at `url`. No values from a statement are repeated."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    file = file_of(url)
    said = _postgresql(cause) if file is None else _sqlite(cause, file)
    return f"database {place(url)}: {said}"


def place(url: URL) -> str:
    """Name a database: its file, or the server's address without passwords and options."""
    file = file_of(url)
    if file is not None:
        return str(file)
    query = {key: value for key, value in url.query.items() if key in {"host", "port"}}
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)
    return bare.render_as_string()


def file_of(url: URL) -> Path | None:
    """Give the file of a SQLite database; None for a server."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path((url.database or "").removeprefix("file:"))


def worth_another_try(error: DBAPIError) -> bool:
    """Say whether the transaction did nothing and may do better when it runs again."""
    return _sqlstate(error.orig) in _AGAIN


def is_about_a_value(error: BaseException | None) -> bool:
    """Say whether a failure is about what was to be written, and not about the database."""
    if not isinstance(error, DBAPIError):
        return False
    # The driver of PostgreSQL refuses some values by itself.
    refused = error.orig is not None and isinstance(error.orig.__cause__, ValueError)
    return isinstance(error, IntegrityError) or refused or _sqlstate(error.orig)[:2] == "22"


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


def _postgresql(cause: BaseException) -> str:
    if isinstance(cause, OSError | NoConnectionFreeError):
        return _unreachable(cause)
    code = _sqlstate(cause)
    for known in (code, code[:3], code[:2]):
        if known in _POSTGRESQL:
            return _POSTGRESQL[known]
    if code.startswith("42"):
        # About tables and columns, and our statements hold no values. Other words may repeat some.
        return f"cannot be used ({str(cause).split(chr(10), 1)[0]})"
    return f"cannot be used ({type(cause.__cause__ or cause).__name__} {code}".rstrip() + ")"


def _unreachable(cause: OSError | NoConnectionFreeError) -> str:
    match cause:
        case NoConnectionFreeError():
            return "all connections of this program stay busy; see what the server is busy with"
        case TimeoutError():
            return "the server does not answer in time; check that it is up and not overloaded"
        case socket.gaierror():
            return "the server's name is not known; correct database.url"
        case ConnectionRefusedError() | FileNotFoundError():
            return "no server answers there; start it, or correct database.url"
    return f"the server cannot be reached ({cause.strerror or type(cause).__name__})"


def _sqlstate(cause: BaseException | None) -> str:
    return str(getattr(cause, "sqlstate", None) or "")
