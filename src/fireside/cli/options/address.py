"""What the commands that print a link share: the address in it, and their errors."""

from fireside.console.exits import CannotStart, ExitCode
from fireside.server.addresses import read_address
from fireside.server.settings import BadSettings, Settings, address


def read_url(url: str) -> str:
    """Return the address that `--url` names.

    Raises:
        BadSettings: It is none.
    """
    try:
        return read_address(url)
    except ValueError as problem:
        raise BadSettings(f"--url {problem}, not {url!r}.") from problem


def address_of(settings: Settings, url: str | None) -> str:
    """Return the address of the chat: the one given with `--url`, or that of the settings.

    Raises:
        CannotStart: The port is any free one.
    """
    if url is not None:
        return url
    if settings.public_url is None and settings.port == 0:
        raise usage("The port is not known before the start: give the chat's address with --url.")
    return address(settings, settings.port)


def usage(sentence: str) -> CannotStart:
    """Return an error about options that don't go together, or are missing."""
    return CannotStart(sentence, ExitCode.USAGE)
