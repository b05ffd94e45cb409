"""Plain HTTP of a client that closes its side before it was answered."""

import asyncio

import pytest
from aiohttp import web

from tests.gateway.harness import gateway, on_loop

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


async def nothing_is_left(running):
    """Let the loop turn until the server has forgotten its connections."""
    server = running.server
    await running.until(lambda: not server.transports and not server.lingering)


@pytest.mark.parametrize("count", [1, 2, 3])
@on_loop
async def test_a_client_that_closes_its_side_gets_an_answer_to_all_it_asked(count):
    async with gateway() as running:
        client = await running.client()
        client.raw(GET * count)
        client.writer.write_eof()

        for _ in range(count):
            assert (await client.http())[0] == 200
        assert await client.ended() == b""
        await nothing_is_left(running)


def slow_site(asked, may_answer):
    """Return a site that answers when it may, and takes upgrades."""

    def site(take_over):
        async def slow(_request):
            asked.set()
            await may_answer.wait()
            return web.Response(text="at last")

        async def upgrade(request):
            return await take_over(request)

        app = web.Application()
        app.router.add_get("/slow", slow)
        app.router.add_get("/ws", upgrade)
        return app

    return site


def has_seen_the_end(running):
    """Return whether the server knows that its one client closed its side."""
    (transport,) = running.server.transports
    return transport.get_protocol()._seen.has_client_ended


@on_loop
async def test_no_websocket_opens_for_a_client_that_closed_its_side():
    asked, may_answer = asyncio.Event(), asyncio.Event()
    async with gateway(site=slow_site(asked, may_answer)) as running:
        client = await running.client()
        client.raw(GET.replace(b"/healthz", b"/slow") + client.head())
        await asked.wait()
        client.writer.write_eof()
        await running.until(lambda: has_seen_the_end(running))
        may_answer.set()

        assert [(await client.http())[0] for _ in range(2)] == [200, 400]
        assert await client.ended() == b""
        await nothing_is_left(running)
        assert running.events == []


@on_loop
async def test_so_it_does_while_the_answer_takes_its_time():
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async with gateway(site=slow_site(asked, may_answer)) as running:
        client = await running.client()
        client.raw(GET.replace(b"/healthz", b"/slow"))
        await asked.wait()
        client.writer.write_eof()
        await running.until(lambda: has_seen_the_end(running))
        may_answer.set()

        status, _, body = await client.http()
        assert (status, body) == (200, b"at last")
        assert await client.ended() == b""
        await nothing_is_left(running)


@on_loop
async def test_who_closes_its_side_of_an_idle_connection_or_of_half_a_request_is_gone():
    async with gateway() as running:
        idle, half = await running.client(), await running.client()
        await idle.get("/healthz")
        half.raw(b"GET /")
        for client in (idle, half):
            client.writer.write_eof()
            assert await client.ended() == b""
        await nothing_is_left(running)


@on_loop
async def test_what_is_no_http_is_answered_too():
    async with gateway() as running:
        client = await running.client()
        client.raw(b"GET no HTTP\r\n\r\n")
        client.writer.write_eof()

        assert (await client.http())[0] == 400
        await nothing_is_left(running)
