"""Which invites open a stage's door, and what this computer knows of them.

On AWS there are hashes alone; each secret is on the computer that made it. A new secret waits in
a file of its own until it was applied, so that an interruption loses neither the old nor the new.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fireside.adapters.invite_file import InviteFile, InviteUnusable
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import hash_of
from fireside.system import new_invite

MOST = 20
"""As infra/variables.tf has it."""


@dataclass(frozen=True, slots=True)
class Invites:
    """The hashes to apply, and the secret behind one of them, if it is known here."""

    hashes: Sequence[str]
    secret: str | None


def decide(stage: Stage, deployed: Sequence[str], *, new: bool, add: bool) -> Invites:
    """Choose the invites of the next apply.

    The first apply makes one. Later ones leave the door as it is, unless asked: `new` makes one
    and shuts out all others, `add` makes one for this computer beside them.

    Raises:
        CannotStart: A file can't be read or written.
    """
    try:
        return _decided(stage, deployed, new=new, add=add)
    except InviteUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why


def settle(stage: Stage) -> None:
    """Take over what was applied."""
    waiting = _waiting(stage).path
    if waiting.is_file():
        waiting.replace(stage.invite.path)


def _decided(stage: Stage, deployed: Sequence[str], *, new: bool, add: bool) -> Invites:
    waiting = _waiting(stage)
    if waiting.exists() and hash_of(waiting.secret()) in deployed:
        settle(stage)  # it was applied, and then somebody pressed Ctrl-C
    own = stage.invite.secret() if stage.invite.exists() or not (deployed or new) else None
    is_known = own is not None and hash_of(own) in deployed
    if new:
        return _with(waiting.secret(), [])
    if add and deployed and not is_known:
        return _with(waiting.secret(), deployed)
    waiting.path.unlink(missing_ok=True)
    if own is not None and (is_known or not deployed):
        return _with(own, deployed)
    return Invites(list(deployed), None)  # made elsewhere; or ended there, and it stays so


def _with(secret: str, others: Sequence[str]) -> Invites:
    mine = hash_of(secret)
    hashes = [*others, *({mine} - set(others))]
    if len(hashes) > MOST:
        sentence = f"{MOST} invites are the most: --new-invite makes one and ends the others."
        raise CannotStart(sentence, ExitCode.USAGE)
    return Invites(hashes, secret)


def _waiting(stage: Stage) -> InviteFile:
    return InviteFile(stage.folder / "invite.next", new_invite)
