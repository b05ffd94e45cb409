"""The check of the database, for `fireside doctor`: whether it is there, and whole."""

from pathlib import Path

from fireside.adapters.sqlite import lockfile, witness
from fireside.adapters.sqlite.files import LARGE_WAL, bytes_of, wal_of
from fireside.adapters.sqlite.opening import require_whole
from fireside.adapters.sqlite.unusable import StoreBusy, StoreUnusable
from fireside.console.checks import Check, Verdict
from fireside.server.data_folder import database_file

NAME = "database"


def check_database(data: Path) -> Check:
    """Read the whole database, also while a server uses it."""
    path = database_file(data)
    process = lockfile.holder(lockfile.path_of(path))
    if process is not None and not _is_in_place(path):
        found = f"{path} was deleted, moved or replaced while process {process} uses it"
        remedy = "Put it back, or stop the server and restore a copy: no message is stored."
        return Check(NAME, "fail", found, remedy)
    if not bytes_of(path):
        return _check_empty(path)
    try:
        require_whole(path, witness.read(path))
    except StoreUnusable as cause:
        return _unusable(cause, process)
    return _check_wal(path, process)


def _is_in_place(path: Path) -> bool:
    """Return whether the path still leads to the file that the server has open."""
    last = witness.read(path)
    return path.exists() and (last is None or last.inodes[:1] == (path.stat().st_ino,))


def _check_empty(path: Path) -> Check:
    last = witness.read(path)
    if last is not None and last.message_id:
        found = f"{path} is gone, though messages were stored there"
        remedy = "Put it back, or restore a copy: else the next start begins with none."
        return Check(NAME, "warn", found, remedy)
    return Check(NAME, "ok", "made at the first start")


def _unusable(cause: StoreUnusable, process: str | None) -> Check:
    found, _, remedy = str(cause).partition(": ")
    first = "" if process is None else f"stop the server (process {process}), then "
    sentence = f"{first}{remedy}"
    verdict: Verdict = "warn" if isinstance(cause, StoreBusy) else "fail"
    return Check(NAME, verdict, found, f"{sentence[0].upper()}{sentence[1:]}")


def _check_wal(path: Path, process: str | None) -> Check:
    """Check the size of the write-ahead log of a database that is whole."""
    user = "" if process is None else f", in use by process {process}"
    found = f"{path} is whole ({bytes_of(path) / (1 << 20):,.1f} MiB){user}"
    wal_bytes = bytes_of(wal_of(path))
    if wal_bytes > LARGE_WAL:
        remedy = (
            "End the program that has been reading the database for long; "
            "the log shrinks with the next messages."
        )
        return Check(NAME, "warn", f"{found}; its log has {wal_bytes >> 20} MiB", remedy)
    return Check(NAME, "ok", found)
