"""One process per store: a lock that the system lets go of when its holder dies."""

import os
import sys
from pathlib import Path


class Held(Exception):  # noqa: N818 - it says what is so
    """Another process has the lock; the argument is its id."""


def hold(path: Path) -> int:
    """Take the lock and write our process id into it; closing what is returned lets go.

    Raises:
        Held: Somebody else has it.
        OSError: The file can't be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _claim(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _claim(descriptor: int) -> None:
    try:
        _lock(descriptor)
    except BlockingIOError as cause:
        raise Held(os.read(descriptor, 20).decode(errors="replace")) from cause
    os.truncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())


if sys.platform == "win32":  # pragma: no cover - not where we test
    import msvcrt

    def _lock(descriptor: int) -> None:
        """Lock a byte far behind the process id, so that others can still read that."""
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
