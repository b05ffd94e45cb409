"""checkov finds nothing in infra/, and is told to overlook nothing that it would not find."""

import json
import re
import shutil
import subprocess

import pytest

from tests.infra.conftest import ROOT

CHECKOV = ROOT / ".venv-infra/bin/checkov"
WORDS = ("--framework", "terraform", "--compact", "--quiet", "--skip-download", "-o", "json")
SKIP = re.compile(r"^ *#checkov:skip=(\w+):.*\n", re.MULTILINE)

pytestmark = [
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(
        not CHECKOV.exists(), reason="Optional: checkov comes with `make lint-infra`"
    ),
]


def failed(folder):
    """Say which checks fail, and in which files."""
    done = subprocess.run(
        [CHECKOV, "--directory", folder, *WORDS], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout).get("results", {}).get("failed_checks", [])
    return {(one["check_id"], one["file_path"].lstrip("/")) for one in found}


def test_what_it_is_told_to_overlook_is_all_that_it_finds(tmp_path):
    bare, skipped = tmp_path / "infra", set()
    shutil.copytree(ROOT / "infra", bare, ignore=shutil.ignore_patterns(".terraform*", "stages"))
    for file in bare.rglob("*.tf"):
        text = file.read_text("utf-8")
        name = file.relative_to(bare).as_posix()
        skipped |= {(check, name) for check in SKIP.findall(text)}
        file.write_text(SKIP.sub("", text), "utf-8")

    assert len(skipped) > 10
    assert failed(bare) == skipped
