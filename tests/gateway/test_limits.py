"""Limits of time and of patience: idle, lifetime, the pulse, and clients that do not read."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import replace
from socket import SO_SNDBUF, SOL_SOCKET

import pytest

from localgateway.machine.limits import Limits
from localgateway.net.incoming import FRAMES_A_TURN, PIECE_BYTES
from tests.gateway.harness import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    frame,
    gateway,
    on_loop,
    pass_time,
)

FOR_EVER = 10.0**6


async def next_text(client):
    """Read the next text frame, past pings and their answers."""
    opcode, data = await client.frame()
    while opcode in {PING, PONG}:
        opcode, data = await client.frame()
    assert opcode == TEXT
    return data.decode()


async def why(running):
    """Give the code and the reason of the only `$disconnect`."""
    (event,) = await running.event("DISCONNECT")
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


@on_loop
async def test_an_idle_connection_is_closed_with_1001():
    async with gateway(limits=Limits(idle_seconds=600)) as running:
        client = await running.join()
        await pass_time(601)

        assert await client.closed() == (1001, "Going away")
        assert await why(running) == (1001, "Going away")


@on_loop
async def test_messages_in_either_direction_keep_a_connection_from_being_idle():
    async with gateway(limits=Limits(idle_seconds=600, ping_timeout_seconds=FOR_EVER)) as running:
        sender, hearer, other = [await running.join() for _ in range(3)]
        sending, hearing, _ = running.server.sockets
        for _ in range(3):
            await pass_time(400)
            sender.ask("echo")
            await next_text(sender)
            running.server.outgoing.broadcast([hearing], b"hi")
            assert await next_text(hearer) == "hi"

        assert await other.closed() == (1001, "Going away")
        await running.event("DISCONNECT")
        assert set(running.server.sockets) == {sending, hearing}


@on_loop
async def test_no_connection_outlives_its_lifetime():
    limits = Limits(lifetime_seconds=7200, ping_seconds=FOR_EVER, ping_timeout_seconds=FOR_EVER)
    async with gateway(limits=limits) as running:
        client = await running.join()
        opcode, data = TEXT, b""
        while opcode == TEXT:
            await pass_time(300)
            client.ask("echo")
            opcode, data = await client.frame()

        assert (opcode, data) == (CLOSE, b"\x03\xe9Going away")
        client.raw(frame(CLOSE, data))
        assert await why(running) == (1001, "Going away")


@on_loop
async def test_a_silent_client_is_pinged_once_per_interval_until_it_counts_as_gone():
    async with gateway(limits=Limits(ping_seconds=20, ping_timeout_seconds=45)) as running:
        client = await running.join()
        for _ in range(9):
            await pass_time(5.1)
        heard = await client.ended()

        assert heard == frame(PING, masked=False) * 2
        assert await why(running) == (1006, "")


@on_loop
async def test_a_client_that_answers_pings_stays():
    async with gateway(limits=Limits(ping_seconds=20, ping_timeout_seconds=45)) as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()
        for _ in range(6):
            heard = socket._last_heard
            await pass_time(21)
            assert await client.frame() == (PING, b"")
            client.raw(frame(PONG))
            await running.until(lambda heard=heard: socket._last_heard > heard)

        assert len(running.server.sockets) == 1


@on_loop
async def test_a_client_that_never_reads_is_closed_and_the_others_keep_talking():
    """Row 50's local side: a full client buffer has an end."""
    limits = Limits(queue_bytes=256 * 1024, behind_seconds=0, closing_seconds=0.1)
    async with gateway(limits=limits) as running:
        deaf, other = await running.join(), await running.join()
        deaf.writer.transport.pause_reading()
        deaf_id = running.events[0]["requestContext"]["connectionId"]
        socket = running.server.sockets[deaf_id]
        most = 0
        text = json.dumps({"action": "echo", "filler": "x" * 30_000})
        for _ in range(2000):
            if deaf_id not in running.server.sockets:
                break
            running.server.outgoing.broadcast([deaf_id], b"y" * 30_000)
            other.say(text)
            assert await other.text() == text
            most = max(most, socket._transport.get_write_buffer_size())

        assert await why(running) == (
            1013,
            "Too slow: read what was sent, then come back",
        )
        assert limits.queue_bytes < most < limits.queue_bytes + 40_000
        assert len(running.server.sockets) == 1


@on_loop
async def test_a_burst_does_not_close_a_client_that_reads():
    """A real link takes less at once than loopback does, so the send buffer is made small."""
    async with gateway(limits=Limits(behind_seconds=FOR_EVER)) as running:
        client = await running.join()
        (connection_id,) = running.server.sockets
        transport = running.server.sockets[connection_id]._transport
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 64 * 1024)

        for _ in range(100):
            running.server.outgoing.broadcast([connection_id], b"x" * 30_000)

        for _ in range(100):
            assert len(await client.text()) == 30_000
        assert connection_id in running.server.sockets


@on_loop
async def test_a_client_that_stays_behind_is_closed_after_a_while():
    limits = Limits(behind_seconds=0.2, ping_seconds=0.2, closing_seconds=0.1)
    async with gateway(limits=limits) as running:
        client = await running.join()
        client.writer.transport.pause_reading()
        (connection_id,) = running.server.sockets
        transport = running.server.sockets[connection_id]._transport
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 64 * 1024)

        for _ in range(100):
            running.server.outgoing.broadcast([connection_id], b"x" * 30_000)

        assert (await why(running))[0] == 1013


@on_loop
async def test_more_in_one_turn_than_a_queue_holds_is_one_close_and_not_two():
    async with gateway(limits=Limits(queue_bytes=1000)) as running:
        client = await running.join()
        client.writer.transport.pause_reading()
        (connection_id,) = running.server.sockets
        socket = running.server.sockets[connection_id]
        for _ in range(400):
            running.server.outgoing.broadcast([connection_id], b"x" * 60_000)
        socket.close(1001, "Going away")
        client.writer.transport.resume_reading()

        assert (await client.closed())[0] == 1013
        assert await why(running) == (1013, "Too slow: read what was sent, then come back")


@on_loop
async def test_a_flood_of_pings_that_nobody_reads_is_closed_too():
    limits = Limits(closing_seconds=0.1, empty_frames=10**9)
    async with gateway(limits=limits) as running:
        client, other = await running.join(), await running.join()
        client.writer.transport.pause_reading()
        flood = frame(PING, b"x" * 125) * 2000
        first = next(iter(running.server.sockets))
        with contextlib.suppress(ConnectionError):
            while first in running.server.sockets:
                client.raw(flood)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(client.writer.drain(), 0.05)
        assert (await why(running))[0] == 1013
        other.ask("echo")
        assert await other.json() == {"action": "echo"}


@on_loop
async def test_a_flood_of_pings_that_is_read_is_answered_one_by_one():
    async with gateway(limits=Limits(empty_frames=2000)) as running:
        client = await running.join()
        client.raw(b"".join(frame(PING, b"%d" % n) for n in range(2000)))

        assert [await client.frame() for _ in range(2000)] == [
            (PONG, b"%d" % n) for n in range(2000)
        ]


@pytest.mark.parametrize("opcode", [PING, PONG, CONTINUATION], ids=["ping", "pong", "part"])
@on_loop
async def test_frames_that_say_nothing_are_at_most_64_on_end(opcode):
    empty = frame(opcode, fin=opcode != CONTINUATION)
    async with gateway(limits=Limits(empty_frames=64)) as running:
        client, other = await running.join(), await running.join()
        client.raw(frame(TEXT, b"{", fin=False) + empty * 64 + frame(CONTINUATION, b"}"))
        assert await next_text(client) == "{}"
        client.raw(frame(TEXT, b"{", fin=False) + empty * 65 + frame(CONTINUATION, b"never read}"))

        assert (await client.closed())[0] == 1008
        assert (await why(running))[0] == 1008
        assert "{never read}" not in [event.get("body") for event in running.events]
        other.ask("echo")
        assert await other.json() == {"action": "echo"}


@on_loop
async def test_pings_of_a_client_that_only_listens_never_add_up():
    limits = Limits(empty_frames=2, ping_timeout_seconds=FOR_EVER, ping_seconds=FOR_EVER)
    async with gateway(limits=limits) as running:
        client = await running.join()
        for _ in range(10):
            client.raw(frame(PING, b"one") + frame(PING, b"two"))
            assert [await client.frame() for _ in range(2)] == [(PONG, b"one"), (PONG, b"two")]
            await pass_time(20)

        assert len(running.server.sockets) == 1


@on_loop
async def test_a_message_in_too_many_parts_closes_its_connection():
    async with gateway(limits=Limits(fragments=256)) as running:
        client = await running.join()
        part = frame(CONTINUATION, b"x", fin=False)
        for _ in range(2):
            client.raw(frame(TEXT, b"x", fin=False) + part * 255 + frame(CONTINUATION, b"x"))
            assert await next_text(client) == "x" * 257
        client.raw(frame(TEXT, b"x", fin=False) + part * 256)

        assert (await client.closed())[0] == 1008


@on_loop
async def test_one_turn_of_the_loop_handles_few_frames_of_a_client_that_sends_many():
    limits = Limits(pending_invocations=10**6)
    async with gateway(limits=limits) as running:
        client, loop = await running.join(), asyncio.get_running_loop()
        turn, turns = 0, Counter()

        def next_turn():
            nonlocal turn
            turn += 1
            ticking[0] = loop.call_soon(next_turn)

        def noting(*args):
            turns[turn] += 1
            received(*args)

        received, running.server.text_received = running.server.text_received, noting
        ticking = [loop.call_soon(next_turn)]
        client.raw(frame(TEXT, b"{}") * 5000)
        await running.until(lambda: turns.total() == 5000)
        ticking[0].cancel()

        assert max(turns.values()) <= FRAMES_A_TURN + PIECE_BYTES // len(frame(TEXT, b"{}"))


@on_loop
async def test_a_client_that_does_not_answer_a_close_is_cut():
    async with gateway(limits=Limits(idle_seconds=0.05, closing_seconds=0.05)) as running:
        client = await running.join()
        while (await client.frame())[0] != CLOSE:
            pass

        assert await client.ended() == b""
        assert await why(running) == (1001, "Going away")


@on_loop
async def test_after_our_close_nothing_is_heard_any_more():
    async with gateway() as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()
        socket.close(1001, "Going away")
        socket.close(1000, "again")
        running.server.outgoing.broadcast([socket.connection_id], b"never sent")
        running.server.outgoing.flush()
        client.ask("tell")
        assert await client.closed() == (1001, "Going away")
        assert await client.ended() == b""
        await running.event("DISCONNECT")

        assert not [e for e in running.events if e["requestContext"]["eventType"] == "MESSAGE"]


SLOW = Limits(
    person_per_second=0.001,
    person_burst=5,
    idle_seconds=FOR_EVER,
    ping_timeout_seconds=FOR_EVER,
)


@on_loop
async def test_who_is_too_fast_is_told_once_then_waits_and_the_connection_stays():
    async with gateway(limits=SLOW) as running:
        client, other = await running.join(), await running.join()
        running.server.throttled = lambda text, ms: f"{text} again in {ms > 900_000}"
        for n in range(1000):
            client.say(f"{n}")

        heard = {await next_text(client) for _ in range(6)}
        assert heard == {*"01234", "5 again in True"}
        other.ask("echo")
        assert await other.json() == {"action": "echo"}
        (socket, _) = running.server.sockets.values()
        await running.until(lambda: socket._paused)
        await pass_time(1001)
        assert {await next_text(client) for _ in range(2)} == {"6", "7 again in True"}
        assert len(running.server.sockets) == 2


@on_loop
async def test_without_words_of_its_own_the_gateway_says_it_as_api_gateway_would():
    async with gateway(limits=SLOW) as running:
        client = await running.join()
        for _ in range(6):
            client.say("{}")
        frames = [json.loads(await next_text(client)) for _ in range(6)]

        assert [one["message"] for one in frames if one] == ["Too Many Requests"]


@on_loop
async def test_a_client_that_leaves_while_it_waits_is_gone_when_it_counts_as_idle():
    async with gateway(limits=replace(SLOW, idle_seconds=600)) as running:
        client = await running.join()
        for _ in range(50):
            client.say("{}")
        for _ in range(6):
            await next_text(client)
        client.vanish()
        await pass_time(1001)
        await running.until(lambda: not running.server.sockets)


# --- Who is gone while what it sent waits -------------------------------------------------------

WAITING = Limits(
    person_per_second=0.000_1,
    person_burst=1,
    ping_seconds=2_000,
    ping_timeout_seconds=4_500,
    idle_seconds=FOR_EVER,
    lifetime_seconds=FOR_EVER,
)
"""A message is answered; the next one has to wait for hours."""


async def throttled(running):
    """Come, and send more than is allowed."""
    client = await running.join()
    for text in ("first", "second", "third"):
        client.say(text)
    await client.text()
    await client.text()
    return client


@pytest.mark.parametrize("how", ["closes", "resets"])
@on_loop
async def test_who_leaves_while_what_it_sent_has_to_wait_is_gone_at_once(how):
    async with gateway(limits=WAITING) as running:
        client = await throttled(running)
        if how == "closes":
            client.writer.close()
        else:
            client.vanish()

        await running.until(lambda: not running.server.transports)
        await running.event("DISCONNECT")


@on_loop
async def test_who_has_to_wait_is_pinged_and_is_gone_when_it_stays_silent():
    async with gateway(limits=WAITING) as running:
        client = await throttled(running)
        await pass_time(2_100)
        assert (await client.frame())[0] == PING
        client.raw(frame(PONG))
        await client.writer.drain()
        await pass_time(4_000)
        assert (await client.frame())[0] == PING
        assert len(running.server.transports) == 1
        await pass_time(4_600)

        assert running.server.transports == set()


@on_loop
async def test_who_sends_much_more_while_it_has_to_wait_is_closed_with_1008():
    async with gateway(limits=WAITING) as running:
        client = await throttled(running)
        [socket] = running.server.sockets.values()
        client.raw(frame(TEXT, b"x" * 1_000) * 400)
        await running.until(lambda: socket._paused)
        await pass_time(4_000)
        assert len(running.server.sockets) == 1
        await pass_time(600)

        assert await client.closed() == (1008, "Too many requests: wait when you are told to")


@on_loop
async def test_what_came_while_a_client_waited_is_handled_after_it():
    patient = replace(WAITING, person_per_second=0.001)
    async with gateway(limits=patient) as running:
        client = await throttled(running)
        client.say("fourth")
        await client.writer.drain()
        await pass_time(1_001)
        answers = [await next_text(client) for _ in range(2)]  # the handler's may be the later one
        assert "third" in answers
        assert sum("Too Many Requests" in answer for answer in answers) == 1
