"""Kill the function at any call of a send: nothing acknowledged is lost, nothing is doubled.

Every point is a real process that is killed at a real call: right before the call is carried
out, or right after, when its answer would be on the way.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fireside.functions import aws
from tests.flow.cloud import PATIENT, seen_registry, seen_store
from tests.flow.house import Mailboxes
from tests.flow.one_event import Context

pytestmark = pytest.mark.in_cloud

ROOT = Path(__file__).resolve().parents[2]
SEED = "4"
QUIET = aws.System(retry=PATIENT, write_line=lambda _line: None)
LISTENING = ("Ann's tab", "Bob", "Cy", "Thea")
POINTS = [
    ("BatchGetItem", 1),  # is Ann a person?
    ("BatchGetItem", 2),  # has another person her name?
    ("Query", 1),  # the tail
    ("TransactWriteItems", 1),  # the commit
    ("Query", 2),  # the members
    ("Invoke", 1),  # the fifth of Bob, Cy, Dora, Gus and Thea is delegated
    *(("post", number) for number in range(1, 6)),  # the four, and Ann's tab
    ("BatchGetItem", 3),  # Gus is gone: forget him
    ("BatchWriteItem", 1),
    ("BatchWriteItem", 2),
]


class Room:
    """Ann with two connections, Bob, Cy, Thea; Dora, a plain client; and Gus, who is gone."""

    def __init__(self, cloud):
        self.mailboxes = Mailboxes()
        self.region = cloud.region(self.mailboxes)
        self.store = seen_store(cloud, self.region)
        self.registry = seen_registry(cloud, self.region, aws.SYSTEM.clock)
        self.nonces = 0
        for one in ("Ann", *LISTENING, "Dora", "Gus"):
            name = one.partition("'")[0]
            self.call("$connect", one, name=name)
            if one != "Dora":
                self.call("hello", one, {"v": 1}, name=name)
        self.ack = self.say("before")
        self.mailboxes.frames.clear()
        self.region.calls.clear()
        self.region.invoked.clear()
        self.mailboxes.gone = {"Gus"}

    def event(self, route, connection_id, fields, name=None):
        self.nonces += 1
        context = {
            "routeKey": route,
            "eventType": "CONNECT" if route == "$connect" else "MESSAGE",
            "connectionId": connection_id,
            "connectedAt": aws.SYSTEM.clock() - 60_000,
            "requestId": f"request-{self.nonces}",
            "authorizer": {"userId": (name or "Ann").casefold(), "username": name or "Ann"},
        }
        query = {"username": name}
        headers = {"Host": "chat.example"}
        body = json.dumps({"action": route, **fields})
        return {
            "requestContext": context,
            "headers": headers,
            "queryStringParameters": query,
            "body": body,
        }

    def call(self, route, connection_id, fields=None, name=None):
        """Ask in this process."""
        handler = aws.build_chat(self.region.environ(), QUIET)
        response = handler(self.event(route, connection_id, fields or {}, name), Context)
        assert response["statusCode"] == 200
        return response.get("body")

    def say(self, text):
        return json.loads(self.call("sendMessage", "Ann", {"message": text, "nonce": text}))

    def send(self, killed_at=None, moment="before"):
        """Send Ann's message in a container of its own; give its exit code and the answer."""
        fields = {"message": "hi", "nonce": "n1"}
        variables = self.region.environ(_HANDLER="fireside.functions.aws.chat")
        inherited = {name: os.environ.get(name, "") for name in ("PATH", "PYTHONPATH")}
        # The order of a set decides who is the fifth; with this seed it is somebody who said hello.
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.one_event"],
            cwd=ROOT,
            env={**inherited, "PYTHONHASHSEED": SEED, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.kill_at(process, killed_at, moment)
        event = json.dumps(self.event("sendMessage", "Ann", fields))
        out, errors = process.communicate(event, timeout=120)
        assert "Traceback" not in errors, errors
        self.region.before = self.region.after = lambda _call: None
        return process.returncode, json.loads(out.splitlines()[-1]) if out else None

    def kill_at(self, process, point, moment):
        """Kill the container at a call; that call is not answered."""

        def kill(call):
            if call[:2] == point and process.poll() is None:
                process.kill()
                process.wait()
                raise ConnectionAbortedError

        setattr(self.region, moment, kill)

    def run_what_was_delegated(self, times=1):
        """Lambda may deliver an event twice."""
        fanout = aws.build_fanout(self.region.environ(), QUIET)
        for payload in self.region.invoked * times:
            fanout(json.loads(payload), Context)

    def log(self):
        return [(one.seq, one.text) for one in self.store.after("general", 0, 99)]

    def seen_by(self, one):
        return [(frame["seq"], frame["message"]) for frame in self.mailboxes.frames.get(one, [])]


@pytest.fixture
def room(cloud, place):
    assert place == "cloud"
    return Room(cloud)


@pytest.mark.variations
@pytest.mark.parametrize("moment", ["before", pytest.param("after", marks=pytest.mark.long)])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]} {point[1]}")
def test_a_function_killed_at_any_call_of_a_send_loses_and_doubles_nothing(room, point, moment):
    assert room.send(killed_at=point, moment=moment) == (-signal.SIGKILL, None)
    committed = [text for _, text in room.log()] == ["before", "hi"]

    _, answer = room.send()
    room.run_what_was_delegated(times=2)

    ack = json.loads(answer["body"])
    assert (ack["type"], ack["nonce"], ack["seq"]) == ("ack", "n1", 2)
    assert ack["duplicate"] is committed
    assert room.log() == [(1, "before"), (2, "hi")]
    for one in LISTENING:
        assert set(room.seen_by(one)) == {(2, "hi")}, one
    assert room.seen_by("Ann") == []
    assert len(room.seen_by("Dora")) <= 1, "a plain client shows what it is sent"


def test_a_send_without_trouble_makes_the_calls_that_are_killed_above(room):
    """Else a call could be added that nobody kills at."""
    code, _ = room.send()

    assert code == 0
    assert room.region.calls == Counter(kind for kind, _ in POINTS)
    assert room.registry.in_room("general").ids == {"Ann", *LISTENING, "Dora"}
    [delegated] = [json.loads(payload)["ids"] for payload in room.region.invoked]
    assert set(delegated) <= set(LISTENING)


def test_an_event_that_is_delivered_twice_is_one_message(room):
    event = room.event("sendMessage", "Ann", {"message": "hi"})
    handler = aws.build_chat(room.region.environ(), QUIET)

    first, again = [json.loads(handler(event, Context)["body"]) for _ in range(2)]

    assert again == first | {"duplicate": True}
    assert room.log() == [(1, "before"), (2, "hi")]
    room.run_what_was_delegated(times=2)
    for one in LISTENING:
        assert set(room.seen_by(one)) == {(2, "hi")}
    assert room.seen_by("Dora") == [(2, "hi")]
