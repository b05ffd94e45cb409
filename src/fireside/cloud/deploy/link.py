"""`fireside invite --stage NAME`: print again what lets people into a chat on AWS."""

from fireside.adapters.invite_file import InviteUnusable
from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.session import Opened, Opening
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.qr import show
from fireside.domain.invite import hash_of, link


def print_link(stage: Stage, world: World, *, qr: bool | None) -> int:
    """Print the link on stdout, and on a terminal its QR code.

    Raises:
        CannotStart: There is no chat yet, or its invite is on another computer.
    """
    opened = Opening(stage, world, f"fireside invite {stage.options}").open()
    place = opened.outputs.get("address")
    if place is None:
        sentence = f"{stage.prefix} is not on AWS as a whole: fireside deploy {stage.options}"
        raise CannotStart(sentence, ExitCode.CLOUD)
    if opened.settings.get("open"):
        world.say("The place is open: anybody who has the address comes in.")
        show(str(place), qr=qr)
    else:
        show(link(str(place), _secret(opened)), qr=qr)
    return int(ExitCode.OK)


def _secret(opened: Opened) -> str:
    """Read the invite, if it is one of those that were applied."""
    stage, known = opened.stage, opened.settings.get("invite_hashes") or []
    try:
        if stage.invite.exists() and hash_of(stage.invite.secret()) in known:
            return stage.invite.secret()
    except InviteUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why
    raise CannotStart(
        f"No invite that opens {stage.prefix} is on this computer. This makes one, beside those "
        f"that there are: fireside deploy {stage.options} --add-invite",
        ExitCode.DATA,
    )
