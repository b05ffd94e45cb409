"""Frames that break a rule: the right close code, and the others keep talking."""

import struct
import threading

import pytest

from localgateway.machine.api import parse
from localgateway.machine.limits import Limits
from localgateway.platform.deadline import TooSlow
from tests.gateway.harness import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    document,
    frame,
    gateway,
    on_loop,
)

FIRE = "\N{FIRE}".encode()


async def close_for(running, *pieces):
    """Send bytes, and give the close code they earn; somebody else must not notice."""
    other, client = await running.join(), await running.join()
    for piece in pieces:
        client.raw(piece)
    code, _ = await client.closed()
    await client.ended()
    client.writer.close()
    other.ask("echo", still="here")
    assert await other.json() == {"action": "echo", "still": "here"}
    (left,) = await running.event("DISCONNECT")
    assert left["requestContext"]["disconnectStatusCode"] == code
    assert len(running.server.sockets) == 1
    return code


@pytest.mark.parametrize(
    ("code", "pieces"),
    {
        "unmasked": (1002, [frame(TEXT, b"hi", masked=False)]),
        "reserved bit": (1002, [frame(TEXT, b"hi", reserved=4)]),
        "reserved bits": (1002, [frame(TEXT, b"hi", reserved=3)]),
        "reserved data opcode": (1002, [frame(3, b"hi")]),
        "reserved control opcode": (1002, [frame(11, b"hi")]),
        "continuation of nothing": (1002, [frame(CONTINUATION, b"hi")]),
        "text within a text": (1002, [frame(TEXT, b"a", fin=False), frame(TEXT, b"b")]),
        "long ping": (1002, [frame(PING, b"x" * 126)]),
        "fragmented ping": (1002, [frame(PING, b"x", fin=False)]),
        "one byte of a status": (1002, [frame(CLOSE, b"\x03")]),
        "a status nobody may send": (1002, [frame(CLOSE, struct.pack("!H", 1005))]),
        "binary": (1003, [frame(BINARY, b"\0\1")]),
        "first piece of binary": (1003, [frame(BINARY, b"\0", fin=False)]),
        "bad text": (1007, [frame(TEXT, b"\xff")]),
        "half a character": (1007, [frame(TEXT, FIRE[:3])]),
        "surrogate": (1007, [frame(TEXT, b"\xed\xa0\x80")]),
        "bad text in two": (
            1007,
            [frame(TEXT, b"\xc3", fin=False), frame(CONTINUATION, b"\x28")],
        ),
        "bad text, then good": (1007, [frame(TEXT, b"\xff") + frame(TEXT, b"{}")]),
        "a gigabyte is announced": (1009, [b"\x81\xff" + (2**30).to_bytes(8, "big")]),
        "an impossible length": (1002, [b"\x81\xff" + b"\xff" * 8]),
        "a byte over a frame": (1009, [frame(TEXT, b"x" * (32 * 1024 + 1))]),
        "eight megabytes, sent whole": (1009, [frame(TEXT, b"x" * 2**23)]),
        "a byte over a message": (
            1009,
            [frame(TEXT, b"x" * 2**15, fin=False)]
            + [frame(CONTINUATION, b"x" * 2**15, fin=False)] * 3
            + [frame(CONTINUATION, b"x")],
        ),
    }.values(),
)
@on_loop
async def test_a_frame_that_breaks_a_rule_has_a_close_code(code, pieces):
    """Limits of gateway.md, section 1.7, and RFC 6455."""
    async with gateway() as running:
        found = await close_for(running, *pieces)

        assert found in {code, 1009} if code == 1002 else found == code


@on_loop
async def test_after_bad_text_nothing_else_is_done():
    async with gateway() as running:
        await close_for(running, frame(TEXT, b"\xff") + frame(TEXT, b'{"action":"tell"}'))

        bodies = [e.get("body") for e in running.events]
        assert '{"action":"tell"}' not in bodies


@on_loop
async def test_a_body_that_takes_too_long_to_check_is_the_last_of_its_client(monkeypatch):
    checked = []

    def slow(body):
        checked.append(body)
        raise TooSlow

    monkeypatch.setattr("localgateway.machine.api.compile_model", lambda _schema: slow)
    api = document()
    api["routes"]["tell"]["model"] = {}
    async with gateway() as running:
        running.server.gateway.replace_api(parse(api))

        assert await close_for(running, frame(TEXT, b'{"action":"tell"}') * 64) == 1008
        assert len(checked) == 1


@on_loop
async def test_what_came_before_a_bad_frame_is_done_and_answered():
    async with gateway() as running:
        client = await running.join()
        client.raw(frame(TEXT, b'{"action":"tell"}') + frame(TEXT, b"x", masked=False))

        assert (await client.closed())[0] == 1002
        await running.event("MESSAGE")


@on_loop
async def test_the_largest_frame_and_the_largest_message_go_through():
    async with gateway() as running:
        client = await running.join()
        client.raw(frame(TEXT, b"a" * 2**15))
        assert await client.text() == "a" * 2**15

        client.raw(frame(TEXT, b"b" * 2**15, fin=False))
        client.raw(frame(CONTINUATION, b"b" * 2**15, fin=False) * 2)
        client.raw(frame(CONTINUATION, b"b" * 2**15))
        assert await client.text() == "b" * 2**17


@on_loop
async def test_a_fragmented_message_is_whole_whatever_comes_between_and_where_it_is_cut():
    body = '{"action":"echo","text":"\N{FIRE}"}'.encode()
    async with gateway() as running:
        client = await running.join()
        pieces = [body[i : i + 1] for i in range(len(body))]
        client.raw(frame(TEXT, pieces[0], fin=False))
        for piece in pieces[1:-1]:
            client.raw(frame(PING, piece) + frame(CONTINUATION, piece, fin=False))
            client.raw(frame(PONG, b"nobody asked") + frame(CONTINUATION, b"", fin=False))
        client.raw(frame(CONTINUATION, pieces[-1]))

        pongs = [await client.frame() for _ in pieces[1:-1]]
        assert pongs == [(PONG, piece) for piece in pieces[1:-1]]
        assert await client.text() == body.decode()


@on_loop
async def test_bytes_that_drip_in_are_frames_all_the_same():
    async with gateway() as running:
        client = await running.join()
        for byte in frame(TEXT, b'{"action":"echo"}'):
            client.raw(bytes([byte]))
            await client.writer.drain()

        assert await client.json() == {"action": "echo"}


@on_loop
async def test_every_payload_size_that_changes_the_form_of_a_frame_comes_back():
    async with gateway() as running:
        client = await running.join()
        for size in (0, 1, 125, 126, 127, 32_768):
            client.say("x" * size)
            assert await client.text() == "x" * size


@on_loop
async def test_an_answer_longer_than_64_kib_has_the_longest_form():
    async with gateway(lambda *_: {"statusCode": 200, "body": "x" * 70_000}) as running:
        client = await running.join()
        client.ask("echo")

        assert await client.text() == "x" * 70_000


@on_loop
async def test_a_flood_of_empty_fragments_takes_no_memory():
    limits = Limits(empty_frames=20_001, fragments=20_001)
    async with gateway(limits=limits) as running:
        client = await running.join()
        client.raw(frame(TEXT, b"", fin=False))
        client.raw(frame(CONTINUATION, b"", fin=False) * 20_000)
        client.raw(frame(PING))
        assert (await client.frame())[0] == PONG
        (socket,) = running.server.sockets.values()

        assert socket._fragments == bytearray()


@on_loop
async def test_a_clients_close_is_answered_with_its_own_code():
    async with gateway() as running:
        client = await running.join()
        client.raw(frame(CLOSE, struct.pack("!H", 4321) + b"bye"))

        assert await client.frame() == (CLOSE, struct.pack("!H", 4321) + b"bye")
        assert await client.ended() == b""


@on_loop
async def test_frames_that_come_with_the_upgrade_are_read_after_the_101():
    async with gateway() as running:
        client = await running.client()
        client.raw(client.head() + frame(TEXT, b'{"action":"echo"}') + frame(PING, b"p"))
        await client.upgraded()

        answers = {await client.frame(), await client.frame()}
        assert answers == {(TEXT, b'{"action":"echo"}'), (PONG, b"p")}
        assert [e["requestContext"]["eventType"] for e in running.events] == ["CONNECT", "MESSAGE"]


@on_loop
async def test_much_that_comes_before_the_101_waits_in_the_kernel():
    let_in = threading.Event()
    text = "x" * 30_000

    def handler(event, _context):
        assert let_in.wait(60)
        return {"statusCode": 200, "body": event.get("body")}

    async with gateway(handler) as running:
        client = await running.client()
        client.raw(client.head() + frame(TEXT, text.encode()) * 100)
        (socket,) = await sockets_waiting(running)
        await running.until(lambda: socket._paused)
        held = len(socket._early_data)
        let_in.set()
        await client.upgraded()

        assert [len(await client.text()) for _ in range(100)] == [30_000] * 100
        assert held < 1_000_000


async def sockets_waiting(running):
    """Wait for a socket whose $connect runs."""
    await running.until(lambda: running.server._waiting)
    return list(running.server._waiting.values())


@on_loop
async def test_a_client_that_will_not_hear_of_its_mistake_is_cut():
    async with gateway(limits=Limits(closing_seconds=0.05)) as running:
        client = await running.join()
        client.raw(frame(TEXT, b"\xff"))
        await running.event("DISCONNECT")

        assert running.server.sockets == {}
