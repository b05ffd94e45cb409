"""What leaves: whole and in order, whether it is written directly or behind what waits."""

import asyncio
import contextlib
import gc
import os
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

import pytest
from websockets.http11 import Request

from localgateway.machine.limits import Limits
from tests.gateway.harness import CLOSE, TEXT, frame, gateway, on_loop, pass_time

PATIENT = Limits(behind_seconds=10.0**6, max_queued_bytes=2**30)


def tell(running, connection_id, data):
    """Send at once, as a turn of the loop does."""
    running.server.outgoing.broadcast((connection_id,), data)
    running.server.outgoing.flush()


def read_now(client):
    """Read what has arrived, while the loop stands still."""
    number, data = client.writer.get_extra_info("socket").fileno(), b""
    with contextlib.suppress(BlockingIOError):
        while True:
            data += os.read(number, 2**20)
    return data


@pytest.mark.parametrize("size", [50, 100_000])
@on_loop
async def test_a_client_that_reads_late_gets_all_of_it_in_order(size):
    async with gateway(limits=PATIENT) as running:
        client = await running.join()
        client.writer.transport.pause_reading()
        client.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        ((connection_id, socket),) = running.server.sockets.items()
        socket._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        sent = 0
        while socket._transport.get_write_buffer_size() < 3 * size:
            tell(running, connection_id, f"{sent}".encode().ljust(size))
            sent += 1

        client.reader.feed_data(read_now(client))  # what waits has not heard that there is room
        tell(running, connection_id, f"{sent}".encode().ljust(size))
        sent += 1
        client.writer.transport.resume_reading()
        seen = [int(await client.text()) for _ in range(sent)]
        await running.until(lambda: socket._direct is not None)
        tell(running, connection_id, b"now")

        assert seen == list(range(sent))
        assert await client.text() == "now"


@on_loop
async def test_where_the_system_writes_to_no_descriptors_the_transport_does(monkeypatch):
    monkeypatch.setattr("localgateway.net.sockets._HAS_DESCRIPTORS", False)
    async with gateway() as running:
        client = await running.join()
        ((connection_id, socket),) = running.server.sockets.items()
        tell(running, connection_id, b"one")
        tell(running, connection_id, b"two")

        assert socket._direct is None
        assert [await client.text(), await client.text()] == ["one", "two"]


@on_loop
async def test_what_is_meant_for_a_connection_that_ended_reaches_no_other():
    """The system gives the next connection the same number."""
    async with gateway() as running:
        gone = await running.join()
        (socket,) = running.server.sockets.values()
        number = socket._direct
        gone.vanish()
        await running.until(lambda: not running.server.sockets)
        others = [await running.join() for _ in range(3)]
        assert number in [other._direct for other in running.server.sockets.values()]

        socket.send(b"\x81\x03bad", asyncio.get_running_loop().time())
        for other in others:
            other.ask("echo")

        assert [await other.json() for other in others] == [{"action": "echo"}] * 3


@on_loop
async def test_nothing_follows_the_answer_to_a_clients_close_frame():
    async with gateway() as running:
        client = await running.join()
        (socket,) = running.server.sockets.values()
        socket.data_received(frame(CLOSE, b"\x03\xe8"))
        socket.send(b"\x81\x04late", asyncio.get_running_loop().time())

        assert await client.closed() == (1000, "")
        assert await client.ended() == b""


@on_loop
async def test_no_ping_lets_the_answer_to_a_close_frame_overtake_what_waits():
    rate = Limits(person_per_second=0.001, person_burst=1, ping_timeout_seconds=10.0**6)
    async with gateway(limits=rate) as running:
        client = await running.join()
        texts = frame(TEXT, b"one") + frame(TEXT, b"two") + frame(TEXT, b"three")
        client.raw(texts + frame(CLOSE, b"\x03\xe8"))
        assert {await client.text() for _ in range(2)} >= {"one"}
        client.writer.transport.pause_reading()
        for _ in range(3):
            await pass_time(25)
        assert read_now(client) == b""
        client.writer.transport.resume_reading()
        await pass_time(1_000)

        assert await client.closed() == (1000, "")
        assert await client.ended() == b""
        assert [e["body"] for e in await running.event("MESSAGE", 2)] == ["one", "three"]


@on_loop
async def test_a_client_that_vanished_is_found_out_by_writing_to_it():
    async with gateway() as running:
        client = await running.join()
        ((connection_id, socket),) = running.server.sockets.items()
        socket.pause()  # so that only writing can tell
        client.vanish()
        while connection_id in running.server.sockets:
            tell(running, connection_id, b"x" * 1000)
            await asyncio.sleep(0)

        (event,) = await running.event("DISCONNECT")
        assert event["requestContext"]["disconnectStatusCode"] == 1006


@on_loop
async def test_nothing_is_kept_of_the_request_that_opened_a_connection():
    """A browser's headers are more than all else that an idle connection needs."""
    async with gateway() as running:
        await running.join()
        gc.collect()

        assert [kept for kept in gc.get_objects() if isinstance(kept, Request)] == []
