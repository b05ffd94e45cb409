"""The free space on the database's disk: what must stay free is kept for everything else on it.

A full disk stops other programs too, and SQLite itself needs space to make any.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from fireside.domain.errors import StorageFailed

log = logging.getLogger(__name__)

NO_SPACE = (
    "The server's disk is nearly full, so nothing more is stored; "
    "tell the person who runs it, then try again"
)

WARN_TIMES = 2
"""How many times what must stay free is so little that one should hear of it."""

Usage = Callable[[Path], tuple[int, int, int]]
"""Returns the total, used and free bytes of the disk that holds a path."""


class FreeSpace:
    """Whether there is more free space than must stay free; logs it when that changes."""

    def __init__(self, folder: Path, keep_bytes: int, usage: Usage = shutil.disk_usage) -> None:
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._usage = usage
        self._was_little = False
        self.is_enough = True
        """What the last look found."""
        self.look()

    def look(self) -> None:
        """Find out how much is free; what can't be found out is no reason to store nothing."""
        if not self._keep_bytes:
            return
        try:
            free = self._usage(self._folder)[2]
        except OSError:
            return
        was_enough, was_little = self.is_enough, self._was_little
        self.is_enough = free >= self._keep_bytes
        self._was_little = free < WARN_TIMES * self._keep_bytes
        if not self.is_enough and was_enough:
            self._log(logging.ERROR, "no message is stored until there is more again", free)
        elif self.is_enough and not was_enough:
            self._log(logging.WARNING, "messages are stored again", free)
        elif self._was_little and not was_little:
            self._log(logging.WARNING, "soon no message is stored", free)

    def require(self) -> None:
        """Raise `StorageFailed` if the last look found too little."""
        if not self.is_enough:
            raise StorageFailed(NO_SPACE)

    def _log(self, level: int, what: str, free: int) -> None:
        left, kept = free >> 20, self._keep_bytes >> 20
        log.log(level, "%d MiB are free at %s: %s (below %d)", left, self._folder, what, kept)
