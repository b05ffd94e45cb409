"""The invite of one machine: a small file beside the messages, that nobody else may read.

It holds a secret a line. The first is the one to give away; each of them opens the door. The
file is read at every handshake, so a new invite counts from the next one on.
"""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from fireside.domain.invite import hash_of, is_secret

log = logging.getLogger(__name__)


class InviteUnusable(Exception):  # noqa: N818 - it says what is so, and what to do
    """The file can't be read or written, or holds something else."""


class InviteFile:
    """Keeps the secrets; `new_secret` makes one."""

    def __init__(self, path: Path, new_secret: Callable[[], str]) -> None:
        self.path = path
        self._new_secret = new_secret

    def secret(self) -> str:
        """Return the secret to give away, and make one if there is none yet.

        Raises:
            InviteUnusable: With what to do about it.
        """
        try:
            return self._secrets()[0]
        except FileNotFoundError:
            self._write(_keep_first)
            return self.secret()
        except OSError as cause:
            raise self._unreadable(cause) from cause

    def replace(self) -> str:
        """Make a new secret and forget all others.

        Raises:
            InviteUnusable: With what to do about it.
        """
        return self._write(os.replace)

    def hashes(self) -> frozenset[str]:
        """Return the hashes of the secrets that open the door now: without a file, none does."""
        try:
            return frozenset(map(hash_of, self._secrets()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, InviteUnusable):
            log.warning("the invite can't be read, so nobody enters: `fireside doctor` says why")
            return frozenset()

    def exists(self) -> bool:
        """Tell whether an invite was made.

        Raises:
            InviteUnusable: Nobody lets us look.
        """
        try:
            self.path.stat()
        except FileNotFoundError:
            return False
        except OSError as cause:
            raise self._unreadable(cause) from cause
        return True

    def is_private(self) -> bool:
        """Tell whether nobody but its owner may read the file, where that can be said at all."""
        return os.name == "nt" or self.path.stat().st_mode & 0o077 == 0

    def _secrets(self) -> list[str]:
        """Read the file; what it holds is never repeated, whatever it is."""
        words = self.path.read_text("ascii", errors="replace").split()
        if not words or not all(map(is_secret, words)):
            raise InviteUnusable(
                f"{self.path} holds no invite: make one with `fireside invite --new`."
            )
        return words

    def _write(self, put: Callable[[str, Path], None]) -> str:
        """Put a whole new file in place: after a power cut there is the old one or this."""
        secret = self._new_secret()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".invite-", dir=self.path.parent)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(f"{secret}\n")
                    file.flush()
                    os.fsync(descriptor)
                put(name, self.path)
            finally:
                Path(name).unlink(missing_ok=True)
            _sync_folder(self.path.parent)
        except OSError as cause:
            raise self._unwritable(cause) from cause
        return secret

    def _unreadable(self, cause: OSError) -> InviteUnusable:
        return InviteUnusable(f"Can't read {self.path} ({cause.strerror}): mend its permissions.")

    def _unwritable(self, cause: OSError) -> InviteUnusable:
        return InviteUnusable(
            f"Can't write {self.path} ({cause.strerror}): "
            "mend the folder's permissions, or choose another with --data."
        )


def _keep_first(name: str, path: Path) -> None:
    """Put the file in place unless somebody was faster: theirs may be given away already."""
    try:
        os.link(name, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        Path(name).replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where folders can be opened for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
