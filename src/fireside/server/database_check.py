"""The check of the database, for `fireside doctor`: whether it is there, and whole."""

from pathlib import Path

from fireside.adapters.sqlite import lockfile, witness
from fireside.adapters.sqlite.files import LARGE_WAL, bytes_of, wal_of
from fireside.adapters.sqlite.opening import StoreUnusable, require_whole
from fireside.console.checks import Check
from fireside.server.data_folder import database_file

NAME = "database"


def check_database(data: Path) -> Check:
    """Check the database; one that no server uses is read as a whole."""
    path = database_file(data)
    process = lockfile.holder(lockfile.path_of(path))
    if process is not None:
        return _check_in_use(path, f"a server uses it (process {process})")
    if bytes_of(path):
        return _check_closed(path)
    said = witness.read(path)
    if said is not None and said.message_id:
        found = f"{path} is gone, though messages were stored there"
        remedy = "Put it back, or restore a copy: else the next start begins with none."
        return Check(NAME, "warn", found, remedy)
    return Check(NAME, "ok", "made at the first start")


def _check_in_use(path: Path, user: str) -> Check:
    """Look whether the path still leads to the file that the server has open."""
    said = witness.read(path)
    if not path.exists() or (said is not None and said.inodes[:1] != (path.stat().st_ino,)):
        found = f"{path} was deleted, moved or replaced while {user}: no message is stored"
        return Check(NAME, "fail", found, "Put it back, or stop the server and restore a copy.")
    wal = wal_of(path)
    if bytes_of(wal) > LARGE_WAL:
        found = f"{user}, and {wal} has {bytes_of(wal) >> 20} MiB"
        remedy = "End the program that has been reading the database for long."
        return Check(NAME, "warn", found, remedy)
    return Check(NAME, "ok", user)


def _check_closed(path: Path) -> Check:
    found = f"{path} has {bytes_of(path) / (1 << 20):,.1f} MiB"
    if bytes_of(wal_of(path)):
        return Check(NAME, "ok", f"{found}, and the next start checks it: no server has closed it")
    try:
        require_whole(path)
    except StoreUnusable as cause:
        found, _, remedy = str(cause).partition(": ")
        return Check(NAME, "fail", found, f"{remedy[0].upper()}{remedy[1:]}")
    return Check(NAME, "ok", f"{found}, and is whole")
