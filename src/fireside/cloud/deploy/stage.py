"""A stage, which is one chat on AWS: its name, its folder on this computer, and its variables.

infra/stages/NAME has the address of the state, the variables of the last run, the secrets of the
invite and of the owner link, and the current plan. All of it but the secrets can be restored from
the state, so another computer can continue.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireside.adapters.secret_file import INVITE, OWNER, SecretFile
from fireside.console.exits import CannotStart, ExitCode
from fireside.server.settings import RENAMED_VALUES
from fireside.system import new_secret

PROJECT, STAGE = "fireside", "prod"
"""The default names."""

REGION = "us-east-1"
"""Of a new stage, unless --region or the AWS profile names another."""

NAME_RULES = {
    "project": (r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "3 to 20 lowercase letters, digits and -"),
    "stage": (r"[a-z][a-z0-9]{1,9}", "2 to 10 lowercase letters and digits"),
}
"""A pattern and its description for each; the same as in infra/variables.tf."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and where its files are on this computer."""

    project: str
    name: str
    infra: Path

    @property
    def folder(self) -> Path:
        """Return the folder of all files below; only its owner can read it."""
        return self.infra / "stages" / self.name

    @property
    def prefix(self) -> str:
        """Return the start of the names of all its resources on AWS."""
        return f"{self.project}-{self.name}"

    @property
    def command_options(self) -> str:
        """Return the options with which another command finds this stage."""
        words = [f"--stage {self.name}"]
        if self.project != PROJECT:
            words.append(f"--project {self.project}")
        if self.infra not in {folder.absolute() for folder in _default_infra_folders()}:
            words.append(f"--infra {shlex.quote(str(self.infra))}")
        return " ".join(words)

    @property
    def terraform_data(self) -> Path:
        """Return the folder of Terraform's providers and backend settings (TF_DATA_DIR)."""
        return self.folder / "terraform"

    @property
    def backend_file(self) -> Path:
        """Return the file that says where the state is."""
        return self.folder / "backend.hcl"

    @property
    def settings_file(self) -> Path:
        """Return the file of variables that each run writes."""
        return self.folder / "settings.tfvars.json"

    @property
    def variables_file(self) -> Path:
        """Return the file of variables that a person writes; it is optional."""
        return self.folder / "stage.tfvars"

    @property
    def plan_file(self) -> Path:
        """Return the file of the current plan."""
        return self.folder / "plan"

    @property
    def left_state(self) -> Path:
        """Return the file of a state that an apply could not save in its bucket."""
        return self.folder / "left.tfstate"

    @property
    def plan_only_folder(self) -> Path:
        """Return the folder of a plan that is made before there is any state."""
        return self.folder / "plan-only"

    @property
    def invite(self) -> SecretFile:
        """Return the file of the invite's secret."""
        return SecretFile(self.folder / "invite", INVITE, new_secret)

    @property
    def owner(self) -> SecretFile:
        """Return the file of the owner link's secret."""
        return SecretFile(self.folder / "owner", OWNER, new_secret)

    def state_bucket(self, account: str) -> str:
        """Return the name of the bucket for all states of the project, as in infra/bootstrap."""
        return f"{self.project}-state-{account}"

    def make_folder(self) -> None:
        """Create the folder so that only its owner can read it: it has plans and secrets.

        Raises:
            CannotStart: It can't be created.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)  # it may exist already, for the file of variables
        except OSError as cause:
            sentence = f"Can't create {self.folder} ({cause.strerror}): correct its permissions."
            raise CannotStart(sentence, ExitCode.DATA) from cause

    def write_backend(self, bucket: str, region: str) -> None:
        """Write the file that says where the state is."""
        lines = {
            "bucket": bucket,
            "key": f"{self.name}.tfstate",
            "region": region,
            "encrypt": True,
            "use_lockfile": True,
        }
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        _write(self.backend_file, text)

    def write_settings(self, variables: Mapping[str, Any]) -> None:
        """Write the variables of this run."""
        _write(self.settings_file, json.dumps(variables, indent=2, sort_keys=True) + "\n")

    def variable_files(self, extra: Sequence[Path]) -> list[Path]:
        """Return the files of variables in order; a later one takes precedence."""
        own = [self.variables_file] if self.variables_file.is_file() else []
        return [self.settings_file, *own, *(file.absolute() for file in extra)]


def find_stage(project: str, name: str, infra: Path | None) -> Stage:
    """Return a stage by its names; `infra` is None for the default folder.

    Raises:
        CannotStart: A name is invalid, or there is no infra folder.
    """
    for kind, value in (("project", project), ("stage", name)):
        pattern, sentence = NAME_RULES[kind]
        if not re.fullmatch(pattern, value):
            raise CannotStart(f"--{kind} takes {sentence}, not {value!r}.", ExitCode.USAGE)
    return Stage(project, name, _find_infra(infra))


def choose_variables(
    stage: Stage,
    before: Mapping[str, Any],
    *,
    invites: Sequence[str],
    owner_hash: str,
    region: str,
) -> dict[str, Any]:
    """Return the variables of a run.

    Where this computer has a file of variables, the variables of the last apply (`before`) are
    ignored. Without the file they stay, even if another computer applied them; a value that was
    renamed since has its new name.
    """
    kept = (
        {}
        if stage.variables_file.is_file()
        else {
            name: RENAMED_VALUES.get((name, value), value) if isinstance(value, str) else value
            for name, value in before.items()
            if value is not None
        }
    )
    return {
        **kept,
        "project_name": stage.project,
        "stage_name": stage.name,
        "region": region,
        "invite_hashes": list(invites),
        "owner_sha256": owner_hash,
    }


def _find_infra(given: Path | None) -> Path:
    """Return the folder of the Terraform files."""
    places = [given] if given is not None else _default_infra_folders()
    for place in places:
        if (place / "main.tf").is_file() and (place.parent / "api.json").is_file():
            return place.absolute()
    searched = " or ".join(map(str, places))
    raise CannotStart(
        f"There are no Terraform files in {searched}: run this in a checkout of Fireside, "
        "or name its infra folder with --infra.",
        ExitCode.USAGE,
    )


def _default_infra_folders() -> list[Path]:
    """Return where to search: below the current folder, then in this program's checkout."""
    return [Path("infra"), Path(__file__).resolve().parents[4] / "infra"]


def _write(file: Path, text: str) -> None:
    """Replace a file as a whole: after an interruption it is the old one or the new one.

    Raises:
        CannotStart: It can't be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(file)
    except OSError as cause:
        sentence = f"Can't write {file} ({cause.strerror}): correct the folder's permissions."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    finally:
        draft.unlink(missing_ok=True)
