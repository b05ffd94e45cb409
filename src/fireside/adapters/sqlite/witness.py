"""The witness: a small file beside the database that says which message was stored there last.

A database that was restored from an older copy lacks that message. A witness that was copied
itself is another file than it says, or younger: no program can choose the time of a file's last
change (ctime). Either way the log may not be the one that clients know, so the store gets another
epoch.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fireside.adapters.own_file import open_own

COPY_NS = 500_000_000
"""A file that is so much younger than it says was not written when it says."""

_TRIES = 3
_BYTES = 512  # within one sector of a disk, so that no power cut leaves a half


@dataclass(frozen=True)  # without slots: `vars` is faster than `asdict`, and each batch needs it
class Witness:
    """What was in the database when this was written, and which files it was in."""

    epoch: str
    room: str = ""
    """Room, seq and id of the last message; empty if none was stored under this epoch."""

    seq: int = 0
    message_id: str = ""
    inodes: tuple[int, ...] = ()
    """Of the database and its write-ahead log, while they are in use."""

    closed: tuple[int, ...] = ()
    """The `signature` of the database after it was closed; empty while it is in use."""

    inode: int = 0
    """Of the witness itself: a copy has another one, unless it was copied over this file."""

    written_ns: int = 0
    """When this was written, which a copy over this file does not share."""


class WitnessFile:
    """The file of the witness, open as long as its database."""

    def __init__(self, database: Path, clock_ns: Callable[[], int] = time.time_ns) -> None:
        """Open the file, or create it so that only its owner may read it.

        Raises:
            OSError: It can't be written.
        """
        descriptor = open_own(path_of(database), os.O_RDWR | os.O_CREAT)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._clock_ns = clock_ns

    @property
    def is_open(self) -> bool:
        """Return whether it was not closed yet."""
        return not self._file.closed

    def read(self) -> Witness | None:
        """Return what it says; None if it is new, unreadable or a copy."""
        self._file.seek(0)
        witness = _decoded(self._file.read(_BYTES))
        return witness if witness is not None and self._is_original(witness) else None

    def write(self, witness: Witness) -> None:
        """Replace what it says, again if the machine stood still meanwhile.

        Raises:
            OSError: It can't be written.
        """
        inode = os.fstat(self._file.fileno()).st_ino
        for _ in range(_TRIES):
            written = replace(witness, inode=inode, written_ns=self._clock_ns())
            self._file.seek(0)
            self._file.write(json.dumps(vars(written)).encode().ljust(_BYTES))
            if self._is_original(written):
                return

    def _is_original(self, witness: Witness) -> bool:
        """Return whether the file is the one that a witness was written to, and at that time."""
        found = os.fstat(self._file.fileno())
        changed_ns = max(found.st_ctime_ns, found.st_mtime_ns)
        return found.st_ino == witness.inode and abs(changed_ns - witness.written_ns) <= COPY_NS

    def sync(self) -> None:
        """Wait until it is on the disk; only needed when nothing will be written for long."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def path_of(database: Path) -> Path:
    """Return where the witness of a database is."""
    return database.with_name(f"{database.name}.witness")


def read(database: Path) -> Witness | None:
    """Return what the witness of a database says, a copied one too; None if there is none."""
    try:
        return _decoded(path_of(database).read_bytes())
    except OSError:
        return None


def signature(file: Path) -> tuple[int, ...]:
    """Return numbers that are the same as long as a file is not touched, and no longer."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _decoded(text: bytes) -> Witness | None:
    try:
        fields = json.loads(text)
        lists = {name: tuple(fields[name]) for name in ("inodes", "closed")}
        return Witness(**{**fields, **lists})
    except (ValueError, TypeError, KeyError):
        return None
