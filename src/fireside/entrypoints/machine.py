"""What one machine gives a chat: the folder that keeps messages."""

import time
from pathlib import Path

from fireside.adapters.sqlite import (
    SqliteStore,
    StoreCorrupt,
    StoreLocked,
    StoreTooNew,
    StoreUnusable,
)
from fireside.entrypoints.exits import CannotStart, ExitCode
from fireside.entrypoints.world import new_epoch

_LOOK_AGAIN_SECONDS = 0.02


def open_store(folder: Path, *, patience_seconds: float = 0) -> SqliteStore:
    """Open the database in `folder`, or say in one sentence why not and what to do.

    Somebody who has just been ended may need a moment to let go of it.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            return SqliteStore.open(folder / "fireside.db", new_epoch=new_epoch)
        except (StoreCorrupt, StoreTooNew) as cause:
            raise CannotStart(str(cause), ExitCode.DATABASE) from cause
        except StoreUnusable as cause:
            if not isinstance(cause, StoreLocked) or time.monotonic() >= until:
                raise CannotStart(str(cause), ExitCode.DATA) from cause
        time.sleep(_LOOK_AGAIN_SECONDS)
