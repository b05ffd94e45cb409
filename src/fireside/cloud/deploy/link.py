"""`fireside invite --stage NAME`: print the invite link of a chat on AWS again."""

from fireside.adapters.invite_file import InviteUnusable
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.invites import OPEN_NOTICE
from fireside.cloud.deploy.session import ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.qr import show
from fireside.domain.invite import hash_of, link


def print_link(stage: Stage, context: DeployContext, *, qr: bool | None) -> int:
    """Print the link on stdout, and on a terminal its QR code; return the exit code.

    Raises:
        CannotStart: The chat is not deployed, or its invite is on another computer.
    """
    connected = StageSession(stage, context, f"fireside invite {stage.command_options}").connect()
    address = connected.outputs.get("address")
    if address is None:
        sentence = (
            f"{stage.prefix} is not completely deployed: fireside deploy {stage.command_options}"
        )
        raise CannotStart(sentence, ExitCode.CLOUD)
    if connected.settings.get("open"):
        context.print_progress(OPEN_NOTICE)
        show(str(address), qr=qr)
    else:
        show(link(str(address), _secret(connected)), qr=qr)
    return int(ExitCode.OK)


def _secret(connected: ConnectedStage) -> str:
    """Return the invite's secret, if its hash is deployed.

    Raises:
        CannotStart: It is not, or there is no invite on this computer.
    """
    stage, deployed = connected.stage, connected.settings.get("invite_hashes") or []
    try:
        if stage.invite.exists() and hash_of(stage.invite.secret()) in deployed:
            return stage.invite.secret()
    except InviteUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why
    raise CannotStart(
        f"This computer has no valid invite of {stage.prefix}. To make one beside the existing "
        f"ones: fireside deploy {stage.command_options} --add-invite",
        ExitCode.DATA,
    )
