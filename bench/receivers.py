"""Receivers that cost less than the server's sends: else they would be what is measured.

Each is a bare socket; one `select` tells which have something, and answers are counted in the raw
bytes. A thousand of them take a hundred messages a second on a part of one core.
"""

import selectors
import socket
import time
from typing import Self

from load import frame

MESSAGE = b'"type":"message"'
_READ_BYTES = 64 * 1024
_EVENTS_A_TURN = 64


class Receiver:
    """One WebSocket client, and how many messages it has seen."""

    def __init__(self, port: int, name: str, path: str) -> None:
        self.messages = 0
        self.tail = b""
        """The end of what was read, in which a message may have begun."""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(
            f"GET {path}?username={name} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        head = self.socket.recv(_READ_BYTES)
        if b" 101 " not in head:
            raise ConnectionError(head.decode(errors="replace"))
        self.send(b'{"action":"hello","v":1}')
        self.socket.settimeout(0)

    def send(self, text: bytes) -> None:
        self.socket.sendall(frame(text))


class Receivers:
    """Many receivers and one sender, and how long each message took to each of them."""

    def __init__(self, port: int, count: int, path: str) -> None:
        self.sent: list[float] = []
        self.seconds: list[float] = []
        self._selector = selectors.DefaultSelector()
        self._all = [Receiver(port, f"guest-{n}", path) for n in range(count)]
        self.speaker = Receiver(port, "speaker", path)
        for receiver in (*self._all, self.speaker):
            self._selector.register(receiver.socket, selectors.EVENT_READ, receiver)
        self.read_for(1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for receiver in (*self._all, self.speaker):
            receiver.socket.close()

    def send(self, text: bytes) -> None:
        self.sent.append(time.perf_counter())
        self.speaker.send(text)

    def read_for(self, seconds: float) -> None:
        """Read what arrives until then."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for key, _ in self._selector.select(left)[:_EVENTS_A_TURN]:
                self._read(key.data)

    def read_all(self, seconds: float) -> None:
        """Read until each receiver has each message that was sent; raise if one is missing then."""
        expected, end = len(self.sent) * len(self._all), time.perf_counter() + seconds
        while len(self.seconds) < expected and time.perf_counter() < end:
            self.read_for(0.1)
        if len(self.seconds) != expected:
            message = f"{len(self.seconds)} of {expected} messages arrived"
            raise ConnectionError(message)

    def _read(self, receiver: Receiver) -> None:
        data = receiver.socket.recv(_READ_BYTES)
        if not data:
            message = "a receiver was closed"
            raise ConnectionError(message)
        if receiver is self.speaker:
            return
        now = time.perf_counter()
        data = receiver.tail + data
        receiver.tail = data[1 - len(MESSAGE) :]
        for _ in range(data.count(MESSAGE)):
            self.seconds.append(now - self.sent[receiver.messages])
            receiver.messages += 1
