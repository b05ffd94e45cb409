"""`make test` runs each behaviour once: of a test's variations the first."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
    command += ["-m", marked, "."]
    environ = os.environ | {"PYTHONPATH": f"{ROOT}"}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, check=True, text=True
    )
    return {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line}


def test_of_variations_the_first_is_quick_and_the_others_are_long(tmp_path):
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")

    quick, long = collected(tmp_path, "not long"), collected(tmp_path, "long")

    assert quick == {"test_alike[a]", "test_different[a]", "test_different[b]"}
    assert long == {"test_alike[b]", "test_alike[c]"}
