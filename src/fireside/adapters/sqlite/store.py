"""Messages and people in one SQLite file.

One thread of one process uses it, which a lock file ensures.

A committed message is on the disk (`synchronous=FULL`), so an acknowledged one survives a power
cut. The last seq of each room is cached in memory, so an append is a single insert.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from fireside.adapters.sqlite import lockfile, schema
from fireside.adapters.sqlite.files import OpenFiles, bytes_of, wal_of
from fireside.adapters.sqlite.guard import Damage, storage
from fireside.adapters.sqlite.opening import is_same_log, open_database
from fireside.adapters.sqlite.people import SqlitePeople
from fireside.adapters.sqlite.space import NO_SPACE, FreeSpace
from fireside.adapters.sqlite.unusable import StoreLocked, explaining
from fireside.adapters.sqlite.witness import Witness, WitnessFile, signature
from fireside.domain.errors import StorageFailed
from fireside.domain.message import Draft, Message, Stored, Tail, follow

log = logging.getLogger(__name__)

_COLUMNS = (
    "room, seq, message_id, timestamp_ms, user_id, username, text, nonce, reply_to, unclaimed"
)
_SELECT = f"SELECT {_COLUMNS} FROM messages "  # noqa: S608 - constant text
_INSERT = (
    f"INSERT INTO messages ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
    "ON CONFLICT (user_id, nonce) DO NOTHING"
)
_FIRST = _SELECT + "WHERE user_id = ? AND nonce = ?"
_AFTER = _SELECT + "WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
_BEFORE = _SELECT + "WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
_NEWEST = _SELECT + "WHERE room = ? ORDER BY seq DESC LIMIT ?"
_TAIL = "SELECT seq, timestamp_ms FROM messages WHERE room = ? ORDER BY seq DESC LIMIT 1"


class SqliteStore:
    """The messages and people of one machine."""

    def __init__(  # noqa: PLR0913 - what `open` made and was told
        self,
        path: Path,
        database: sqlite3.Connection,
        witness_file: WitnessFile,
        lock: int,
        *,
        new_epoch: Callable[[], str],
        keep_free: int = 0,
    ) -> None:
        self._path = path
        self._database = database
        self._witness_file = witness_file
        self._lock = lock
        self._new_epoch = new_epoch
        self._execute = database.execute
        self._files = OpenFiles(path)
        self._space = FreeSpace(path.parent, keep_free)
        self.damage = Damage(path)
        self.people = SqlitePeople(database, self._space, self.damage)
        self._tails: dict[str, Tail] = {}
        self._last: Message | None = None
        self._changes = 0
        self._version = self._data_version()
        self.epoch = schema.epoch(database)
        witness = witness_file.read()
        if witness is None or witness.epoch != self.epoch:
            witness = Witness(self.epoch)
        self._witness = replace(witness, inodes=self._files.inodes, closed=())
        witness_file.write(self._witness)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        new_epoch: Callable[[], str],
        busy_seconds: float = 0,
        keep_free: int = 0,
    ) -> Self:
        """Open the file, or create it so that only its owner may read it.

        Another program that uses it may end within `busy_seconds`. Nothing is stored while less
        than `keep_free` bytes of the disk are free.

        Raises:
            StoreUnusable: One of its subclasses, with a sentence that says what to do.
        """
        with explaining(path), ExitStack() as held:
            lock = _lock(path)
            held.callback(os.close, lock)
            file = held.enter_context(closing(WitnessFile(path)))
            database = open_database(
                path, file.read(), new_epoch=new_epoch, busy_seconds=busy_seconds
            )
            held.callback(database.close)
            store = cls(path, database, file, lock, new_epoch=new_epoch, keep_free=keep_free)
            held.pop_all()
        return store

    def close(self) -> None:
        """Close the file and release the lock; what was not committed is lost."""
        if not self._witness_file.is_open:
            return
        self._empty_wal()
        self._database.close()
        with suppress(OSError):
            self._seal()
        self._witness_file.close()
        os.close(self._lock)

    def _empty_wal(self) -> None:
        """Empty the write-ahead log; SQLite does so only when no other program has it open."""
        with suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._execute("ROLLBACK")
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _seal(self) -> None:
        """Note how the file was left, so that the next start need not read it all."""
        if self.damage.was_found:
            return
        closed = signature(self._path)
        if closed[0] == self._files.inodes[0] and not bytes_of(wal_of(self._path)):
            self._witness_file.write(replace(self._witness, closed=closed))
            self._witness_file.sync()

    # --- the port ---

    @storage
    def append(self, draft: Draft) -> Stored:
        """Append a message to its room's log.

        If its author used this nonce before, store nothing and return that first message.
        """
        if not self._space.is_enough:
            return self._first(draft)
        message = follow(self._tail(draft.room), draft)
        if self._execute(_INSERT, _row(message)).rowcount == 0:
            return self._first(draft)
        self._tails[draft.room] = Tail(message.seq, message.timestamp_ms)
        self._last = message
        return Stored(message, duplicate=False)

    def _first(self, draft: Draft) -> Stored:
        """Return what is stored under a draft's nonce.

        Raises:
            StorageFailed: Nothing is, and there is no space for it.
        """
        row = self._execute(_FIRST, (draft.user_id, draft.nonce)).fetchone()
        if row is None:
            raise StorageFailed(NO_SPACE)
        return Stored(_message(row), duplicate=True)

    @storage
    def after(self, room: str, seq: int, limit: int) -> list[Message]:
        """Return the messages after `seq`, oldest first."""
        return [_message(row) for row in self._execute(_AFTER, (room, seq, limit))]

    @storage
    def before(self, room: str, seq: int | None, limit: int) -> list[Message]:
        """Return the messages before `seq` (or the last ones), newest first."""
        if seq is None:
            return [_message(row) for row in self._execute(_NEWEST, (room, limit))]
        return [_message(row) for row in self._execute(_BEFORE, (room, seq, limit))]

    @storage
    def head(self, room: str) -> int:
        """Return the last seq of a room, 0 if it has no message."""
        return self._tail(room).seq

    def _tail(self, room: str) -> Tail:
        tail = self._tails.get(room)
        if tail is None:
            row = self._execute(_TAIL, (room,)).fetchone()
            tail = self._tails[room] = Tail(*row) if row else Tail()
        return tail

    # --- batches ---

    @storage
    def begin(self) -> None:
        """Start a batch."""
        if self._data_version() != self._version:
            self._read_again()
        self._space.look()
        self._last = None
        self._changes = self._database.total_changes
        self._execute("BEGIN")

    @storage
    def savepoint(self) -> None:
        """Set a savepoint: what follows can be undone alone."""
        self._require_transaction()
        self._execute("SAVEPOINT one")

    @storage
    def release(self) -> None:
        """Remove the savepoint; what was done since is part of the batch."""
        self._execute("RELEASE one")

    @storage
    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self._drop_cached()
        self._last = None
        self._execute("ROLLBACK TO one")
        self._execute("RELEASE one")

    @storage
    def commit(self) -> None:
        """Commit the batch: once this returns, it is on the disk."""
        self._require_transaction()
        if self._database.total_changes != self._changes:
            self._require_files()
        self._execute("COMMIT")
        self._testify()

    @storage
    def rollback(self) -> None:
        """Undo the batch, unless SQLite has done so already."""
        self._drop_cached()
        if self._database.in_transaction:
            self._execute("ROLLBACK")

    def _require_transaction(self) -> None:
        """Raise `StorageFailed` if SQLite rolled the batch back by itself, as on a full disk."""
        if not self._database.in_transaction:
            self._drop_cached()
            raise StorageFailed

    def _require_files(self) -> None:
        """Raise `StorageFailed` if a file is gone: what is written to it would be lost."""
        if not self._files.are_in_place():
            raise StorageFailed

    def _testify(self) -> None:
        """Note the last message outside of the database."""
        if self._last is not None:
            last = self._last
            self._write_witness(
                replace(self._witness, room=last.room, seq=last.seq, message_id=last.message_id)
            )

    def _write_witness(self, witness: Witness) -> None:
        """Replace the witness. An old one does no harm."""
        self._witness = witness
        with suppress(OSError):
            self._witness_file.write(witness)

    # --- other programs that write ---

    def _data_version(self) -> int:
        """Return a number that changes when another program has written."""
        (version,) = self._execute("PRAGMA data_version").fetchone()
        return int(version)

    def _read_again(self) -> None:
        """Forget what is cached; if another program restored an older copy, change the epoch.

        What fails is done again at the next batch: until then the version is the old one.
        """
        version = self._data_version()
        self._drop_cached()
        if not is_same_log(self._database, self._witness):
            epoch = self._new_epoch()
            schema.renew_epoch(self._database, epoch)
            self.epoch = epoch
            self._write_witness(Witness(epoch, inodes=self._files.inodes))
            log.warning("%s was restored while it was in use: clients load it again", self._path)
        self._version = version

    def _drop_cached(self) -> None:
        self._tails.clear()
        self.people.drop_cached()

    # --- health ---

    @storage
    def check(self) -> None:
        """Write a row, because reading also works on a full or read-only disk.

        Raises:
            StorageFailed: Nothing can be stored at the moment.
        """
        self._require_files()
        self._space.look()
        self._space.require()
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
        message.is_unclaimed,
    )


def _message(row: tuple[Any, ...]) -> Message:
    """Return the message of a row; an old one says nothing of its author's name."""
    room, seq, message_id, timestamp_ms, user_id, username, text, nonce, reply_to, unclaimed = row
    return Message(
        room,
        seq,
        message_id,
        timestamp_ms,
        user_id,
        username,
        text,
        nonce,
        reply_to,
        is_unclaimed=bool(unclaimed),
    )


def _lock(path: Path) -> int:
    """Make the folder and take the lock; return the descriptor that holds it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return lockfile.hold(lockfile.path_of(path))
    except lockfile.Held as cause:
        raise StoreLocked(
            f"Another Fireside (process {cause.args[0]}) uses {path}: "
            "stop that one, or choose another folder with --data."
        ) from cause
