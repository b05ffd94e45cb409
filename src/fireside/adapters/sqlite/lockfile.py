"""A lock file, so that one process uses a store. The system releases it when the process ends."""

import os
import sys
from pathlib import Path

from fireside.adapters.own_file import open_own


class Held(Exception):  # noqa: N818 - it says what is so
    """Another process has the lock; the argument is its id."""


def path_of(database: Path) -> Path:
    """Return where the lock of a database is."""
    return database.with_name(f"{database.name}.lock")


def hold(path: Path) -> int:
    """Take the lock, write the process id into the file, and return its file descriptor.

    Closing the descriptor releases the lock.

    Raises:
        Held: Another process has the lock.
        OSError: The file can't be written.
    """
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
    try:
        _claim(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def holder(path: Path) -> str | None:
    """Return the id of the process that has the lock, None if none has it."""
    try:
        descriptor = open_own(path, os.O_RDWR)
    except OSError:
        return None
    try:
        _lock(descriptor)
    except BlockingIOError:
        return os.read(descriptor, 20).decode(errors="replace")
    finally:
        os.close(descriptor)
    return None


def _claim(descriptor: int) -> None:
    try:
        _lock(descriptor)
    except BlockingIOError as cause:
        raise Held(os.read(descriptor, 20).decode(errors="replace")) from cause
    os.truncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())


if sys.platform == "win32":  # pragma: no cover - tests run on other systems
    import msvcrt

    def _lock(descriptor: int) -> None:
        """Lock a byte far behind the process id, so that other processes can read the id."""
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as cause:
            raise BlockingIOError from cause
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
