"""The runner of processes: what it says of what happened (tests/gateway has it at work)."""

import pytest

from localgateway.functions.worker_process import _ending
from localgateway.functions.workers import _describe
from localgateway.machine.actions import Raised, Returned


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "its answers closed"),
        (0, "exit code 0"),
        (3, "exit code 3"),
        (-9, "SIGKILL"),
        (-11, "SIGSEGV"),
        (-99, "signal 99"),
    ],
)
def test_how_a_process_ended_is_said_by_name(code, said):
    assert _ending(code) == said


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Returned({"statusCode": 200}), "answered 200"),
        (Returned({"principalId": "ann"}), "decided"),
        (Returned({"body": "x"}), "returned no statusCode"),
        (Returned(None), "returned no statusCode"),
        (Raised("x"), "failed"),
    ],
)
def test_what_an_invocation_came_to_is_one_word(outcome, said):
    assert _describe(outcome) == said
