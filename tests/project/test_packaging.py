"""The wheel holds the page and the routes; without the page there is no wheel."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "hatch_build.py", "api.json", "README.md", "CHANGELOG.md", "LICENSE")


@pytest.fixture
def source(tmp_path):
    """Copy what a build reads, without any page."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name in (*FILES, ".gitignore"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("web", "__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignored)
    return folder


@pytest.fixture
def with_page(source):
    page = source / "src/fireside/web"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>", "utf-8")
    (page / "assets/page.js").write_text("", "utf-8")
    return source


def build(folder, *kinds):
    command = [sys.executable, "-m", "hatchling", "build", "-d", "dist"]
    flags = [flag for kind in kinds for flag in ("-t", kind)]
    return subprocess.run(
        [*command, *flags], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_both_packages_the_page_and_the_routes(with_page):
    done = build(with_page, "wheel")

    assert done.returncode == 0, done.stderr
    [wheel] = (with_page / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "fireside/api.json",
        "fireside/domain/lookalikes.txt",
        "fireside/py.typed",
        "fireside/samples/connect.json",
        "fireside/web/assets/page.js",
        "fireside/web/index.html",
        "localgateway/__init__.py",
        "localgateway/py.typed",
    } <= names
    assert not [name for name in names if name.startswith(("tests", "tools", "web"))]


def test_the_sdist_holds_the_page_so_that_building_it_needs_no_node(with_page):
    done = build(with_page, "sdist")

    assert done.returncode == 0, done.stderr
    [sdist] = (with_page / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "api.json",
        "hatch_build.py",
        "src/fireside/domain/lookalikes.txt",
        "src/fireside/web/index.html",
    } <= names


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_without_the_page_nothing_is_built(source, kind):
    done = build(source, kind)

    assert done.returncode != 0
    assert "run `make page` first" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(source.glob("dist/*"))


def test_the_requirements_and_the_package_agree():
    wanted = re.search(
        r"^dependencies = \[(.*?)\]",
        (ROOT / "pyproject.toml").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    listed = (ROOT / "requirements/run.in").read_text().splitlines()

    assert re.findall(r'"(.*?)"', wanted[1]) == [line for line in listed if line[0] != "#"]


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "infra.txt"])
def test_locks_name_hashes_and_no_hosts(name):
    lock = (ROOT / "requirements" / name).read_text()

    assert "://" not in lock
    pins = re.findall(r"^[a-z0-9].*(?:\n    --hash.*)+", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 5
