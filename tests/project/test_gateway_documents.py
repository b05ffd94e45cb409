"""The gateway's documents say what it takes: options, commands, files, plans."""

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest

from localgateway.cli import command
from localgateway.dev import faults
from localgateway.machine.api import parse

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("examples/*/README.md")])
SHELL = re.compile(r"^```sh.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = {
    line
    for page in PAGES
    for block in re.findall(
        r"^```sh.*?\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for line in block.splitlines()
    if re.search(r"\blocalgateway (serve|replay)\b(?!.*--help)", line)
}
SCHEMA = json.loads((ROOT / "src/localgateway/api.schema.json").read_text("utf-8"))


def page(name):
    return (DOCS / name).read_text("utf-8")


def blocks(name):
    found = re.findall(r"^```json\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in found]


def test_every_option_is_documented():
    commands = (command, *command.commands.values())
    known = {name for each in commands for option in each.params for name in option.opts}
    known = {name for name in known if name.startswith("--")}

    assert {"--faults", "--record", "--api", "--any-key"} <= known
    for option in known:
        assert f"`{option}" in page("reference/localgateway.md"), option


@pytest.mark.parametrize("line", sorted(COMMANDS))
def test_every_command_in_a_document_is_understood(line):
    name, *words = shlex.split(line.partition("localgateway ")[2])
    asked = command.commands[name].make_context(name, words).params

    plan = asked.get("faults")
    if plan is not None and "=" in plan:
        faults.read(plan)


@pytest.mark.parametrize(
    "name", ["reference/api-json.md", "how-to/coming-from.md", "tutorial/your-own-handlers.md"]
)
def test_every_api_in_a_document_is_one(name):
    for document in blocks(name):
        parse(document)
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("examples/*/api.json"), *ROOT.glob("tests/gateway/*/api.json")])
)
def test_every_api_file_fits_the_schema(path):
    document = json.loads(path.read_text("utf-8"))

    parse(document)
    jsonschema.validate(document, SCHEMA)


def test_the_plan_in_the_document_is_one(tmp_path):
    (document,) = blocks("how-to/faults.md")
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(document))

    assert faults.read(str(path)).seed == 7


def test_every_fault_is_documented():
    for name in (*faults._FAULTS, *faults._MILLIS):
        assert f"`{name}`" in page("how-to/faults.md"), name


def keys_in(schema):
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys_in(inner)
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        yield from keys_in(extra)


def test_every_key_is_documented():
    keys = {*keys_in(SCHEMA), *(k for part in SCHEMA["$defs"].values() for k in keys_in(part))}

    assert {"twoWay", "model", "codeRoot", "handler"} <= keys
    for key in keys:
        assert f"`{key}`" in page("reference/api-json.md"), key
