"""What functions are called with, seen from behind a real socket (rows 13 to 26)."""

import base64
import re

from tests.gateway.harness import CLOSE, frame, gateway, on_loop
from tests.gateway.test_handshake import allow

COMMON = [
    "apiId",
    "connectedAt",
    "connectionId",
    "domainName",
    "eventType",
    "extendedRequestId",
    "identity",
    "messageDirection",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "routeKey",
    "stage",
]


async def one_life(running, target="/ws", *headers):
    """Connect, send one message, close; give the three events."""
    client = await running.join(target, *headers)
    client.ask("echo")
    await client.text()
    client.raw(frame(CLOSE))
    await client.ended()
    await running.event("DISCONNECT")
    return running.events


@on_loop
async def test_row_13_connect_has_no_body_and_query_keys_only_with_a_query():
    """Row 13."""
    async with gateway() as running:
        await running.join()
        await running.join("/ws?a=1&a=2&empty=&name=%C3%A9")
        plain, asking = running.events

    assert sorted(plain) == ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]
    assert plain["isBase64Encoded"] is False
    assert "messageId" not in plain["requestContext"]
    assert asking.keys() - plain.keys() == {
        "queryStringParameters",
        "multiValueQueryStringParameters",
    }
    assert asking["queryStringParameters"] == {"a": "2", "empty": "", "name": "é"}
    assert asking["multiValueQueryStringParameters"] == {
        "a": ["1", "2"],
        "empty": [""],
        "name": ["é"],
    }


@on_loop
async def test_row_14_connect_has_the_clients_headers_and_those_of_the_way():
    """Row 14."""
    async with gateway() as running:
        client = await running.join("/ws", "X-MiXed: 1", "X-MiXed: 2", "X-Forwarded-For: 1.2.3.4")
        (event,) = running.events
        headers = event["headers"]

        assert headers["Host"] == f"localhost:{client.port}"
        assert headers["X-MiXed"] == "2"
        assert event["multiValueHeaders"]["X-MiXed"] == ["1", "2"]
        assert headers["Sec-WebSocket-Version"] == "13"
        assert "Sec-WebSocket-Key" in headers
        assert headers["X-Forwarded-For"] == "1.2.3.4, 127.0.0.1"
        assert headers["X-Forwarded-Port"] == "443"
        assert headers["X-Forwarded-Proto"] == "https"
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["X-Amzn-Trace-Id"])
        assert not {k.lower() for k in headers} & {"connection", "upgrade", "content-length"}


@on_loop
async def test_row_15_a_message_has_a_body_and_an_id_and_no_headers():
    """Row 15."""
    async with gateway() as running:
        _, event, _ = await one_life(running, "/ws?a=1")

    assert sorted(event) == ["body", "isBase64Encoded", "requestContext"]
    assert event["body"] == '{"action": "echo"}'
    assert sorted(event["requestContext"]) == sorted([*COMMON, "messageId"])


@on_loop
async def test_row_16_disconnect_has_four_headers_of_its_own():
    """Row 16."""
    async with gateway() as running:
        _, _, event = await one_life(running, "/ws?a=1", "X-Mine: 1")
        host = f"localhost:{running.server.port}"

    assert sorted(event) == ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]
    assert event["headers"] == {
        "Host": host,
        "x-api-key": "",
        "X-Forwarded-For": "",
        "x-restapi": "",
    }
    assert event["multiValueHeaders"]["Host"] == [host]
    assert sorted(event["requestContext"]) == sorted(
        [*COMMON, "disconnectStatusCode", "disconnectReason"]
    )


async def end_of(running, leave):
    """Join, leave, and give the code and the reason that `$disconnect` hears."""
    client = await running.join()
    leave(client)
    (event,) = await running.event("DISCONNECT")
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


@on_loop
async def test_row_17_a_close_without_a_status_is_1005():
    """Row 17."""
    async with gateway() as running:
        end = await end_of(running, lambda client: client.raw(frame(CLOSE)))

    assert end == (1005, "Client-side close frame status not set")


@on_loop
async def test_row_17_a_clients_own_status_and_reason_are_passed_on():
    """Row 17."""
    async with gateway() as running:
        end = await end_of(running, lambda c: c.raw(frame(CLOSE, b"\x0f\xa0bye")))

    assert end == (4000, "bye")


@on_loop
async def test_row_17_a_clients_bare_1000_has_the_reason_of_aws():
    """Row 17."""
    async with gateway() as running:
        end = await end_of(running, lambda c: c.raw(frame(CLOSE, b"\x03\xe8")))

    assert end == (1000, "Connection Closed Normally")


@on_loop
async def test_row_17_a_connection_that_is_cut_is_1006():
    """Row 17."""
    async with gateway() as running:
        end = await end_of(running, lambda client: client.vanish())

    assert end == (1006, "")


@on_loop
async def test_row_18_disconnect_runs_when_the_socket_is_gone():
    """Row 18."""
    seen = []

    def handler(event, _context):
        context = event["requestContext"]
        if context["eventType"] == "DISCONNECT":
            me = context["connectionId"]
            seen.append((running.connections.send([me], b"x") == {me}, len(running.server.sockets)))
        return {"statusCode": 200, "body": event.get("body")}

    async with gateway(handler) as running:
        await one_life(running)
        await running.until(lambda: seen)

    assert seen == [(True, 0)]


@on_loop
async def test_row_19_ids_are_sixteen_characters_and_end_in_an_equals_sign():
    """Row 19."""
    async with gateway() as running:
        contexts = [e["requestContext"] for e in await one_life(running)]

    connection = {c["connectionId"] for c in contexts}
    assert len(connection) == 1
    for made in [*connection, contexts[1]["messageId"]]:
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", made)
        assert base64.urlsafe_b64decode(made)[8] == 2
    for context in contexts:
        assert base64.urlsafe_b64decode(context["requestId"])[8] == 5


@on_loop
async def test_row_20_every_event_has_a_request_id_of_its_own_twice():
    """Row 20."""
    async with gateway() as running:
        contexts = [e["requestContext"] for e in await one_life(running)]

    assert all(c["requestId"] == c["extendedRequestId"] for c in contexts)
    assert len({c["requestId"] for c in contexts}) == 3


@on_loop
async def test_row_21_connected_at_stays_and_the_request_time_moves():
    """Row 21."""
    async with gateway() as running:
        contexts = [e["requestContext"] for e in await one_life(running)]

    assert len({c["connectedAt"] for c in contexts}) == 1
    times = [c["requestTimeEpoch"] for c in contexts]
    assert times == sorted(times)
    assert times[0] >= contexts[0]["connectedAt"] > 1_700_000_000_000
    for context in contexts:
        assert re.fullmatch(
            r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"]
        )


@on_loop
async def test_row_22_identity_is_the_address_and_the_user_agent_if_there_was_one():
    """Row 22."""
    async with gateway() as running:
        await running.join()
        await running.join("/ws", "User-Agent: test/1")
        plain, named = (e["requestContext"]["identity"] for e in running.events)

    assert plain == {"sourceIp": "127.0.0.1"}
    assert named == {"userAgent": "test/1", "sourceIp": "127.0.0.1"}


@on_loop
async def test_row_23_stage_variables_are_in_the_authorizers_event_only():
    """Row 23."""
    async with gateway(door=lambda e, _: allow(e), authorizer=[]) as running:
        asked, *others = await one_life(running)

    assert asked["stageVariables"] == {}
    assert not any("stageVariables" in event for event in others)


@on_loop
async def test_row_24_what_the_authorizer_said_is_on_every_later_event():
    """Row 24."""

    def door(event, _context):
        return allow(event, username="Ann", level=3)

    async with gateway(door=door, authorizer=[]) as running:
        asked, *later = await one_life(running)

    assert "authorizer" not in asked["requestContext"]
    assert len(later) == 3
    for event in later:
        said = dict(event["requestContext"]["authorizer"])
        assert said.pop("integrationLatency") >= 0
        assert said == {"principalId": "ann", "username": "Ann", "level": 3}


@on_loop
async def test_row_25_the_route_key_is_the_one_that_was_picked():
    """Row 25."""
    async with gateway() as running:
        client = await running.join()
        client.ask("echo")
        client.ask("nobody knows this")
        await client.text()
        await client.text()
        keys = [e["requestContext"]["routeKey"] for e in running.events]

    assert keys == ["$connect", "echo", "$default"]


@on_loop
async def test_row_26_domain_name_and_stage_are_where_the_client_connected():
    """Row 26."""
    async with gateway() as running:
        for event in await one_life(running):
            context = event["requestContext"]
            assert context["domainName"] == f"localhost:{running.server.port}"
            assert context["stage"] == "ws"


@on_loop
async def test_bytes_that_are_no_text_reach_a_handler_as_text_that_is_whole():
    async with gateway() as running:
        client = await running.client()
        client.raw(client.head("/ws?name=%ff", "X-Odd: \xe9"))
        await client.upgraded()
        (event,) = running.events

    assert event["headers"]["X-Odd"] == "é"
    assert event["queryStringParameters"]["name"] == "\N{REPLACEMENT CHARACTER}"
