"""Find a stage on AWS: who we are there, where its state is, and what was applied last.

The state is in a bucket named after the account, so a second computer finds it without being
told. The first computer of all makes that bucket, after it has said so; whoever only plans makes
none, and plans in a copy whose state is nowhere.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireside.cloud.deploy import account, plan
from fireside.cloud.deploy import terraform as terraforming
from fireside.cloud.deploy.account import Identity
from fireside.cloud.deploy.context import World
from fireside.cloud.deploy.remedies import step
from fireside.cloud.deploy.stage import REGION, Stage
from fireside.cloud.deploy.terraform import Folder, Terraform, TerraformMissing
from fireside.cloud.sdk import Aws, AwsError
from fireside.console.checks import Check
from fireside.console.exits import CannotStart, ExitCode


@dataclass(frozen=True, slots=True)
class Opened:
    """A stage whose state was found, with what the last apply left in it."""

    stage: Stage
    terraform: Terraform
    aws: Aws
    identity: Identity
    region: str
    outputs: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the variables of the last apply; empty before the first."""
        found: Mapping[str, Any] = self.outputs.get("settings") or {}
        return found


Agree = Callable[[str], None]
"""Asks whether to go on; raises CannotStart if not."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a command finds its stage; `again` is the command with which to go on."""

    stage: Stage
    world: World
    again: str
    region: str | None = None
    agree: Agree | None = None
    """Whom to ask before the first bucket is made; None makes none."""
    plan_only: bool = False
    """Whether to go on without a bucket, as nothing is to be made."""

    def open(self) -> Opened:
        """Look at this computer and the account, find the state, and read it.

        Raises:
            CannotStart: Something is missing; or there is no state yet and none is to be made.
        """
        program = self._terraform()
        aws = self.world.aws(self.region)
        home = self.region or aws.region or REGION
        who = account.identity(aws, home)
        self.world.show(account.check_identity(who))
        self._require(account.check_region(home, aws.regions()))
        self.stage.make_folder()
        has_state = self._find_state(aws, who, home, program)
        shutil.rmtree(self.stage.look, ignore_errors=True)  # of an earlier plan
        place = self.stage.infra if has_state else copied(self.stage)
        terraform = Terraform(Folder(place, self.stage.terraform_data, program), self.world.say)
        with self.step(terraform, "reading the state", "Nothing was changed."):
            terraform.init(self.stage.backend if has_state else None)
            outputs = terraform.outputs()
        there = (outputs.get("settings") or {}).get("region")
        if there is not None and self.region not in {None, there}:
            raise CannotStart(
                f"{self.stage.prefix} is in {there}, and a stage does not move: "
                "leave --region away, or take another --stage.",
                ExitCode.USAGE,
            )
        return Opened(self.stage, terraform, aws, who, there or home, outputs)

    def step(self, terraform: Terraform, doing: str, so_far: str) -> AbstractContextManager[None]:
        """Guard what runs within, so that whatever happens is said with how to go on."""
        return step(
            doing,
            so_far=so_far,
            again=self.again,
            unlock=lambda lock: terraform.shown("force-unlock", lock),
        )

    def _terraform(self) -> str:
        try:
            program, version = terraforming.find()
        except TerraformMissing as why:
            raise CannotStart(str(why), ExitCode.CLOUD) from why
        self.world.show(Check("terraform", "ok", version))
        return program

    def _require(self, check: Check) -> None:
        self.world.show(check)
        if check.verdict == "fail":
            raise CannotStart(f"{check.name}: {check.found}. {check.remedy}", ExitCode.CLOUD)

    def _find_state(self, aws: Aws, who: Identity, region: str, program: str) -> bool:
        """See that backend.hcl says where the state is; make the bucket if there is none.

        Without a bucket there is no state, and whoever only plans needs none: that is False.
        """
        if self.stage.backend.is_file():
            _require_same_account(self.stage, who)
            return True
        bucket = self.stage.bucket(who.account)
        where = _region_of(aws, bucket, region)
        if self.plan_only and where is None:
            self.world.say(
                f"There is no bucket {bucket} for Terraform's states yet. A deploy asks before it "
                "makes one; this plan is made without, in a copy of infra."
            )
            return False
        was_made_here = (
            not self.plan_only and (self.stage.infra / "bootstrap/terraform.tfstate").is_file()
        )
        if self.agree is None and where is None:
            raise CannotStart(
                f"There is no bucket {bucket} in account {who.account}, so nothing was deployed "
                "from there: `fireside deploy` begins.",
                ExitCode.CLOUD,
            )
        if self.agree is not None and (where is None or was_made_here):
            self._make_bucket(self.agree, program, where or region)
        elif self.agree is not None:
            _require_versions(aws, bucket, where or region, self.stage)
        self.world.show(Check("state", "ok", f"s3://{bucket}/{self.stage.name}.tfstate"))
        self.stage.write_backend(bucket, where or region)
        return True

    def _make_bucket(self, agree: Agree, program: str, region: str) -> None:
        """Apply infra/bootstrap; where an earlier run was interrupted, it goes on from there."""
        folder = self.stage.infra / "bootstrap"
        terraform = Terraform(Folder(folder, folder / ".terraform", program), self.world.say)
        file = folder / "bootstrap.tfplan"
        variables = [f"-var=project_name={self.stage.project}", f"-var=region={region}"]
        doing = "making the bucket for Terraform's states"
        with self.step(terraform, doing, "Nothing was changed."):
            terraform.init()
            if not terraform.plan(file, [], *variables):
                return
            found = plan.read(terraform.show(file))
        self.world.say("First a bucket, where Terraform keeps what it knows, for all computers:")
        for line in plan.summary(found):
            self.world.say(line)
        agree(self.stage.project)
        so_far = "What was made of it is written down in infra/bootstrap."
        with self.step(terraform, doing, so_far):
            terraform.apply(file)
        file.unlink(missing_ok=True)


def copied(stage: Stage) -> Path:
    """Copy the Terraform files to where they have a state of their own, which is empty."""
    top = stage.look
    unwanted = shutil.ignore_patterns(".*", "*.tfstate*", "*.tfvars*", "bootstrap", "stages")
    try:
        shutil.copytree(stage.infra, top / "infra", ignore=unwanted)
        shutil.copy(stage.infra.parent / "api.json", top)
        (top / "infra/backend_override.tf").write_text(_NO_BACKEND, "utf-8")
    except OSError as cause:
        sentence = f"Can't copy {stage.infra} to {top} ({cause.strerror}): mend its permissions."
        raise CannotStart(sentence, ExitCode.DATA) from cause
    return top / "infra"


_NO_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


def _require_same_account(stage: Stage, who: Identity) -> None:
    """Stop before one account's chat is made again in another."""
    found = re.search(r'bucket\s*=\s*"[^"]*-(\d{12})"', stage.backend.read_text("utf-8"))
    if found and found[1] != who.account:
        raise CannotStart(
            f"{stage.prefix} is in account {found[1]}, and you are in {who.account}: "
            f"set AWS_PROFILE, or take another --stage ({stage.backend} says where it is).",
            ExitCode.USAGE,
        )


def _require_versions(aws: Aws, bucket: str, region: str, stage: Stage) -> None:
    """Trust no bucket that was made by half: without versions a lost state stays lost."""
    try:
        status = aws.call("s3", "get_bucket_versioning", region, Bucket=bucket).get("Status")
    except AwsError:
        return
    if status != "Enabled":
        raise CannotStart(
            f"The bucket {bucket} keeps no versions, so it was made by half or by somebody else. "
            "Go on with `fireside deploy` on the computer that made it; if that is gone: "
            f"terraform -chdir={stage.infra / 'bootstrap'} import aws_s3_bucket.this {bucket}",
            ExitCode.CLOUD,
        )


def _region_of(aws: Aws, bucket: str, region: str) -> str | None:
    """Say where a bucket of ours is; None if there is none."""
    try:
        answer = aws.call("s3", "head_bucket", region, Bucket=bucket)
    except AwsError as refusal:
        if refusal.is_missing:
            return None
        raise CannotStart(
            f"You may not look at the bucket {bucket}, where the state is: {refusal}",
            ExitCode.CLOUD,
        ) from refusal
    return str(answer.get("BucketRegion") or region)
