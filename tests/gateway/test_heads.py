"""Request heads that are slow, long, twisted or malicious."""

import asyncio
import json
import re
import socket

import pytest

from localgateway.machine.limits import Limits
from localgateway.signing.access import Access
from tests.gateway.harness import KEY, PATIENCE_SECONDS, TEXT, frame, gateway, on_loop, pass_time

UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"


async def status_of(running, head):
    """Send bytes, and give the status that comes back."""
    client = await running.client()
    client.raw(head)
    status, _, _ = await client.http()
    return status


def asking(*lines, start="GET /ws HTTP/1.1", host="Host: a"):
    """Write the head of an upgrade; `lines` are added to it."""
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    return "\r\n".join([start, host, *upgrade, *lines, "", ""])


VERSION = "Sec-WebSocket-Version: 13"
KEY_LINE = f"Sec-WebSocket-Key: {KEY}"


@pytest.mark.parametrize(
    "head",
    [
        asking(VERSION),
        asking(KEY_LINE),
        asking(VERSION, "Sec-WebSocket-Key: short"),
        asking(VERSION, KEY_LINE, KEY_LINE),
        asking("Sec-WebSocket-Version: 8", KEY_LINE),
        asking(VERSION, KEY_LINE, host="X-No: host"),
        asking(VERSION, KEY_LINE, "Host: twin"),
        asking(VERSION, KEY_LINE, start="GET /ws"),
        asking(VERSION, KEY_LINE, start="\0\0\0"),
        asking(VERSION, KEY_LINE, start="GET /ws?\xff HTTP/1.1"),
        asking(VERSION, KEY_LINE, "no colon"),
        asking(VERSION, KEY_LINE, "bad name : x"),
        asking(VERSION, KEY_LINE, *["X: 1"] * 200),
        asking(VERSION, KEY_LINE, "X: " + "y" * 9000),
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost a\r\n\r\n",
    ],
    ids=range(16),
)
@on_loop
async def test_a_malformed_head_is_400_and_the_server_stays_up(head):
    async with gateway() as running:
        assert await status_of(running, head.encode("latin-1")) == 400
        await running.join()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", 426),
        (f"POST /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n", 405),
        (f"HEAD /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n", 405),
        (f"GET /ws HTTP/1.0\r\nHost: a\r\n{UPGRADE}\r\n", 505),
    ],
)
@on_loop
async def test_an_upgrade_in_the_wrong_form_has_a_status_of_its_own(head, status):
    async with gateway() as running:
        assert await status_of(running, head.encode()) == status


@on_loop
async def test_two_hosts_are_400_and_named():
    async with gateway() as running:
        client = await running.client()

        assert await client.refused("/ws", "Host: twin") == (
            400,
            "The request needs one Host header",
        )


@on_loop
async def test_an_address_over_4096_characters_is_414():
    async with gateway() as running:
        client = await running.client()
        assert (await client.refused("/ws?" + "x" * 4093))[0] == 414
        await running.join("/ws?" + "x" * 4092)


@on_loop
async def test_a_head_that_drips_in_is_not_waited_for():
    limits = Limits(handshake_seconds=100, ping_seconds=200, ping_timeout_seconds=300)
    async with gateway(limits=limits) as running:
        silent, slow, other = [await running.client() for _ in range(3)]
        await other.upgrade()
        for byte in b"GET /ws HT":
            slow.raw(bytes([byte]))
            await slow.writer.drain()
        await running.until(lambda: len(running.server.transports) == 3)
        await pass_time(101)

        status, _, _ = await slow.http()
        assert status == 408
        assert await silent.ended() == b""
        other.ask("echo")
        assert await other.json() == {"action": "echo"}


@on_loop
async def test_a_slow_head_that_is_in_time_is_read():
    async with gateway() as running:
        client = await running.client()
        for byte in client.head():
            client.raw(bytes([byte]))
            await client.writer.drain()

        await client.upgraded()


@on_loop
async def test_a_head_without_an_end_is_431_at_its_limit():
    async with gateway() as running:
        client = await running.client()
        client.raw(b"GET / HTTP/1.1\r\n".ljust(16 * 1024, b"x"))

        assert (await client.http())[0] == 431


@on_loop
async def test_a_flood_of_headers_is_refused_and_the_others_keep_talking():
    async with gateway() as running:
        other, client = await running.join(), await running.client()
        flood = "".join(f"X-{n}: {'x' * 8192}\r\n" for n in range(40))
        client.raw(f"GET /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}{flood}\r\n".encode())

        assert (await client.http())[0] == 431
        other.ask("echo")
        assert await other.json() == {"action": "echo"}
        await running.until(lambda: len(running.server.transports) == 1)


EARLY = {
    "431": f"GET /ws HTTP/1.1\r\nHost: a\r\n{UPGRADE}X: ",
    "403": f"GET /elsewhere HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n",
    "414": f"GET /ws?{'x' * 5000} HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n",
    "400": f"GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n{UPGRADE}\r\n",
    "400 of a line": "GET /ws HTTP/1.1\nHost: a\n",
    "400 of plain HTTP": "GET no HTTP\r\n\r\n",
    "400 of a body": "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
    "405": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n",
    "413": "POST /ws/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: a\r\n"
    "Content-Length: 9000000\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=K/20261122/r/execute-api/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}\r\n\r\n",
    "426": "GET /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n",
    "400 of a second": "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ",
}


@pytest.mark.parametrize(("status", "head"), EARLY.items(), ids=EARLY)
@on_loop
async def test_an_answer_that_comes_early_reaches_a_client_that_first_says_all(head, status):
    """A reset, which comes of closing over unread bytes, would overtake the answer."""
    async with gateway(access=Access()) as running:
        answers = await asyncio.to_thread(say_all_then_read, running.server.port, head)

    assert answers[-1] == status.partition(" ")[0]


def say_all_then_read(port, head):
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
        client.sendall(head.encode() + b"x" * 2**20)
        client.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := client.recv(65_536):
            heard += piece
    return re.findall(r"HTTP/1\.[01] (\d+)", heard.decode("latin-1"))


@on_loop
async def test_one_connection_too_many_is_503():
    async with gateway(limits=Limits(max_connections=2)) as running:
        first, _ = [await running.join() for _ in range(2)]
        assert (await (await running.client()).http())[0] == 503
        first.vanish()
        await running.until(lambda: len(running.server.transports) == 1)
        await running.join()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ws HTTP/1.1\nHost: a\n\n",
        b"GET /ws HTTP/1.1\n",
        b"GET /ws HTTP/1.1\r\nHost: a\nX: y",
        b"GET /ws HTTP/1.1\r\nHost: a\r\nX: y\n",
        b"\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0",
    ],
    ids=range(7),
)
@on_loop
async def test_what_can_be_no_request_is_400_before_it_ends(head):
    """Other servers may read a bare line feed as an end of a line: they see other requests."""
    async with gateway(limits=Limits(handshake_seconds=10_000)) as running:
        assert await status_of(running, head) == 400


@on_loop
async def test_a_head_may_come_in_any_pieces_and_a_body_may_have_bare_line_feeds():
    async with gateway() as running:
        client = await running.client()
        reader = await reader_of_heads(running)
        reader.data_received(b"GET /healthz HTTP/1.1\r")
        reader.data_received(b"\nHost: a\r\nContent-Length: 2\r\n\r\n\n\n")

        assert (await client.http())[0] == 200


async def reader_of_heads(running):
    """Return what reads the head of the only connection, to feed it pieces that stay apart."""
    await running.until(lambda: running.server.transports)
    [transport] = running.server.transports
    return transport.get_protocol()


class Searched(bytearray):
    """Bytes that count how many of them were looked at."""

    looked_at = 0

    def find(self, what, start=0, stop=None):
        stop = len(self) if stop is None else min(stop, len(self))
        self.looked_at += max(0, stop - start)
        return super().find(what, start, stop)

    def count(self, what, start=0, stop=None):
        stop = len(self) if stop is None else min(stop, len(self))
        self.looked_at += max(0, stop - start)
        return super().count(what, start, stop)


@on_loop
async def test_a_head_in_many_pieces_is_looked_through_a_few_times_only():
    async with gateway(limits=Limits(handshake_seconds=10_000)) as running:
        client = await running.client()
        reader = await reader_of_heads(running)
        reader._head = Searched()
        head = client.head("/healthz", "X: " + "y" * 8_000, websocket=False)
        for byte in head:
            reader.data_received(bytes([byte]))

        assert (await client.http())[0] == 200
        assert 0 < reader._head.looked_at < 12 * len(head)


@on_loop
async def test_a_client_that_says_half_a_head_and_leaves_leaves_nothing():
    async with gateway() as running:
        client = await running.client()
        client.raw(b"GET /")
        await running.until(lambda: running.server.transports)
        client.vanish()
        await running.until(lambda: not running.server.transports)


@on_loop
async def test_an_upgrade_on_a_kept_alive_connection_is_taken_over():
    async with gateway() as running:
        client = await running.client()
        for _ in range(3):
            assert (await client.get("/healthz"))[0] == 200
        await client.upgrade("/ws?a=1", "X-Mine: 2")
        for n in range(20):
            client.ask("echo", n=n)
            assert (await client.json())["n"] == n

        event = running.events[0]
        assert event["queryStringParameters"] == {"a": "1"}
        assert event["headers"]["X-Mine"] == "2"
        assert event["headers"]["Host"] == f"localhost:{client.port}"
        client.raw(frame(8, b"\x03\xe8"))
        assert await client.frame() == (8, b"\x03\xe8")
        assert await client.ended() == b""
        await running.event("DISCONNECT")
        await running.until(lambda: not running.server.transports)
        assert not [t for t in asyncio.all_tasks() if "RequestHandler" in repr(t)]


@on_loop
async def test_frames_sent_straight_after_a_late_upgrade_are_not_lost():
    async with gateway() as running:
        client = await running.client()
        await client.get("/healthz")
        early = [frame(TEXT, json.dumps({"action": "echo", "n": n}).encode()) for n in range(5000)]
        client.raw(client.head() + b"".join(early))
        await client.upgraded()

        assert [(await client.json())["n"] for _ in range(5000)] == list(range(5000))


@on_loop
async def test_a_get_and_an_upgrade_in_one_go_are_both_answered():
    async with gateway() as running:
        client = await running.client()
        early = frame(TEXT, b'{"action":"echo"}')
        client.raw(client.head("/healthz", websocket=False) + client.head() + early)

        assert (await client.http())[0] == 200
        await client.upgraded()
        assert await client.json() == {"action": "echo"}


@on_loop
async def test_a_late_upgrade_is_refused_like_an_early_one():
    async with gateway() as running:
        for headers, status in (("Host: twin",), 400), (("Sec-WebSocket-Key: x",), 400):
            client = await running.client()
            await client.get("/healthz")
            client.raw(client.head("/ws", *headers))
            assert (await client.http())[0] == status
            assert await client.ended() == b""
        client = await running.client()
        await client.get("/healthz")
        assert (await client.refused("/ws/more"))[0] == 403
        await running.until(lambda: not running.server.transports)


@on_loop
async def test_bytes_that_are_no_http_fill_no_log(caplog):
    async with gateway() as running:
        assert await status_of(running, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400
        assert await status_of(running, b"nonsense\r\n\r\n") == 400

    assert caplog.records == []


@on_loop
async def test_connect_can_refuse_a_late_upgrade():
    async with gateway(lambda *_: {"statusCode": 403}) as running:
        client = await running.client()
        await client.get("/healthz")

        assert await client.refused() == (403, "Refused")
        assert await client.ended() == b""


@on_loop
async def test_a_late_upgrade_that_vanishes_leaves_nothing():
    async with gateway() as running:
        client = await running.client()
        await client.get("/healthz")
        await client.upgrade()
        client.vanish()
        await running.event("DISCONNECT")

        assert running.server.transports == set()


@on_loop
async def test_a_late_upgrade_is_still_there_when_the_server_stops():
    async with gateway() as running:
        client = await running.client()
        await client.get("/healthz")
        await client.upgrade()
        stopping = asyncio.ensure_future(running.server.stop())

        assert (await client.closed())[0] == 1012
        await stopping
