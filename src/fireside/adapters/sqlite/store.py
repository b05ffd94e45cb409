"""Messages in one SQLite file. One thread, one connection, one process: the lock sees to that.

What is committed is on the disk (`synchronous=FULL`), so that an acknowledgement outlives a power
cut. The last seq of each room is kept in memory, which makes an append a single insert.
"""

import functools
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from fireside.adapters.sqlite import lockfile, schema
from fireside.domain.errors import StorageFailed
from fireside.domain.message import Draft, Message, Stored, Tail, follow


class StoreUnusable(Exception):  # noqa: N818 - it says what is so, and what to do
    """The store can't be opened; the sentence says what to do next."""


class StoreLocked(StoreUnusable):
    """Another process works with this file."""


class StoreUnwritable(StoreUnusable):
    """The file or its folder can't be written."""


class StoreCorrupt(StoreUnusable):
    """The file is damaged, or no store at all."""


class StoreTooNew(StoreUnusable):
    """The file was written by a later release."""


_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")


def _storage(verb: Callable[_Args, _Answer]) -> Callable[_Args, _Answer]:
    """Make whatever SQLite complains about a refusal that can be tried again."""

    @functools.wraps(verb)
    def guarded(*args: _Args.args, **kwargs: _Args.kwargs) -> _Answer:
        try:
            return verb(*args, **kwargs)
        except sqlite3.Error as cause:
            raise StorageFailed from cause

    return guarded


_COLUMNS = "room, seq, message_id, timestamp_ms, user_id, username, text, nonce, reply_to"
_SELECT = f"SELECT {_COLUMNS} FROM messages "  # noqa: S608 - constant text
_INSERT = (
    f"INSERT INTO messages ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
    "ON CONFLICT (user_id, nonce) DO NOTHING"
)
_FIRST = _SELECT + "WHERE user_id = ? AND nonce = ?"
_AFTER = _SELECT + "WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
_BEFORE = _SELECT + "WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
_NEWEST = _SELECT + "WHERE room = ? ORDER BY seq DESC LIMIT ?"
_TAIL = "SELECT seq, timestamp_ms FROM messages WHERE room = ? ORDER BY seq DESC LIMIT 1"


class SqliteStore:
    """The message store of one machine."""

    def __init__(self, database: sqlite3.Connection, lock: int) -> None:
        self._database = database
        self._lock = lock
        self._execute = database.execute
        self._tails: dict[str, Tail] = {}
        self.epoch = schema.epoch(database)

    @classmethod
    def open(cls, path: Path, *, new_epoch: Callable[[], str]) -> Self:
        """Open the file, or make it; nobody but its owner may read it.

        Raises:
            StoreUnusable: One of its kinds, with a sentence for whoever started us.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = lockfile.hold(path.with_name(f"{path.name}.lock"))
        except lockfile.Held as cause:
            raise StoreLocked(
                f"Another Fireside (process {cause.args[0]}) uses {path}: "
                "stop that one, or choose another folder with --data."
            ) from cause
        except OSError as cause:
            raise _unwritable(path) from cause
        try:
            return cls(_open(path, new_epoch), lock)
        except BaseException:
            os.close(lock)
            raise

    def close(self) -> None:
        """Close the file and let go of the lock; what was not committed is dropped."""
        self._database.close()
        os.close(self._lock)

    # --- the port ---

    @_storage
    def append(self, draft: Draft) -> Stored:
        """Keep a message behind the tail; under a nonce its author used, return the first."""
        message = follow(self._tail(draft.room), draft)
        if self._execute(_INSERT, _row(message)).rowcount == 0:
            row = self._execute(_FIRST, (draft.user_id, draft.nonce)).fetchone()
            return Stored(Message(*row), duplicate=True)
        self._tails[draft.room] = Tail(message.seq, message.timestamp_ms)
        return Stored(message, duplicate=False)

    @_storage
    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return what follows `seq`, oldest first."""
        return [Message(*row) for row in self._execute(_AFTER, (room, seq, limit))]

    @_storage
    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return what precedes `seq` (or the end), newest first."""
        if seq is None:
            return [Message(*row) for row in self._execute(_NEWEST, (room, limit))]
        return [Message(*row) for row in self._execute(_BEFORE, (room, seq, limit))]

    @_storage
    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 when nothing was said."""
        return self._tail(room).seq

    def _tail(self, room: str) -> Tail:
        tail = self._tails.get(room)
        if tail is None:
            row = self._execute(_TAIL, (room,)).fetchone()
            tail = self._tails[room] = Tail(*row) if row else Tail()
        return tail

    # --- batches ---

    @_storage
    def begin(self) -> None:
        """Start a batch."""
        self._execute("BEGIN")

    @_storage
    def savepoint(self) -> None:
        """Remember this moment, so that what follows can be undone alone."""
        self._require_transaction()
        self._execute("SAVEPOINT one")

    @_storage
    def release(self) -> None:
        """Keep what was done since the savepoint, as far as the batch is kept."""
        self._execute("RELEASE one")

    @_storage
    def undo(self) -> None:
        """Take back what was done since the savepoint."""
        self._tails.clear()
        self._execute("ROLLBACK TO one")
        self._execute("RELEASE one")

    @_storage
    def commit(self) -> None:
        """Keep the batch: once this returns, it is on the disk."""
        self._require_transaction()
        self._execute("COMMIT")

    @_storage
    def rollback(self) -> None:
        """Take back the batch, unless SQLite has done so already."""
        self._tails.clear()
        if self._database.in_transaction:
            self._execute("ROLLBACK")

    def _require_transaction(self) -> None:
        """Notice that SQLite rolled back by itself, as on a full disk: nothing of it is kept."""
        if not self._database.in_transaction:
            self._tails.clear()
            raise StorageFailed

    # --- health ---

    @_storage
    def check(self) -> None:
        """Write something for real: a full or a read-only disk still reads very well.

        Raises:
            StorageFailed: Nothing can be kept at the moment.
        """
        self._execute("INSERT OR REPLACE INTO meta VALUES ('checked', 'yes')")


def _row(message: Message) -> tuple[object, ...]:
    return (
        message.room,
        message.seq,
        message.message_id,
        message.timestamp_ms,
        message.user_id,
        message.username,
        message.text,
        message.nonce,
        message.reply_to,
    )


# --- opening ---


def _open(path: Path, new_epoch: Callable[[], str]) -> sqlite3.Connection:
    """Make sense of whatever is there, and never replace what makes none."""
    try:
        _make_private(path)
        database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as cause:
        raise _unwritable(path) from cause
    try:
        _prepare(database, new_epoch)
    except BaseException as cause:
        database.close()
        raise _explained(path, cause) from cause
    return database


def _make_private(path: Path) -> None:
    """Create the file before SQLite does: its journal files take their mode from it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    path.chmod(0o600)


def _prepare(database: sqlite3.Connection, new_epoch: Callable[[], str]) -> None:
    database.text_factory = _readable
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    schema.recognise(database)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA fullfsync = ON")  # on a Mac, syncing alone stops at the drive's cache
    schema.migrate(database, new_epoch)
    schema.epoch(database)


def _readable(text: bytes) -> str:
    """Show what is damaged as such: one bad row must not take the whole page with it."""
    return text.decode(errors="replace")


def _explained(path: Path, cause: BaseException) -> BaseException:
    """Say in a sentence what to do about a file that can't be used."""
    match cause:
        case schema.TooNew():
            return StoreTooNew(
                f"{path} was written by a later release: install that one, "
                "or choose another folder with --data."
            )
        case schema.NotOurs():
            return StoreCorrupt(
                f"{path} belongs to another program: choose another folder with --data."
            )
        case sqlite3.OperationalError(sqlite_errorcode=code) if code != sqlite3.SQLITE_ERROR:
            return _unwritable(path)
        case sqlite3.DatabaseError():  # among them a table that is not there: SQLITE_ERROR
            return StoreCorrupt(
                f"{path} is damaged: put back a copy of it, or move it away to start anew."
            )
        case _:
            return cause


def _unwritable(path: Path) -> StoreUnwritable:
    return StoreUnwritable(
        f"{path} can't be written: make sure that you own it and that the disk has space, "
        "or choose another folder with --data."
    )
