"""Connections that end with an answer: kept until it is read, and no longer than that."""

import asyncio
import json

import pytest

from localgateway.machine.limits import Limits
from localgateway.net import lingering, server
from localgateway.net.http_connections import HttpConnections
from tests.gateway.harness import PATIENCE_SECONDS, TEXT, frame, gateway, on_loop, pass_time


@pytest.mark.parametrize(
    ("status", "phrase"), [(403, "Forbidden"), (502, "Bad Gateway"), (599, "Refused")]
)
def test_an_answer_has_a_phrase_a_length_and_json(status, phrase):
    head, _, body = lingering.http_answer(status, "No\r\nX: y").partition(b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    assert lines[0] == f"HTTP/1.1 {status} {phrase}"
    assert f"Content-Length: {len(body)}" in lines
    assert "Connection: close" in lines
    assert json.loads(body) == {"message": "No\r\nX: y"}


async def refused(running):
    """Send what is no HTTP, and read the answer to its end."""
    client = await running.client()
    client.raw(b"\0")
    status, headers, _ = await client.http()
    assert (status, headers["connection"]) == (400, "close")
    assert await client.reader.read() == b""
    return client


@on_loop
async def test_a_client_that_does_not_close_is_cut_after_its_time():
    async with gateway(limits=Limits(linger_seconds=1_000)) as running:
        await refused(running)
        assert (len(running.server.transports), len(running.server.lingering)) == (0, 1)
        await pass_time(999)
        assert len(running.server.lingering) == 1
        await pass_time(2)

        assert running.server.lingering == set()


@on_loop
async def test_a_client_that_closes_is_forgotten_at_once():
    async with gateway(limits=Limits(linger_seconds=1_000)) as running:
        client = await refused(running)
        client.writer.close()

        await running.until(lambda: not running.server.lingering)


@on_loop
async def test_a_client_that_goes_on_sending_is_cut_at_the_limit():
    async with gateway(limits=Limits(linger_seconds=1_000, linger_bytes=1_000)) as running:
        client = await refused(running)
        client.raw(b"x" * 1_000)
        await client.writer.drain()
        client.raw(b"x")

        await running.until(lambda: not running.server.lingering)


@on_loop
async def test_only_so_many_are_waited_for(monkeypatch):
    monkeypatch.setattr(lingering, "MOST_LINGERING", 2)
    async with gateway(limits=Limits(linger_seconds=1_000)) as running:
        for _ in range(3):
            await refused(running)

        assert len(running.server.lingering) == 2
        assert running.server.transports == set()


@on_loop
async def test_they_take_no_place_of_a_client_that_comes():
    async with gateway(limits=Limits(linger_seconds=1_000, max_connections=1)) as running:
        await refused(running)

        await running.join()


@on_loop
async def test_a_stop_does_not_wait_for_them(monkeypatch):
    monkeypatch.setattr(server, "_CLOSING_SECONDS", 10 * PATIENCE_SECONDS)
    async with gateway(limits=Limits(linger_seconds=1_000)) as running:
        await refused(running)
        await running.server.stop()

        assert running.server.lingering == set()


@on_loop
async def test_who_is_refused_by_connect_may_have_sent_frames_already():
    async with gateway(lambda *_: {"statusCode": 403}) as running:
        client = await running.client()
        client.raw(client.head() + frame(TEXT, b"x" * 10_000) * 100)

        assert (await client.http())[0] == 403


class Wire(asyncio.Transport):
    """A transport that has sent as much as a test says."""

    def __init__(self):
        super().__init__()
        self.unsent = 0
        self.protocol = asyncio.Protocol()
        self.cut = False

    def get_write_buffer_size(self):
        return self.unsent

    def get_protocol(self):
        return self.protocol

    def set_protocol(self, protocol):
        self.protocol = protocol

    def is_closing(self):
        return self.cut

    def write_eof(self):
        raise OSError

    def resume_reading(self):
        pass

    def abort(self):
        self.cut = True


class Hub:
    limits = Limits(linger_seconds=10)

    def __init__(self):
        self.transports = set()
        self.lingering = set()
        self.http_connections = HttpConnections(self.limits)


@on_loop
async def test_an_answer_that_is_still_on_its_way_is_waited_for():
    wire = Wire()
    wire.unsent = 300
    lingering.close_when_read(Hub(), wire)

    for left in (200, 100, 0):
        wire.unsent = left
        await pass_time(11)
        assert not wire.cut
    await pass_time(11)
    assert wire.cut


@pytest.mark.parametrize("is_closing", [True, False])
@on_loop
async def test_what_is_closing_already_is_left_alone(is_closing):
    wire, hub = Wire(), Hub()
    wire.cut = is_closing
    lingering.close_when_read(hub, wire)
    before = wire.protocol
    lingering.close_when_read(hub, wire)

    assert wire.protocol is before
    assert hub.lingering == (set() if is_closing else {wire})
    if not is_closing:
        wire.protocol.connection_lost(None)
    assert hub.lingering == set()
