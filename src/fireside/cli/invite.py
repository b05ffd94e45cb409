"""Print the link that lets people in: `fireside invite`, and `--new` to make the old ones stop."""

import sys
from collections.abc import Iterator

from fireside.adapters.invite_file import InviteUnusable
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.qr import show
from fireside.domain.invite import hash_of, link
from fireside.server.data_folder import invite_file
from fireside.server.settings import EVERYWHERE, Settings, address, asks_for_invite


def invite(
    settings: Settings, *, new: bool, url: str | None, qr: bool | None, as_hash: bool = False
) -> int:
    """Print the link on stdout, and on a terminal its QR code; notes go to stderr.

    With `as_hash`, print what functions on AWS keep of the secret, and nothing else.

    Raises:
        CannotStart: The invite can't be kept, or nobody knows the address.
    """
    place = "" if as_hash else _address(settings, url)
    try:
        file = invite_file(settings.data)
        secret = file.replace() if new else file.secret()
    except InviteUnusable as cause:
        raise CannotStart(str(cause), ExitCode.DATA) from cause
    if as_hash:
        print(hash_of(secret))
        return int(ExitCode.OK)
    show(link(place, secret), qr=qr)
    for note in _notes(settings, new=new, url=url):
        print(note, file=sys.stderr)
    return int(ExitCode.OK)


def _address(settings: Settings, url: str | None) -> str:
    if url is not None:
        return url
    if settings.public_url is None and settings.port == 0:
        message = "Any free port will be taken, so say where the chat is with --url."
        raise CannotStart(message, ExitCode.USAGE)
    return address(settings, settings.port)


def _notes(settings: Settings, *, new: bool, url: str | None) -> Iterator[str]:
    if new:
        yield (
            "Older links let nobody in from now on. "
            "Who is inside stays until their connection ends."
        )
    if settings.invites == "off":
        yield "But `invites` is off: nobody is asked for one."
    elif url is None and not asks_for_invite(settings):
        yield "As long as only this machine reaches the chat, nobody is asked for an invite."
    elif url is None and settings.public_url is None and settings.host in EVERYWHERE:
        yield "Only this machine can open that address: give the right one with --url."
