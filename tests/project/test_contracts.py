"""Import contracts cover each module that they are about, or a list says why they do not."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGES = ("adapters", "chat", "domain", "frames", "functions", "handlers", "ports", "system")
PACKAGES += ("wire",)
"""What runs on Lambda, and must do with the standard library alone."""

EXCEPTIONS = {
    "fireside.adapters.dynamodb.boto": "the tables with boto3, for who chooses it",
    "fireside.adapters.http.boto": "makes boto3's clients",
    "fireside.adapters.outbound.boto": "posts with boto3, for who chooses it",
    "fireside.functions.kill_switch": "a function of its own, which has Lambda's boto3",
}
"""Modules that need more, and why."""


def standard_library():
    """Return the modules and packages that the contract names."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    [contract] = [one for one in tables["contracts"] if one["id"] == "standard-library"]
    return contract["source_modules"]


def modules():
    """Return the names of all modules in PACKAGES, which are packages or single files."""
    roots = [SOURCE / "fireside" / name for name in PACKAGES]
    files = [
        path
        for root in roots
        for path in [root.with_suffix(".py"), *root.rglob("*.py")]
        if path.is_file() and path.name != "__init__.py"
    ]
    return sorted(".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in files)


def is_covered(module):
    return any(f"{module}.".startswith(f"{name}.") for name in standard_library())


@pytest.mark.parametrize("module", modules())
def test_a_module_needs_the_standard_library_alone_or_stands_on_the_list(module):
    assert is_covered(module) != (module in EXCEPTIONS), (
        f"{module}: add it to the contract `standard-library`, or to EXCEPTIONS with a reason"
    )


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_is_there(name):
    assert any(module.startswith(f"fireside.{name}") for module in modules())


def test_no_exception_has_outlived_its_module():
    assert set(EXCEPTIONS) <= set(modules())


def test_no_package_runs_code_of_its_own_beside_its_modules():
    """A package's __init__.py is not asked above: it holds a docstring alone, or the contract
    names the whole package.
    """
    for name in PACKAGES:
        for path in (SOURCE / "fireside" / name).rglob("__init__.py"):
            package = ".".join(path.parent.relative_to(SOURCE).parts)
            assert is_covered(package) or "import" not in path.read_text("utf-8"), path
