"""A file of secrets that people get by link, which only its owner may read.

It has one secret in each line. The first is the one to share; all of them are accepted. The file
is read whenever a secret is shown, so a new one is valid at once.
"""

import errno
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fireside.adapters.own_file import is_own, open_own
from fireside.adapters.text_file import decode
from fireside.domain.invite import hash_of, is_secret

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SecretKind:
    """What a secret is called, and the command that makes a new one."""

    noun: str
    new_command: str


INVITE = SecretKind("invite", "fireside invite --new")
OWNER = SecretKind("owner link", "fireside owner --new")


class SecretUnusable(Exception):  # noqa: N818 - it says what is so, and what to do
    """The file can't be read or written, or has no secret in it; the argument says what to do."""


class SecretFile:
    """Reads and writes the secrets."""

    def __init__(self, path: Path, kind: SecretKind, new_secret: Callable[[], str]) -> None:
        self.path = path
        self._kind = kind
        self._new_secret = new_secret

    def secret(self) -> str:
        """Return the secret to share; make one if there is no file yet.

        Raises:
            SecretUnusable: The file can't be used.
        """
        try:
            return self._secrets()[0]
        except FileNotFoundError:
            self._write(_keep_first)
            return self.secret()
        except OSError as cause:
            raise self._unreadable(cause) from cause

    def replace(self) -> str:
        """Replace all secrets by a new one, and return it.

        Raises:
            SecretUnusable: The file can't be written.
        """
        return self._write(os.replace)

    def hashes(self) -> frozenset[str]:
        """Return the hashes of the secrets that are accepted: none without a file."""
        try:
            return frozenset(map(hash_of, self._secrets()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, SecretUnusable):
            log.warning(
                "the %s can't be read, so none is accepted: `fireside doctor` says why",
                self._kind.noun,
            )
            return frozenset()

    def beside(self, name: str) -> "SecretFile":
        """Return another file of such secrets in the same folder."""
        return SecretFile(self.path.with_name(name), self._kind, self._new_secret)

    def exists(self) -> bool:
        """Return whether the file exists.

        Raises:
            SecretUnusable: The folder can't be read.
        """
        try:
            self.path.stat()
        except FileNotFoundError:
            return False
        except OSError as cause:
            raise self._unreadable(cause) from cause
        return True

    def is_private(self) -> bool:
        """Return whether only the owner may read the file; always True on Windows."""
        return os.name == "nt" or self.path.lstat().st_mode & 0o077 == 0

    def _secrets(self) -> list[str]:
        """Return the secrets in the file. An error never shows its contents."""
        try:
            words = decode(self._read()).split()
        except UnicodeDecodeError:
            words = []
        if not words or not all(map(is_secret, words)):
            raise SecretUnusable(
                f"{self.path} holds no {self._kind.noun}: make one with `{self._kind.new_command}`."
            )
        return words

    def _read(self) -> bytes:
        """Return what is in the file; one that another user put there says nothing."""
        with os.fdopen(open_own(self.path, os.O_RDONLY), "rb") as file:
            if not is_own(os.fstat(file.fileno())):
                raise SecretUnusable(
                    f"{self.path} belongs to another user: make one of your own with "
                    f"`{self._kind.new_command}`."
                )
            return file.read()

    def _write(self, put: Callable[[str, Path], None]) -> str:
        """Write a new secret, and return it. After a power cut, the file is the old or the new one.

        `put` moves a temporary file with the secret to its place.
        """
        secret = self._new_secret()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}-", dir=self.path.parent)
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

    def _unreadable(self, cause: OSError) -> SecretUnusable:
        if cause.errno == errno.ELOOP:
            return SecretUnusable(
                f"{self.path} is a symbolic link: make a file of your own with "
                f"`{self._kind.new_command}`."
            )
        return SecretUnusable(f"Can't read {self.path} ({cause.strerror}): fix its permissions.")

    def _unwritable(self, cause: OSError) -> SecretUnusable:
        return SecretUnusable(
            f"Can't write {self.path} ({cause.strerror}): "
            "fix the folder's permissions, or choose another with --data."
        )


def _keep_first(name: str, path: Path) -> None:
    """Move the file to its place, unless another process made one: that may be shared already."""
    try:
        os.link(name, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        Path(name).replace(path)


def _sync_folder(folder: Path) -> None:
    """Flush the folder, so that the file keeps its name after a power cut; not on Windows."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
