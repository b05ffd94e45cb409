"""The configuration is well-formed, and goes through a whole life: made, unchanged, destroyed."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.infra.conftest import INVITE, ROOT

pytestmark = pytest.mark.timeout(1_800)

MODULES = ("websocket_api", "function", "tables", "site")
LIVES = {
    "the chat": ("infra", {"invite_hashes": [INVITE]}),
    "the chat, provisioned": (
        "infra",
        {"invite_hashes": [INVITE], "billing_mode": "provisioned", "site": False},
    ),
    "the minimal example": ("infra/examples/minimal", {}),
    "the example with a domain": (
        "infra/examples/custom-domain",
        {"billing_mode": "provisioned"},
    ),
    "the bucket for states": ("infra/bootstrap", {}),
}


def test_all_files_are_formatted(terraform):
    done = subprocess.run(
        [terraform, f"-chdir={ROOT / 'infra'}", "fmt", "-check", "-diff", "-recursive"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def lives(verify, copy, tmp_path_factory):
    """Begin them all, two at a time."""

    def live(where, settings, top):
        folder = copy(top, where)
        folder.set(**settings)
        if "site" in settings:  # its tests say themselves with what, so once is enough
            (folder.path / "tests/chat.tftest.hcl").unlink()
        # The verifier copies the repository around the folder, and so what lies beside it.
        subprocess.run(["git", "init", "--quiet", top], check=True)
        return verify(folder.path)

    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(live, *life, tmp_path_factory.mktemp("life") / "copy")
            for name, life in LIVES.items()
        }


@pytest.mark.parametrize("name", LIVES)
def test_a_life_from_the_first_plan_to_destroy(lives, name):
    done = lives[name].result()

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_a_module_passes_its_own_tests(rehearse, tmp_path, module):
    folder = rehearse(tmp_path / "copy", f"infra/modules/{module}")
    folder.must("init", "-input=false", "-no-color", "-backend=false")

    assert "0 failed" in folder.must("test", "-no-color")


def test_each_module_has_its_four_files_and_its_tests():
    for module in MODULES:
        folder = ROOT / "infra/modules" / module
        names = {path.name for path in folder.glob("*.tf")}

        assert names == {"main.tf", "variables.tf", "outputs.tf", "versions.tf"}, module
        assert list(folder.glob("tests/*.tftest.hcl")), module


def test_nothing_that_terraform_makes_is_in_the_repository():
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "infra"], capture_output=True, text=True, check=True
    ).stdout

    for name in listed.splitlines():
        assert not name.endswith((".lock.hcl", ".tfstate", ".tfplan", ".tfvars")), name
