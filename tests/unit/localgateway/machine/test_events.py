"""Events and frames as values: the same ones that a socket leads to, with the time given."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgateway.machine import events
from localgateway.machine.events import ConnectionInfo, Handshake, Ids

NOW = 1_795_348_148_123


def handshake(query="", headers=(("Host", "localhost:8080"),)):
    """Write an upgrade request."""
    return Handshake("ws", query, tuple(headers), "127.0.0.1")


def caller(**fields):
    """Write a caller."""
    known = {
        "connection_id": base64.urlsafe_b64encode(b"12345678\x0290").decode(),
        "connected_at": NOW,
        "stage": "ws",
        "api_id": "local",
        "domain": "localhost:8080",
        "identity": {"sourceIp": "127.0.0.1"},
    }
    return ConnectionInfo(**{**known, **fields})


def test_row_21_the_time_is_written_as_web_servers_log_it():
    """Row 21."""
    context = events.connect(handshake(), caller(), "r", NOW)["requestContext"]

    assert context["requestTime"] == "22/Nov/2026:11:49:08 +0000"
    assert context["requestTimeEpoch"] == NOW


def test_row_19_and_20_an_id_is_eleven_bytes_with_its_kind_in_the_ninth():
    """Rows 19 and 20."""
    ids = Ids(lambda count: bytes(range(count)))

    made = [ids.connection(), ids.message(), ids.request()]

    assert [base64.urlsafe_b64decode(i)[8] for i in made] == [2, 2, 5]
    assert all(len(i) == 16 and i.endswith("=") for i in made)


def test_row_23_with_stage_variables_every_event_has_them():
    """Row 23."""
    whose = caller(stage_variables={"table": "t"})

    made = [
        events.authorizer(handshake(), whose, "r", NOW),
        events.connect(handshake(), whose, "r", NOW),
        events.message(whose, "$default", "", ("r", "m"), NOW),
        events.disconnect(whose, (1000, ""), "r", NOW),
    ]

    assert [event["stageVariables"] for event in made] == [{"table": "t"}] * 4


def test_row_14_a_proxy_in_front_is_kept_in_the_list_of_addresses():
    """Row 14."""
    came = [("x-forwarded-for", "1.1.1.1"), ("X-FORWARDED-PROTO", "http"), ("Host", "a")]

    headers = events.connect(handshake(headers=came), caller(), "r", NOW)["headers"]

    assert headers["X-Forwarded-For"] == "1.1.1.1, 127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "x-forwarded-for" not in headers
    assert "X-FORWARDED-PROTO" not in headers


def test_row_14_a_trace_that_came_is_kept_and_otherwise_one_is_made():
    """Row 14."""
    came = handshake(headers=[("x-amzn-trace-id", "Root=mine")])

    kept = events.connect(came, caller(), "r", NOW)["headers"]["X-Amzn-Trace-Id"]
    made = events.connect(handshake(), caller(), "r", NOW)["headers"]["X-Amzn-Trace-Id"]

    assert kept == "Root=mine"
    assert made == "Root=1-6b02d6b4-313233343536373802393000"


def test_row_13_the_last_of_a_repeated_name_wins_and_all_are_kept():
    """Row 13."""
    event = events.connect(handshake("a=1&b=&a=2"), caller(), "r", NOW)

    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}


def test_row_24_what_the_authorizer_said_is_in_the_context():
    """Row 24."""
    said = {"principalId": "ann", "integrationLatency": 3}

    event = events.message(caller(authorizer=said), "say", "{}", ("r", "m"), NOW)

    assert event["requestContext"]["authorizer"] == said


@pytest.mark.parametrize(
    ("close", "expected"), [((1001, "Going away"), (1001, "Going away")), ((4000, ""), (4000, ""))]
)
def test_row_17_the_close_is_in_the_context_of_disconnect(close, expected):
    """Row 17."""
    context = events.disconnect(caller(), close, "r", NOW)["requestContext"]

    assert (context["disconnectStatusCode"], context["disconnectReason"]) == expected


def test_row_33_the_frame_of_the_gateway_has_the_spacing_of_aws():
    """Rows 29, 33 and 36."""
    frame = events.error_frame("Internal server error", "C=", "R=")

    assert frame == '{"message": "Internal server error", "connectionId":"C=", "requestId":"R="}'
    assert json.loads(frame)["message"] == "Internal server error"


def test_a_header_is_found_in_any_case_and_the_last_one_counts():
    came = handshake("a=1&a=", [("X-Key", "1"), ("x-KEY", "2")])

    assert (came.header("x-key"), came.header("none")) == ("2", None)
    assert (came.parameter("a"), came.parameter("none")) == ("", None)


@given(st.text(), st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_every_event_of_any_handshake_is_json(query, headers):
    came = handshake(query, headers)

    for event in (
        events.connect(came, caller(), "r", NOW),
        events.authorizer(came, caller(identity=events.identity(came)), "r", NOW),
    ):
        assert json.loads(json.dumps(event)) == event
