"""Keep-alive connections to one HTTP server, for many small requests at once from one thread.

Requests are carried over about as many connections as the square root of their number. Each
has its own deadline, so that one that hangs takes its own connection out and nothing else.
"""

import collections
import contextlib
import errno
import functools
import math
import os
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from fireside.adapters.http.http1 import Answer, is_last, parse

MOST_CONNECTIONS = 100

_WIDTH = 2.4
"""Connections per root of requests. A TLS handshake costs as much as 30 posts, so the best
number is the root of (requests, 10 ms each, 0.29 of a CPU, over 0.5 ms a handshake)."""

KEEP_SECONDS = 50
"""For a connection without work. How long AWS keeps its end is not documented; one that it forgot
while a function was frozen may swallow a request without a word, and nobody may repeat a post."""

_PIECE = 64 * 1024


class Pool:
    """Connections to one server. They outlive an exchange; use it from one thread at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        """Name the server; nothing is opened yet.

        Args:
            host: Name or address.
            port: TCP port.
            tls: How to verify the server, for HTTPS; plain HTTP without.
            most: Connections at the same time.
        """
        self._host, self._port, self._tls, self._most = host, port, tls, most
        self._idle: dict[_Line, float] = {}
        """Since when, by the wall's clock: the other one may stand still in a frozen function."""
        self._selector = selectors.DefaultSelector()
        self._addresses: collections.deque[_Address] | None = None

    def exchange(
        self,
        count: int,
        write: Callable[[int], bytes],
        *,
        seconds: float,
        until: float = math.inf,
    ) -> list[Answer | None]:
        """Send requests and return the answers, None where there is none in time.

        Args:
            count: How many requests.
            write: Gives the bytes of one, right before they are sent: what was not written by
                the end was not sent.
            seconds: For each request, from its turn to the end of its answer.
            until: Of `time.monotonic()`: then all of it ends.
        """
        self._addresses = None
        self._drop_ended()
        exchange = _Exchange(self, count, write, seconds, until)
        try:
            exchange.run(self._selector, min(count, self._most, _width(count)))
        finally:
            exchange.abandon()
        return exchange.answers

    def close(self) -> None:
        """Close all connections."""
        for line in list(self._idle):
            self.drop(line)
        self._selector.close()

    def _drop_ended(self) -> None:
        """Close what was ended from the other side while we were idle, or frozen, or may have been.

        A request on it would come too late, or worse: be read, with no way back for the answer.
        """
        for key, _ in self._selector.select(0):
            self.drop(key.data)
        oldest = time.time() - KEEP_SECONDS
        for line in [line for line, since in self._idle.items() if since < oldest]:
            self.drop(line)

    # --- for the exchange under way ---

    def take(self) -> "_Line | None":
        """Take a connection that is open and waits for work; the one used last is the warmest."""
        return self._idle.popitem()[0] if self._idle else None

    def keep(self, line: "_Line") -> None:
        """Take back a connection that may be used again."""
        self._idle[line] = time.time()

    def open(self) -> "_Line":
        """Begin to connect, each time to the next of the server's addresses.

        Raises:
            OSError: There is no such name, or no way to any of them.
        """
        if self._addresses is None:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = collections.deque((entry[0], entry[4]) for entry in found)
        wrap = None
        if self._tls is not None:
            wrap = functools.partial(
                self._tls.wrap_socket, server_hostname=self._host, do_handshake_on_connect=False
            )
        line = self._begin(self._addresses, wrap)
        self._selector.register(line.descriptor, line.awaits, line)
        return line

    def _begin(self, addresses: "collections.deque[_Address]", wrap: "_Wrap | None") -> "_Line":
        """Begin with the next address. One without a route, as of IPv6 at home, says so at once."""
        for left in reversed(range(len(addresses))):
            addresses.rotate(-1)
            try:
                return _Line(addresses[-1], wrap)
            except OSError:
                if not left:
                    raise
        raise OSError(errno.EADDRNOTAVAIL, "that name has no address")

    def watch(self, line: "_Line") -> None:
        """Wait for what a connection now waits for."""
        self._selector.modify(line.descriptor, line.awaits, line)

    def drop(self, line: "_Line") -> None:
        """Close a connection."""
        self._idle.pop(line, None)
        self._selector.unregister(line.descriptor)
        line.socket.close()


class _Exchange:
    """Many requests, each on a connection for a while."""

    def __init__(
        self,
        pool: Pool,
        count: int,
        write: Callable[[int], bytes],
        seconds: float,
        until: float,
    ) -> None:
        self.answers: list[Answer | None] = [None] * count
        self._pool, self._write, self._seconds, self._until = pool, write, seconds, until
        self._left = iter(range(count))
        self._busy: dict[_Line, float] = {}
        """Deadlines, the earliest first: all requests have the same time."""

    def run(self, selector: selectors.BaseSelector, width: int) -> None:
        """Carry all requests, `width` at a time."""
        for _ in range(width):
            self._feed(self._pool.take())
        while self._busy:
            earliest = next(iter(self._busy.values()))
            for key, _ in selector.select(max(0.0, earliest - time.monotonic())):
                line: _Line = key.data
                if line in self._busy:
                    self._go_on(line)
                else:
                    self._pool.drop(line)  # it was idle: all that can have come is the end
            self._expire()

    def abandon(self) -> None:
        """Close what is still under way; nothing is, unless something broke."""
        for line in self._busy:
            self._pool.drop(line)

    def _feed(self, line: "_Line | None") -> None:
        """Give the next request to a connection, to a new one if there is none."""
        while time.monotonic() < self._until and (index := next(self._left, None)) is not None:
            if self._carry(index, line, repeated=False):
                return
            line = None
        if line is not None:
            self._pool.keep(line)

    def _carry(self, index: int, line: "_Line | None", *, repeated: bool) -> bool:
        """Put a request on a connection; tell whether it is under way."""
        try:
            line = line or self._pool.open()
        except OSError:
            return False
        self._busy[line] = min(time.monotonic() + self._seconds, self._until)
        line.begin(index, self._write, repeated=repeated)
        if line.is_open:
            self._go_on(line)
        return True

    def _go_on(self, line: "_Line") -> None:
        """Let a connection go on, and give it the next request when it has its answer."""
        awaited = line.awaits
        try:
            answer = line.advance()
        except (OSError, EOFError, ValueError):
            self._broke(line)
            return
        if line.awaits != awaited:
            self._pool.watch(line)
        if answer is not None:
            del self._busy[line]
            self.answers[line.index] = answer
            if not line.is_reusable:
                self._pool.drop(line)
            self._feed(line if line.is_reusable else None)

    def _broke(self, line: "_Line") -> None:
        """Give up a connection; what nobody can have read is sent once more on a new one."""
        del self._busy[line]
        self._pool.drop(line)
        if not (line.may_repeat and self._carry(line.index, None, repeated=True)):
            self._feed(None)

    def _expire(self) -> None:
        """Cut off what has had its time."""
        now = time.monotonic()
        while self._busy:
            line, deadline = next(iter(self._busy.items()))
            if deadline > now:
                return
            del self._busy[line]
            self._pool.drop(line)
            self._feed(None)


_Address = tuple[int, Any]
_Wrap = Callable[[socket.socket], ssl.SSLSocket]


class _Line:
    """One connection, and the request that is under way on it."""

    def __init__(self, address: _Address, wrap: _Wrap | None) -> None:
        family, where = address
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.descriptor = self.socket.fileno()  # stays the same when TLS takes it over
        self.awaits = selectors.EVENT_WRITE
        self.is_open = False
        self.is_reusable = True
        self.index = -1
        self._wrap = wrap
        self._read: Callable[[int], bytes] = self.socket.recv
        self._is_connected = False
        self._is_sent = False
        self._is_used = False
        self._has_ended = False
        self._repeated = False
        self._write: Callable[[int], bytes] | None = None
        self._unsent = b""
        self._received = bytearray()
        try:
            self.socket.settimeout(0)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                self.socket.connect(where)
        except OSError:
            self.socket.close()
            raise

    @property
    def may_repeat(self) -> bool:
        """Tell whether nobody can have read the request.

        So it is where the connection never opened, and where a kept one was reset: the other
        side had forgotten it. Whoever reads a request and then stops ends the connection instead.
        """
        is_forgotten = self._is_used and not self._received and not self._has_ended
        return (not self.is_open or is_forgotten) and not self._repeated

    def begin(self, index: int, write: Callable[[int], bytes], *, repeated: bool) -> None:
        """Note a request; `advance` sends it."""
        self.index, self._write, self._repeated = index, write, repeated
        self._is_sent = False
        self._received.clear()

    def advance(self) -> Answer | None:
        """Go on as far as it goes without waiting; return the answer when it is complete.

        Raises:
            OSError: The connection broke.
            EOFError: The other side ended it.
            ValueError: What came is no answer.
        """
        try:
            if self._is_sent:
                return self._receive()
            if not self.is_open:
                self._open()
            self._send()
        except ssl.SSLWantReadError:
            self.awaits = selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            self.awaits = selectors.EVENT_WRITE
        except BlockingIOError:
            pass  # it awaits what it tried
        return None

    def _open(self) -> None:
        """Finish connecting, then the TLS handshake."""
        if not self._is_connected:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self._is_connected = True
            if self._wrap is not None:
                self.socket = self._wrap(self.socket)
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.do_handshake()
            self._read = self.socket.read
        self.is_open = True

    def _send(self) -> None:
        """Write the request, if it is time, and send what is left of it."""
        if self._write is not None:
            self._unsent, self._write = self._write(self.index), None
        self.awaits = selectors.EVENT_WRITE
        self._unsent = self._unsent[self.socket.send(self._unsent) :]
        if not self._unsent:
            self._is_sent, self.awaits = True, selectors.EVENT_READ

    def _receive(self) -> Answer | None:
        while True:
            piece = self._read(_PIECE)
            if not piece:
                self._has_ended = _has_peer(self.socket)
                raise EOFError
            self._received += piece
            answer, end = parse(self._received)
            if answer is not None:
                self._is_used = True
                self.is_reusable = not is_last(answer) and end == len(self._received)
                return answer


def _has_peer(ended: socket.socket) -> bool:
    """Tell an end from a reset, which TLS shows as an end in Python before 3.12.3."""
    try:
        ended.getpeername()
    except OSError:
        return False
    return True


def _width(count: int) -> int:
    """Say how many connections are worth their handshakes."""
    return math.ceil(_WIDTH * math.sqrt(count))
