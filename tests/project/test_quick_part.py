"""`make test` runs each behaviour once: of a test's variations the first."""

import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
TESTS = """
import pytest

@pytest.mark.variations
@pytest.mark.parametrize("one", ["a", "b", "c"])
def test_alike(one): pass

@pytest.mark.parametrize("one", ["a", "b"])
def test_different(one): pass
"""


def collected(folder, marked):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qp", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-m", marked, "."], cwd=folder, capture_output=True, check=True, text=True
    )
    return {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line}


def test_of_variations_the_first_is_quick_and_the_others_are_long(tmp_path):
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")

    quick, long = collected(tmp_path, "not long"), collected(tmp_path, "long")

    assert quick == {"test_alike[a]", "test_different[a]", "test_different[b]"}
    assert long == {"test_alike[b]", "test_alike[c]"}
