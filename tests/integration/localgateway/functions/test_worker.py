"""The process that a function runs in: how it finds the handler, and what it answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localgateway.functions.context import environment
from localgateway.functions.worker import LARGEST_RESPONSE, MARK, CannotLoad, _invoke, load_handler
from localgateway.machine.api import Function

HANDLERS = Path(__file__).parents[3] / "gateway/handlers"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Give a folder that handlers are imported from, under names that no other test has."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_handler_is_found_by_dots_or_by_slashes(root):
    (root / "pkg_worker").mkdir()
    (root / "pkg_worker/app.py").write_text("def handle(event, context):\n    return event\n")

    assert load_handler("pkg_worker.app.handle", root)(1, None) == 1
    assert load_handler("pkg_worker/app.handle", root)(2, None) == 2


@pytest.mark.parametrize(
    ("code", "handler", "sentence"),
    [
        (None, "worker_app.handle", "there is no module 'worker_app' in"),
        ("import worker_no", "worker_app.handle", "No module named 'worker_no' at .*app.py:1"),
        ("\n1 / 0", "worker_app.handle", "ZeroDivisionError: division by zero at .*app.py:2"),
        ("def (", "worker_app.handle", "SyntaxError: .* at .*app.py:1"),
        ("def handel(): ...", "worker_app.handle", "no function 'handle'; did you mean 'handel'"),
        ("handle = 5", "worker_app.handle", "no function 'handle'; define it there"),
    ],
)
def test_a_handler_that_cannot_be_had_is_a_sentence_with_the_remedy(root, code, handler, sentence):
    if code is not None:
        (root / "worker_app.py").write_text(code)

    with pytest.raises(CannotLoad, match=sentence):
        load_handler(handler, root)


def call(handler, monkeypatch):
    """Call a handler as the process does, and decode what it would answer."""
    function = Function("app", "integrations.app", "app.handler")
    for key, value in environment(function, "test", Path(), {}).items():
        monkeypatch.setenv(key, value)
    return json.loads(_invoke(handler, {"id": "r", "deadline": 0, "event": {"body": "hi"}}))


def test_what_a_handler_returns_is_answered(monkeypatch):
    assert call(lambda event, _context: event, monkeypatch) == {"value": {"body": "hi"}}


def test_what_it_raises_is_answered_and_the_trace_begins_in_the_handler(monkeypatch, capsys):
    def handler(_event, _context):
        raise RuntimeError("it broke")

    assert call(handler, monkeypatch) == {"raised": "it broke"}
    trace = capsys.readouterr().err
    assert trace.startswith("[ERROR] RuntimeError: it broke\nTraceback")
    assert "in handler" in trace
    assert "worker.py" not in trace.replace("test_worker.py", "")


def test_what_is_no_json_or_too_long_is_an_error(monkeypatch, capsys):
    assert "not JSON serializable" in call(lambda *_: {1}, monkeypatch)["raised"]
    too_long = call(lambda *_: "x" * LARGEST_RESPONSE, monkeypatch)["raised"]

    assert too_long == "the answer has 6,291,569 bytes, Lambda allows 6,291,556"
    assert too_long in capsys.readouterr().err


def test_a_process_by_hand_answers_line_by_line_and_ends_with_its_input():
    function = Function("app", "integrations.app", "plain.everything")
    request = {"id": "r1", "deadline": 0, "address": "http://127.0.0.1:1", "event": {}}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "localgateway.functions.worker"],
        input="".join(
            json.dumps(request | {"event": event}) + "\n"
            for event in ({"body": '{"do": "speak", "n": 1}'}, {"body": '{"do": "echo", "n": 2}'})
        ),
        env=environment(function, "test", HANDLERS, os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    ready, spoke, echoed = map(json.loads, done.stdout.splitlines())
    assert ready == {"ready": True}
    assert spoke["value"]["body"] == '"r1"'
    assert json.loads(echoed["value"]["body"])["n"] == 2
    assert done.stderr.startswith(f"{MARK}r1\nprinted 1\n")
