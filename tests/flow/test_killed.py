"""Kill the function at any call of a send: nothing acknowledged is lost, nothing is doubled.

Every point is a real process that is killed at a real call: right before the call is carried
out, or right after, when its answer would be on the way.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fireside.adapters import fanout
from fireside.entrypoints import aws
from tests.flow.cloud import PATIENT, Refused, seen_registry, seen_store
from tests.flow.house import Mailboxes
from tests.flow.one_event import Context

pytestmark = pytest.mark.in_cloud

PROGRAM = Path(__file__).with_name("one_event.py")
QUIET = aws.World(patience=PATIENT, say=lambda _line: None)
LISTENING = ("Ann's tab", "Bob", "Cy", "Thea")
OTHERS = 5  # Bob, Cy, Dora, Gus, Thea

POINTS = [
    ("Query", 1),  # the tail
    ("TransactWriteItems", 1),  # the commit
    ("Query", 2),  # the members
    *(("post", number) for number in range(1, OTHERS + 3)),
    ("Invoke", 1),
    ("BatchGetItem", 1),  # Gus is gone: forget him
    ("BatchWriteItem", 1),
    ("BatchWriteItem", 2),
]


class Room:
    """Ann with two connections, Bob, Cy; Dora, a plain client; Gus, who is gone; and Thea.

    Thea is throttled: she is handed over. All but Dora said hello.
    """

    def __init__(self, cloud):
        self.mailboxes = Mailboxes()
        self.region = cloud.region(self.mailboxes)
        self.region.post = self.post
        self.is_throttled = False
        self.store = seen_store(cloud, self.region)
        self.registry = seen_registry(cloud, self.region, aws.WORLD.clock)
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
        self.is_throttled = True

    def post(self, connection_id, data):
        if connection_id == "Thea" and self.is_throttled:
            raise Refused(429, "LimitExceededException")
        return type(self.region).post(self.region, connection_id, data)

    def event(self, route, connection_id, fields, name=None):
        self.nonces += 1
        context = {
            "routeKey": route,
            "eventType": "CONNECT" if route == "$connect" else "MESSAGE",
            "connectionId": connection_id,
            "connectedAt": aws.WORLD.clock() - 60_000,
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
        handler = aws.make_chat(self.region.environ(), QUIET)
        response = handler(self.event(route, connection_id, fields or {}, name), Context)
        assert response["statusCode"] == 200
        return response.get("body")

    def say(self, text):
        return json.loads(self.call("sendMessage", "Ann", {"message": text, "nonce": text}))

    def start(self, event):
        """Start a container for an event; it waits for that."""
        variables = self.region.environ(_HANDLER="fireside.entrypoints.aws.chat")
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={"PATH": os.environ["PATH"], **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return process, json.dumps(event)

    def kill_at(self, process, point, moment):
        """Kill the container at a call; that call is not answered."""

        def kill(call):
            if call[:2] == point and process.poll() is None:
                process.kill()
                process.wait()
                raise ConnectionAbortedError

        setattr(self.region, moment, kill)

    def run_what_was_handed_over(self, times=1):
        """Lambda may deliver an event twice."""
        self.is_throttled = False
        fanout = aws.make_fanout(self.region.environ(), QUIET)
        for payload in self.region.invoked * times:
            fanout(json.loads(payload), Context)

    def log(self):
        return [(one.seq, one.text) for one in self.store.after("general", 0, 99)]

    def seen_by(self, one):
        return [(frame["seq"], frame["message"]) for frame in self.mailboxes.frames.get(one, [])]


@pytest.fixture
def room(cloud, place, monkeypatch):
    assert place == "cloud"
    monkeypatch.setattr(fanout, "WITHIN_SECONDS", 0.6)
    return Room(cloud)


def finished(process, event):
    out, errors = process.communicate(event, timeout=30)
    assert "Traceback" not in errors, errors
    return process.returncode, json.loads(out.splitlines()[-1]) if out else None


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]} {point[1]}")
def test_a_function_killed_at_any_call_of_a_send_loses_and_doubles_nothing(room, point, moment):
    fields = {"message": "hi", "nonce": "n1"}
    process, event = room.start(room.event("sendMessage", "Ann", fields))
    room.kill_at(process, point, moment)

    code, answered = finished(process, event)

    # A slow machine may have no time for all the posts.
    assert code == -signal.SIGKILL or (point[0] == "post" and point[1] > OTHERS)
    assert answered is None or code == 0
    committed = [text for _, text in room.log()] == ["before", "hi"]
    room.region.before = room.region.after = lambda _call: None

    process, event = room.start(room.event("sendMessage", "Ann", fields))
    code, answered = finished(process, event)
    room.run_what_was_handed_over(times=2)

    ack = json.loads(answered["body"])
    assert (ack["type"], ack["nonce"], ack["seq"]) == ("ack", "n1", 2)
    assert ack["duplicate"] is committed
    assert room.log() == [(1, "before"), (2, "hi")]
    for one in LISTENING:
        assert set(room.seen_by(one)) == {(2, "hi")}, one
    assert room.seen_by("Ann") == []
    assert len(room.seen_by("Dora")) <= 1, "a plain client shows what it is sent"


def test_a_send_without_trouble_makes_the_calls_that_are_killed_above(room):
    """Else a call could be added that nobody kills at."""
    room.say("hi")

    calls = room.region.calls
    assert set(calls) == {kind for kind, _ in POINTS}
    for kind in set(calls) - {"post"}:
        assert calls[kind] == sum(1 for point in POINTS if point[0] == kind)
    assert calls["post"] > OTHERS
    assert room.registry.in_room("general").ids == {"Ann", *LISTENING, "Dora"}


def test_an_event_that_is_delivered_twice_is_one_message(room):
    event = room.event("sendMessage", "Ann", {"message": "hi"})
    handler = aws.make_chat(room.region.environ(), QUIET)

    first, again = [json.loads(handler(event, Context)["body"]) for _ in range(2)]

    assert again == first | {"duplicate": True}
    assert room.log() == [(1, "before"), (2, "hi")]
    room.run_what_was_handed_over(times=2)
    for one in LISTENING:
        assert set(room.seen_by(one)) == {(2, "hi")}
    assert room.seen_by("Dora") == [(2, "hi")]
