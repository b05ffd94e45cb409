"""In which modes a browser's test is asked, however it writes what it varies."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("in batches", "isolated", "rehearsed")
TESTS = """
import pytest

def test_plain(place): pass

@pytest.mark.parametrize("one", ["a", "b"])
def test_one_name(place, one): pass

@pytest.mark.parametrize("one, two", [("a", "x"), ("b", "y")])
def test_names_in_one_string(place, one, two): pass

@pytest.mark.parametrize(("one", "two"), [("a", "x"), ("b", "y")])
def test_names_apart(place, one, two): pass

@pytest.mark.parametrize(["one"], [("a",), ("b",)])
def test_one_name_apart(place, one): pass

@pytest.mark.parametrize("one", [pytest.param("a", id="a"), "b"])
def test_marked(place, one): pass

@pytest.mark.parametrize("one, two", [pytest.param("a", "x", id="a-x"), ("b", "y")])
def test_marked_names(place, one, two): pass

@pytest.mark.parametrize("one", ["a", "b"])
@pytest.mark.parametrize("two", ["x", "y"])
def test_stacked(place, one, two): pass

@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_modes_of_its_own(place, mode): pass

@pytest.mark.parametrize("one", ["a", "b"])
def test_without_a_place(mode, one): pass

def test_of_one_machine(): pass

@pytest.mark.page_alone
@pytest.mark.parametrize("one", ["a", "b"])
def test_of_the_page(place, one): pass
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Return what pytest says that it would run of them."""
    return collected(tmp_path_factory)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Return what `make test` would run of them."""
    return collected(tmp_path_factory, "-m", "not long")


def collected(tmp_path_factory, *options):
    folder = tmp_path_factory.mktemp("collected")
    shutil.copy(ROOT / "tests/e2e/conftest.py", folder)
    (folder / "test_it.py").write_text(TESTS, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-qp",
        "no:cacheprovider",
        *options,
        ".",
    ]
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    }
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, check=True, text=True
    ).stdout


def asked(said, name):
    return set(re.findall(rf"::{name}\[(.*)\]", said))


VARIED = {
    "one_name": ("a", "b"),
    "names_in_one_string": ("a-x", "b-y"),
    "names_apart": ("a-x", "b-y"),
    "one_name_apart": ("a", "b"),
    "marked": ("a", "b"),
    "marked_names": ("a-x", "b-y"),
}


@pytest.mark.parametrize(("name", "values"), VARIED.items(), ids=VARIED)
def test_all_that_varies_is_asked_on_one_machine_and_the_first_of_it_elsewhere(said, name, values):
    first, second = values

    everywhere = {f"{place}-{first}" for place in PLACES}
    assert asked(said, f"test_{name}") == {*everywhere, f"in batches-{second}"}


def test_of_two_that_vary_the_first_of_each_is_asked_elsewhere(said):
    everywhere = {f"{place}-x-a" for place in PLACES}
    more = {"in batches-x-b", "in batches-y-a", "in batches-y-b"}
    assert asked(said, "test_stacked") == everywhere | more


def test_what_is_of_the_page_alone_is_asked_on_one_machine(said):
    assert asked(said, "test_of_the_page") == {"in batches-a", "in batches-b"}


def test_what_varies_nothing_is_asked_everywhere(said):
    assert asked(said, "test_plain") == set(PLACES)


def test_who_names_the_modes_is_asked_in_each(said):
    assert asked(said, "test_modes_of_its_own") == {"in batches", "isolated"}


def test_who_asks_for_no_place_is_left_alone(said):
    everything = {f"{place}-{one}" for place in PLACES for one in "ab"}
    assert asked(said, "test_without_a_place") == everything
    assert "::test_of_one_machine\n" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plain", "in batches"),
        ("marked_names", "in batches-a-x"),
        ("stacked", "in batches-x-a"),
        ("modes_of_its_own", "in batches"),
        ("without_a_place", "in batches-a"),
    ],
)
def test_the_quick_part_has_the_first_of_all_on_the_embedded_server(quick, name, value):
    assert asked(quick, f"test_{name}") == {value}


def test_the_quick_part_has_what_is_not_varied(quick):
    assert "::test_of_one_machine\n" in quick


def test_what_is_left_out_is_told(said):
    assert re.search(r"\b22 deselected", said)
