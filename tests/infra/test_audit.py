"""Our own look at an applied state finds nothing in ours, and every mistake that we make."""

import json
import subprocess
import sys

import audit_infra
import aws_calls
import pytest

from tests.infra.conftest import INVITE, ROOT
from tests.infra.seeds import SEEDS

pytestmark = pytest.mark.timeout(1_800)

OFFLINE = {"invite_hashes": [INVITE], "access_log": True, "account_log_role": True}


HALVES = (SEEDS[::2], SEEDS[1::2])


@pytest.fixture(scope="module")
def seeded(rehearse, tmp_path_factory):
    """Make half of the mistakes in a copy and half in another; give what is told of each."""
    return [faults_with(half, rehearse(tmp_path_factory.mktemp("seeded"))) for half in HALVES]


def faults_with(seeds, folder):
    for seed in seeds:
        path = folder.path / seed.path
        text = path.read_text("utf-8")
        assert seed.old in text, f"{seed.path} no longer has: {seed.old}"
        path.write_text(text.replace(seed.old, seed.new, 1), "utf-8")
    folder.init()
    return audit_infra.audit(folder.apply(**OFFLINE))


def test_what_we_apply_has_no_faults(state):
    assert audit_infra.audit(state) == []


def test_neither_has_it_without_a_page_and_with_all_logs(rehearse, tmp_path):
    folder = rehearse(tmp_path / "copy")
    folder.init()

    state = folder.apply(site=False, billing_mode="provisioned", **OFFLINE)

    assert audit_infra.audit(state) == []


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_mistake_is_told_where_it_was_made(seeded, seed):
    with_it, without_it = seeded if seed in HALVES[0] else seeded[::-1]

    assert [fault for fault in with_it if seed.told in fault], with_it
    assert not [fault for fault in without_it if seed.told in fault]


def test_an_empty_state_is_a_fault():
    assert "There is no function chat" in audit_infra.audit({})


def test_the_program_reads_a_state_and_says_so(state, tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state), "utf-8")

    done = subprocess.run(
        [sys.executable, ROOT / "tools/audit_infra.py", path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("No faults\n", 0)


def test_what_the_code_calls_is_read_from_the_code():
    calls = aws_calls.calls()

    assert calls["authorizer"] == set()
    assert {call.action for call in calls["fanout"]} == {
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "execute-api:ManageConnections",
    }
    assert aws_calls.Call("dynamodb:PutItem", "FIRESIDE_MESSAGES_TABLE") in calls["chat"]


def test_every_kind_of_client_is_known_to_the_audit():
    assert aws_calls.client_factories() == {
        *aws_calls.FACTORIES,
        "credentials",
        "pool_to",
        "tables",
    }
