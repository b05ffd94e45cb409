"""What a client alone can see of the rows 1 to 45, at a local server or at an API on AWS.

All tests here ask the API in `probe/`; `conftest.py` says how to point them elsewhere.
"""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

ONE_ID = "[A-Za-z0-9_-]{15}="


def status_of(target, query):
    """Be refused, and give the status."""
    with pytest.raises(InvalidStatus) as caught, target.connect(query):
        pass
    return caught.value.response.status_code


def event_of(socket, **fields):
    """Ask for the event that a message becomes."""
    socket.send(json.dumps({"action": "event"} | fields))
    return json.loads(socket.recv(60))


def is_frame(text, message, last="requestId"):
    """Tell whether a frame is API Gateway's own, with its spacing."""
    pattern = rf'\{{"message": "{message}", "connectionId":"{ONE_ID}", "{last}":"{ONE_ID}"\}}'
    return re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize(
    ("answer", "status"), [("refuse", 418), ("raise", 502), ("nothing", 502), ("extra", 502)]
)
def test_rows_03_and_04_connect_decides_the_status(target, answer, status):
    assert status_of(target, f"pass=please&answer={answer}") == status


def test_row_06_a_plain_get_on_the_stage_is_426(target):
    url = urlsplit(target.management_url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname, url.port, timeout=60)
    try:
        connection.request("GET", url.path)
        assert connection.getresponse().status == 426
    finally:
        connection.close()


def test_row_07_only_the_subprotocol_that_connect_names_is_agreed_on(target):
    with target.connect("pass=please&answer=protocol", subprotocols=["first", "second"]) as socket:
        assert socket.subprotocol == "second"


def test_row_10_compression_is_not_agreed_on(target):
    with target.connect(compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_rows_15_to_26_the_event_of_a_message(target):
    with target.connect(user_agent_header="me/1") as socket:
        first, second = event_of(socket, n=1), event_of(socket, n=2)

    assert first.keys() == {"requestContext", "body", "isBase64Encoded"}
    context = first["requestContext"]
    assert context.keys() == {
        "routeKey",
        "eventType",
        "extendedRequestId",
        "requestTime",
        "messageDirection",
        "stage",
        "connectedAt",
        "requestTimeEpoch",
        "identity",
        "requestId",
        "domainName",
        "connectionId",
        "apiId",
        "messageId",
        "authorizer",
    }
    for key in ("connectionId", "messageId", "requestId"):
        assert re.fullmatch(ONE_ID, context[key]), key
    assert context["requestId"] == context["extendedRequestId"]
    assert (context["routeKey"], context["eventType"]) == ("event", "MESSAGE")
    assert context["identity"]["userAgent"] == "me/1"
    assert context["authorizer"]["word"] == "please"
    assert context["authorizer"]["principalId"] == "somebody"
    other = second["requestContext"]
    assert context["connectedAt"] == other["connectedAt"] <= other["requestTimeEpoch"]
    assert context["messageId"] != other["messageId"]
    assert json.loads(second["body"])["n"] == 2


@pytest.mark.parametrize("body", ["not JSON", '{"action":"Event"}', '{"action":"$connect"}', "[]"])
def test_rows_28_to_30_what_has_no_route_is_forbidden(target, body):
    with target.connect() as socket:
        socket.send(body)
        assert is_frame(socket.recv(60), "Forbidden")
        event_of(socket)


def test_row_31_a_body_that_is_not_as_the_model_says_is_refused(target):
    with target.connect() as socket:
        socket.send('{"action":"order"}')
        assert is_frame(socket.recv(60), "Bad request body", "messageId")
        socket.send('{"action":"order","number":1}')
        assert json.loads(socket.recv(60))["requestContext"]["routeKey"] == "order"


def test_row_32_a_one_way_route_sends_nothing_back(target):
    with target.connect() as socket:
        socket.send('{"action":"tell"}')
        assert json.loads(event_of(socket, n=1)["body"])["n"] == 1


@pytest.mark.parametrize("answer", ["raise", "nothing", "extra"])
@pytest.mark.parametrize("route", ["event", "tell"])
def test_rows_33_to_35_a_handler_that_fails_is_an_internal_server_error(target, answer, route):
    with target.connect() as socket:
        socket.send(json.dumps({"action": route, "answer": answer}))
        assert is_frame(socket.recv(60), "Internal server error")
        event_of(socket)


def test_row_36_a_function_past_its_time_is_told(target):
    with target.connect() as socket:
        socket.send('{"action":"late"}')
        assert is_frame(socket.recv(60), "Endpoint request timed out")


def test_row_37_a_burst_is_not_throttled(target):
    with target.connect() as socket:
        for n in range(200):
            socket.send(json.dumps({"action": "event", "n": n}))
        bodies = [json.loads(json.loads(socket.recv(60))["body"]) for _ in range(200)]

    assert sorted(body["n"] for body in bodies) == list(range(200))


def test_row_38_messages_of_one_connection_run_at_once(target):
    with target.connect() as socket:
        socket.send('{"action":"late"}')
        assert event_of(socket, n=1)["requestContext"]["routeKey"] == "event"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 401),
        ("pass=", 401),
        ("pass=unauthorized", 401),
        ("pass=wrong", 403),
        ("pass=crash", 500),
    ],
)
def test_rows_42_and_43_the_door_has_its_statuses(target, query, status):
    assert status_of(target, query) == status


@pytest.mark.parametrize(("data", "code"), [(b"\x00", 1003), ("x" * 32_769, 1009)])
def test_limits_close_with_their_code(target, data, code):
    with target.connect() as socket:
        socket.send(data)
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(60)
    assert caught.value.rcvd.code == code
