"""Connections that end while bytes wait for a client that does not read."""

import asyncio
from socket import AF_INET, SO_RCVBUF, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET, socket

from aiohttp import web

from localgateway.machine.limits import Limits
from localgateway.net import lingering
from localgateway.platform.closing import wait_until_closed
from tests.gateway.harness import gateway, on_loop, pass_time

BYTES = 1_000_000
GET = b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n"


def site(_take_over):
    """Return a site whose one answer does not fit into what the system keeps."""

    async def much(request):
        request.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        request.transport.set_write_buffer_limits(high=2 * BYTES)
        return web.Response(body=bytes(BYTES))

    app = web.Application()
    app.router.add_get("/much", much)
    return app


class Deaf:
    """Clients that ask and do not read."""

    def __init__(self, running):
        self._running = running
        self._sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._sockets:
            one.close()

    async def ask(self):
        """Ask on a new connection, and return it with the server's transport when bytes wait."""
        before = set(self._running.server.transports)
        client = socket(AF_INET, SOCK_STREAM)
        self._sockets.append(client)
        client.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self._running.server.port))
        client.sendall(GET)

        def waiting():
            new = self._running.server.transports - before
            return [one for one in new if is_idle_with_bytes(one)]

        await self._running.until(waiting)
        return client, waiting()[0]


def is_idle_with_bytes(transport):
    """Return whether all was answered, and not all was sent."""
    http = getattr(transport.get_protocol(), "_http", None)
    return http is not None and http.is_idle() and transport.get_write_buffer_size() > 0


def is_over(transport):
    """Return whether nothing is left of a connection."""
    return transport._sock is None


@on_loop
async def test_a_connection_that_gives_way_is_gone_though_bytes_wait():
    async with gateway(site=site, limits=Limits(address_http=1, counts_loopback=True)) as running:
        with Deaf(running) as deaf:
            transports = [(await deaf.ask())[1] for _ in range(4)]

            await running.until(lambda: all(map(is_over, transports[:-1])))
            assert running.server.transports == {transports[-1]}


@on_loop
async def test_a_client_that_closed_its_side_and_does_not_read_is_cut_after_its_time():
    async with gateway(site=site, limits=Limits(linger_seconds=1_000)) as running:
        with Deaf(running) as deaf:
            client, transport = await deaf.ask()
            client.shutdown(1)
            await running.until(transport.is_closing)
            for _ in range(10):  # at first the system may still take some of it
                await pass_time(1_001)

            assert is_over(transport)
            assert running.server.transports == set()


@on_loop
async def test_so_it_is_when_its_answer_ends_the_connection():
    async with gateway(site=site, limits=Limits(linger_seconds=1_000)) as running:
        with Deaf(running) as deaf:
            _, transport = await deaf.ask()
            seen = transport.get_protocol()._seen
            seen.has_client_ended = True
            seen.close()
            for _ in range(10):
                await pass_time(1_001)

            assert is_over(transport)


@on_loop
async def test_a_client_that_closed_its_side_and_reads_late_gets_all():
    async with gateway(site=site, limits=Limits(linger_seconds=1_000)) as running:
        with Deaf(running) as deaf:
            client, transport = await deaf.ask()
            client.shutdown(1)
            await running.until(transport.is_closing)
            client.settimeout(0)
            seen = 0
            while not is_over(transport):
                before = transport.get_write_buffer_size()
                while transport.get_write_buffer_size() == before and not is_over(transport):
                    seen += read(client)
                    await pass_time(0)
                await pass_time(900)
            while piece := read(client):
                seen += piece
            assert seen > BYTES


def read(client):
    """Return how many bytes were there to read."""
    try:
        return len(client.recv(100_000))
    except BlockingIOError:
        return 0


@on_loop
async def test_one_too_many_to_wait_for_is_gone_though_bytes_wait(monkeypatch):
    monkeypatch.setattr(lingering, "MOST_LINGERING", 0)
    async with gateway(site=site) as running:
        with Deaf(running) as deaf:
            _, transport = await deaf.ask()
            lingering.close_when_read(running.server, transport)

            await running.until(lambda: is_over(transport))


@on_loop
async def test_at_the_end_those_that_do_not_close_in_time_are_cut():
    class Stuck(asyncio.Transport):
        def abort(self):
            left.remove(self)

    left = {Stuck(), Stuck()}
    await wait_until_closed(lambda: left, 0.0)

    assert left == set()


@on_loop
async def test_at_the_end_nobody_waits_once_all_have_closed():
    left = {asyncio.Transport()}
    asyncio.get_running_loop().call_soon(left.clear)
    await wait_until_closed(lambda: left, 3600.0)

    assert left == set()
