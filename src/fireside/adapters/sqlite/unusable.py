"""Why a store can't be opened, with a sentence that says what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fireside.adapters.sqlite import schema

_FULL_OR_FAILED = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_FULL_OR_FAILED_TO_SQLITE = {  # on a full disk SQLite may fail before it knows why
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_PRIMARY = 0xFF  # the bits of an error code that are not SQLite's details


class StoreUnusable(Exception):  # noqa: N818 - it says what is so, and what to do
    """The store can't be opened; the argument is a sentence that says what to do."""


class StoreLocked(StoreUnusable):
    """Another Fireside uses this file."""


class StoreBusy(StoreUnusable):
    """Another program uses this file, but may end."""


class StoreDiskFailed(StoreUnusable):
    """The disk is full or fails, but may be well again later."""


class StoreUnwritable(StoreUnusable):
    """The file or its folder can't be written."""


class StoreCorrupt(StoreUnusable):
    """The file is damaged, or is not a store."""


class StoreTooNew(StoreUnusable):
    """The file was written by a later release."""


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raise a `StoreUnusable` for any error that says that the file can't be used."""
    try:
        yield
    except OSError as cause:
        raise _of_system(path, cause) from cause
    except schema.TooNew as cause:
        raise StoreTooNew(
            f"{path} was written by a later release: install that one, "
            "or choose another folder with --data."
        ) from cause
    except schema.NotFireside as cause:
        raise StoreCorrupt(
            f"{path} belongs to another program: choose another folder with --data."
        ) from cause
    except sqlite3.DatabaseError as cause:
        raise _of_sqlite(path, cause) from cause


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error of SQLite means that the file is damaged."""
    return _code(error) & _PRIMARY in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_system(path: Path, cause: OSError) -> StoreUnusable:
    if cause.errno == errno.ELOOP:
        return StoreUnwritable(
            f"{cause.filename} is a symbolic link: find out who made it, then remove it."
        )
    return _disk_failed(path) if cause.errno in _FULL_OR_FAILED else _forbidden(path)


def _of_sqlite(path: Path, cause: sqlite3.DatabaseError) -> StoreUnusable:
    code = _code(cause)
    if code & _PRIMARY == sqlite3.SQLITE_BUSY:
        return StoreBusy(
            f"Another program uses {path}: end it, or choose another folder with --data."
        )
    if code in _FULL_OR_FAILED_TO_SQLITE:
        return _disk_failed(path)
    is_missing_table = code == sqlite3.SQLITE_ERROR
    if isinstance(cause, sqlite3.OperationalError) and not is_missing_table:
        return _forbidden(path)
    return StoreCorrupt(
        f"{path} is damaged: restore a copy of it, without the old {path.name}-wal, "
        "or move it away to start with none."
    )


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's code of an error, 0 if Python's module raised it by itself."""
    return getattr(error, "sqlite_errorcode", 0)


def _disk_failed(path: Path) -> StoreDiskFailed:
    return StoreDiskFailed(
        f"The disk of {path} is full or fails: free some space, "
        "or choose another folder with --data."
    )


def _forbidden(path: Path) -> StoreUnwritable:
    return StoreUnwritable(
        f"{path} can't be written: make sure that you own it, or choose another folder with --data."
    )
