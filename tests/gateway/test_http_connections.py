"""Places for connections: how many one address may have, and who goes when all are taken."""

import functools

import pytest

from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner
from localgateway.machine.api import parse
from localgateway.machine.limits import Limits
from localgateway.net import plain_http
from localgateway.net.server import Server
from tests.gateway.harness import Ledger, chat, document, gateway, on_loop, pass_time

COUNTED = Limits(address_http=3, counts_loopback=True)
BEHIND_A_PROXY = Limits(address_http=3, is_behind_proxy=True)


@pytest.fixture(autouse=True)
def _time(monkeypatch):
    """Let no connection end because the machine is busy."""
    assert plain_http.KEEPALIVE_SECONDS == 15
    monkeypatch.setattr(plain_http, "KEEPALIVE_SECONDS", 1_500)


async def idle(running, *headers):
    """Open a kept-alive connection: it was answered, and may ask again."""
    client = await running.client()
    status, _, _ = await client.get("/healthz", *headers)
    return client if status == 200 else None


@on_loop
async def test_a_kept_alive_connection_ends_after_its_time():
    async with gateway() as running:
        client = await idle(running)
        await pass_time(1_400)
        assert (await client.get("/healthz"))[0] == 200
        await pass_time(1_400)
        assert len(running.server.transports) == 1
        await pass_time(200)

        assert running.server.transports == set()
        assert await client.ended() == b""


@on_loop
async def test_idle_connections_give_way_when_all_places_are_taken_the_longest_idle_first():
    async with gateway(limits=Limits(max_connections=3)) as running:
        first, second, third = [await idle(running) for _ in range(3)]
        assert (await first.get("/healthz"))[0] == 200

        one = await running.join()
        assert await second.ended() == b""
        two = await running.join()
        assert await third.ended() == b""
        three = await running.join()
        assert await first.ended() == b""
        for client in (one, two, three):
            client.ask("echo")
            assert (await client.json())["action"] == "echo"
        assert (await (await running.client()).http())[0] == 503


@on_loop
async def test_what_has_begun_to_ask_does_not_give_way():
    async with gateway(limits=Limits(max_connections=1)) as running:
        unfinished = await running.client()
        unfinished.raw(b"GET /healthz HTTP/1.1\r\n")
        await running.until(lambda: has_begun(running))

        assert (await (await running.client()).http())[0] == 503
        unfinished.raw(b"Host: localhost\r\n\r\n")
        assert (await unfinished.http())[0] == 200


def has_begun(running):
    """Return whether the server read a part of each head."""
    readers = [transport.get_protocol() for transport in running.server.transports]
    return readers and all(reader._head for reader in readers)


@pytest.mark.parametrize("limits", [COUNTED, Limits(max_connections=3)])
@on_loop
async def test_what_has_sent_nothing_gives_way_first_the_oldest_of_them_before(limits):
    """Browsers open connections before they know what to ask."""
    async with gateway(limits=limits) as running:
        kept = await idle(running)
        silent = [await running.client() for _ in range(2)]
        await running.until(lambda: len(running.server.transports) == 3)

        for client in silent:
            assert await idle(running)
            assert await client.ended() == b""
        assert (await kept.get("/healthz"))[0] == 200


@on_loop
async def test_one_address_has_few_connections_without_a_websocket():
    async with gateway(limits=COUNTED) as running:
        for _ in range(3):
            (await running.client()).raw(b"GET /")
        await running.until(lambda: len(running.server.transports) == 3)

        status, _, body = await (await running.client()).http()
        assert (status, body) == (429, b'{"message": "Too many connections from your address"}')
        running.clients[0].vanish()
        await running.until(lambda: len(running.server.transports) == 2)
        assert await idle(running)


@on_loop
async def test_its_own_idle_ones_give_way_first():
    async with gateway(limits=COUNTED) as running:
        first, second, _ = [await idle(running) for _ in range(3)]
        assert (await first.get("/healthz"))[0] == 200
        await running.join()

        assert len(running.server.transports) == 3
        assert await second.ended() == b""
        assert (await first.get("/healthz"))[0] == 200


@on_loop
async def test_a_websocket_is_not_counted_among_them_however_it_came():
    async with gateway(limits=COUNTED) as running:
        for _ in range(4):
            await running.join()
        for _ in range(4):
            await (await idle(running)).upgrade()
        for _ in range(3):
            (await running.client()).raw(b"GET /")
        await running.until(lambda: len(running.server.transports) == 11)

        assert (await (await running.client()).http())[0] == 429


@on_loop
async def test_stages_on_one_port_share_the_places():
    async with gateway() as running:
        first = running.server
        api = parse({**document(), "stage": "other"})
        runner = functools.partial(BatchRunner, {"app": chat}, Ledger(), Connections())
        other = Server(api, functools.partial(runner, on_lost_commit=chat), primary=first)

        assert other.http_connections is first.http_connections


@on_loop
async def test_this_machines_own_address_is_not_counted_by_default():
    async with gateway(limits=Limits(address_http=3)) as running:
        for _ in range(5):
            assert await idle(running, "X-Forwarded-For: 192.0.2.1")


@on_loop
async def test_behind_a_known_proxy_the_address_that_it_names_counts():
    async with gateway(limits=BEHIND_A_PROXY) as running:
        mine = "X-Forwarded-For: 198.51.100.9, 192.0.2.1"
        held = [await running.client() for _ in range(3)]
        for client in held:
            assert (await client.get("/healthz", mine))[0] == 200
            client.raw(client.head("/ws", mine, websocket=False)[:-4])

        assert await idle(running, "X-Forwarded-For: 198.51.100.9")
        await running.join("/ws", mine)
        assert len(running.server.transports) == 4
        assert await held[0].ended() == b""


@pytest.mark.parametrize("header", ["", "X-Forwarded-For: nobody", "X-Forwarded-For: 127.0.0.1"])
@on_loop
async def test_a_proxy_that_names_nobody_is_not_counted(header):
    async with gateway(limits=BEHIND_A_PROXY) as running:
        for _ in range(5):
            assert await idle(running, *filter(None, [header]))
