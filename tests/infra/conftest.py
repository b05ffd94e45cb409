"""Terraform as these tests run it: on copies, without credentials, with providers that need none.

Two variables say what there is on this machine:

    TEST_TERRAFORM_RC      a Terraform CLI configuration whose providers stand in for the real ones
    TEST_TERRAFORM_VERIFY  an offline verifier: a command that takes the folder of a configuration
"""

import json
import os
import shlex
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RC = os.environ.get("TEST_TERRAFORM_RC")
VERIFY = os.environ.get("TEST_TERRAFORM_VERIFY")
SETTINGS = {
    "package_path": str(ROOT / "infra/tests/package.txt"),
    "page_path": str(ROOT / "infra/tests/page"),
}
INVITE = "ab" * 32
LOCAL = 'terraform {\n  backend "local" {}\n}\n'


def pytest_collection_modifyitems(items):
    """Leave these out of `make test`: Terraform plans for seconds, and changes seldom."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.long)


class Folder:
    """A copy of the configuration that can be changed, planned and applied."""

    def __init__(self, terraform, top, where="infra"):
        self.terraform = terraform
        self.top = top
        self.path = top / where
        keep = shutil.ignore_patterns(
            ".terraform*", "*.tfstate*", "backend.hcl", "*.tfvars", "stages"
        )
        shutil.copytree(ROOT / "infra", top / "infra", ignore=keep)
        shutil.copy(ROOT / "api.json", top)

    def set(self, **settings):
        text = json.dumps(SETTINGS | settings)
        (self.path / "settings.auto.tfvars.json").write_text(text, "utf-8")

    def run(self, *words):
        command = [self.terraform, f"-chdir={self.path}", *words]
        return subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )

    def must(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def init(self):
        (self.path / "local_override.tf").write_text(LOCAL, "utf-8")
        self.must("init", "-input=false", "-no-color")

    def apply(self, **settings):
        """Apply with these variables, and give the state."""
        self.set(**settings)
        self.must("apply", "-auto-approve", "-input=false", "-no-color")
        return json.loads(self.must("show", "-json"))

    def changes(self):
        """Plan, and tell what would be done to what."""
        self.must("plan", "-refresh=false", "-input=false", "-no-color", "-out=test.tfplan")
        plan = json.loads(self.must("show", "-json", "test.tfplan"))
        return {
            one["address"]: one["change"]["actions"]
            for one in plan["resource_changes"]
            if one["change"]["actions"] not in (["no-op"], ["read"])
        }


def environment():
    """Give no credentials, and the stand-ins if there are any."""
    kept = {name: value for name, value in os.environ.items() if name[:3] not in ("AWS", "TF_")}
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    rc = {"TF_CLI_CONFIG_FILE": RC} if RC else {}
    quiet = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AWS_REGION": "us-east-1"}
    return kept | nobody | quiet | rc | {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="session")
def terraform():
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("Optional: no terraform here: install 1.11 or newer to check infra/")
    return found


@pytest.fixture(scope="session")
def copy(terraform):
    """Make copies of infra/ and api.json in a folder, each to be used in one of its folders."""
    return partial(Folder, terraform)


@pytest.fixture(scope="session")
def rehearse(copy):
    """Make copies that can be planned and applied."""
    if RC is None:
        pytest.skip("Optional: TEST_TERRAFORM_RC names no providers that need no account")
    return copy


@pytest.fixture(scope="session")
def verify():
    """Run the offline verifier on a folder."""
    if VERIFY is None:
        pytest.skip("Optional: TEST_TERRAFORM_VERIFY names no offline verifier")

    def run(folder):
        command = [*shlex.split(VERIFY), str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def applied(rehearse, tmp_path_factory):
    """Apply the defaults once, for all tests that only read or plan."""
    folder = rehearse(tmp_path_factory.mktemp("applied"))
    folder.init()
    folder.state = folder.apply(invite_hashes=[INVITE])
    return folder


@pytest.fixture(scope="session")
def state(applied):
    return applied.state


@pytest.fixture(scope="session")
def resources(state):
    """Give what was applied, as pairs of an address and its values."""

    def walk(module):
        for one in module.get("resources", []):
            if one["mode"] == "managed":
                yield one["address"], one["values"]
        for child in module.get("child_modules", []):
            yield from walk(child)

    return dict(walk(state["values"]["root_module"]))


@pytest.fixture(scope="session")
def outputs(state):
    return {name: one["value"] for name, one in state["values"]["outputs"].items()}
