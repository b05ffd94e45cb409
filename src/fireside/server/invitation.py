"""The links that a start names: the invite that people need, and the owner link."""

import shlex
import sys
from pathlib import Path

from fireside.adapters.secret_file import SecretFile, SecretUnusable
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import link, owner_link
from fireside.server.data_folder import invite_file, owner_file
from fireside.server.settings import Settings, asks_for_invite


def secret_in(folder: Path, settings: Settings) -> str | None:
    """Return the invite's secret, made now if there is none; None if no invite is needed.

    Raises:
        CannotStart: It can't be read or written.
    """
    return _secret(invite_file(folder)) if asks_for_invite(settings) else None


def owner_secret(folder: Path) -> str:
    """Return the owner link's secret, made now if there is none.

    Raises:
        CannotStart: It can't be read or written.
    """
    return _secret(owner_file(folder))


def invitation(place: str, secret: str, folder: Path) -> str:
    """Return the link for a terminal, or else a command: a log must not hold the secret."""
    if sys.stdout.isatty():
        return f"Invite people with {link(place, secret)}"
    return f"People need an invite to enter: {_command('invite', place, folder)}"


def ownership(place: str, secret: str, folder: Path) -> str:
    """Return the owner link for a terminal, or else a command, of a place without an owner."""
    if sys.stdout.isatty():
        return f"Own this place with {owner_link(place, secret)}"
    return f"To own this place: {_command('owner', place, folder)}"


def _command(name: str, place: str, folder: Path) -> str:
    return shlex.join(["fireside", name, "--data", str(folder), "--url", place])


def _secret(file: SecretFile) -> str:
    try:
        return file.secret()
    except SecretUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause
