"""A whole life with the real terraform and stand-ins for AWS: made, shared, destroyed."""

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import replace

import pytest

from fireside.adapters.memory import MemoryStore
from fireside.cloud.deploy import deploy, destroy
from fireside.cloud.deploy.context import DeployContext
from fireside.cloud.deploy.stage import find_stage
from fireside.cloud.verify.client import Target
from fireside.console.exits import CannotStart, ExitCode
from fireside.domain.message import Draft
from tests.e2e.support.server_process import serving
from tests.infra.conftest import RC, ROOT
from tests.infra.fake_aws import ACCOUNT, FakeAws
from tests.integration.cloud.deploy.computers import INTERRUPTIBLE

pytestmark = pytest.mark.timeout(1_800)

BUCKET = f"fireside-state-{ACCOUNT}"
KEEP = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan", "stages", "backend.hcl")


class Computer:
    """A checkout, and who sits there."""

    def __init__(self, folder, socket_url):
        shutil.copytree(ROOT / "infra", folder / "infra", ignore=KEEP)
        shutil.copy(ROOT / "api.json", folder)
        (folder / "build").mkdir()
        shutil.copy(ROOT / "infra/tests/package.txt", folder / "build/fireside-lambda.zip")
        self.stage = find_stage("fireside", "prod", folder / "infra")
        self.said, self.told, self.answers = [], [], []
        self.socket_url = socket_url
        self.context = DeployContext(
            print_progress=self.said.append,
            print_result=self.told.append,
            ask=lambda _question: self.answers.pop(0) if self.answers else None,
            is_for_a_person=lambda: True,
            pause=lambda _seconds: None,
            target=self.reach,
        )

    def reach(self, url, invite):
        """Reach the chat here that stands for the one that was deployed, with the same invite."""
        assert url.startswith("wss://")
        assert url.endswith("/ws")
        return Target(self.socket_url, invite)

    def deploy(self, **options):
        self.said.clear(), self.told.clear()
        return deploy.deploy(self.stage, deploy.DeployOptions(build=False, **options), self.context)

    @property
    def commands(self):
        shown = [line for line in self.said if line.startswith("$ ")]
        return [line.partition("-chdir=")[2].partition(" ")[2].split()[0] for line in shown]


@pytest.fixture
def aws(terraform, monkeypatch):
    assert terraform
    if RC is None:
        pytest.skip("Optional: TEST_TERRAFORM_RC names no providers that need no account")
    with FakeAws() as account:
        for name in [name for name in os.environ if name[:3] in ("AWS", "TF_")]:
            monkeypatch.delenv(name)
        for name, value in account.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", RC)
        monkeypatch.setenv("TF_CLI_ARGS_init", "-backend-config=use_path_style=true")
        monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
        yield account


@pytest.fixture
def chat(tmp_path):
    with serving(tmp_path / "chat", "--invites", "required") as running:
        yield running, tmp_path / "chat/invite"


def test_a_life_from_the_first_deploy_to_destroy(aws, chat, tmp_path):
    running, invite = chat
    one = Computer(tmp_path / "one", running.socket_url)
    secret = shares_invite(one, invite)

    _look(one, aws)
    _first_deploy(one, aws, secret)
    _second_run(one)
    _second_computer(Computer(tmp_path / "two", running.socket_url), one)
    _locked_by_another_computer(one, aws)
    _destroy(one, tmp_path)


def test_ctrl_c_while_terraform_applies_loses_nothing(aws, chat, tmp_path):
    running, invite = chat
    one = Computer(tmp_path / "one", running.socket_url)
    shares_invite(one, invite)
    words = ["deploy", "--no-build", "--yes", "--infra", str(one.stage.infra)]
    with subprocess.Popen(
        [*INTERRUPTIBLE, *words],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("module.") and "Creating..." in line:
                _interrupt(process.pid)
                break
        said += process.stderr

    assert process.returncode == ExitCode.INTERRUPTED, "".join(said)
    assert "Stopping: Terraform ends its step first, so that nothing is lost.\n" in said
    assert said[-1].startswith("fireside: Stopped while applying.")
    assert "To continue: fireside deploy --stage prod --infra" in said[-1]
    assert (BUCKET, "prod.tfstate.tflock") not in aws.objects
    made = json.loads(aws.objects[BUCKET, "prod.tfstate"])["resources"]
    assert made

    one.answers = ["prod"]
    assert one.deploy() == ExitCode.OK
    assert one.deploy() == ExitCode.OK
    assert "  Nothing to change." in one.said


def _interrupt(pid):
    """Press Ctrl-C for a program and its Terraform; to providers it means nothing.

    Those that stand in here would end in the middle of an answer, and Terraform wait for ever.
    """
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True)
    for each in [pid, *map(int, found.stdout.split())]:
        os.kill(each, signal.SIGINT)


def shares_invite(one, invite):
    """Give the deploy the invite of the chat that stands for what is deployed."""
    one.stage.make_folder()
    secret = one.stage.invite.secret()
    invite.write_text(secret + "\n", "utf-8")
    return secret


def _look(one, aws):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TF_CLI_ARGS_init")  # is for S3, which this needs none of
        assert one.deploy(plan_only=True) == ExitCode.OK

    assert one.commands == ["init", "output", "plan", "show"]
    assert any(re.match(r"  create +\d\d: ", line) for line in one.said)
    assert not aws.objects
    assert not aws.buckets


def _first_deploy(one, aws, secret):
    one.answers = ["fireside", "prod"]

    assert one.deploy() == ExitCode.OK

    assert one.answers == []
    expected = [
        "init",
        "plan",
        "show",
        "apply",
        "init",
        "output",
        "plan",
        "show",
        "apply",
        "output",
    ]
    assert one.commands == expected
    assert (BUCKET, "prod.tfstate") in aws.objects
    assert (BUCKET, "prod.tfstate.tflock") not in aws.objects
    assert one.told[0].startswith("https://")
    assert one.told[0].endswith(f".cloudfront.net/#invite={secret}")
    text = "\n".join(one.said)
    assert "API Gateway" in text
    assert "reached the other client" in text
    assert secret not in text
    assert secret.encode() not in aws.objects[BUCKET, "prod.tfstate"]


def _second_run(one):
    assert one.deploy() == ExitCode.OK

    assert "  Nothing to change." in one.said
    assert "apply" not in one.commands


def _second_computer(two, one):
    assert two.deploy() == ExitCode.OK

    assert "  Nothing to change." in two.said
    assert two.commands == ["init", "output", "plan", "show"]
    assert two.told[0] + f"#invite={one.stage.invite.secret()}" == one.told[0]

    two.answers = ["no"]
    with pytest.raises(CannotStart, match="Nothing was changed"):
        two.deploy(add_invite=True)
    changed = [line for line in two.said if line.startswith("  update")]
    assert changed == ["  update     2: Lambda 2"]


def _locked_by_another_computer(one, aws):
    lock = {
        "ID": "5f0c-1",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "bob@laptop",
        "Version": "1.11.4",
        "Created": "2026-11-22T18:00:00Z",
        "Path": f"{BUCKET}/prod.tfstate",
    }
    aws.objects[BUCKET, "prod.tfstate.tflock"] = json.dumps(lock).encode()

    with pytest.raises(
        CannotStart, match=r"bob@laptop has locked the state since .*force-unlock 5f0c-1"
    ):
        one.deploy()

    del aws.objects[BUCKET, "prod.tfstate.tflock"]


def _destroy(one, tmp_path):
    store = MemoryStore("epoch-1")
    for number in range(150):
        store.append(Draft("general", "ann", "Ann", f"hi {number}", f"n{number}", None, 1, number))
    one.said.clear()
    out = tmp_path / "messages.jsonl"
    one.answers = [str(out), "prod"]

    done = destroy.destroy(
        one.stage, destroy.DestroyOptions(), one.context, lambda _connected: store
    )

    assert done == ExitCode.OK
    assert one.commands == [
        "init",
        "output",
        "plan",
        "show",
        "plan",
        "apply",
        "plan",
        "show",
        "apply",
    ]
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["message"] for line in lines] == [f"hi {number}" for number in range(150)]
    text = "\n".join(one.said)
    assert "DANGER   module.tables.aws_dynamodb_table.messages is destroyed" in text
    assert f"the bucket {BUCKET}" in text
    assert not one.stage.invite.exists()

    quiet = replace(one.context, ask=lambda _question: pytest.fail("nothing is left to ask about"))
    assert destroy.destroy(one.stage, destroy.DestroyOptions(), quiet) == ExitCode.OK
    assert "There is nothing of fireside-prod on AWS." in one.said
