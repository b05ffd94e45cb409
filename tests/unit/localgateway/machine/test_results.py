"""Proxy results: what a handler may return, and what of it reaches a client."""

import pytest

from localgateway.machine.results import ProxyResult, read_result


def test_a_result_has_a_status_and_perhaps_a_body():
    assert read_result({"statusCode": 200}) == ProxyResult(200, None, None)
    assert read_result({"statusCode": "404", "body": "no"}) == ProxyResult(404, "no", None)


@pytest.mark.parametrize(
    "value",
    [
        *(None, "text", [], {}, {"body": "no status"}),
        *({"statusCode": status} for status in (None, 199, 600, "2000", "ok", 200.0, True)),
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "ConnectionId": "extra"},
    ],
)
def test_anything_else_is_malformed(value):
    assert read_result(value) is None


@pytest.mark.parametrize(
    ("headers", "subprotocol"),
    [
        ({"Sec-WebSocket-Protocol": "chat"}, "chat"),
        ({"sec-websocket-protocol": "chat", "Set-Cookie": "a=b"}, "chat"),
        ({"Sec-WebSocket-Protocol": "a\r\nb: c"}, None),
        ({"Sec-WebSocket-Protocol": 7}, None),
        (None, None),
        ("Sec-WebSocket-Protocol: chat", None),
    ],
)
def test_the_subprotocol_is_the_one_header_that_counts(headers, subprotocol):
    result = read_result({"statusCode": 200, "headers": headers})

    assert result is not None
    assert result.subprotocol == subprotocol
