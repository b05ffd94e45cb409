"""In CI a skip is a failure, however it came about; elsewhere it is told and no more."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SKIPS = {
    "a mark": "import pytest\n@pytest.mark.skip(reason='rain')\ndef test_it(): pass\n",
    "a fixture": "def test_it(chromium): pass\n",
    "a module": "import pytest\npytest.importorskip('no_such_module')\n",
}
OPTIONAL = "import pytest\ndef test_it(): pytest.skip('Optional: no account')\n"
EXPECTED = "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False\n"


@pytest.fixture
def exit_code(tmp_path):
    shutil.copy(CONFTEST, tmp_path)

    def run(text, **environ):
        (tmp_path / "test_it.py").write_text(text, "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
        # Without a PATH there is no Chromium.
        return subprocess.run(
            command, cwd=tmp_path, env=environ | {"PATH": ""}, capture_output=True, check=False
        ).returncode

    return run


@pytest.mark.parametrize("text", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_when_it_is_forbidden(exit_code, text):
    assert exit_code(text, TEST_NO_SKIPS="1") != 0


@pytest.mark.parametrize("text", [SKIPS["a mark"], SKIPS["a fixture"]])
def test_a_skip_is_fine_elsewhere(exit_code, text):
    assert exit_code(text) == 0


def test_a_failure_that_is_expected_is_no_skip(exit_code):
    assert exit_code(EXPECTED, TEST_NO_SKIPS="1") == 0


def test_a_skip_that_says_it_is_optional_is_fine_everywhere(exit_code):
    assert exit_code(OPTIONAL, TEST_NO_SKIPS="1") == 0
