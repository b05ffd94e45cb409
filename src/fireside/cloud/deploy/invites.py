"""The invites of a stage: their hashes on AWS, and the secret on this computer.

AWS has only hashes; each secret is on the computer that made it. A new secret is pending in a file
of its own until it is applied, so that an interruption loses neither the old nor the new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fireside.adapters.invite_file import InviteFile, InviteUnusable
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import hash_of
from fireside.system import new_invite

MAX_INVITES = 20
"""As in infra/variables.tf."""

OPEN_NOTICE = "The chat is open: everyone who has the address can enter."


@dataclass(frozen=True, slots=True)
class Invites:
    """The hashes to apply, and the secret of one of them; None if it is on another computer."""

    hashes: Sequence[str]
    secret: str | None


def choose_invites(stage: Stage, deployed: Sequence[str], *, new: bool, add: bool) -> Invites:
    """Return the invites of the next apply; `deployed` are the hashes of the last one.

    The first apply makes an invite. Later ones keep what is deployed, unless `new` makes one that
    replaces all others, or `add` makes one for this computer beside them.

    Raises:
        CannotStart: A file can't be read or written.
    """
    try:
        return _choose(stage, deployed, new=new, add=add)
    except InviteUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why


def confirm_applied(stage: Stage) -> None:
    """Make the pending secret, if there is one, the stage's invite."""
    pending = _pending(stage).path
    if pending.is_file():
        pending.replace(stage.invite.path)


def _choose(stage: Stage, deployed: Sequence[str], *, new: bool, add: bool) -> Invites:
    pending = _pending(stage)
    if pending.exists() and hash_of(pending.secret()) in deployed:
        confirm_applied(stage)  # Ctrl-C was pressed after the apply
    own = stage.invite.secret() if stage.invite.exists() or not (deployed or new) else None
    is_known = own is not None and hash_of(own) in deployed
    if new:
        return _with(pending.secret(), [])
    if add and deployed and not is_known:
        return _with(pending.secret(), deployed)
    pending.path.unlink(missing_ok=True)
    if own is not None and (is_known or not deployed):
        return _with(own, deployed)
    return Invites(list(deployed), None)  # made on another computer, or revoked by one


def _with(secret: str, others: Sequence[str]) -> Invites:
    own = hash_of(secret)
    hashes = [*others, *({own} - set(others))]
    if len(hashes) > MAX_INVITES:
        sentence = (
            f"There can be {MAX_INVITES} invites at most: "
            "--new-invite makes one and revokes all others."
        )
        raise CannotStart(sentence, ExitCode.USAGE)
    return Invites(hashes, secret)


def _pending(stage: Stage) -> InviteFile:
    return InviteFile(stage.folder / "invite.next", new_invite)
