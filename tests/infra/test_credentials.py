"""What the real terraform makes of each way to sign in, and of keys that expire too soon."""

import os
import stat
import subprocess
from dataclasses import replace

import pytest

from fireside.console.exits import CannotStart, ExitCode
from tests.infra.fake_aws import ACCOUNT
from tests.infra.test_deploy import BUCKET, Computer, aws, chat, shares_invite

pytestmark = pytest.mark.timeout(1_800)
__all__ = ["aws", "chat"]

BACKEND = f"""\
terraform {{
  backend "s3" {{
    bucket         = "{BUCKET}"
    key            = "prod.tfstate"
    region         = "eu-central-1"
    use_path_style = true
  }}
}}
"""
PROFILES = f"""\
[profile person]
login_session = arn:aws:iam::{ACCOUNT}:user/ann
[profile fireside]
credential_process = aws configure export-credentials --profile person --format process
"""
COMMAND = """\
#!/bin/sh
[ "$*" = "configure export-credentials --profile person --format process" ] || exit 1
echo '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "any"}'
"""


@pytest.fixture
def init(aws, terraform, tmp_path):
    """Run `terraform init` with a state in S3 and a profile; return what it did."""
    aws.buckets.add(BUCKET)
    (tmp_path / "main.tf").write_text(BACKEND, "utf-8")
    (tmp_path / "config").write_text(PROFILES, "utf-8")
    command = tmp_path / "aws"
    command.write_text(COMMAND, "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    own = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "HOME": str(tmp_path)}
    own["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "TF_CLI_ARGS_init")
    environ = {name: value for name, value in os.environ.items() if name not in keys} | own

    def run(profile):
        return subprocess.run(
            [terraform, f"-chdir={tmp_path}", "init", "-input=false", "-no-color"],
            env=environ | {"AWS_PROFILE": profile},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_profile_of_the_tutorial_turns_aws_login_into_keys(init):
    done = init("fireside")

    assert done.returncode == 0, done.stderr


def test_without_it_terraform_says_what_the_remedies_know(init):
    """A Terraform that passes here reads `aws login` by itself: then the profile can go."""
    done = init("person")

    assert "No valid credential sources found" in done.stderr


def test_keys_that_expire_in_mid_apply_lose_nothing(aws, chat, tmp_path):
    running, invite = chat
    one = Computer(tmp_path / "one", running.socket_url)
    shares_invite(one, invite)

    def expire_soon(line):
        one.said.append(line)
        if line.startswith("module.") and "Creating..." in line:
            aws.refused["s3"] = "ExpiredToken"

    one.context = replace(one.context, print_progress=expire_soon)
    one.answers = ["fireside", "prod"]

    with pytest.raises(
        CannotStart, match=r"the state could not be saved: it is in .*left\.tfstate"
    ):
        one.deploy()

    assert (BUCKET, "prod.tfstate") not in aws.objects
    aws.refused.clear()
    one.context = replace(one.context, print_progress=one.said.append)
    with pytest.raises(CannotStart, match=r"has locked the state since .*force-unlock"):
        one.deploy()
    del aws.objects[BUCKET, "prod.tfstate.tflock"]
    one.answers = ["prod"]
    assert one.deploy() == ExitCode.OK
    assert (BUCKET, "prod.tfstate") in aws.objects
    assert not list(one.stage.folder.glob("*.tfstate"))
