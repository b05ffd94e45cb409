"""Whether other users of the machine can change a data folder: who can may swap the files in it.

Then an invite of theirs lets them in, and a link of theirs leads what is written elsewhere.
"""

import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

from fireside.adapters.own_file import belongs_to
from fireside.console.checks import Check
from fireside.console.exits import CannotStart, ExitCode

NAME, DATA = "data folder", "--data"

Members = Callable[[int], set[int]]
"""Returns the users of a group, by number."""

_ROOT = 0


def require_own_folder(folder: Path, option: str = DATA) -> None:
    """Let a folder pass that others can't change, or that is not there yet.

    `option` names it on the command line.

    Raises:
        CannotStart: Others can change it; the sentence says what to do.
    """
    check = check_own_folder(folder, option)
    if check is not None:
        remedy = check.remedy[0].lower() + check.remedy[1:]
        raise CannotStart(f"{check.found}: {remedy}", ExitCode.DATA)


def knows_others() -> bool:
    """Return whether it is known who may write to a folder.

    Not on Windows, where the folders of a user are that user's own unless changed by hand.
    """
    return os.name != "nt"


def check_own_folder(folder: Path, option: str = DATA) -> Check | None:
    """Return the failed check of a folder that others can change; None if there is no such danger.

    `option` names the folder on the command line.
    """
    if not knows_others():
        return None
    try:
        found = folder.stat()
    except OSError:  # it is made later, or can't be used at all
        return None
    return examine(folder, found, os.geteuid(), members_of, option)


def examine(
    folder: Path, found: os.stat_result, user: int, members: Members, option: str = DATA
) -> Check | None:
    """Return what is wrong with a folder that `user` is to write to."""
    if not belongs_to(user, found):
        return _failed(
            f"{folder} belongs to another user (number {found.st_uid})",
            f"Run as that user, or choose another folder with {option}.",
        )
    if found.st_mode & stat.S_IWOTH:
        return _failed(
            f"Every user of this machine may write to {folder}",
            _remedy("go-w", folder, found, user, option),
        )
    if found.st_mode & stat.S_IWGRP and _others(members, found, user):
        return _failed(
            f"Other users of this machine may write to {folder}, through their group",
            _remedy("g-w", folder, found, user, option),
        )
    return None


def _remedy(change: str, folder: Path, found: os.stat_result, user: int, option: str) -> str:
    """Return how to take a right from others, or how to do without; only an owner may."""
    who = "Run" if user in {found.st_uid, _ROOT} else f"Have its owner (number {found.st_uid}) run"
    quoted, inner = shlex.quote(str(folder)), shlex.quote(str(folder / "chat"))
    return (
        f"{who} `chmod {change} {quoted}`, or name a new folder in it, {option} {inner}. "
        "Where chmod has no effect (Windows drives in WSL and Docker Desktop, SMB), "
        "choose a folder of Linux or a Docker volume."
    )


def members_of(group: int) -> set[int]:
    """Return the users of a group that the system knows by name."""
    import grp  # noqa: PLC0415 - neither is on Windows
    import pwd  # noqa: PLC0415

    try:
        names = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        names = set()
    users = pwd.getpwall()
    return {one.pw_uid for one in users if one.pw_gid == group or one.pw_name in names}


def _others(members: Members, found: os.stat_result, user: int) -> bool:
    """Return whether a user is in the group of the folder who does not own it; root may anyway."""
    if found.st_gid == _ROOT:
        return False
    return bool(members(found.st_gid) - {user, found.st_uid, _ROOT})


def _failed(found: str, remedy: str) -> Check:
    return Check(NAME, "fail", found, remedy)
