"""The names of the functions' variables: all are listed, and Terraform sets the same."""

import re
from pathlib import Path

from fireside import environment
from fireside.adapters import aws_clients

INFRA = Path(__file__).resolve().parents[2] / "infra"
ONLY_HERE = {environment.LIFETIME_SECONDS}
ALSO_A_SETTING = {aws_clients.CLIENT, environment.NAMES}


def test_all_are_listed():
    named = {value for name, value in vars(environment).items() if name.isupper()}

    assert named - {environment.OF_FUNCTIONS} - ALSO_A_SETTING == environment.OF_FUNCTIONS


def test_terraform_sets_the_same():
    texts = [path.read_text("utf-8") for path in INFRA.glob("*.tf")]
    set_there = {name for text in texts for name in re.findall(r"\bFIRESIDE_\w+", text)}

    assert set_there - ALSO_A_SETTING == environment.OF_FUNCTIONS - ONLY_HERE
