"""What one machine gives a chat: the folder that keeps messages and the invite."""

import time
from dataclasses import replace
from pathlib import Path

from fireside.adapters.invite_file import InviteFile
from fireside.adapters.sqlite.store import (
    SqliteStore,
    StoreCorrupt,
    StoreLocked,
    StoreTooNew,
    StoreUnusable,
)
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.entry import EntryRules
from fireside.handlers.authorizer import Rules
from fireside.system import new_epoch, new_invite

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


def invite_file(folder: Path) -> InviteFile:
    """Say where the invite is: beside the messages."""
    return InviteFile(folder / "invite", new_invite)


def live_rules(rules: EntryRules, invites: InviteFile) -> Rules:
    """Ask the file at each handshake, unless the place is open."""
    if rules.invites is None:
        return lambda: rules
    return lambda: replace(rules, invites=invites.hashes())
