"""The secrets of a stage, its invites and its owner link: hashes on AWS, secrets on this computer.

AWS has only hashes; each secret is on the computer that made it. A new secret is pending in a file
of its own until it is applied, so that an interruption loses neither the old nor the new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fireside.adapters.secret_file import SecretFile, SecretUnusable
from fireside.cloud.deploy.stage import Stage
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.invite import hash_of

MAX_INVITES = 20
"""As in infra/variables.tf."""

OPEN_NOTICE = "The chat is open: everyone who has the address can enter."


@dataclass(frozen=True, slots=True)
class Secrets:
    """The hashes to apply, and the secret of one of them; None if it is on another computer."""

    hashes: Sequence[str]
    secret: str | None


def choose_invites(stage: Stage, deployed: Sequence[str], *, new: bool, add: bool) -> Secrets:
    """Return the invites of the next apply; `deployed` are the hashes of the last one.

    The first apply makes an invite. Later ones keep what is deployed, unless `new` makes one that
    replaces all others, or `add` makes one for this computer beside them.

    Raises:
        CannotStart: A file can't be read or written, or there would be too many.
    """
    chosen = _choose(stage.invite, deployed, new=new, add=add)
    if len(chosen.hashes) > MAX_INVITES:
        sentence = (
            f"There can be {MAX_INVITES} invites at most: "
            "--new-invite makes one and revokes all others."
        )
        raise CannotStart(sentence, ExitCode.USAGE)
    return chosen


def choose_owner(stage: Stage, deployed: str, *, new: bool) -> Secrets:
    """Return the owner link's secret of the next apply; `deployed` is the hash of the last one.

    The first apply makes it. Later ones keep it, unless `new` replaces it.

    Raises:
        CannotStart: A file can't be read or written.
    """
    return _choose(stage.owner, [deployed] if deployed else [], new=new, add=False)


def confirm_applied(stage: Stage) -> None:
    """Make the pending secrets, if there are any, the stage's."""
    for file in (stage.invite, stage.owner):
        _confirm(file)


def deployed_secret(file: SecretFile, deployed: Sequence[str]) -> str | None:
    """Return the secret in a file of this computer, if its hash is deployed.

    Raises:
        CannotStart: The file can't be read.
    """
    try:
        secret = file.secret() if file.exists() else None
    except SecretUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why
    return secret if secret is not None and hash_of(secret) in deployed else None


def _choose(file: SecretFile, deployed: Sequence[str], *, new: bool, add: bool) -> Secrets:
    try:
        return _chosen(file, deployed, new=new, add=add)
    except SecretUnusable as why:
        raise CannotStart(str(why), ExitCode.DATA) from why


def _chosen(file: SecretFile, deployed: Sequence[str], *, new: bool, add: bool) -> Secrets:
    pending = _pending(file)
    if pending.exists() and hash_of(pending.secret()) in deployed:
        _confirm(file)  # Ctrl-C was pressed after the apply
    own = file.secret() if file.exists() or not (deployed or new) else None
    is_known = own is not None and hash_of(own) in deployed
    if new:
        return _with(pending.secret(), [])
    if add and deployed and not is_known:
        return _with(pending.secret(), deployed)
    pending.path.unlink(missing_ok=True)
    if own is not None and (is_known or not deployed):
        return _with(own, deployed)
    return Secrets(list(deployed), None)  # made on another computer, or revoked by one


def _with(secret: str, others: Sequence[str]) -> Secrets:
    own = hash_of(secret)
    return Secrets([*others, *({own} - set(others))], secret)


def _confirm(file: SecretFile) -> None:
    pending = _pending(file).path
    if pending.is_file():
        pending.replace(file.path)


def _pending(file: SecretFile) -> SecretFile:
    return file.beside(f"{file.path.name}.next")
