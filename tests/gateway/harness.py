"""A gateway on a loopback port with tiny functions behind it, and a client that may misbehave.

The client writes its bytes itself: a well-behaved library could not send what is tested here.
"""

import asyncio
import base64
import functools
import gc
import hashlib
import json
import os
import struct
from collections.abc import Callable
from contextlib import asynccontextmanager

from localgateway.functions.connections import Connections
from localgateway.functions.runner import BatchRunner
from localgateway.machine.api import parse
from localgateway.machine.limits import Limits
from localgateway.net.door import take_over
from localgateway.net.server import Server
from localgateway.net.site import make_site

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0
KEY = base64.b64encode(b"sixteen bytes ok").decode()
ACCEPT = base64.b64encode(
    hashlib.sha1(  # noqa: S324 - RFC 6455 says SHA-1
        (KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
    ).digest()
).decode()
PATIENCE_SECONDS = 120
"""How long to wait for what must happen: longer than a busy machine takes."""


def on_loop(test):
    """Run a test on a loop of its own, and fail it for any error that only the loop heard of."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(_watched(test(*args, **kwargs)))
        gc.collect()

    return run


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock a test can put forward."""

    passed_seconds = 0.0
    patience: asyncio.Timeout

    def time(self):
        return super().time() + self.passed_seconds


async def pass_time(seconds):
    """Put the clock forward, and let the gateway do what is due then.

    So a test can have limits that no stall of the machine comes near, and need not wait for them.
    """
    loop = asyncio.get_running_loop()
    await _turns(3)  # what has just begun gets its timers first
    loop.passed_seconds += seconds
    loop.patience.reschedule(loop.patience.when() + seconds)
    await _turns(3)  # the timers that are due run in the next of them


async def _turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def _watched(test):
    heard, loop = [], asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: heard.append(context))
    async with asyncio.timeout(PATIENCE_SECONDS) as loop.patience:
        await test
    assert heard == []
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert left == set(), left


class Ledger:
    """A transaction that writes down what it is asked, and fails where it is told to."""

    def __init__(self, fail: Callable[[str], bool] = lambda _verb: False):
        self.verbs = []
        self._fail = fail

    def __getattr__(self, verb):
        def note():
            self.verbs.append(verb)
            if self._fail(verb):
                raise OSError(verb)

        return note


def chat(event, _context):
    """Answer two-way routes with what they got."""
    return {"statusCode": 200, "body": event.get("body")}


def document(*, authorizer=None, connect=True, default=True, disconnect=True, millis=29000):
    """Write an api.json: `echo` answers, `tell` does not, `$default` says what it got."""
    routes = {
        "echo": {"integration": "app", "twoWay": True},
        "tell": {"integration": "app"},
    }
    if connect:
        routes["$connect"] = {"integration": "app"}
    if connect and authorizer is not None:
        routes["$connect"]["authorizer"] = "door"
    if default:
        routes["$default"] = {"integration": "app", "twoWay": True}
    if disconnect:
        routes["$disconnect"] = {"integration": "app"}
    return {
        "name": "test",
        "stage": "ws",
        "authorizers": {"door": {"identitySource": list(authorizer or ())}},
        "integrations": {"app": {"timeoutMillis": millis}},
        "routes": routes,
    }


class Running:
    """A server that runs, the events its functions got, and the clients that test it."""

    def __init__(self, server, connections, ledger, events):
        self.server = server
        self.connections = connections
        self.ledger = ledger
        self.events = events
        self.clients = []

    async def client(self):
        """Open a TCP connection."""
        streams = await asyncio.open_connection("127.0.0.1", self.server.port, limit=2**26)
        client = Client(*streams, self.server.port)
        self.clients.append(client)
        return client

    async def join(self, target="/ws", *headers):
        """Open a WebSocket."""
        client = await self.client()
        await client.upgrade(target, *headers)
        return client

    async def until(self, claim):
        """Let the loop turn until `claim` holds."""
        while not claim():  # noqa: ASYNC110 - what happens on the other side sets no event here
            await asyncio.sleep(0.002)

    async def event(self, event_type, count=1):
        """Wait for the events of a type, and give them."""

        def seen():
            return [e for e in self.events if e["requestContext"]["eventType"] == event_type]

        await self.until(lambda: len(seen()) >= count)
        return seen()


@asynccontextmanager
async def gateway(handler=chat, *, door=None, fail=None, site=None, limits=None, **options):
    """Run a gateway whose only function is `handler`; `options` go to `document` or the server."""
    events, connections = [], Connections()

    def noting(call):
        def function(event, context):
            events.append(event)
            return call(event, context)

        return function

    port = options.pop("port", 0)
    last_message = options.pop("last_message", lambda: None)
    lost = options.pop("on_lost_commit", lambda _event: {"statusCode": 200, "body": "lost"})
    ledger = Ledger(fail) if fail else Ledger()
    access, faults = options.pop("access", None), options.pop("faults", None)
    meter = options.pop("meter", None)
    wrap = options.pop("wrap", lambda make_runner: make_runner)
    make_runner = functools.partial(
        BatchRunner,
        {"app": noting(handler), "door": noting(door or (lambda *_: None))},
        ledger,
        connections,
        on_lost_commit=lost,
    )
    server = Server(
        parse(document(**options)),
        wrap(make_runner),
        live=connections.live,
        site=(site or _no_page)(lambda request: take_over(server, request)),
        access=access,
        faults=faults,
        limits=limits or Limits(),
        last_message=last_message,
        meter=meter,
    )
    await server.start("127.0.0.1", port)
    running = Running(server, connections, ledger, events)
    try:
        yield running
    finally:
        for client in running.clients:
            client.writer.close()
        await server.stop()


def _no_page(take):
    return make_site("ws", None, _always, {"X-Seen": "1"}, take)


async def _always():
    return True


class Client:
    """One TCP connection, and the frames on it."""

    def __init__(self, reader, writer, port):
        self.reader = reader
        self.writer = writer
        self.port = port

    def head(self, target="/ws", *headers, method="GET", websocket=True, host=True):
        """Write a request head."""
        lines = [f"{method} {target} HTTP/1.1"]
        if host:
            lines.append(f"Host: localhost:{self.port}")
        if websocket:
            lines += ["Upgrade: websocket", "Connection: Upgrade"]
            lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
        return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")

    def raw(self, data):
        """Send bytes as they are."""
        self.writer.write(data)

    async def http(self):
        """Read one HTTP response: status, headers, body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def get(self, target, *headers, method="GET"):
        """Ask in plain HTTP on this connection."""
        self.raw(self.head(target, *headers, method=method, websocket=False))
        return await self.http() if method != "HEAD" else await self._without_body()

    async def _without_body(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        return int(head[0].split()[1]), dict(x.lower().split(": ", 1) for x in head[1:] if x), b""

    async def upgrade(self, target="/ws", *headers):
        """Ask for a WebSocket and expect it."""
        self.raw(self.head(target, *headers))
        return await self.upgraded()

    async def upgraded(self):
        """Expect the 101, and give its headers."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        assert head.startswith("HTTP/1.1 101 "), head
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        assert headers["sec-websocket-accept"] == ACCEPT.lower()
        return headers

    async def refused(self, target="/ws", *headers):
        """Ask for a WebSocket and expect another status, and the message in the body."""
        self.raw(self.head(target, *headers))
        status, _, body = await self.http()
        return status, json.loads(body)["message"]

    def say(self, text):
        """Send a text message."""
        self.raw(frame(TEXT, text.encode()))

    def ask(self, action, **fields):
        """Send a command."""
        self.say(json.dumps({"action": action, **fields}))

    async def frame(self):
        """Read one frame: opcode and payload."""
        first, size = await self.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        assert first & 0x70 == 0, "reserved bits"
        assert first & 0x80, "the gateway does not fragment"
        return first & 15, await self.reader.readexactly(size)

    async def text(self):
        """Read a text frame."""
        opcode, data = await self.frame()
        assert opcode == TEXT, (opcode, data)
        return data.decode()

    async def json(self):
        """Read a text frame of JSON."""
        return json.loads(await self.text())

    async def closed(self):
        """Read up to the close frame, answer it, and give its code and reason."""
        opcode, data = await self.frame()
        while opcode != CLOSE:
            opcode, data = await self.frame()
        self.raw(frame(CLOSE, data))
        return int.from_bytes(data[:2], "big"), data[2:].decode()

    async def ended(self):
        """Read until the connection is over."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    def vanish(self):
        """Cut the connection without a word."""
        self.writer.transport.abort()


def frame(opcode, payload=b"", *, fin=True, masked=True, reserved=0):
    """Write one frame as a client does."""
    size = len(payload)
    first = bytes([opcode | (fin << 7) | (reserved << 4)])
    mark = masked << 7
    if size < 126:
        length = bytes([mark | size])
    elif size < 2**16:
        length = bytes([mark | 126]) + struct.pack("!H", size)
    else:
        length = bytes([mark | 127]) + struct.pack("!Q", size)
    if not masked:
        return first + length + payload
    mask = os.urandom(4)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return first + length + mask + mixed.to_bytes(size, "big")
