"""One chat on AWS, seen from this computer: its name, its folder here, and what was chosen for it.

infra/stages/NAME holds what this computer knows: where the state is, what was chosen, the invite,
the plan under way. All of it but the invite can be had again from the state, so that another
computer goes on from there.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireside.adapters.invite_file import InviteFile
from fireside.cloud.deploy.names import PROJECT
from fireside.console.exits import CannotStart, ExitCode
from fireside.system import new_invite

REGION = "us-east-1"

NAMES = {
    "project": (r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "3 to 20 small letters, digits and -"),
    "stage": (r"[a-z][a-z0-9]{1,9}", "2 to 10 small letters and digits"),
}
"""As infra/variables.tf has them: said before anything runs."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one chat's things are on this computer."""

    project: str
    name: str
    infra: Path

    @property
    def folder(self) -> Path:
        return self.infra / "stages" / self.name

    @property
    def prefix(self) -> str:
        """Say what the names of everything on AWS begin with."""
        return f"{self.project}-{self.name}"

    @property
    def options(self) -> str:
        """Write what a command needs to find this stage again."""
        words = [f"--stage {self.name}"]
        if self.project != PROJECT:
            words.append(f"--project {self.project}")
        if self.infra not in {folder.absolute() for folder in _usual()}:
            words.append(f"--infra {shlex.quote(str(self.infra))}")
        return " ".join(words)

    @property
    def terraform_data(self) -> Path:
        return self.folder / "terraform"

    @property
    def backend(self) -> Path:
        """Name the file that says where the state is."""
        return self.folder / "backend.hcl"

    @property
    def settings(self) -> Path:
        """Name the file of variables that is written here at each run."""
        return self.folder / "settings.tfvars.json"

    @property
    def wishes(self) -> Path:
        """Name the file of variables that is yours."""
        return self.folder / "stage.tfvars"

    @property
    def plan(self) -> Path:
        return self.folder / "plan"

    @property
    def look(self) -> Path:
        """Name the folder with the files of a plan that was made before there was any state."""
        return self.folder / "look"

    @property
    def invite(self) -> InviteFile:
        return InviteFile(self.folder / "invite", new_invite)

    def bucket(self, account: str) -> str:
        """Name the bucket of all states of this project, as infra/bootstrap does."""
        return f"{self.project}-state-{account}"

    def make_folder(self) -> None:
        """Make the folder, for nobody else to read: plans and the invite are in there."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)  # somebody may have made it, for the file of variables
        except OSError as cause:
            sentence = f"Can't make {self.folder} ({cause.strerror}): mend its permissions."
            raise CannotStart(sentence, ExitCode.DATA) from cause

    def write_backend(self, bucket: str, region: str) -> None:
        """Say where the state is."""
        lines = {
            "bucket": bucket,
            "key": f"{self.name}.tfstate",
            "region": region,
            "encrypt": True,
            "use_lockfile": True,
        }
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        _write(self.backend, text)

    def write_settings(self, variables: Mapping[str, Any]) -> None:
        """Keep what this run chose."""
        _write(self.settings, json.dumps(variables, indent=2, sort_keys=True) + "\n")

    def files(self, further: Sequence[Path]) -> list[Path]:
        """List the files of variables; a later one wins."""
        own = [self.wishes] if self.wishes.is_file() else []
        return [self.settings, *own, *(file.absolute() for file in further)]


def named(project: str, name: str, infra: Path | None) -> Stage:
    """Find a stage's place.

    Raises:
        CannotStart: A name won't do, or there is no infra folder.
    """
    for kind, value in (("project", project), ("stage", name)):
        pattern, sentence = NAMES[kind]
        if not re.fullmatch(pattern, value):
            raise CannotStart(f"--{kind} takes {sentence}, not {value!r}.", ExitCode.USAGE)
    return Stage(project, name, _infra(infra))


def chosen(
    stage: Stage, before: Mapping[str, Any], *, invites: Sequence[str], region: str
) -> dict[str, Any]:
    """Decide the variables of a run.

    This computer's own file of wishes is the whole truth where there is one; without it, what
    the last apply chose goes on, wherever that was.
    """
    kept = {} if stage.wishes.is_file() else {k: v for k, v in before.items() if v is not None}
    return {
        **kept,
        "project_name": stage.project,
        "stage_name": stage.name,
        "region": region,
        "invite_hashes": list(invites),
    }


def _infra(given: Path | None) -> Path:
    """Find the Terraform files: named, below here, or in the checkout that this program is in."""
    places = [given] if given is not None else _usual()
    for place in places:
        if (place / "main.tf").is_file() and (place.parent / "api.json").is_file():
            return place.absolute()
    sought = " or ".join(map(str, places))
    raise CannotStart(
        f"There are no Terraform files in {sought}: run this in a checkout of Fireside, "
        "or name its infra folder with --infra.",
        ExitCode.USAGE,
    )


def _usual() -> list[Path]:
    """Say where the Terraform files are sought: below here, then in this program's checkout."""
    return [Path("infra"), Path(__file__).resolve().parents[4] / "infra"]


def _write(file: Path, text: str) -> None:
    """Put a whole new file in place: an interruption leaves the old one or this."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(file)
    except OSError as cause:
        sentence = f"Can't write {file} ({cause.strerror}): mend the folder's permissions."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    finally:
        draft.unlink(missing_ok=True)
