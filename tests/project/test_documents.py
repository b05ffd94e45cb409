"""The documents say what the code does: nothing is missing, no link is dead, commands run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest
from websockets.frames import CloseCode

from fireside import environment
from fireside.cli.invoke import ROUTES
from fireside.cli.main import COMMANDS, fireside
from fireside.console.exits import ExitCode
from fireside.domain.errors import Code
from fireside.server.settings import CONFIG_VARIABLE, INVITE_LINK_VARIABLE, SETTINGS, variable
from localgateway.machine import limits

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs/reference"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCKS = [
    pytest.param(block, id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(
        re.findall(r"^```sh runnable\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


def text(name):
    return (REFERENCE / name).read_text("utf-8")


def commands():
    """Import every command, by name."""
    context = click.Context(fireside)
    return {name: fireside.get_command(context, name) for name in COMMANDS}


def test_every_setting_is_documented_in_its_three_spellings():
    for key in SETTINGS:
        flag, variable = f"`--{key.replace('_', '-')}`", f"`FIRESIDE_{key.upper()}`"
        row = next(
            line for line in text("settings.md").splitlines() if line.startswith(f"| {flag}")
        )

        assert variable in row
        assert f"`{key}`" in row


def test_every_option_is_documented():
    options = [
        option
        for command in (fireside, *commands().values())
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    known = {name for option in options for name in (*option.opts, *option.secondary_opts)}

    assert {"--port", "--event", "--json", "--version"} <= known
    for option in known:
        assert option in text("cli.md")


def test_every_exit_code_is_documented():
    for code in ExitCode:
        assert f"| {code.value} | `{code.name}` |" in text("exit-codes.md")


def test_every_error_code_is_documented():
    for code in get_args(Code):
        assert f"| `{code}` |" in text("protocol.md")


def test_every_close_code_is_documented():
    ours = {code for name, code in vars(limits).items() if name.startswith("CLOSE_")}
    protocols = {CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_DATA, CloseCode.MESSAGE_TOO_BIG}

    assert len(ours) > 1
    for code in ours | protocols:
        assert f"| {int(code)} |" in text("protocol.md")


def test_every_variable_named_for_the_program_is_one_that_it_knows():
    """The program refuses the others: it does not start while one is exported."""
    known = {
        CONFIG_VARIABLE,
        INVITE_LINK_VARIABLE,
        *map(variable, SETTINGS),
        *environment.OF_FUNCTIONS,
    }
    tools = [ROOT / name for name in ("tests/conftest.py", "tools/check.py", ".ci/run", "Makefile")]

    for path in [*DOCUMENTS, *tools]:
        assert set(re.findall(r"FIRESIDE_[A-Z0-9_]+", path.read_text("utf-8"))) <= known, path


def test_every_route_is_documented():
    routes = set(json.loads((ROOT / "api.json").read_text("utf-8"))["routes"])

    assert routes == set(ROUTES)
    for route in routes:
        assert f"| `{route}` |" in text("protocol.md")
        assert f"`{route}`" in text("cli.md")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
        assert link.startswith("https://") or (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_named_in_a_document_exists(path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z0-9]+)", path.read_text("utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


SHOWN = sorted(
    {
        line.partition("  #")[0].strip()
        for path in DOCUMENTS
        for block in re.findall(
            r"^```sh.*?\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        for line in block.splitlines()
        if line.startswith("fireside ")
    }
)


@pytest.mark.parametrize("command", SHOWN)
def test_every_command_shown_is_one_that_there_is(command):
    name, *words = shlex.split(command.partition(" > ")[0], comments=True)[1:]
    if "--help" not in words and name != "--version":
        assert commands()[name].make_context(name, words)


@pytest.mark.parametrize("block", BLOCKS)
def test_commands_shown_as_runnable_run(block):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-euc", block],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
