"""`fireside invite --stage NAME`, `fireside owner --stage NAME`: print a link of a chat on AWS."""

from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.session import ConnectedStage, StageSession
from fireside.cloud.deploy.stage import Stage
from fireside.cloud.deploy.stage_secrets import OPEN_NOTICE, deployed_secret
from fireside.console.exits import CannotStart, ExitCode
from fireside.console.qr import show
from fireside.domain.invite import link, owner_link


def print_link(stage: Stage, context: DeployContext, *, qr: bool | None) -> int:
    """Print the link on stdout, and on a terminal its QR code; return the exit code.

    Raises:
        CannotStart: The chat is not deployed, or its invite is on another computer.
    """
    connected, address = _connect(stage, context, "invite")
    if connected.settings.get("open"):
        context.print_progress(OPEN_NOTICE)
        show(address, qr=qr)
        return int(ExitCode.OK)
    secret = deployed_secret(stage.invite, connected.settings.get("invite_hashes") or [])
    if secret is None:
        raise CannotStart(
            f"This computer has no valid invite of {stage.prefix}. To make one beside the existing "
            f"ones: fireside deploy {stage.command_options} --add-invite",
            ExitCode.DATA,
        )
    show(link(address, secret), qr=qr)
    return int(ExitCode.OK)


def print_owner_link(stage: Stage, context: DeployContext) -> int:
    """Print the owner link on stdout; return the exit code.

    Raises:
        CannotStart: The chat is not deployed, or its owner link is on another computer.
    """
    connected, address = _connect(stage, context, "owner")
    secret = deployed_secret(stage.owner, [connected.settings.get("owner_sha256") or ""])
    if secret is None:
        raise CannotStart(
            f"This computer has no valid owner link of {stage.prefix}. To replace it by one of "
            f"this computer: fireside deploy {stage.command_options} --new-owner-link",
            ExitCode.DATA,
        )
    context.print_result(owner_link(address, secret))
    return int(ExitCode.OK)


def _connect(stage: Stage, context: DeployContext, command: str) -> tuple[ConnectedStage, str]:
    """Return a stage with its state, and its address.

    Raises:
        CannotStart: The chat is not deployed, or not completely.
    """
    session = StageSession(stage, context, f"fireside {command} {stage.command_options}")
    connected = session.connect()
    address = connected.outputs.get("address")
    if address is None:
        sentence = (
            f"{stage.prefix} is not completely deployed: fireside deploy {stage.command_options}"
        )
        raise CannotStart(sentence, ExitCode.CLOUD)
    return connected, str(address)
