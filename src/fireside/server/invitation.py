"""The invite that people need: where it is kept, and how a start names it."""

import shlex
import sys
from pathlib import Path

from fireside.adapters.invite_file import InviteUnusable
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import link
from fireside.server.data_folder import invite_file
from fireside.server.settings import Settings, asks_for_invite


def secret_in(folder: Path, settings: Settings) -> str | None:
    """Return the invite's secret, made now if there is none; None if no invite is needed.

    Raises:
        CannotStart: It can't be read or written.
    """
    if not asks_for_invite(settings):
        return None
    try:
        return invite_file(folder).secret()
    except InviteUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause


def invitation(place: str, secret: str, folder: Path) -> str:
    """Return the link for a terminal, or else a command: a log must not hold the secret."""
    if sys.stdout.isatty():
        return f"Invite people with {link(place, secret)}"
    command = shlex.join(["fireside", "invite", "--data", str(folder), "--url", place])
    return f"People need an invite to enter: {command}"
