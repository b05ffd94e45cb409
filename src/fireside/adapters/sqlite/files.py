"""The two files of an open database, as long as they are where they were opened.

A file that was deleted, moved or replaced stays open: SQLite writes to it without an error, and
what was written is gone after the next start.
"""

import logging
from pathlib import Path

log = logging.getLogger(__name__)

LARGE_WAL = 32 << 20  # bytes; SQLite starts it anew at 4 MB, unless a program reads for long


class OpenFiles:
    """The database and its write-ahead log, which are in use by this process."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._wal = wal_of(database)
        self.inodes = (database.stat().st_ino, self._wal.stat().st_ino)
        self._was_in_place = True
        self._was_large = False

    def are_in_place(self) -> bool:
        """Return whether a path still leads to each file; log it when that changed."""
        is_in_place = self._found() == self.inodes
        if is_in_place != self._was_in_place:
            self._was_in_place = is_in_place
            if is_in_place:
                log.warning("%s is back: messages are stored again", self._database)
            else:
                log.error(
                    "%s was deleted, moved or replaced: no message is stored until it is back, "
                    "or until the server starts again",
                    self._database,
                )
        return is_in_place

    def _found(self) -> tuple[int, int] | None:
        try:
            wal = self._wal.stat()
            database = self._database.stat()
        except OSError:
            return None
        self._watch_size(wal.st_size)
        return database.st_ino, wal.st_ino

    def _watch_size(self, wal_bytes: int) -> None:
        is_large = wal_bytes > LARGE_WAL
        if is_large and not self._was_large:
            log.warning(
                "%s has %d MiB: another program has been reading the database for long, "
                "and the disk fills up until it ends",
                self._wal,
                wal_bytes >> 20,
            )
        self._was_large = is_large


def wal_of(database: Path) -> Path:
    """Return where the write-ahead log of a database is; never beside a link to the database."""
    database = database.resolve()
    return database.with_name(f"{database.name}-wal")


def bytes_of(file: Path) -> int:
    """Return the size of a file, 0 if there is none."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
