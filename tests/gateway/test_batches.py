"""Batches through real sockets: order, commits that fail, back-pressure, and the stop."""

import asyncio
import json
import threading

import pytest

from localgateway.functions.runner import MOST_OF_ONE
from localgateway.machine.limits import Limits
from localgateway.net import plain_http, server
from tests.gateway.harness import CLOSE, TEXT, frame, gateway, on_loop


class Stage:
    """A handler that can be held back, so that invocations pile up to one batch."""

    def __init__(self, running=None):
        self.open = threading.Event()
        self.open.set()
        self.running = running
        self.ran = []

    def __call__(self, event, _context):
        assert self.open.wait(60)
        body = json.loads(event.get("body") or "{}")
        self.ran.append(body)
        if body.get("tell"):
            self.running.connections.send(
                list(self.running.connections.live), b"told %d" % body["n"]
            )
        if body.get("raise"):
            raise RuntimeError(body)
        return {"statusCode": 200, "body": json.dumps(body)}


@on_loop
async def test_five_thousand_messages_get_five_thousand_answers_in_order():
    async with gateway(limits=Limits(pending_invocations=16)) as running:
        client = await running.join()
        asked = (json.dumps({"action": "echo", "n": n}).encode() for n in range(5000))
        client.raw(b"".join(frame(TEXT, body) for body in asked))

        assert [(await client.json())["n"] for _ in range(5000)] == list(range(5000))


@on_loop
async def test_a_client_with_too_much_under_way_is_not_read_from():
    stage = Stage()
    async with gateway(stage, limits=Limits(pending_invocations=4)) as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()
        stage.open.clear()
        for n in range(300):
            client.ask("echo", n=n)
        await running.until(lambda: socket._paused)
        assert socket._in_flight == 4
        stage.open.set()

        assert [(await client.json())["n"] for _ in range(300)] == list(range(300))
        await running.until(lambda: not socket._paused)


@on_loop
async def test_what_a_client_sent_before_its_close_is_handled_also_what_had_to_wait():
    async with gateway(limits=Limits(pending_invocations=4)) as running:
        client = await running.join()
        asked = b"".join(frame(TEXT, b'{"action":"echo","n":%d}' % n) for n in range(20))
        client.raw(asked + frame(CLOSE, b"\x03\xe8"))

        assert await client.closed() == (1000, "")
        handled = await running.event("MESSAGE", 20)
        assert [json.loads(event["body"])["n"] for event in handled] == list(range(20))


@on_loop
async def test_what_waited_for_a_batch_is_submitted_after_all_its_replies():
    """Else the first of what waited would be a batch by itself."""
    stage = Stage()
    async with gateway(stage, limits=Limits(pending_invocations=4)) as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()
        stage.open.clear()
        client.raw(b"".join(frame(TEXT, b'{"action":"echo","n":%d}' % n) for n in range(13)))
        await running.until(lambda: socket._in_flight == 4)
        order = []
        submit, reply = running.server.runner.submit, running.server._reply
        running.server.runner.submit = lambda it: (order.append("submit"), submit(it))
        running.server._reply = lambda *it: (order.append("reply"), reply(*it))
        stage.open.set()
        for _ in range(13):
            await client.text()

    assert "reply reply reply submit submit submit" in " ".join(order)


@on_loop
async def test_one_person_on_many_connections_waits_for_itself():
    """Without an authorizer each connection is a person; here it names the same for some."""
    stage = Stage()

    def door(event, _context):
        stage(event, None)
        name = event["queryStringParameters"]["name"]
        rule = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return {"principalId": name, "policyDocument": {"Statement": [rule]}}

    async with gateway(stage, door=door, authorizer=[]) as running:
        flooders = [await running.join("/ws?name=flooder") for _ in range(5)]
        innocent = await running.join("/ws?name=ann")
        stage.ran.clear()
        stage.open.clear()
        for flooder in flooders:
            for _ in range(20):
                flooder.ask("echo", who="flooder")
        sockets = running.server.sockets
        await running.until(lambda: sum(s._in_flight for s in sockets.values()) == 100)
        innocent.ask("echo", who="ann")
        await running.until(lambda: sum(s._in_flight for s in sockets.values()) == 101)
        stage.open.set()
        await innocent.text()
        await running.until(lambda: len(stage.ran) == 101)

    names = [body["who"] for body in stage.ran]
    assert names.index("ann") <= 2 * MOST_OF_ONE


@on_loop
async def test_pushes_and_replies_leave_after_the_commit_and_in_the_order_of_the_handlers():
    stage = Stage()
    let_commit = threading.Event()
    let_commit.set()

    def slow_commit(verb):
        assert verb != "commit" or let_commit.wait(60)
        return False

    async with gateway(stage, fail=slow_commit) as running:
        stage.running = running
        client, other = await running.join(), await running.join()
        let_commit.clear()
        for n in range(3):
            client.ask("echo", n=n, tell=True)
        await running.until(lambda: running.ledger.verbs[-1] == "commit")
        assert client.reader._buffer == other.reader._buffer == b""
        let_commit.set()

        heard = [await client.text() for _ in range(6)]
        assert [h for h in heard if h.startswith("told")] == ["told 0", "told 1", "told 2"]
        assert heard[0::2] == ["told 0", "told 1", "told 2"]
        assert [json.loads(h)["n"] for h in heard[1::2]] == [0, 1, 2]
        assert [await other.text() for _ in range(3)] == ["told 0", "told 1", "told 2"]


@on_loop
async def test_what_leaves_in_one_turn_is_one_write():
    stage = Stage()
    async with gateway(stage) as running:
        stage.running = running
        client = await running.join()
        (socket,) = running.server.sockets.values()
        writes = []
        write = socket._transport.write
        socket._transport.write = lambda data: (writes.append(data), write(data))
        stage.open.clear()
        many = 1 + MOST_OF_ONE  # the first one is a batch by itself
        client.raw(b"".join(frame(TEXT, b'{"action":"echo","n":%d}' % n) for n in range(many)))
        await running.event("MESSAGE")
        await running.until(lambda: socket._in_flight == many)
        stage.open.set()
        for _ in range(many):
            await client.text()

        assert len(writes) <= 2


@on_loop
async def test_a_commit_that_fails_answers_everybody_and_pushes_nothing():
    broken = []
    lost = []

    def on_lost_commit(event):
        lost.append(event["requestContext"]["routeKey"])
        return {"statusCode": 200, "body": '"not kept"'}

    stage = Stage()
    async with gateway(
        stage, fail=lambda verb: bool(broken) and verb == "commit", on_lost_commit=on_lost_commit
    ) as running:
        stage.running = running
        client, other = await running.join(), await running.join()
        broken.append(True)
        client.ask("echo", n=1, tell=True)
        assert await client.json() == "not kept"
        broken.clear()
        client.ask("echo", n=2, tell=True)

        assert await client.text() == "told 2"
        assert await other.text() == "told 2"
        assert lost == ["echo"]


@on_loop
async def test_a_connect_whose_commit_fails_is_refused_when_the_answer_says_so():
    async with gateway(
        fail=lambda verb: verb == "commit", on_lost_commit=lambda _event: {"statusCode": 503}
    ) as running:
        client = await running.client()

        assert await client.refused() == (503, "Refused")


@on_loop
async def test_a_stop_says_goodbye_to_everyone_and_closes_with_1012():
    async with gateway(last_message=lambda: b"goodbye") as running:
        clients = [await running.join() for _ in range(5)]
        half, idle = await running.client(), await running.client()
        half.raw(b"GET / HT")
        await idle.get("/healthz")
        stopping = asyncio.ensure_future(running.server.stop())

        for client in clients:
            assert await client.text() == "goodbye"
            assert await client.closed() == (1012, "Service restart")
            assert await client.ended() == b""
        assert await half.ended() == await idle.ended() == b""
        await stopping
        assert running.server.transports == set()


@on_loop
async def test_a_stop_needs_no_farewell_and_waits_for_nobody_who_is_silent():
    async with gateway() as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()

        await running.server.stop()

        assert socket._transport.is_closing()  # although the client has not answered its close
        assert await client.frame() == (CLOSE, b"\x03\xf4Service restart")


def test_the_waits_of_a_stop_are_shorter_than_the_five_seconds_that_are_promised():
    waits = (server._DRAIN_SECONDS, server._CLOSING_SECONDS, plain_http._SECONDS)

    assert sum(waits) < 5


@pytest.fixture
def time_to_stop(monkeypatch):
    """Let a stop take long: the machine may be a busy one."""
    monkeypatch.setattr("localgateway.net.server._DRAIN_SECONDS", 60)
    monkeypatch.setattr("localgateway.net.server._CLOSING_SECONDS", 60)


@pytest.mark.usefixtures("time_to_stop")
@on_loop
async def test_what_was_accepted_before_a_stop_is_kept_and_answered():
    stage = Stage()
    async with gateway(stage) as running:
        client = await running.join()
        stage.open.clear()
        for n in range(20):
            client.ask("echo", n=n)
        await running.until(
            lambda: sum(s._in_flight for s in running.server.sockets.values()) == 20
        )
        stopping = asyncio.ensure_future(running.server.stop())
        await asyncio.sleep(0)
        stage.open.set()

        assert [(await client.json())["n"] for _ in range(20)] == list(range(20))
        assert (await client.closed())[0] == 1012
        await stopping
        assert running.ledger.verbs.count("begin") == running.ledger.verbs.count("commit")


@pytest.mark.usefixtures("time_to_stop")
@on_loop
async def test_a_flood_during_a_stop_loses_no_answer_that_was_given():
    async with gateway(last_message=lambda: b"goodbye") as running:
        client = await running.join()
        body = b'{"action":"echo"}'
        client.raw(frame(TEXT, body) * 20_000)
        await running.event("MESSAGE")
        stopping = asyncio.ensure_future(running.server.stop())

        answers = 0
        while (text := await client.text()) != "goodbye":
            answers += text == body.decode()
        assert (await client.closed())[0] == 1012
        await stopping
        ran = [e for e in running.events if e["requestContext"]["eventType"] == "MESSAGE"]
        assert answers == len(ran)


@on_loop
async def test_a_handshake_that_waits_during_a_stop_is_told():
    stage = Stage()
    stage.open.clear()
    async with gateway(stage, door=stage, authorizer=[]) as running:
        client = await running.client()
        client.raw(client.head())
        await running.until(lambda: running.events)
        stopping = asyncio.ensure_future(running.server.stop())
        await asyncio.sleep(0)
        stage.open.set()
        status, _, _ = await client.http()
        await stopping

    assert status in {500, 503}


@on_loop
async def test_a_handler_that_never_ends_cannot_hold_a_stop():
    stage = Stage()
    async with gateway(stage) as running:
        client = await running.join()
        stage.open.clear()
        client.ask("echo")
        await running.until(lambda: any(s._in_flight for s in running.server.sockets.values()))
        stopping = asyncio.ensure_future(running.server.stop())
        assert (await client.closed())[0] == 1012
        await stopping
        assert stage.ran == [{}], "only the handshake's handler has ended"
        stage.open.set()


@on_loop
async def test_a_port_that_is_taken_is_told_by_start():
    async with gateway() as running:
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            async with gateway(port=running.server.port):
                raise AssertionError


@on_loop
async def test_nothing_is_listened_to_after_a_stop():
    async with gateway() as running:
        port = running.server.port
        await running.server.stop()
        try:
            await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
    raise AssertionError(port)


@on_loop
async def test_batches_that_end_while_the_loop_is_busy_wake_it_once(monkeypatch):
    """A wake-up each would fill the loop's pipe, and a full one takes no signal."""
    async with gateway() as running:
        client = await running.join()
        loop, ended = asyncio.get_running_loop(), threading.Event()
        wake_ups = []
        wake = loop.call_soon_threadsafe
        monkeypatch.setattr(
            loop, "call_soon_threadsafe", lambda *it: wake_ups.append(it) or wake(*it)
        )
        run = running.server.runner._run
        monkeypatch.setattr(
            running.server.runner, "_run", lambda batch: (run(batch), ended.set())[0]
        )

        for n in range(300):  # nothing here lets the loop turn
            ended.clear()
            running.server.text_received(
                next(iter(running.server.sockets.values())), json.dumps({"action": "echo", "n": n})
            )
            assert ended.wait(60)

        assert [(await client.json())["n"] for _ in range(300)] == list(range(300))
        assert len(wake_ups) < 3
