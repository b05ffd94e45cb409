"""The unit file in the documents: systemd starts the chat again when that can help."""

import configparser
import re
from pathlib import Path

import pytest

from fireside.console.exits import ExitCode

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/how-to/run-on-a-server.md"

STARTED_AGAIN = {ExitCode.UNEXPECTED, ExitCode.PORT_BUSY, ExitCode.UNAVAILABLE}
"""What may be over a moment later."""

KEPT_DOWN = {ExitCode.USAGE, ExitCode.DATA, ExitCode.DATABASE, ExitCode.PAGE}
"""What a person has to change."""

NEVER_FROM_SERVE = {ExitCode.OK, ExitCode.CLOUD, ExitCode.INTERRUPTED}

START_LIMIT_STARTS, START_LIMIT_SECONDS = 5, 10
"""systemd's defaults: so many starts within this time, and it gives up."""


@pytest.fixture(scope="module")
def service():
    """Read the section of the service."""
    [unit] = re.findall(r"^```ini\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(unit)
    return parser["Service"]


def test_every_exit_code_is_either_tried_again_or_not(service):
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}

    assert service["Restart"] == "on-failure"
    assert prevented == KEPT_DOWN
    assert {*ExitCode} == STARTED_AGAIN | KEPT_DOWN | NEVER_FROM_SERVE


def test_systemd_goes_on_trying_for_as_long_as_it_takes(service):
    """With its own 0.1 seconds between two tries it would give up after a few of them."""
    assert int(service["RestartSec"]) * START_LIMIT_STARTS > START_LIMIT_SECONDS
