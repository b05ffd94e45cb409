"""A real HTTP server on loopback that does what a test tells it, good or bad."""

import contextlib
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Act = Callable[["Visit"], None]


def answer(status: int, body: bytes = b"") -> Act:
    text = b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)
    return lambda visit: visit.send(text)


def raw(*pieces: bytes) -> Act:
    def act(visit: "Visit") -> None:
        for piece in pieces:
            visit.send(piece)

    return act


def hang(visit: "Visit") -> None:
    visit.server.over.wait(60)


def close(visit: "Visit") -> None:
    visit.is_over = True


def answer_then_close(visit: "Visit") -> None:
    """Answer as if the connection stayed, then end it, as an idle time-out does."""
    visit.send(OK)
    visit.is_over = True


def end_half(visit: "Visit") -> None:
    """Say that nothing more will be said, though what comes is still read."""
    visit.request.shutdown(socket.SHUT_WR)


def reset(visit: "Visit") -> None:
    linger = struct.pack("ii", 1, 0)
    visit.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    visit.is_over = True


def drip(visit: "Visit") -> None:
    """Send a byte now and then: something always comes, and it never ends."""
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not visit.server.over.wait(0.01):
        visit.send(b"x")


class Visit(socketserver.BaseRequestHandler):
    """One connection."""

    server: "FaultyServer"
    is_over = False

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            if self.server.tls is not None:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            with self.server.guard:
                self.server.connections += 1
                self.server.open.add(self.request)
            self._serve()

    def finish(self) -> None:
        with self.server.guard:
            self.server.open.discard(self.request)
            self.request.close()

    def send(self, data: bytes) -> None:
        self.request.sendall(data)

    def _serve(self) -> None:
        data = b""
        while not self.is_over:
            while b"\r\n\r\n" not in data:
                piece = self.request.recv(65536)
                if not piece:
                    return
                data += piece
            head, _, data = data.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            size = int(length[1]) if length else 0
            while len(data) < size:
                data += self.request.recv(65536)
            self.head, self.body, data = head.decode(), data[:size], data[size:]
            self.path = self.head.split(" ")[1]
            with self.server.guard:
                self.server.seen.append((self.path, self.body))
                self.times = sum(path == self.path for path, _ in self.server.seen)
            self.server.act(self)


class FaultyServer(socketserver.ThreadingTCPServer):
    """Calls `act` with each request; counts connections, and keeps what was asked."""

    daemon_threads = False
    request_queue_size = 256

    def __init__(self, act: Act, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.act, self.tls = act, tls
        self.guard = threading.Lock()
        self.over = threading.Event()
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.seen: list[tuple[str, bytes]] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


@contextlib.contextmanager
def faulty_server(act: Act | None = None, *, tls: bool = False) -> Iterator[FaultyServer]:
    """Serve until the block ends, then end every connection."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    server = FaultyServer(act or raw(OK), context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        with server.guard:
            for connection in server.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
