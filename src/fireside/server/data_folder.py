"""The data folder of a chat on one machine: its database, its invite and its owner link."""

import os
import time
from dataclasses import replace
from pathlib import Path

from fireside.adapters.own_file import open_own
from fireside.adapters.secret_file import INVITE, OWNER, SecretFile
from fireside.adapters.sqlite.store import SqliteStore
from fireside.adapters.sqlite.unusable import (
    StoreBusy,
    StoreCorrupt,
    StoreDiskFailed,
    StoreLocked,
    StoreTooNew,
    StoreUnusable,
)
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.entry import EntryRules
from fireside.handlers.authorizer import Rules
from fireside.server.own_folder import require_own_folder
from fireside.system import new_epoch, new_secret

BUSY_SECONDS = 10.0
"""How long to wait for another program that uses the database, such as one that copies it."""

_RETRY_SECONDS = 0.02


def open_store(
    folder: Path,
    *,
    keep_free: int = 0,
    lock_timeout_seconds: float = 0.2,
    busy_seconds: float = BUSY_SECONDS,
) -> SqliteStore:
    """Open the database in `folder`.

    A process that has just been ended may hold its lock for a moment, as `fireside doctor` does.

    Raises:
        CannotStart: It can't be opened, or others may write to the folder; the sentence says why,
            and what to do.
    """
    require_own_folder(folder)
    until = time.monotonic() + lock_timeout_seconds
    while True:
        try:
            return SqliteStore.open(
                database_file(folder),
                new_epoch=new_epoch,
                busy_seconds=busy_seconds,
                keep_free=keep_free,
            )
        except StoreUnusable as cause:
            if not isinstance(cause, StoreLocked) or time.monotonic() >= until:
                raise CannotStart(str(cause), _exit_code(cause)) from cause
        time.sleep(_RETRY_SECONDS)


def _exit_code(cause: StoreUnusable) -> ExitCode:
    """Return a code that tells a supervisor whether to start the server again later."""
    match cause:
        case StoreLocked() | StoreBusy() | StoreDiskFailed():
            return ExitCode.UNAVAILABLE
        case StoreCorrupt() | StoreTooNew():
            return ExitCode.DATABASE
        case _:
            return ExitCode.DATA


def database_file(folder: Path) -> Path:
    """Return where the messages are."""
    return folder / "fireside.db"


def invite_file(folder: Path) -> SecretFile:
    """Return the file of the invite, beside the messages."""
    return SecretFile(folder / "invite", INVITE, new_secret)


def owner_file(folder: Path) -> SecretFile:
    """Return the file of the owner link's secret, beside the messages."""
    return SecretFile(folder / "owner", OWNER, new_secret)


def request_end(folder: Path) -> None:
    """Let the server that uses a folder, if one runs, end who came in by an invite that is gone.

    Raises:
        OSError: The folder can't be written.
    """
    descriptor = open_own(_end_mark(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{time.time_ns()}\n")


def end_requested(folder: Path) -> tuple[int, int] | None:
    """Return what is another value after each request; None if there was none so far."""
    try:
        found = _end_mark(folder).lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _end_mark(folder: Path) -> Path:
    return folder / "invite.end"


def live_rules(rules: EntryRules, invites: SecretFile) -> Rules:
    """Return rules that read the invites from the file at each handshake, if invites count."""
    if rules.invites is None:
        return lambda: rules
    return lambda: replace(rules, invites=invites.hashes())
