"""The handshake: when the 101 comes, what it says, and what comes instead (rows 1 to 12)."""

import json
import threading

import pytest

from localgateway.net import refusals
from tests.gateway.harness import CLOSE, KEY, frame, gateway, on_loop, pass_time


def answering(answer):
    """Make a handler whose answer to `$connect` is the given one."""

    def handler(event, _context):
        if event["requestContext"]["routeKey"] != "$connect":
            return {"statusCode": 200, "body": event.get("body")}
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


@on_loop
async def test_row_01_the_101_waits_for_connect():
    """Row 1."""
    let_in = threading.Event()

    def handler(event, _context):
        assert let_in.wait(60)
        return {"statusCode": 200, "body": event.get("body")}

    async with gateway(handler) as running:
        client = await running.client()
        client.raw(client.head())
        await running.event("CONNECT")
        before = len(running.server.sockets), client.reader._buffer
        let_in.set()
        await client.upgraded()

    assert before == (0, b"")


@on_loop
async def test_row_02_without_connect_and_disconnect_routes_connections_open():
    """Row 2."""
    async with gateway(connect=False, disconnect=False) as running:
        client = await running.join()
        client.ask("echo")
        said = await client.json()
        client.raw(frame(CLOSE))
        await client.ended()
        types = [e["requestContext"]["eventType"] for e in running.events]

    assert said == {"action": "echo"}
    assert types == ["MESSAGE"]


@pytest.mark.parametrize("status", [400, 401, 403, 418, 500, 599, "403"])
@on_loop
async def test_row_03_a_refusal_by_connect_is_the_status_of_the_upgrade(status):
    """Row 3."""
    async with gateway(answering({"statusCode": status})) as running:
        client = await running.client()

        refused = await client.refused()

        assert refused == (int(status), "Refused")
        assert await client.ended() == b""
        assert running.server.gateway.connections == {}


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("broken"),
        None,
        {},
        [],
        "200",
        {"statusCode": None},
        {"statusCode": True},
        {"statusCode": 101},
        {"statusCode": 1000},
        {"statusCode": "9" * 5000},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "connectionId": "x"},
    ],
    ids=str,
)
@on_loop
async def test_row_04_connect_that_raises_or_returns_nonsense_is_502(answer):
    """Row 4."""
    async with gateway(answering(answer)) as running:
        client = await running.client()

        assert await client.refused() == (502, "Internal server error")


@on_loop
async def test_row_06_a_plain_get_on_the_stage_is_426():
    """Row 6."""
    async with gateway() as running:
        client = await running.client()

        on_stage = await client.get("/ws")
        below = await client.get("/ws/anything?x=1")

        assert on_stage[0] == below[0] == 426
        assert on_stage[1]["upgrade"] == "websocket"
        assert json.loads(on_stage[2]) == {"message": "Upgrade Required"}


NO_UPGRADE = {
    "no upgrade": "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n",
    "no upgrade, HTTP/1.0": "GET /ws HTTP/1.0\r\nHost: a\r\nConnection: close\r\n",
    "no connection": "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close\r\n",
    "HTTP/1.0": "GET /ws HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n",
}
"""What proxies make of a handshake that they don't know."""


@pytest.mark.parametrize("head", NO_UPGRADE.values(), ids=NO_UPGRADE)
@on_loop
async def test_a_handshake_whose_upgrade_a_proxy_has_lost_is_logged_with_the_remedy(head, caplog):
    async with gateway() as running:
        client = await running.client()
        client.raw(f"{head}Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())

        assert (await client.http())[0] in {426, 505}
        assert "the proxy in front must pass on Upgrade and Connection" in caplog.text
        assert running.server.loses_upgrades
        await running.join()
        assert not running.server.loses_upgrades


@on_loop
async def test_lost_upgrades_are_logged_once_a_second_whether_others_come_through_or_not(
    caplog, monkeypatch
):
    monkeypatch.setattr(refusals, "SECONDS", 1_000)  # longer than a busy machine takes
    async with gateway() as running:
        for _ in range(2):
            for _ in range(3):
                client = await running.client()
                await client.get("/ws", f"Sec-WebSocket-Key: {KEY}")
            await running.join()
        await pass_time(1_001)

    lines = [line for line in caplog.records if "without its upgrade" in line.message]
    assert [getattr(line, "skipped", 0) for line in lines] == [0, 4]


@on_loop
async def test_a_plain_get_on_the_stage_is_logged_and_says_nothing_of_a_proxy(caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        client = await running.client()
        await client.get("/ws")

    assert "refused: a plain GET of /ws: connect there with a WebSocket client" in caplog.messages
    assert "proxy" not in caplog.text
    assert not running.server.loses_upgrades


@on_loop
async def test_row_07_an_offered_subprotocol_is_not_echoed():
    """Row 7."""
    async with gateway() as running:
        client = await running.client()

        headers = await client.upgrade("/ws", "Sec-WebSocket-Protocol: chat.v1, chat.v2")

        assert "sec-websocket-protocol" not in headers
        offered = running.events[0]["headers"]["Sec-WebSocket-Protocol"]
        assert offered == "chat.v1, chat.v2"


@on_loop
async def test_row_07_the_subprotocol_that_connect_returns_is_on_the_101():
    """Row 7."""
    answer = {"statusCode": 200, "headers": {"sec-websocket-protocol": "chat.v1", "X-Other": "x"}}
    async with gateway(answering(answer)) as running:
        client = await running.client()

        headers = await client.upgrade("/ws", "Sec-WebSocket-Protocol: chat.v1")

        assert headers["sec-websocket-protocol"] == "chat.v1"
        assert "x-other" not in headers


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "", "two words", 7])
@on_loop
async def test_row_07_a_subprotocol_that_is_no_token_is_left_out(value):
    """Row 7."""
    answer = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": value}}
    async with gateway(answering(answer)) as running:
        client = await running.client()

        headers = await client.upgrade()

        assert not headers.keys() & {"sec-websocket-protocol", "set-cookie"}


@on_loop
async def test_row_09_nothing_reaches_a_connection_from_inside_its_own_connect():
    """Row 9."""
    gone = []

    def handler(event, _context):
        me = event["requestContext"]["connectionId"]
        gone.append(running.connections.send([me], b"too early") == {me})
        return {"statusCode": 200, "body": event.get("body")}

    async with gateway(handler) as running:
        client = await running.join()
        client.ask("echo")
        first, second = await client.text(), await client.text()

    assert gone[:2] == [True, False]
    assert first == "too early"
    assert json.loads(second) == {"action": "echo"}


@on_loop
async def test_row_10_compression_is_never_agreed_on():
    """Row 10."""
    async with gateway() as running:
        client = await running.client()

        headers = await client.upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate")

        assert "sec-websocket-extensions" not in headers


@pytest.mark.parametrize("target", ["/", "/wss", "/WS", "/ws/", "/ws/more", "/ws%2F", "//ws"])
@on_loop
async def test_row_11_an_upgrade_on_another_path_is_403(target):
    """Row 11."""
    async with gateway() as running:
        client = await running.client()

        assert await client.refused(target) == (403, "Forbidden")


@on_loop
async def test_row_12_the_authorizer_runs_once_and_never_for_a_message():
    """Rows 12 and 45."""
    asked = []

    def door(event, _context):
        asked.append(event)
        return allow(event)

    async with gateway(door=door, authorizer=[]) as running:
        first = await running.join()
        for _ in range(3):
            first.ask("echo")
            await first.text()
        first.raw(frame(CLOSE))
        await running.event("DISCONNECT")
        once = len(asked)
        await running.join()

    assert once == 1
    assert len(asked) == 2


def allow(event, effect="Allow", resource=None, **context):
    """Answer as an authorizer does."""
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": effect,
        "Resource": resource or event["methodArn"],
    }
    return {
        "principalId": "ann",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


@on_loop
async def test_row_40_the_authorizer_is_asked_with_the_event_of_aws():
    """Row 40."""
    async with gateway(door=lambda e, _: allow(e), authorizer=[]) as running:
        await running.join()
        asked, connected = running.events[:2]

    assert list(asked) == [
        "type",
        "methodArn",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext",
    ]
    assert asked["type"] == "REQUEST"
    assert asked["queryStringParameters"] == asked["multiValueQueryStringParameters"] == {}
    assert asked["headers"]["Upgrade"] == "websocket"
    assert asked["headers"]["Connection"] == "Upgrade"
    ids = {e["requestContext"]["connectionId"] for e in (asked, connected)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("arn:aws:execute-api:*:*:*/ws/*", 101),
        ("arn:aws:execute-api:local-1:000000000000:local/ws/$connect", 101),
        ("*", 101),
        ("arn:aws:execute-api:*:*:*/ws/*/*", 403),
        ("arn:aws:execute-api:*:*:*/ws/GET/*", 403),
        ("arn:aws:execute-api:*:*:*/other/*", 403),
    ],
)
@on_loop
async def test_row_41_a_policy_has_to_name_stage_and_route(resource, status):
    """Row 41."""

    def door(event, _context):
        return allow(event, resource=resource)

    async with gateway(door=door, authorizer=[]) as running:
        client = await running.client()
        client.raw(client.head())
        head = await client.reader.readuntil(b"\r\n\r\n")

    assert int(head.split()[1]) == status


@pytest.mark.parametrize(
    ("target", "header", "status"),
    [
        ("/ws?name=ann", "X-Key: 1", 101),
        ("/ws?name=ann", "x-key: 1", 101),
        ("/ws", "X-Key: 1", 401),
        ("/ws?name=", "X-Key: 1", 401),
        ("/ws?name=ann", "X-Key:", 401),
        ("/ws?name=ann", "X-Other: 1", 401),
    ],
)
@on_loop
async def test_row_42_a_missing_identity_is_401_and_nobody_is_asked(target, header, status):
    """Row 42."""
    sources = ["route.request.querystring.name", "route.request.header.X-Key"]
    async with gateway(door=lambda e, _: allow(e), authorizer=sources) as running:
        client = await running.client()
        client.raw(client.head(target, header))
        head = await client.reader.readuntil(b"\r\n\r\n")

        assert int(head.split()[1]) == status
        assert bool(running.events) is (status == 101)


def raising(text):
    """Make an authorizer that raises."""

    def door(_event, _context):
        raise RuntimeError(text)

    return door


@pytest.mark.parametrize(
    ("door", "status"),
    [
        (raising("Unauthorized"), 401),
        (raising("anything else"), 500),
        (lambda e, _: allow(e, effect="Deny"), 403),
        (lambda e, _: allow(e, resource="none"), 403),
        (lambda *_: None, 500),
        (lambda *_: {"principalId": "ann"}, 500),
        (lambda e, _: {**allow(e), "principalId": 7}, 500),
    ],
    ids=["unauthorized", "crash", "deny", "no-match", "nothing", "no-policy", "no-principal"],
)
@on_loop
async def test_row_43_what_goes_wrong_at_the_door_has_a_status(door, status):
    """Row 43."""
    async with gateway(door=door, authorizer=[]) as running:
        client = await running.client()

        assert (await client.refused())[0] == status
        assert [e for e in running.events if "type" not in e] == []


@pytest.mark.parametrize(
    "context",
    [{"nested": {}}, {"listed": []}, {"long": "x" * 8192}, {"set": {1}}],
    ids=["nested", "listed", "long", "not-json"],
)
@on_loop
async def test_row_44_a_context_holds_short_plain_values_only(context):
    """Row 44."""
    async with gateway(door=lambda e, _: allow(e, **context), authorizer=[]) as running:
        client = await running.client()

        assert await client.refused() == (500, "Internal server error")


@on_loop
async def test_a_client_that_leaves_while_connect_runs_is_disconnected():
    let_in = threading.Event()

    def handler(event, _context):
        if event["requestContext"]["routeKey"] == "$connect":
            assert let_in.wait(60)
        return {"statusCode": 200}

    async with gateway(handler) as running:
        client = await running.client()
        client.raw(client.head())
        await running.event("CONNECT")
        client.vanish()
        await running.until(lambda: not running.server.transports)
        let_in.set()
        (left,) = await running.event("DISCONNECT")

    assert left["requestContext"]["disconnectStatusCode"] == 1005


@pytest.mark.parametrize("status", [403, 500])
@on_loop
async def test_a_client_that_leaves_a_connect_that_refuses_is_just_forgotten(status):
    let_in = threading.Event()

    def handler(_event, _context):
        assert let_in.wait(60)
        return {"statusCode": status}

    async with gateway(handler) as running:
        client = await running.client()
        client.raw(client.head())
        await running.event("CONNECT")
        client.vanish()
        await running.until(lambda: not running.server.transports)
        let_in.set()
        await running.until(lambda: not running.server.gateway.connections)

        assert [e["requestContext"]["eventType"] for e in running.events] == ["CONNECT"]


@on_loop
async def test_a_client_that_leaves_the_authorizer_waiting_never_gets_to_connect():
    let_in = threading.Event()

    def door(event, _context):
        assert let_in.wait(60)
        return allow(event)

    async with gateway(door=door, authorizer=[]) as running:
        client = await running.client()
        client.raw(client.head())
        await running.until(lambda: running.events)
        client.vanish()
        await running.until(lambda: not running.server.transports)
        let_in.set()
        await running.until(lambda: not running.server.gateway.connections)

        assert [e.get("type") for e in running.events] == ["REQUEST"]


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 403), ("192.0.2.1", 101)])
@on_loop
async def test_a_proxy_is_refused_only_where_its_clients_would_seem_to_be_here(
    peer, status, monkeypatch
):
    """One that adds its header on another machine hides nobody: that machine's address counts."""
    monkeypatch.setattr("localgateway.net.door._peer", lambda _transport: peer)
    async with gateway() as running:
        running.server.proxy_refusal = "No proxy is known"
        client = await running.client()
        client.raw(client.head("/ws", "Via: 1.1 office"))

        assert (await client.http())[0] == status
