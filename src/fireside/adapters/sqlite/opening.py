"""Opening the file of messages: what must be so before it is used, and what to do if it is not."""

import logging
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from fireside.adapters.sqlite import schema
from fireside.adapters.sqlite.files import bytes_of, wal_of
from fireside.adapters.sqlite.unusable import StoreBusy, StoreUnwritable, explaining
from fireside.adapters.sqlite.witness import Witness, signature

log = logging.getLogger(__name__)

WAL_BYTES = 4 << 20
"""The write-ahead log is cut to this size once no reader holds it any more."""

_PRIVATE = 0o600
_State = tuple[int, ...]


def open_database(
    path: Path,
    witness: Witness | None,
    *,
    new_epoch: Callable[[], str],
    busy_seconds: float,
) -> sqlite3.Connection:
    """Open or create the database; wait for another program that uses it.

    A file that can't be used is never replaced.

    Raises:
        StoreUnusable: One of its subclasses, with a sentence that says what to do.
    """
    whole: _State = ()
    try:
        whole = _read_unless_whole(path, witness, whole, wait_seconds=0)
        return _open(path, witness, new_epoch, wait_seconds=0)
    except StoreBusy:
        if not busy_seconds:
            raise
    log.warning("another program uses %s: waiting %g seconds for it", path, busy_seconds)
    _read_unless_whole(path, witness, whole, wait_seconds=busy_seconds)
    return _open(path, witness, new_epoch, wait_seconds=busy_seconds)


def is_same_log(database: sqlite3.Connection, witness: Witness | None) -> bool:
    """Return whether a database has all that clients may know of it, which its witness says."""
    if witness is None or witness.epoch != schema.epoch(database):
        return False
    return not witness.message_id or schema.has_message(
        database, witness.room, witness.seq, witness.message_id
    )


def require_whole(path: Path, witness: Witness | None, *, wait_seconds: float = 0) -> None:
    """Read the whole database, also while a process uses it.

    Raises:
        StoreUnusable: It is damaged, is not a store, or is busy.
    """
    mode = _reading_mode(path, witness)
    with explaining(path), closing(_connect(path, mode, wait_seconds)) as database:
        schema.check_owner(database)
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)


def _reading_mode(path: Path, witness: Witness | None) -> str:
    """Return how to open a database for reading.

    A damaged file stays as it is, even beside the write-ahead log of another one: a connection
    that is read-only never writes, not even when it is closed.
    """
    if _is_as_closed(path, witness):
        return "ro&immutable=1"  # else SQLite would leave an empty write-ahead log behind
    has_rollback_journal = path.with_name(f"{path.name}-journal").exists()
    return "rw" if has_rollback_journal else "ro"


def _open(
    path: Path, witness: Witness | None, new_epoch: Callable[[], str], *, wait_seconds: float
) -> sqlite3.Connection:
    with explaining(path), ExitStack() as opened:
        _make_private(path)
        database = opened.enter_context(closing(_connect(path, "rw", wait_seconds)))
        _prepare(database, path, witness, new_epoch)
        opened.pop_all()
    return database


def _read_unless_whole(
    path: Path, witness: Witness | None, whole: _State, *, wait_seconds: float
) -> _State:
    """Read the whole database, unless it is in the state that was found whole; return its state."""
    state = _state_of(path)
    if state not in ((), whole) and not _is_as_closed(path, witness):
        _read_all(path, witness, wait_seconds)
    return state


def _state_of(path: Path) -> _State:
    """Return numbers that change with the database or its write-ahead log; none if it is empty."""
    if not bytes_of(path):
        return ()
    wal = wal_of(path)  # of which reading leaves an empty one behind
    with explaining(path):
        return signature(path) + (signature(wal) if bytes_of(wal) else ())


def _is_as_closed(path: Path, witness: Witness | None) -> bool:
    """Return whether the database is still as it was when it was closed."""
    if witness is None or bytes_of(wal_of(path)):
        return False
    return witness.closed == signature(path)


def _read_all(path: Path, witness: Witness | None, wait_seconds: float) -> None:
    """Read the whole database, which may be damaged; a line says so, as that may take long."""
    is_closed = witness is not None and witness.closed
    why = "it was changed since it was closed" if is_closed else "it was not closed by a server"
    facts = {"file": path, "mebibytes": bytes_of(path) >> 20}
    log.info("checking the whole database: %s", why, extra=facts)
    require_whole(path, witness, wait_seconds=wait_seconds)


def _make_private(path: Path) -> None:
    """Create the file before SQLite does: SQLite gives its journal files the same mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE)
    os.close(descriptor)
    if stat.S_IMODE(path.stat().st_mode) != _PRIVATE:
        path.chmod(_PRIVATE)


def _connect(path: Path, mode: str, wait_seconds: float) -> sqlite3.Connection:
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=wait_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    database.text_factory = _readable
    return database


def _readable(text: bytes) -> str:
    """Decode a text, with invalid bytes replaced: one damaged row must not break a whole page."""
    return text.decode(errors="replace")


def _prepare(
    database: sqlite3.Connection,
    path: Path,
    witness: Witness | None,
    new_epoch: Callable[[], str],
) -> None:
    schema.check_owner(database)
    (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnwritable(
            f"{path} can't have a write-ahead log: choose a folder on a local disk with --data."
        )
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone stops at the drive's cache
    database.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    is_new = schema.is_new(database)
    schema.migrate(database, new_epoch)
    schema.epoch(database)
    if is_new and witness is not None and witness.message_id:
        log.warning("%s is gone, though messages were stored there: starting with none", path)
    if not is_new and not is_same_log(database, witness):
        schema.renew_epoch(database, new_epoch())
        log.warning("%s may have been restored or copied: clients load it again", path)
    database.execute("PRAGMA busy_timeout = 0")  # while it waits, the chat thread stands still
