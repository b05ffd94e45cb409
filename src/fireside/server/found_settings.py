"""A settings file that was found in the current folder, not named: it may not decide in silence.

It may have come with a download or a checkout, or another user may have put it there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from fireside.adapters.own_file import is_own
from fireside.console.logs import printable
from fireside.server.addresses import is_only_here, name_of, read_address, read_origins
from fireside.server.settings import BadSettings, read_bytes


def require_own_file(path: Path) -> None:
    """Let a file pass that belongs to the user, or to root.

    Raises:
        BadSettings: It belongs to another user.
    """
    if not is_own(path.stat()):
        raise BadSettings(
            f"{path} belongs to another user: leave this folder, or name the file with --config."
        )


def announcement(path: Path, values: Mapping[str, object]) -> Iterator[str]:
    """Return lines that name the file and its keys, and warn of what opens the chat to others."""
    yield printable(f"settings from {path}: {', '.join(values) or 'none'}")
    for key, say in _WARNINGS.items():
        warning = say(values[key]) if key in values else None
        if warning is not None:
            found = f"{path} was found here, not named with --config"
            yield printable(f"warning: {found}, and sets {key}: {warning}")


def _of_public_url(value: object) -> str | None:
    return None if _all_here([value]) else f"the link with the invite leads to {value}"


def _of_origins(value: object) -> str | None:
    try:
        origins = read_origins(value)
    except ValueError:  # which the check of the setting reports
        return None
    return None if _all_here(origins) else f"pages of {', '.join(origins)} may connect"


def _of_host(value: object) -> str | None:
    is_here = isinstance(value, str) and is_only_here(value)
    return None if is_here else f"other machines may reach the chat at {value}"


def _of_invites(value: object) -> str | None:
    return "people enter without an invite" if value == "off" else None


def _of_limits(value: object) -> str | None:
    return "one person may ask and connect as often as they like" if value == "off" else None


def _of_keep_free(value: object) -> str | None:
    try:
        return None if read_bytes(value) else "messages may fill the disk"
    except ValueError:  # which the check of the setting reports
        return None


def _of_data(value: object) -> str | None:
    return f"messages and invite are in {value}"


_WARNINGS: Mapping[str, Callable[[object], str | None]] = {
    "public_url": _of_public_url,
    "allow_origin": _of_origins,
    "host": _of_host,
    "invites": _of_invites,
    "limits": _of_limits,
    "keep_free": _of_keep_free,
    "data": _of_data,
}


def _all_here(addresses: Sequence[object]) -> bool:
    """Return whether all addresses are this machine's; what is no address is not used at all."""
    try:
        return all(is_only_here(name_of(read_address(one))) for one in addresses)
    except ValueError:
        return True
