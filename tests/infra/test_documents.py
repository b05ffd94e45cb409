"""What the documents say of infra/ is what is there."""

import itertools
import json
import re
import shlex

import pytest

from tests.infra.conftest import ROOT
from tests.infra.seeds import SEEDS

INFRA = ROOT / "infra"
REFERENCE = (ROOT / "docs/reference/infra.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/deploy-by-hand-with-terraform.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", HOW_TO + REFERENCE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("terraform ")
]
STEPS = {"apply", "destroy", "init", "output", "plan", "show"}


def rows(heading):
    """Give the cells of the table below a heading."""
    _, _, below = REFERENCE.partition(f"\n## {heading}\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def blocks(kind, path):
    text = path.read_text("utf-8")
    return re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.MULTILINE | re.DOTALL)


def attribute(name, text):
    found = re.search(rf"^  {name} += (.+)$", text, re.MULTILINE)
    return found[1].strip('"').replace('\\"', '"') if found else ""


def test_every_resource_is_there_for_something():
    made = {
        (path.parent.relative_to(INFRA).as_posix(), f"{kind}.{name}")
        for path in INFRA.rglob("main.tf")
        if "examples" not in path.parts and ".terraform" not in path.parts
        for kind, name in re.findall(
            r'^resource "(\w+)" "(\w+)"', path.read_text("utf-8"), re.MULTILINE
        )
    }

    assert {(folder.strip("`"), name.strip("`")) for folder, name, *_ in rows("Resources")} == made
    assert all(purpose and cost for *_, purpose, cost in rows("Resources"))


def test_every_variable_is_documented():
    wanted = [
        [
            f"`{name}`",
            attribute("type", text),
            f"`{attribute('default', text)}`",
            attribute("description", text),
        ]
        for name, text in blocks("variable", INFRA / "variables.tf")
    ]

    assert rows("Variables") == wanted


def test_every_output_is_documented():
    wanted = [
        [f"`{name}`", attribute("description", text)]
        for name, text in blocks("output", INFRA / "outputs.tf")
    ]

    assert rows("Outputs") == wanted


@pytest.mark.timeout(1_800)
def test_every_right_is_documented(resources):
    granted = {
        (values["role"].removeprefix("fireside-prod-"), f"`{statement['Sid']}`"): {
            f"`{action}`" for action in listed(statement["Action"])
        }
        for address, values in resources.items()
        if ".aws_iam_role_policy.this" in address
        for statement in json.loads(values["policy"])["Statement"]
        if statement["Sid"] != "WriteOwnLog"
    }

    assert {(one, sid): set(may.split(", ")) for one, sid, may, _ in rows("Rights")} == granted


def listed(value):
    return [value] if isinstance(value, str) else value


@pytest.mark.timeout(1_800)
def test_the_worst_day_is_told(outputs):
    assert f"With the defaults it is ${outputs['worst_day_dollars']}." in REFERENCE


def test_the_skips_of_checkov_are_counted_and_explained():
    skips = [
        (check, reason)
        for path in INFRA.rglob("*.tf")
        for check, reason in re.findall(r"#checkov:skip=(\w+):(.+)", path.read_text("utf-8"))
    ]

    assert all(len(reason.split()) > 5 for _, reason in skips)
    assert (
        f"{len({check for check, _ in skips})} of its checks are skipped, in {len(skips)} places"
        in REFERENCE
    )


def test_the_mistakes_are_counted():
    assert f"finds each of {len(SEEDS)} mistakes" in REFERENCE


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_terraform_is_one(line):
    words = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
    where, step, *options = words[1:]

    folder = ROOT / where.removeprefix("-chdir=")
    known = dict(blocks("variable", folder / "variables.tf"))
    outputs = dict(blocks("output", folder / "outputs.tf"))
    assert step in STEPS
    for flag, value in itertools.pairwise(options):
        assert flag != "-var" or value.partition("=")[0] in known
        assert flag != "-raw" or value in outputs


def test_the_example_of_a_backend_locks():
    text = (INFRA / "backend.example.hcl").read_text("utf-8")

    assert re.search(r"^use_lockfile += true", text, re.MULTILINE)
    assert re.search(r"^encrypt += true", text, re.MULTILINE)
    assert "use_lockfile = true" in (INFRA / "bootstrap/outputs.tf").read_text("utf-8")


@pytest.mark.parametrize("text", [REFERENCE, HOW_TO], ids=["reference", "how-to"])
def test_nobody_claims_that_it_was_deployed(text):
    assert "rehearsed, checked offline, never deployed by us" in text
