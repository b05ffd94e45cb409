"""Recording: each event is a file that any reader of events takes."""

import json
import logging
import stat
from pathlib import Path

import pytest

from localgateway.dev import recording
from localgateway.dev.recording import Recorder
from localgateway.machine.actions import Invoke


def event(route="sendMessage", request_id="JC1dgf9yBQMCK-g=", **more):
    return {"requestContext": {"routeKey": route, "requestId": request_id}, "body": "hé", **more}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_event_is_a_file_named_by_number_route_and_request(tmp_path):
    recorder = Recorder(tmp_path / "events")
    recorder.record(event("$connect", type="REQUEST"))
    recorder.record(event("$connect"))
    path = recorder.record(event("a/b c"))

    assert names(tmp_path / "events") == [
        "0001-authorizer-JC1dgf9yBQMCK-g.json",
        "0002-connect-JC1dgf9yBQMCK-g.json",
        "0003-a-b-c-JC1dgf9yBQMCK-g.json",
    ]
    assert json.loads(path.read_text("utf-8")) == event("a/b c")


def test_nobody_else_may_read_what_people_wrote(tmp_path):
    path = Recorder(tmp_path / "events").record(event())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_next_run_goes_on_after_the_last(tmp_path):
    Recorder(tmp_path).record(event())
    (tmp_path / "notes.txt").write_text("mine")

    assert Recorder(tmp_path).record(event()).name.startswith("0002-")


def test_half_a_surrogate_can_be_recorded_and_read(tmp_path):
    path = Recorder(tmp_path).record(event(route="\ud800x"))

    assert json.loads(path.read_text("utf-8"))["requestContext"]["routeKey"] == "\ud800x"


class Inner:
    functions = ("f",)

    def __init__(self, on_completed):
        self.on_completed = on_completed
        self.calls = []

    def start(self):
        self.calls.append("start")

    def submit(self, invocation):
        self.calls.append(invocation)

    def stop(self, timeout_seconds):
        self.calls.append(timeout_seconds)
        return True


def test_a_file_can_be_shown_on_a_terminal(tmp_path):
    path = Recorder(tmp_path).record(event() | {"body": "\x1b[2J\x9b\x7f 漢字"})

    text = path.read_text(encoding="utf-8")
    assert not {"\x1b", "\x9b", "\x7f"} & set(text)
    assert "漢字" in text
    assert json.loads(text)["body"] == "\x1b[2J\x9b\x7f 漢字"


@pytest.fixture
def runner(tmp_path):
    inner = []

    def make(*, on_completed):
        inner.append(Inner(on_completed))
        return inner[0]

    return recording.record(make, Recorder(tmp_path))(on_completed=lambda _batch: None), inner[0]


def test_the_runner_gets_what_was_recorded(runner, tmp_path):
    outer, inner = runner
    invocation = Invoke(1, "a", "f", event())
    outer.start()
    outer.submit(invocation)

    assert (outer.functions, outer.stop(2)) == (("f",), True)
    assert inner.calls == ["start", invocation, 2]
    assert len(names(tmp_path)) == 1


def test_a_full_disk_does_not_stop_the_api(runner, tmp_path, caplog):
    outer, inner = runner
    Path(tmp_path / "0001-sendMessage-JC1dgf9yBQMCK-g.json").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        outer.submit(Invoke(1, "a", "f", event()))

    assert len(inner.calls) == 1
    assert "an event was not recorded: File exists" in caplog.text
