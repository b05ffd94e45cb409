"""In CI a skip is a failure, however it came about; elsewhere it is told and no more."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "mark": "import pytest\n@pytest.mark.skip(reason='rain')\ndef test_it(): pass\n",
    "fixture": "def test_it(chromium): pass\n",
    "module": "import pytest\npytest.importorskip('no_such_module')\n",
    "optional": "import pytest\ndef test_it(): pytest.skip('Optional: no account')\n",
    "expected": "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False\n",
}


@pytest.fixture(scope="module")
def failed_when(tmp_path_factory):
    """Run them all, with skips forbidden and without; give the names of those that failed."""
    folder = tmp_path_factory.mktemp("skips")
    shutil.copy(ROOT / "tests/conftest.py", folder)
    for name, text in TESTS.items():
        (folder / f"test_{name}.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "."]
    command += ["--continue-on-collection-errors"]

    def run(**environ):
        environ |= {"PATH": "", "PYTHONPATH": f"{ROOT}"}  # without a PATH there is no Chromium
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
        assert done.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        return set(re.findall(rb"^(?:FAILED|ERROR) test_(\w+)\.py", done.stdout, re.MULTILINE))

    return {"1": run(TEST_NO_SKIPS="1"), "0": run()}


@pytest.mark.parametrize("name", [b"mark", b"fixture", b"module"])
def test_a_skip_fails_when_it_is_forbidden(failed_when, name):
    assert name in failed_when["1"]


def test_a_skip_is_fine_elsewhere(failed_when):
    assert failed_when["0"] == set()


@pytest.mark.parametrize("name", [b"expected", b"optional"])
def test_an_expected_failure_and_an_optional_skip_are_fine_everywhere(failed_when, name):
    assert name not in failed_when["1"]
