"""What `chat` hands over and `fanout` does with it, and what both say about it in the log."""

import dataclasses
import json
import threading
import time

import boto3
import pytest

from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.adapters.outbound import fanout, payload, posting
from fireside.domain.errors import Busy
from fireside.functions import aws, metrics
from tests.contract.drafts import draft
from tests.flow.cloud import PATIENT, Refused
from tests.flow.house import House

pytestmark = pytest.mark.in_cloud


class Context:
    def __init__(self, milliseconds):
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self):
        return self._milliseconds


class Functions:
    """A house's chat and fanout, and the metrics that they say."""

    def __init__(self):
        self.house = House()
        self.said = []
        self.region = self.house.region
        self.world = aws.System(
            clock=self.house.clock,
            entropy=self.house.entropy,
            random_bytes=self.house.random_bytes,
            new_epoch=lambda: "epoch-1",
            retry=PATIENT,
            write_line=lambda line: self.said.append(json.loads(line)),
        )
        self.fanout = aws.build_fanout(self.region.environ(), self.world)
        self.house.handler = aws.build_chat(
            self.region.environ(AWS_LAMBDA_FUNCTION_NAME="home-chat"), self.world
        )

    def hand_over(self, *people, text="hi", milliseconds=60_000):
        ids = [person.connection_id for person in people]
        data = json.dumps({"message": text}).encode()
        written = payload.write(ids, data, self.house.now_ms)
        return self.fanout(json.loads(written), Context(milliseconds))

    def counts(self):
        """Give what was counted last, without CloudWatch's envelope."""
        line = dict(self.said[-1])
        del line["_aws"]
        return line


@pytest.fixture
def functions():
    return Functions()


def test_every_delegated_connection_is_told(functions):
    bob, cy = functions.house.join("Bob"), functions.house.join("Cy")
    functions.house.wait(2)

    assert functions.hand_over(bob, cy, text="Grüße") == {}

    assert bob.received == cy.received == [{"message": "Grüße"}]
    assert functions.counts() == {
        "FunctionName": "fanout",
        "FanOutMs": 0,
        "Gone": 0,
        "Unsent": 0,
    }


@pytest.mark.parametrize(("seconds", "is_known"), [(30, True), (31, False)])
def test_a_gone_connection_is_forgotten_by_fanout_too_once_it_is_old(functions, seconds, is_known):
    house = functions.house
    bob, cy = house.join("Bob"), house.join("Cy")
    house.mailboxes.gone = {"Bob"}
    house.wait(seconds)

    functions.hand_over(bob, cy)

    assert house.registry.in_room("general").ids == ({"Bob", "Cy"} if is_known else {"Cy"})
    assert functions.counts()["Gone"] == 1


def test_a_table_that_is_busy_does_not_end_it(functions, monkeypatch, caplog):
    bob = functions.house.join("Bob")
    functions.house.mailboxes.gone = {"Bob"}

    def busy(*_):
        raise Busy("not now")

    monkeypatch.setattr("fireside.adapters.dynamodb.store.DynamoRegistry.forget", busy)

    assert functions.hand_over(bob) == {}
    assert "1 connections are gone and still stored" in caplog.text
    assert "Bob" not in caplog.text


def test_it_ends_before_its_time_does_and_counts_whom_it_did_not_reach(functions, monkeypatch):
    # No machine is so slow that a post has no answer in a minute, and no pause fits into one.
    monkeypatch.setattr(posting, "_FIRST_PAUSE_SECONDS", 1e9)
    monkeypatch.setattr(posting, "_LONGEST_PAUSE_SECONDS", 1e9)
    bob, cy = functions.house.join("Bob"), functions.house.join("Cy")

    def throttled(call):
        if call.kind == "post":
            raise Refused(429, "LimitExceededException")

    functions.region.before = throttled

    functions.hand_over(bob, cy)

    assert functions.counts()["Unsent"] == 2
    functions.region.before = lambda _call: None
    functions.hand_over(bob, cy, milliseconds=0)
    assert functions.counts()["Unsent"] == 2
    assert bob.received == []


def test_a_hand_over_of_a_later_release_is_refused_and_shown_to_nobody(functions):
    bob = functions.house.join("Bob")
    later = {"v": 2, "data": "?", "ids": [bob.connection_id], "sentAtMs": 0}

    with pytest.raises(payload.NewerFormat):
        functions.fanout(later, Context(60_000))

    assert bob.received == []


# --- what chat hands over, and says ---


def test_more_than_it_posts_to_itself_are_delegated_and_told_by_fanout(functions, monkeypatch):
    monkeypatch.setattr(fanout, "INLINE", 2)
    people = [functions.house.join(f"Person {number}") for number in range(5)]

    functions.house.wait(1)
    ack = people[0].say("hi")

    assert ack["type"] == "ack"
    assert functions.counts()["Delegated"] == 2
    assert sum(len(person.received) for person in people) == 3
    [payload] = functions.region.invoked
    functions.fanout(json.loads(payload), Context(60_000))
    assert [len(person.received) for person in people] == [1] * 5


def test_an_invocation_that_is_refused_changes_no_answer(functions, monkeypatch, caplog):
    monkeypatch.setattr(fanout, "INLINE", 0)
    ann, bob = functions.house.join("Ann"), functions.house.join("Bob")

    def refused(call):
        if call.kind == "Invoke":
            raise Refused(429, "TooManyRequestsException")

    functions.region.before = refused

    assert ann.say("a secret")["type"] == "ack"
    assert bob.received == []
    assert "connections were neither posted to nor passed on" in caplog.text
    assert "secret" not in caplog.text
    assert functions.counts()["Delegated"] == 0


def test_a_message_is_counted_and_nothing_else_is(functions):
    ann = functions.house.join("Ann", hello=True)
    functions.house.join("Bob")
    functions.house.mailboxes.gone = {"Bob"}
    ann.ask("ping")
    ann.ask("getHistory")
    assert functions.said == []

    ann.say("a secret")

    [line] = functions.said
    counts = functions.counts()
    assert counts.pop("FanOutMs") >= 0
    assert counts == {
        "FunctionName": "home-chat",
        "Acks": 1,
        "Conflicts": 0,
        "Gone": 1,
        "Delegated": 0,
    }
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in directive["Metrics"]] == list(metrics.CHAT)
    assert "secret" not in json.dumps(line)


def test_a_lost_race_is_a_conflict(functions):
    ann = functions.house.join("Ann")

    def lose(call):
        if call[:2] == ("TransactWriteItems", 1):
            functions.house.store.append(draft())

    functions.region.before = lose

    assert ann.say("hi")["seq"] == 2
    assert functions.counts()["Acks"] == 1
    assert functions.counts()["Conflicts"] >= 1


def test_what_was_not_kept_is_counted_as_no_ack(functions):
    ann = functions.house.join("Ann")
    functions.house.store.is_full = True

    assert ann.say("hi")["code"] == "storage"
    assert functions.counts()["Acks"] == 0


def test_nobody_is_told_to_stay_away_because_a_table_is_busy(functions):
    def throttled(call):
        if call.kind == "BatchWriteItem":
            raise Refused(400, "ProvisionedThroughputExceededException")

    impatient = dataclasses.replace(functions.world, retry=RetryPolicy(budget_ms=0))
    handler = aws.build_chat(functions.region.environ(), impatient)
    event = functions.house.join("Ann").connect_event()
    functions.region.before = throttled

    assert handler(event, None) == {"statusCode": 503}


def test_forgetting_that_fails_is_no_reason_to_send_again(functions, monkeypatch):
    ann = functions.house.join("Ann")
    functions.house.join("Bob")
    functions.house.mailboxes.gone = {"Bob"}

    def busy(*_):
        raise Busy("not now")

    monkeypatch.setattr("fireside.adapters.dynamodb.store.DynamoRegistry.forget", busy)

    assert ann.say("hi")["type"] == "ack"


def test_a_receiver_that_hangs_does_not_hold_the_answer(functions):
    impatient = {"FIRESIDE_BROADCAST_SECONDS": "0.3", "FIRESIDE_POST_SECONDS": "0.2"}
    functions.house.handler = aws.build_chat(functions.region.environ(**impatient), functions.world)
    ann, bob, cy = (functions.house.join(name) for name in ("Ann", "Bob", "Cy"))
    answered = threading.Event()
    waited = []
    post = functions.region.post

    def hang(connection_id, data):
        if connection_id == bob.connection_id:
            waited.append(answered.wait(30))
        return post(connection_id, data)

    functions.region.post = hang

    ack = ann.say("hi")

    answered.set()
    assert ack["type"] == "ack"
    assert all(waited), "the answer came while somebody was still hanging"
    handed = {one for payload in functions.region.invoked for one in json.loads(payload)["ids"]}
    assert cy.connection_id in handed or was_told(cy), "the machine may be a busy one"


def was_told(person):
    """Wait for a post that was sent and whose answer came too late."""
    end = time.monotonic() + 60
    while not person.received and time.monotonic() < end:
        time.sleep(0.01)
    return person.received


def test_the_sdk_does_the_same(functions, monkeypatch):
    monkeypatch.setattr(fanout, "INLINE", 2)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's key
    environ = functions.region.environ(FIRESIDE_AWS_CLIENT="boto3")
    for name, value in environ.items():
        if name.startswith("AWS_"):  # where the SDK looks by itself
            monkeypatch.setenv(name, value)
    people = [functions.house.join(f"Person {number}") for number in range(5)]
    functions.house.handler = aws.build_chat(environ, functions.world)
    fanout_too = aws.build_fanout(environ, functions.world)

    assert people[0].say("hi")["type"] == "ack"
    [payload] = functions.region.invoked
    fanout_too(json.loads(payload), Context(60_000))

    assert [len(person.received) for person in people] == [1] * 5
