"""Opening files that another user of the machine may have put there: no symbolic link is followed.

Such a link may lead to any file of the user that runs this.
"""

import os
from pathlib import Path

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has none, and lets only administrators make links
_ROOT = 0


def open_own(path: Path, flags: int) -> int:
    """Open a file, created for its owner alone if `flags` say so; return the file descriptor.

    Raises:
        OSError: It can't be opened; with `ELOOP` because it is a symbolic link.
    """
    return os.open(path, flags | _NO_LINK, 0o600)


def belongs_to(user: int, found: os.stat_result) -> bool:
    """Return whether a file or folder is of a user, or of root; to root every owner is as good."""
    return _ROOT in (user, found.st_uid) or found.st_uid == user


def is_own(found: os.stat_result) -> bool:
    """Return whether a file or folder belongs to the user that runs this; always on Windows."""
    return os.name == "nt" or belongs_to(os.geteuid(), found)
