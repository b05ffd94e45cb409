"""Plain HTTP: whatever it answers, it says nothing of what runs there."""

import json

import pytest
from aiohttp import web

from tests.gateway.harness import gateway, on_loop

HEADS = {
    "200": "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "400": "GET no HTTP\r\n\r\n",
    "400 of a body": "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
    "403": "GET /elsewhere HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    "404": "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n",
    "405": "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
    "426": "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize(("status", "head"), HEADS.items(), ids=HEADS)
@on_loop
async def test_no_answer_names_a_version(status, head):
    async with gateway() as running:
        client = await running.client()
        client.raw(head.encode())
        found, headers, body = await client.http()

    assert found == int(status.partition(" ")[0])
    assert headers.get("server", "localgateway") == "localgateway"
    assert b"aiohttp" not in body


@on_loop
async def test_so_does_none_of_an_app_of_its_own():
    async with gateway(site=lambda _take_over: web.Application()) as running:
        client = await running.client()
        _, headers, _ = await client.get("/nothing")

    assert headers["server"] == "localgateway"


@pytest.mark.parametrize(
    "garbage", [b"GET no HTTP\r\n\r\n", b"GET / HTTP/1.1\r\nbad name : x\r\n\r\n"]
)
@on_loop
async def test_what_is_no_http_is_answered_in_our_own_words(garbage):
    async with gateway() as running:
        client = await running.client()
        client.raw(garbage)
        status, headers, body = await client.http()

        assert (status, headers["content-type"]) == (400, "application/json; charset=utf-8")
        assert json.loads(body) == {"message": "The request can't be read"}
        assert await client.ended() == b""


@on_loop
async def test_so_is_a_fault_of_the_server():
    def site(_take_over):
        async def fail(_request):
            raise OSError("a secret")

        app = web.Application()
        app.router.add_get("/fault", fail)
        return app

    async with gateway(site=site) as running:
        status, _, body = await (await running.client()).get("/fault")

    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})
