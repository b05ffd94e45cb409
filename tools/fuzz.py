"""Throw frames, handshakes and requests that no sane client sends at a gateway in this process.

`make fuzz` runs 100,000. It ends with an error if the server raised or logged one, if a socket,
a task or a connection was left, or if the server holds more objects than after the warm-up.
A seed repeats what was sent; when it arrives is up to the machine.
"""

import argparse
import asyncio
import contextlib
import functools
import gc
import json
import logging
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner
from localgateway.machine.api import parse
from localgateway.machine.limits import Limits
from localgateway.net.door import take_over
from localgateway.net.server import Server
from localgateway.net.site import make_site
from localgateway.signing.access import Access

AT_ONCE = 16
WARM_UP = 500
LARGEST_GROWTH = 2_000
"""Objects more than after the warm-up: a leak of one a case would be many times that."""

_API = {
    "name": "fuzz",
    "stage": "ws",
    "routeSelectionExpression": "$request.body.action",
    "integrations": {"app": {"timeoutMillis": 29000}},
    "routes": {
        key: {"integration": "app", **({"twoWay": True} if key[0] != "$" else {})}
        for key in ("$connect", "$disconnect", "$default", "echo", "none")
    },
}
_LIMITS = Limits(handshake_seconds=0.5, closing_seconds=0.3, idle_seconds=20, max_connections=200)
_SIGNED = (
    b"Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/r/execute-api/aws4_request, "
    b"SignedHeaders=host, Signature=" + b"0" * 64
)
_OPCODES = (0, 1, 1, 1, 1, 2, 3, 8, 9, 10, 11, 15)
_PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Report:
    """What was sent, and what went wrong."""

    sent: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    growth: int = 0
    seconds: float = 0.0


class _Nothing:
    """A transaction around handlers that store nothing."""

    def __getattr__(self, _verb: str) -> Any:  # noqa: ANN401 - every verb is a call without effect
        return lambda: None


def app(event: dict[str, Any], _context: object) -> object:
    """Answer as a handler that is not always well."""
    body = event.get("body")
    if event["requestContext"]["routeKey"] == "none":
        return {"statusCode": "none"}
    return {"statusCode": 200, "body": body}


async def fuzz(count: int, seed: int) -> Report:
    """Send `count` frames, handshakes and requests, and look at what is left."""
    report, began = Report(), time.perf_counter()
    with _heard(report):
        server = await _start()
        await _send(server, report, min(WARM_UP, count // 3), random.Random(seed))
        await _emptied(server, report)
        before = _objects()
        await _send(server, report, count - report.sent.total(), random.Random(seed + 1))
        await _emptied(server, report)
        report.growth = _objects() - before
        if report.growth > LARGEST_GROWTH:
            report.complaints.append(f"{report.growth} objects more than after the warm-up")
        await server.stop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    report.complaints += [f"left behind: {task}" for task in left]
    report.seconds = time.perf_counter() - began
    return report


async def _start() -> Server:
    connections = Connections()
    make_runner = functools.partial(
        BatchRunner, {"app": app}, _Nothing(), connections, on_lost_commit=lambda _event: None
    )
    server = Server(
        parse(_API),
        make_runner,
        live=connections.live,
        site=make_site("ws", None, _always, {}, lambda request: take_over(server, request)),
        access=Access(),
        limits=_LIMITS,
    )
    await server.start("127.0.0.1", 0)
    return server


async def _always() -> bool:
    return True


@contextlib.contextmanager
def _heard(report: Report) -> Iterator[None]:
    """Take down what is logged as an error or reaches the loop as one."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            report.complaints.append(self.format(record))

    loop, listener, root = asyncio.get_running_loop(), Listener(logging.ERROR), logging.getLogger()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: report.complaints.append(repr(context)))
    root.addHandler(listener)
    try:
        yield
    finally:
        root.removeHandler(listener)
        loop.set_exception_handler(before)


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


async def _emptied(server: Server, report: Report) -> None:
    """Wait until nothing of what was sent is left, and complain about what is."""
    end = time.monotonic() + _PATIENCE_SECONDS
    gateway = server.gateway
    while time.monotonic() < end:
        left = {
            "doors": len(server.transports),
            "sockets": len(server.sockets),
            "connections": len(gateway.connections),
            "invocations": gateway.in_flight(),
        }
        if not any(left.values()):
            return
        await asyncio.sleep(0.02)
    report.complaints.append(f"left behind: {left}")


async def _send(server: Server, report: Report, count: int, chance: random.Random) -> None:
    """Keep some clients busy until enough was sent."""
    goal = report.sent.total() + count

    async def keep_on(own: random.Random) -> None:
        while report.sent.total() < goal:
            await _visit(server, report, own)

    clients = [keep_on(random.Random(chance.random())) for _ in range(AT_ONCE)]
    await asyncio.gather(*clients)


async def _visit(server: Server, report: Report, chance: random.Random) -> None:
    """Be one client: come, misbehave, go."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    draining = asyncio.create_task(_drain(reader))
    try:
        for piece in _pieces(report, chance, list(server.sockets)):
            writer.write(piece)
            if chance.random() < 0.3:
                await asyncio.wait_for(writer.drain(), _PATIENCE_SECONDS)
                await asyncio.sleep(0)
        await _leave(writer, draining, chance)
    except TimeoutError:
        report.complaints.append("the server did not end a connection")
    except OSError:
        pass  # the server had enough of us; hanging up on it then is ENOTCONN
    finally:
        writer.transport.abort()
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)


async def _drain(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65_536):
            pass


async def _leave(
    writer: asyncio.StreamWriter, draining: "asyncio.Task[None]", chance: random.Random
) -> None:
    """Cut, hang up, or close and wait for the server to end it."""
    match chance.randrange(4):
        case 0:
            return
        case 1:
            await asyncio.sleep(chance.random() * 0.02)
        case _:
            if writer.can_write_eof():
                with contextlib.suppress(OSError):  # not connected: the server was faster
                    writer.write_eof()
            await asyncio.wait_for(asyncio.shield(draining), _PATIENCE_SECONDS)


def _pieces(report: Report, chance: random.Random, ids: list[str]) -> Iterator[bytes]:
    """Give what one client sends."""
    match chance.randrange(10):
        case 0 | 1 | 2:
            report.sent["handshakes"] += 1
            yield from _slices(_spoil(_handshake(chance), chance), chance)
        case 3 | 4:
            for _ in range(chance.randint(1, 3)):
                report.sent["requests"] += 1
                request = _request(chance, ids)
                yield _spoil(request, chance) if chance.random() < 0.3 else request
        case _:
            report.sent["handshakes"] += 1
            yield _handshake(chance, good=True)
            wildness = chance.choice((0, 0.03, 0.3))
            for _ in range(chance.randint(1, 60)):
                report.sent["frames"] += 1
                yield _frame(chance, wildness)


def _handshake(chance: random.Random, *, good: bool = False) -> bytes:
    """Write an upgrade request, wrong in one or two ways unless it is to be good."""
    lines = [
        b"GET /ws HTTP/1.1",
        b"Host: localhost",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvaw==",
        b"Sec-WebSocket-Version: 13",
    ]
    if not good:
        for _ in range(chance.randint(0, 2)):
            lines = _wrong(lines, chance)
    return b"\r\n".join([*lines, b"", b""])


def _wrong(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            return lines[:at] + lines[at + 1 :] or [b""]
        case 1:
            return [*lines, lines[at]]
        case 2:
            return [*lines, b"X-Long: " + b"x" * chance.choice((100, 9_000, 20_000))]
        case 3:
            target = chance.choice(
                (b"/", b"*", b"//", b"/ws/..", b"/ws?" + b"a=%00&" * 900, b"\xff")
            )
            return [b"GET " + target + b" HTTP/1.1", *lines[1:]]
        case 4:
            return [*lines, b"Sec-WebSocket-Protocol: a, \x00, " + chance.randbytes(5)]
        case _:
            return [*lines[:at], chance.randbytes(20), *lines[at:]]


def _request(chance: random.Random, ids: list[str]) -> bytes:
    """Write a request to @connections, signed or not, for an open connection or an unknown one."""
    method = chance.choice((b"POST", b"GET", b"DELETE", b"PUT", b"HEAD", b"OPTIONS"))
    somebody = chance.choice(ids) if ids else "AAAAAAAAAAACAAA="
    who = chance.choice((somebody, "AAAAAAAAAAACAAA=", "x", "%00", "..%2f..", "%ff", "", "a/b"))
    where = chance.choice(("/ws/@connections/", "/ws/%40connections/", "/@connections/", "/ws/"))
    body = chance.randbytes(chance.choice((0, 5, 300, 132_000)))
    head = [
        method + f" {where}{who} HTTP/1.1".encode(),
        b"Host: localhost",
        b"Content-Length: %d" % len(body),
        *([_SIGNED] if chance.random() < 0.8 else []),
    ]
    return b"\r\n".join([*head, b"", b""]) + body


def _frame(chance: random.Random, wildness: float) -> bytes:
    """Write a frame: a text that means something, or anything at all."""
    if chance.random() >= wildness:
        return _encode(0x81, _text(chance), chance)
    if chance.random() < 0.1:
        return chance.randbytes(chance.randint(1, 40))
    first = chance.choice(_OPCODES) | chance.choice((0x80, 0x80, 0x80, 0, 0xC0, 0x90))
    size = chance.choice((0, 1, 5, 125, 126, 127, 130, 4_000, 32_768, 32_769, 70_000))
    return _encode(first, chance.randbytes(size), chance, lie=chance.random() < 0.05)


def _text(chance: random.Random) -> bytes:
    action = chance.choice(("echo", "none", "$connect", "$default", "?", "\ud83d", "é" * 40))
    deep = "[" * 2_000 if chance.random() < 0.01 else ""
    text = json.dumps({"action": action, "n": chance.random()}) + deep
    return text.encode() if chance.random() < 0.99 else text.encode()[:-3] + b"\xff"


def _encode(first: int, data: bytes, chance: random.Random, *, lie: bool = False) -> bytes:
    """Wrap `data` as a client does, or with a length that is not so or without a mask."""
    size = len(data) + (chance.randint(-3, 2**40) if lie else 0)
    masked = 0 if lie and chance.random() < 0.5 else 0x80
    if 0 <= size < 126:
        length = bytes([masked | size])
    elif 0 <= size < 2**16:
        length = bytes([masked | 126]) + struct.pack("!H", size)
    else:
        length = bytes([masked | 127]) + struct.pack("!Q", max(0, size))
    key = b"\0\0\0\0" if masked else b""
    return bytes([first]) + length + key + data


def _spoil(data: bytes, chance: random.Random) -> bytes:
    """Change a byte or two, or cut the end off."""
    spoilt = bytearray(data)
    for _ in range(chance.randint(0, 2)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt[: chance.randint(1, len(spoilt))] if chance.random() < 0.2 else spoilt)


def _slices(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Give the bytes in a few pieces."""
    while data:
        size = chance.choice((1, 10, 100, len(data)))
        yield data[:size]
        data = data[size:]


def main() -> int:
    """Run it and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many to send")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(2**32), help="to send the same"
    )
    asked = parser.parse_args()
    report = asyncio.run(fuzz(asked.count, asked.seed))
    sent = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.sent.items()))
    print(f"seed {asked.seed}: {sent} in {report.seconds:.0f} s; {report.growth:+d} objects")
    for complaint in report.complaints[:20]:
        print(f"  {complaint}")
    print("failed" if report.complaints else "nothing broke, nothing is left")
    return int(bool(report.complaints))


if __name__ == "__main__":
    sys.exit(main())
