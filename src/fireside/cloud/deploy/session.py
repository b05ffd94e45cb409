"""Connect to a stage on AWS: the identity, the state, and the outputs of the last apply.

The state is in a bucket named after the account, so that a second computer finds it without any
setting. The first deploy creates that bucket, after a confirmation. A first `--plan-only` creates
none: it plans in a copy of the Terraform files that has no state.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireside.cloud import provider_lock
from fireside.cloud.deploy import account, plan
from fireside.cloud.deploy.account import Identity
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.remedies import explained_failures
from fireside.cloud.deploy.stage import REGION, Stage
from fireside.cloud.deploy.terraform import (
    Terraform,
    TerraformFailed,
    TerraformMissing,
    WorkingDirectory,
    find_terraform,
)
from fireside.cloud.provider_lock import ProviderLock
from fireside.cloud.sdk import Aws, AwsError
from fireside.console.checks import Check
from fireside.console.exits import CannotStart, ExitCode


@dataclass(frozen=True, slots=True)
class ConnectedStage:
    """A stage whose state was read, with the clients to work on it."""

    stage: Stage
    terraform: Terraform
    aws: Aws
    identity: Identity
    region: str
    outputs: Mapping[str, Any]
    """Terraform's outputs of the last apply; empty before the first."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the variables of the last apply; empty before the first."""
        found: Mapping[str, Any] = self.outputs.get("settings") or {}
        return found


Confirm = Callable[[str], None]
"""Asks a person to type this word; raises CannotStart without it."""

NO_TERMINAL = "There is no terminal to ask for a confirmation: run it in one, or add --yes."


@dataclass(frozen=True, slots=True)
class StageSession:
    """One command's work on a stage."""

    stage: Stage
    context: DeployContext
    retry_command: str
    """The command that continues after a failure."""
    region: str | None = None
    """The option `--region`."""
    confirm: Confirm | None = None
    """Asks before the bucket for states is created; None never creates it."""
    plan_only: bool = False
    """Whether to continue without a bucket, as nothing will be created."""

    def connect(self) -> ConnectedStage:
        """Check this computer and the account, then find the state and read it.

        Raises:
            CannotStart: A check failed, or there is no state and none may be created.
        """
        program = self._find_terraform()
        aws = self.context.aws(self.region)
        home = self.region or aws.region or REGION
        self.require(account.check_region(home, aws.regions()))
        self.context.show(account.check_credentials(aws.credentials()))
        identity = account.identity(aws, home)
        self.context.show(account.check_identity(identity))
        self.stage.make_folder()
        has_state = self._find_state(aws, identity, home, program)
        shutil.rmtree(self.stage.plan_only_folder, ignore_errors=True)  # of an earlier plan
        path = self.stage.infra if has_state else _copy_infra(self.stage)
        terraform = Terraform(
            WorkingDirectory(path, self.stage.terraform_data, program), self.context.print_progress
        )
        with self.guard(terraform, "reading the state", "Nothing was changed."):
            if has_state:
                self._init(terraform, aws)
                self._save_left_state(terraform)
            else:
                terraform.init()
            outputs = terraform.outputs()
        deployed_region = (outputs.get("settings") or {}).get("region")
        if deployed_region is not None and self.region not in {None, deployed_region}:
            raise CannotStart(
                f"{self.stage.prefix} is in {deployed_region}, and a stage does not move: "
                "omit --region, or choose another --stage.",
                ExitCode.USAGE,
            )
        return ConnectedStage(
            self.stage, terraform, aws, identity, deployed_region or home, outputs
        )

    @contextmanager
    def guard(self, terraform: Terraform, doing: str, so_far: str) -> Iterator[None]:
        """Say how to continue after every failure of Terraform within, and keep its state.

        Raises:
            CannotStart: Terraform failed, or Ctrl-C was pressed.
        """
        with explained_failures(
            doing,
            so_far=so_far,
            retry_command=self.retry_command,
            unlock=lambda lock: terraform.command_line("force-unlock", lock),
        ):
            before = terraform.errored_state.is_file()  # of another stage, or of a person
            try:
                yield
            except (TerraformFailed, KeyboardInterrupt) as cause:
                if before or not terraform.errored_state.is_file():
                    raise
                terraform.errored_state.replace(self.stage.left_state)
                raise CannotStart(
                    f"Stopped while {doing}, and the state could not be saved: it is in "
                    f"{self.stage.left_state}, and it may still be locked: then the next run says "
                    "how to unlock it. Sign in again; that run saves the state before anything "
                    f"else: {self.retry_command}",
                    ExitCode.CLOUD,
                ) from cause

    def _init(self, terraform: Terraform, aws: Aws) -> None:
        """Install the providers of the stage's lock; a deploy makes the lock if there is none."""
        stage = self.stage
        lock = ProviderLock(aws, stage.infra, stage.backend_file, stage.name)
        is_locked = lock.fetch()
        terraform.init(self.stage.backend_file, is_locked=is_locked)
        if not is_locked and self.confirm is not None and not self.plan_only:
            lock.keep()

    def _save_left_state(self, terraform: Terraform) -> None:
        """Save the state of an apply that could not save it, as its credentials had expired."""
        if self.stage.left_state.is_file():
            terraform.push_state(self.stage.left_state)
            self.stage.left_state.unlink()

    def _find_terraform(self) -> str:
        try:
            program, version = find_terraform()
        except TerraformMissing as why:
            raise CannotStart(str(why), ExitCode.CLOUD) from why
        self.context.show(Check("terraform", "ok", version))
        return program

    def require(self, check: Check) -> None:
        """Print the result of a check.

        Raises:
            CannotStart: It failed.
        """
        self.context.show(check)
        if check.verdict == "fail":
            raise CannotStart(f"{check.name}: {check.found}. {check.remedy}", ExitCode.CLOUD)

    def _find_state(self, aws: Aws, identity: Identity, region: str, program: str) -> bool:
        """Write backend.hcl, and create the bucket if there is none; return whether there is one.

        Only with `plan_only` there may be none.
        """
        if self.stage.backend_file.is_file():
            _require_same_account(self.stage, identity)
            return True
        bucket = self.stage.state_bucket(identity.account)
        bucket_region = _region_of(aws, bucket, region)
        if self.plan_only and bucket_region is None:
            self.context.print_progress(
                f"There is no bucket {bucket} for Terraform's states yet. A deploy asks before it "
                "creates one; this plan is made without a state, in a copy of infra."
            )
            return False
        was_created_here = (
            not self.plan_only and (self.stage.infra / "bootstrap/terraform.tfstate").is_file()
        )
        if self.confirm is None and bucket_region is None:
            raise CannotStart(
                f"There is no bucket {bucket} in account {identity.account}, so nothing is "
                "deployed there: start with `fireside deploy`.",
                ExitCode.CLOUD,
            )
        if self.confirm is not None and (bucket_region is None or was_created_here):
            self._create_bucket(self.confirm, program, bucket_region or region)
        elif self.confirm is not None:
            _require_versions(aws, bucket, bucket_region or region, self.stage)
        self.context.show(Check("state", "ok", f"s3://{bucket}/{self.stage.name}.tfstate"))
        self.stage.write_backend(bucket, bucket_region or region)
        return True

    def _create_bucket(self, confirm: Confirm, program: str, region: str) -> None:
        """Apply infra/bootstrap, or complete an earlier apply that was interrupted."""
        folder = self.stage.infra / "bootstrap"
        terraform = Terraform(
            WorkingDirectory(folder, folder / ".terraform", program), self.context.print_progress
        )
        file = folder / "bootstrap.tfplan"
        variables = [f"-var=project_name={self.stage.project}", f"-var=region={region}"]
        doing = "creating the bucket for Terraform's states"
        with self.guard(terraform, doing, "Nothing was changed."):
            terraform.init(is_locked=provider_lock.fits(folder))
            if not terraform.plan(file, [], *variables):
                return
            found = plan.read(terraform.read_plan(file))
        self.context.print_progress(
            "First a bucket for Terraform's states, which all computers share:"
        )
        for line in plan.summary(found):
            self.context.print_progress(line)
        confirm(self.stage.project)
        so_far = "What was created is in the state in infra/bootstrap."
        with self.guard(terraform, doing, so_far):
            terraform.apply(file)
        file.unlink(missing_ok=True)


def _copy_infra(stage: Stage) -> Path:
    """Copy the Terraform files to a folder with a local state, which is empty, and return it."""
    top = stage.plan_only_folder
    unwanted = shutil.ignore_patterns(".*", "*.tfstate*", "*.tfvars*", "bootstrap", "stages")
    try:
        shutil.copytree(stage.infra, top / "infra", ignore=unwanted)
        shutil.copy(stage.infra.parent / "api.json", top)
        (top / "infra/backend_override.tf").write_text(_NO_BACKEND, "utf-8")
    except OSError as cause:
        sentence = f"Can't copy {stage.infra} to {top} ({cause.strerror}): correct its permissions."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    return top / "infra"


_NO_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


def _require_same_account(stage: Stage, identity: Identity) -> None:
    """Raise before the chat of one account is deployed to another."""
    found = re.search(r'bucket\s*=\s*"[^"]*-(\d{12})"', stage.backend_file.read_text("utf-8"))
    if found and found[1] != identity.account:
        raise CannotStart(
            f"{stage.prefix} is in account {found[1]}, and you are in {identity.account}: "
            f"set AWS_PROFILE, or choose another --stage ({stage.backend_file} names the account).",
            ExitCode.USAGE,
        )


def _require_versions(aws: Aws, bucket: str, region: str, stage: Stage) -> None:
    """Raise if the bucket keeps no versions: a lost state could not be restored."""
    try:
        status = aws.call("s3", "get_bucket_versioning", region, Bucket=bucket).get("Status")
    except AwsError:
        return
    if status != "Enabled":
        raise CannotStart(
            f"The bucket {bucket} keeps no versions, so its creation was interrupted, or is not "
            "Fireside's. Run `fireside deploy` on the computer that created it; if that is gone: "
            f"terraform -chdir={stage.infra / 'bootstrap'} import aws_s3_bucket.this {bucket}",
            ExitCode.CLOUD,
        )


def _region_of(aws: Aws, bucket: str, region: str) -> str | None:
    """Return the Region of the bucket for states; None if there is none."""
    try:
        answer = aws.call("s3", "head_bucket", region, Bucket=bucket)
    except AwsError as error:
        if error.is_missing:
            return None
        raise CannotStart(
            f"No permission to read the bucket {bucket} of the state: {error}",
            ExitCode.CLOUD,
        ) from error
    return str(answer.get("BucketRegion") or region)
