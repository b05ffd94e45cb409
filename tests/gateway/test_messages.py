"""Messages: which route runs, and what the client hears of it (rows 27 to 38)."""

import json
import re
import threading
import time
from functools import partial

import pytest

from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner
from localgateway.machine.api import parse
from localgateway.machine.metering import Meter
from localgateway.net.server import Server
from tests.gateway.harness import TEXT, document, gateway, on_loop, pass_time


def aws_frame(text):
    """Match the frame that API Gateway itself sends, with its spacing."""
    one_id = "[A-Za-z0-9_-]{15}="
    return re.compile(
        rf'\{{"message": "{text}", "connectionId":"{one_id}", "requestId":"{one_id}"\}}'
    )


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"action":"echo"}', "echo"),
        ('{"action":"Echo"}', "$default"),
        ('{"action":" echo"}', "$default"),
        ('{"other":"echo"}', "$default"),
        ('{"action":["echo"]}', "$default"),
        ('{"action":null}', "$default"),
    ],
)
@on_loop
async def test_row_27_the_action_picks_the_route_by_its_exact_text(body, key):
    """Row 27."""
    async with gateway() as running:
        client = await running.join()
        client.say(body)

        assert await client.text() == body
        assert running.events[-1]["requestContext"]["routeKey"] == key


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        '"echo"',
        "null",
        '{"action":"echo"',
        '{"action":' + "9" * 5000 + "}",
        "[" * 10_000,
        '{"action":"\\ud800"}',
        '{"action":NaN}',
    ],
    ids=lambda body: body[:12],
)
@on_loop
async def test_row_28_what_selects_nothing_goes_to_default(body):
    """Row 28."""
    async with gateway() as running:
        client = await running.join()
        client.say(body)

        assert await client.text() == body
        assert running.events[-1]["requestContext"]["routeKey"] == "$default"


@on_loop
async def test_row_29_no_route_and_no_default_is_forbidden_and_stays_open():
    """Row 29."""
    async with gateway(default=False) as running:
        client = await running.join()
        client.ask("nobody")
        client.ask("echo")

        assert aws_frame("Forbidden").fullmatch(await client.text())
        assert await client.json() == {"action": "echo"}


@pytest.mark.parametrize("key", ["$connect", "$disconnect", "$default"])
@on_loop
async def test_row_30_a_client_cannot_call_the_lifecycle(key):
    """Row 30."""
    async with gateway() as running:
        client = await running.join()
        client.ask(key)
        await client.text()

        context = running.events[-1]["requestContext"]
        assert (context["routeKey"], context["eventType"]) == ("$default", "MESSAGE")


@on_loop
async def test_row_32_a_one_way_route_drops_the_body():
    """Row 32."""
    async with gateway() as running:
        client = await running.join()
        client.ask("tell", n=1)
        client.ask("echo", n=2)

        assert (await client.json())["n"] == 2


@on_loop
async def test_row_32_a_two_way_route_sends_the_body_unchanged():
    """Row 32."""
    body = ' {"a" :1}\n\N{FIRE}'

    async with gateway(lambda *_: {"statusCode": 200, "body": body}) as running:
        client = await running.join()
        client.ask("echo")

        assert await client.text() == body


@on_loop
async def test_row_32_no_body_is_no_frame_and_an_error_status_has_one():
    """Row 32."""

    def handler(event, _context):
        match json.loads(event.get("body") or "{}").get("n"):
            case 1:
                return {"statusCode": 200}
            case 2:
                return {"statusCode": 500, "body": "two"}
        return {"statusCode": 200}

    async with gateway(handler) as running:
        client = await running.join()
        client.ask("echo", n=1)
        client.ask("echo", n=2)

        assert await client.text() == "two"


def failing(answer):
    """Make a handler that fails for messages in the given way."""

    def handler(event, _context):
        if event["requestContext"]["eventType"] != "MESSAGE" or "fine" in event["body"]:
            return {"statusCode": 200, "body": "fine"}
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return handler


@pytest.mark.parametrize("route", ["echo", "tell", "nobody"])
@on_loop
async def test_row_33_a_handler_that_raises_is_an_internal_server_error(route):
    """Row 33."""
    async with gateway(failing(RuntimeError("secret"))) as running:
        client = await running.join()
        client.ask(route)
        client.ask("echo", fine=True)

        assert aws_frame("Internal server error").fullmatch(await client.text())
        assert await client.text() == "fine"


@pytest.mark.parametrize("answer", [None, {}, "text", 200, {"statusCode": "ok"}], ids=str)
@on_loop
async def test_row_34_a_handler_without_a_status_is_an_internal_server_error(answer):
    """Row 34."""
    async with gateway(failing(answer)) as running:
        client = await running.join()
        client.ask("tell")

        assert aws_frame("Internal server error").fullmatch(await client.text())


@on_loop
async def test_row_35_a_result_with_other_keys_is_an_internal_server_error():
    """Row 35."""
    async with gateway(failing({"statusCode": 200, "ConnectionId": "x", "Data": "y"})) as running:
        client = await running.join()
        client.ask("echo")

        assert aws_frame("Internal server error").fullmatch(await client.text())


@on_loop
async def test_row_36_a_slow_function_times_out_and_its_late_answer_is_dropped():
    """Row 36."""
    let_go = threading.Event()

    def handler(event, _context):
        if "slow" in event.get("body", ""):
            assert let_go.wait(60)
        return {"statusCode": 200, "body": event.get("body")}

    async with gateway(handler, millis=29_000) as running:
        client = await running.join()
        client.ask("echo", slow=True)
        await running.event("MESSAGE")
        await pass_time(30)
        late = await next_text(client)
        let_go.set()
        client.ask("echo", n=2)
        after = await next_text(client)

    assert aws_frame("Endpoint request timed out").fullmatch(late)
    assert json.loads(after) == {"action": "echo", "n": 2}


async def next_text(client):
    """Read the next text frame, past pings."""
    opcode, data = await client.frame()
    while opcode != TEXT:
        opcode, data = await client.frame()
    return data.decode()


@on_loop
async def test_row_05_a_connect_past_its_time_is_504():
    """Row 5."""
    let_go = threading.Event()

    def handler(_event, _context):
        assert let_go.wait(60)
        return {"statusCode": 200}

    async with gateway(handler, millis=29_000) as running:
        client = await running.client()
        client.raw(client.head())
        await running.event("CONNECT")
        await pass_time(30)
        status, _, body = await client.http()
        let_go.set()
        await running.until(lambda: "commit" in running.ledger.verbs)

        assert (status, json.loads(body)["message"]) == (504, "Endpoint request timed out")
        assert running.server.sockets == {}


@on_loop
async def test_row_38_one_connection_need_not_wait_for_its_answer_to_ask_again():
    """Row 38."""
    async with gateway() as running:
        client = await running.join()
        for n in range(50):
            client.ask("echo", n=n)

        assert [(await client.json())["n"] for _ in range(50)] == list(range(50))


@on_loop
async def test_an_answer_with_half_a_character_harms_nobody():
    async with gateway(failing({"statusCode": 200, "body": "\ud800"})) as running:
        client, other = await running.join(), await running.join()
        client.ask("echo")
        other.ask("echo", fine=True)

        assert await client.text() == "?"
        assert await other.text() == "fine"


def test_a_handler_that_is_missing_is_named_before_the_start():
    with pytest.raises(ValueError, match="no handler for app"):
        Server(
            parse(document()),
            partial(BatchRunner, {}, None, Connections(), on_lost_commit=print),
        )


@on_loop
async def test_a_meter_counts_what_api_gateway_would_bill():
    """A frame in, its answer and the gateway's own refusal out, and how long it was open."""
    meter = Meter()
    async with gateway(meter=meter, default=False) as running:
        client = await running.join()
        client.say('{"action":"echo"}')
        await client.text()
        client.say('{"action":"nobody"}')
        await client.text()
        running.server.outgoing.broadcast([client_id(running)], b"x" * 40_000)
        await client.text()

        assert (meter.received, meter.sent, meter.connections) == (2, 1 + 1 + 2, 1)
        assert meter.minutes(time.monotonic()) > 0
        await running.server.stop()
        assert meter.minutes(0.0) == meter.minutes(1e6) > 0


def client_id(running):
    [connection_id] = running.server.sockets
    return connection_id
