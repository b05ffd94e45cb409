"""The zip holds what the functions import and nothing else, and is the same each time."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from fireside.cli.main import main
from fireside.cloud import package
from fireside.cloud.package import RUNTIME, CannotPackage, closure, describe, write
from fireside.console.exits import ExitCode

HERE = sys.version_info[:2]


@pytest.fixture
def sources(tmp_path):
    """Return a function that writes packages to a folder, given as {path: text}."""

    def make(files):
        for name, text in files.items():
            path = tmp_path / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / "src"

    return make


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return archive.infolist()


@pytest.mark.parametrize("runtime", [RUNTIME, HERE], ids=["sources", "byte code"])
def test_the_same_bytes_twice_whatever_the_umask_and_the_times(tmp_path, runtime):
    first = write(tmp_path / "one.zip", runtime=runtime)
    program = (
        "import os, sys; os.umask(0o077); from pathlib import Path\n"
        "import asyncio, json, http.client\n"  # other loaded modules must not change the bytes
        "from fireside.cloud import package\n"
        "package.write(Path(sys.argv[1]), runtime=tuple(map(int, sys.argv[2:])))"
    )
    other = tmp_path / "there/two.zip"
    command = [sys.executable, "-c", program, str(other), *map(str, runtime)]
    subprocess.run(
        command, check=True, env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    )

    assert (tmp_path / "one.zip").read_bytes() == other.read_bytes()
    assert first.size < 1_000_000


def test_entries_tell_nothing_of_the_builder(tmp_path):
    write(tmp_path / "one.zip", runtime=HERE)

    found = entries(tmp_path / "one.zip")
    assert [entry.filename for entry in found] == sorted(entry.filename for entry in found)
    assert {entry.date_time for entry in found} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in found} == {0o100644}
    assert {entry.create_system for entry in found} == {3}
    assert {entry.compress_type for entry in found} == {zipfile.ZIP_STORED}
    assert str(package.SOURCES).encode() not in (tmp_path / "one.zip").read_bytes()


def test_what_is_imported_anywhere_is_found_and_nothing_else(sources):
    folder = sources(
        {
            "app/__init__.py": "",
            "app/main.py": "import json\nfrom app import helper\nfrom . import near\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app import types\n"
            "else:\n    import app.otherwise\n"
            "def late():\n    from app.inner.deep import thing\n",
            "app/helper.py": "from .second import x\n",
            "app/second.py": "x = 1\n",
            "app/near.py": "import app.main\n",
            "app/types.py": "",
            "app/otherwise.py": "",
            "app/inner/__init__.py": "from .. import above\n",
            "app/inner/deep.py": "thing = 1\n",
            "app/above.py": "",
            "app/unused.py": "",
            "other/__init__.py": "",
        }
    )

    assert set(closure("app.main", folder)) == {
        "app",
        "app.above",
        "app.helper",
        "app.inner",
        "app.inner.deep",
        "app.main",
        "app.near",
        "app.otherwise",
        "app.second",
    }


def test_a_modules_data_goes_with_it(tmp_path):
    write(tmp_path / "one.zip", "fireside.domain.lookalikes")

    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        data = archive.read("fireside/domain/lookalikes.txt")
    assert data == (package.SOURCES / "fireside/domain/lookalikes.txt").read_bytes()


def test_a_text_of_another_name_stays_here(sources, tmp_path):
    folder = sources({"app/__init__.py": "", "app/main.py": "", "app/notes.txt": "mine"})
    write(tmp_path / "one.zip", "app.main", folder, (0, 0))

    names = [entry.filename for entry in entries(tmp_path / "one.zip")]
    assert names == ["app/__init__.py", "app/main.py"]


def test_a_module_that_is_missing_is_named(sources, tmp_path):
    folder = sources({"app/__init__.py": "", "app/main.py": "import app.lost\n"})

    with pytest.raises(CannotPackage, match=r"app\.lost"):
        write(tmp_path / "one.zip", "app.main", folder)


def test_a_zip_that_is_too_large_is_refused(sources, tmp_path):
    folder = sources({"app/__init__.py": f"# {'x' * package.MAX_BYTES}"})

    with pytest.raises(CannotPackage, match="more than"):
        write(tmp_path / "one.zip", "app", folder)


def test_byte_code_is_used_without_a_look_at_its_source(sources, tmp_path):
    folder = sources({"app/__init__.py": "value = 'compiled'\n"})
    write(tmp_path / "one.zip", "app", folder, HERE)
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(tmp_path / "one.zip").extractall(unpacked)
    (unpacked / "app/__init__.py").write_text("value = 'source'\n", "utf-8")

    assert imported(unpacked, "import app; print(app.value)") == "compiled\n"


def test_byte_code_of_another_python_is_left_out_and_that_is_said(tmp_path):
    other = write(tmp_path / "one.zip", runtime=(HERE[0], HERE[1] + 1))

    assert not other.has_byte_code
    assert not [entry for entry in entries(other.path) if entry.filename.endswith(".pyc")]
    assert "Sources only" in describe(other)
    assert "Sources only" not in describe(replace(other, has_byte_code=True))


def imported(folder, program):
    """Return what a program prints that can import only Python and a folder or zip."""
    start = f"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(folder)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + program],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_zip_runs_where_there_is_nothing_else(tmp_path):
    built = write(tmp_path / "one.zip")
    program = (
        f"import {package.FUNCTIONS}\n"
        "loaded = [m for m in sys.modules.values() if getattr(m, '__file__', None)]\n"
        "assert not [m for m in loaded if 'site-packages' in m.__file__], loaded\n"
        "print(*(m.__name__ for m in loaded if m.__file__.startswith(sys.path[0])))"
    )

    loaded = set(imported(built.path, program).split())

    assert package.FUNCTIONS in loaded
    assert loaded <= set(built.modules)


def test_the_command_writes_it_and_says_what_it_is(tmp_path, capsys):
    out = tmp_path / "some/where.zip"

    assert main(["package", "--out", str(out)]) == ExitCode.OK

    said = capsys.readouterr().out
    assert str(out) in said
    assert out.is_file()


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")

    assert main(["package", "--out", str(tmp_path / "file/one.zip")]) == ExitCode.UNEXPECTED

    assert "name another with --out" in capsys.readouterr().err
