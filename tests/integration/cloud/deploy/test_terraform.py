"""Terraform's commands are shown, its output is forwarded, and it is never killed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fireside.cloud.deploy import terraform
from fireside.cloud.deploy.terraform import Terraform, TerraformMissing, WorkingDirectory

ROOT = Path(__file__).resolve().parents[4]


def test_the_minimum_version_is_that_of_the_configuration():
    text = (ROOT / "infra/versions.tf").read_text("utf-8")

    assert re.search(r'required_version = ">= ([\d.]+)"', text)[1] == ".".join(
        map(str, terraform.MIN_VERSION)
    )


def test_a_command_is_shown_as_one_could_type_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = WorkingDirectory(tmp_path / "infra", tmp_path / "infra/stages/prod/terraform")

    shown = Terraform(folder, print).command_line("plan", "-var=a=b c", "-out=plan")

    assert shown == (
        "TF_DATA_DIR=stages/prod/terraform terraform -chdir=infra plan '-var=a=b c' -out=plan"
    )


def test_a_quote_in_a_command_can_be_pasted(tmp_path):
    folder = WorkingDirectory(tmp_path / "it's", tmp_path / "data")
    shown = Terraform(folder, print).command_line("init")
    words = shown.replace(" terraform ", " printf %s ", 1)

    said = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True).stdout

    assert said == f"-chdir={tmp_path}/it'sinit"


@pytest.mark.parametrize(
    ("version", "will_do"),
    [
        ("1.11.0", True),
        ("1.12.0-beta1", True),
        ("2.0.0", True),
        ("1.10.5", False),
        ("0.15.0", False),
    ],
)
def test_versions_are_compared_as_numbers(tmp_path, version, will_do):
    program = tmp_path / "terraform"
    program.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n', "utf-8")
    program.chmod(0o755)

    if will_do:
        assert terraform.find_terraform(lambda _name: str(program)) == (str(program), version)
    else:
        with pytest.raises(TerraformMissing, match="is too old"):
            terraform.find_terraform(lambda _name: str(program))


def python(text):
    return [sys.executable, "-IS", "-c", text]


def test_what_it_writes_is_handed_on_and_kept_apart():
    said, wrong = [], []
    text = "import sys; print('a'); print('b'); print('c', file=sys.stderr); sys.exit(3)"

    assert terraform.run(python(text), {}, said.append, wrong.append) == (3, "a\nb\n", "c\n")

    assert (said, wrong) == (["a", "b"], ["c"])


def test_it_gets_its_variables_and_no_input():
    text = "import os, sys; print(os.environ['TF_DATA_DIR'], repr(sys.stdin.read()))"

    assert terraform.run(python(text), {"TF_DATA_DIR": "x"})[1] == "x ''\n"


def test_bytes_that_are_no_text_do_no_harm():
    text = "import sys; sys.stdout.buffer.write(b'\\xff\\n')"

    assert terraform.run(python(text), {})[1] == "\ufffd\n"


def test_it_ends_its_step_however_often_ctrl_c_is_pressed(request):
    """The terminal sends Ctrl-C to it too; this program does not kill it."""
    text = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "for _ in range(3):\n"
        f"    os.kill({os.getpid()}, signal.SIGINT)\n"
        "print('the state is written', flush=True)\n"
    )
    said, wrong = [], []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))

    with pytest.raises(KeyboardInterrupt):
        terraform.run(python(text), {}, said.append, wrong.append)

    assert said == ["the state is written"]
    assert wrong == ["Stopping: Terraform ends its step first, so that nothing is lost."]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
