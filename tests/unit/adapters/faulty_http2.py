"""A real HTTP/2 server on loopback that does what a test tells it, good or bad."""

import asyncio
import contextlib
import functools
import math
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from tests.unit.adapters.faulty_server import CERTIFICATE, OK, raw

Act = Callable[["Visit"], None]
_GOAWAY = 7


def refuse(visit: "Visit") -> None:
    """Do as if nobody had looked at it."""
    visit.line.do(visit.line.connection.reset_stream, visit.stream, ErrorCodes.REFUSED_STREAM)


class Visit:
    """A request; an act may take it for one over HTTP/1.1."""

    def __init__(self, line: "Line", stream: int, headers: list[tuple[str, str]]) -> None:
        named = dict(headers)
        self.line, self.stream, self.server = line, stream, line.server
        self.request = line.transport.get_extra_info("socket")
        self.path, self.body = named[":path"], b""
        fields = [("host" if name == ":authority" else name, value) for name, value in headers]
        lines = [f"{name}: {value}" for name, value in fields if not name.startswith(":")]
        self.head = "\r\n".join([f"{named[':method']} {self.path} HTTP/2", *lines])
        self.is_over = False

    def serve(self) -> None:
        with self.server.guard:
            self.server.seen.append((self.path, self.body))
            self.times = sum(path == self.path for path, _ in self.server.seen)
        with contextlib.suppress(OSError):
            self.server.act(self)
        if self.is_over:
            self.line.do(self.line.end)

    def send(self, text: bytes) -> None:
        """Send an answer, given as HTTP/1.1 has it."""
        head, _, body = text.partition(b"\r\n\r\n")
        self.line.do(self.line.answer, self.stream, head.split(b" ")[1].decode(), body)


class Line(asyncio.Protocol):
    """One connection."""

    is_stingy = False
    """It gives leave for no more than was allowed at first."""

    def __init__(self, server: "FaultyHttp2") -> None:
        self.server = server
        self.connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.connection.local_settings = Settings(client=False, initial_values=server.settings)
        self.visits: dict[int, Visit] = {}

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.server.connections += 1
        self.server.lines.append(self)
        self.now(self.connection.initiate_connection)

    def data_received(self, data: bytes) -> None:
        try:
            events = self.connection.receive_data(data)
        except ProtocolError:
            self.transport.abort()
            return
        for event in events:
            self._heed(event)
        self.transport.write(self.connection.data_to_send())

    def do(self, action: Callable[..., object], *args: object) -> None:
        """Do it where the connection lives."""
        with contextlib.suppress(RuntimeError):  # the test is over
            self.server.loop.call_soon_threadsafe(self.now, action, *args)

    def now(self, action: Callable[..., object], *args: object) -> None:
        with contextlib.suppress(ProtocolError):  # it was cancelled meanwhile
            action(*args)
        if not self.transport.is_closing():
            self.transport.write(self.connection.data_to_send())

    def answer(self, stream: int, status: str, body: bytes) -> None:
        self.connection.send_headers(stream, [(":status", status)], end_stream=not body)
        if body:
            self.connection.send_data(stream, body, end_stream=True)

    def end(self) -> None:
        """End it in the way that the socket was set to: with a reset, or in peace."""
        linger = self.transport.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize("ii")
        )
        is_reset, _ = struct.unpack("ii", linger)
        (self.transport.abort if is_reset else self.transport.close)()

    def _heed(self, event: object) -> None:
        match event:
            case RequestReceived() if len(self.visits) < self.server.most_visits:
                self.visits[event.stream_id] = Visit(self, event.stream_id, event.headers)
                if (
                    len(self.visits) == self.server.most_visits
                ):  # by hand: the library would not answer any more
                    last = (0, 8, _GOAWAY, 0, 0, event.stream_id, 0)
                    self.transport.write(struct.pack(">HBBBIII", *last))
            case DataReceived() if event.stream_id in self.visits:
                self.visits[event.stream_id].body += event.data
                size = event.flow_controlled_length
                if not self.is_stingy:
                    self.connection.acknowledge_received_data(size, event.stream_id)
            case StreamEnded() if event.stream_id in self.visits:
                self.server.threads.submit(self.visits[event.stream_id].serve)
            case StreamReset():
                self.server.cancelled.append(event.stream_id)


class FaultyHttp2:
    """Calls `act` with each request; counts connections, and keeps what was asked."""

    def __init__(self, act: Act, settings: dict[SettingCodes, int], most_visits: float) -> None:
        self.act, self.settings, self.most_visits = act, settings, most_visits
        self.guard = threading.Lock()
        self.over = threading.Event()
        self.threads = ThreadPoolExecutor(200)
        self.connections = 0
        self.lines: list[Line] = []
        self.seen: list[tuple[str, bytes]] = []
        self.cancelled: list[int] = []
        self.loop = asyncio.new_event_loop()
        self.port = 0

    async def begin(self) -> asyncio.Server:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATE)
        tls.set_alpn_protocols(["h2"])
        make = functools.partial(Line, self)
        server = await self.loop.create_server(make, "127.0.0.1", 0, ssl=tls, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def end(self, server: asyncio.Server) -> None:
        server.close()
        for line in self.lines:
            line.transport.abort()
        await asyncio.sleep(0)
        self.loop.stop()


@contextlib.contextmanager
def faulty_http2(
    act: Act | None = None,
    settings: dict[SettingCodes, int] | None = None,
    most_visits: float = math.inf,
) -> Iterator[FaultyHttp2]:
    """Serve until the block ends, then end every connection.

    After `most_visits` a connection is given up in peace: these are answered, and no other read.
    """
    faulty = FaultyHttp2(act or raw(OK), settings or {}, most_visits)
    server = faulty.loop.run_until_complete(faulty.begin())
    thread = threading.Thread(target=faulty.loop.run_forever)
    thread.start()
    try:
        yield faulty
    finally:
        faulty.over.set()
        faulty.threads.shutdown(cancel_futures=True)
        asyncio.run_coroutine_threadsafe(faulty.end(server), faulty.loop)
        thread.join()
        faulty.loop.close()


@functools.cache
def trust() -> ssl.SSLContext:
    """Trust these servers, and offer them both protocols."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context
