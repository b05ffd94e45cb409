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


@on_loop
async def test_so_it_does_while_the_answer_takes_its_time():
    asked, may_answer = asyncio.Event(), asyncio.Event()

    def site(_take_over):
        async def slow(_request):
            asked.set()
            await may_answer.wait()
            return web.Response(text="at last")

        app = web.Application()
        app.router.add_get("/slow", slow)
        return app

    async with gateway(site=site) as running:
        client = await running.client()
        client.raw(GET.replace(b"/healthz", b"/slow"))
        await asked.wait()
        client.writer.write_eof()
        await asyncio.sleep(0.01)
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
