"""`--url` and `--management-url` point the black-box tests at another API."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.served import Served

ROOT = Path(__file__).parents[2]
BLACK_BOX = [f"tests/gateway/test_{name}.py" for name in ("conformance", "management", "events")]


@pytest.mark.long  # the same tests once more
def test_the_black_box_tests_run_against_an_address():
    keys = {
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "local-1",
    }
    with Served(ROOT / "tests/gateway/probe/api.json") as served:
        options = ["--url", served.url, "--management-url", served.management_url]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        done = subprocess.run(
            [*command, "-k", "row_48 or row_31 or row_17", *BLACK_BOX],
            cwd=ROOT,
            env=os.environ | keys,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout
    assert re.search(r"\b8 passed, \d+ deselected", done.stdout), done.stdout
