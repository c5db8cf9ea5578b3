"""Why the database cannot be used, for whoever can mend it: path, cause and remedy. Pure.

A driver's message is read but never shown: it can hold the URL with its password.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .engine import BadDatabaseUrl

Cause = Literal[
    "full", "read_only", "no_folder", "no_permission", "cannot_open", "damaged", "locked", "disk_error", "bad_url",
    "no_server", "sign_in", "no_database", "no_connection_left",
]  # fmt: skip

_TEXTS: Mapping[Cause, tuple[str, str]] = {
    "full": ("the disk is full", "free some space, then try again"),
    "read_only": (
        "it is read-only",
        "mount it writable, or set ZENDESK_GUPSHUP_STATE to a folder on another disk",
    ),
    "no_folder": (
        "a file is in the way where a folder is needed",
        "move the file away, or set ZENDESK_GUPSHUP_STATE to another folder",
    ),
    "no_permission": (
        "this user may not write there",
        "give the folder to the user that runs this, or set ZENDESK_GUPSHUP_STATE to a folder of its own",
    ),
    "cannot_open": ("it cannot be opened", "check that it is a file which the user that runs this may read and write"),
    "damaged": (
        "the file is damaged, or is no SQLite database",
        "stop the workers, move it away and start again: tickets keep what was done, `runs` and `undo` lose it",
    ),
    "locked": ("another process keeps it locked", "wait until that process is done, or stop it"),
    "disk_error": ("the disk reports an error", "check the disk and the system's log"),
    "bad_url": ("not a PostgreSQL URL", "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
    "no_server": (
        "no PostgreSQL server answers at its host and port",
        "check both, and that the server runs and is reachable from this machine",
    ),
    "sign_in": ("the server refuses the user or the password", "correct them in DATABASE_URL"),
    "no_database": ("the server has no such database", "create it, or correct the name in DATABASE_URL"),
    "no_connection_left": ("the server has no connection left", "raise its max_connections, or stop other clients"),
}
# A server can be read-only or full without a disk of ours.
_REMOTE: Mapping[Cause, tuple[str, str]] = {
    "full": ("the server's disk is full", "free some space on it, then try again"),
    "read_only": ("the server is read-only", "name the primary server in DATABASE_URL, not a replica"),
    "no_permission": ("its user may not create or write tables", "grant it CREATE on the database and its schema"),
}
_ERRNO: Mapping[int, Cause] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EEXIST: "no_folder",
    errno.ENOTDIR: "no_folder",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EIO: "disk_error",
}
# https://www.sqlite.org/rescode.html
_SQLITE: Mapping[str, Cause] = {
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "read_only",
    "SQLITE_CANTOPEN": "cannot_open",
    "SQLITE_PERM": "no_permission",
    "SQLITE_NOTADB": "damaged",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_BUSY": "locked",
    "SQLITE_IOERR": "disk_error",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATE: Mapping[str, Cause] = {
    "53100": "full",
    "25006": "read_only",
    "42501": "no_permission",
    "28P01": "sign_in",
    "28000": "sign_in",
    "3D000": "no_database",
    "53300": "no_connection_left",
}
# A refused connection has no SQLSTATE in psycopg, only libpq's words.
_LIBPQ: tuple[tuple[str, Cause], ...] = (
    ("password authentication failed", "sign_in"),
    ("no password supplied", "sign_in"),
    ("role ", "sign_in"),
    ("database ", "no_database"),
    ("too many clients", "no_connection_left"),
    ("remaining connection slots", "no_connection_left"),
)
_NO_SERVER = ("connection failed", "connection refused", "could not translate", "failed to resolve", "timeout expired")


@dataclass(frozen=True)
class StoreFault:
    """`str` is the line for the command line; `doctor` shows text and remedy on two."""

    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text}; {self.remedy}"


def store_fault(error: BaseException, state: Path, *, remote: bool) -> StoreFault | None:
    """What is wrong with the database in `state`, or with that of DATABASE_URL; `None` for what is not known here."""
    cause = _cause(error)
    if cause is None:
        return None
    where = "DATABASE_URL" if remote else str(_path(error, state, cause))
    text, remedy = (_REMOTE if remote else _TEXTS).get(cause) or _TEXTS[cause]
    return StoreFault(f"{where}: the database cannot be used: {text}", remedy)


def _cause(error: BaseException) -> Cause | None:
    if isinstance(error, BadDatabaseUrl):
        return "bad_url"
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0)
    original = getattr(error, "orig", None) or error
    # An extended code such as SQLITE_READONLY_DBMOVED begins with its primary one.
    name = str(getattr(original, "sqlite_errorname", None) or "")
    if name:
        return _SQLITE.get("_".join(name.split("_")[:2]))
    if state := getattr(original, "sqlstate", None):
        return _SQLSTATE.get(str(state))
    return _libpq(str(original).lower()) if type(original).__module__.startswith("psycopg") else None


def _libpq(message: str) -> Cause | None:
    if "fatal:" in message:
        fatal = message.rpartition("fatal:")[2].strip()
        return next((cause for words, cause in _LIBPQ if fatal.startswith(words) or words in fatal[:60]), "no_server")
    return "no_server" if any(words in message for words in _NO_SERVER) else None


def _path(error: BaseException, state: Path, cause: Cause) -> Path:
    """The file or folder to look at: the one in the way, or the database's own file."""
    if cause == "no_folder":
        return next((one for one in (*reversed(state.parents), state) if one.is_file()), state)
    if isinstance(error, OSError) and error.filename:
        return Path(error.filename)
    return state / "zendesk-gupshup.sqlite"
