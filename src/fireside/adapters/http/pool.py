"""Keep-alive connections to one HTTP server, for many small requests at once from one thread.

The number of connections is about the square root of the number of requests. Each request has
its own deadline, so one that hangs costs its own connection and delays no other request.
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

_CONNECTIONS_PER_ROOT = 2.4
"""Connections for n requests: this factor times the root of n. A TLS handshake costs as much CPU
time as 30 posts. With n requests of 10 ms each on 0.29 of a CPU and 0.5 ms of CPU time for each
handshake, the fastest number of connections is sqrt(n * 10 * 0.29 / 0.5), or 2.4 * sqrt(n)."""

KEEP_SECONDS = 50
"""Seconds after which an idle connection is closed. AWS does not document its own timeout. On a
connection that AWS dropped while the function was frozen, a post may get lost without an error,
and a post must not be repeated."""

_PIECE = 64 * 1024


class Pool:
    """Connections to one server, kept open between exchanges. Use it from one thread at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        """Store the settings; the first exchange opens connections.

        Args:
            host: Name or address.
            port: TCP port.
            tls: TLS context for HTTPS; None for plain HTTP.
            most: The most connections at the same time.
        """
        self._host, self._port, self._tls, self._most = host, port, tls, most
        self._idle: dict[_Connection, float] = {}
        """Idle since, in wall clock time: the monotonic clock may stop in a frozen function."""
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
        """Send requests and return their answers, None for each that did not come in time.

        Args:
            count: Number of requests.
            write: Returns the bytes of a request. It is called right before they are sent, so a
                request for which it was not called was not sent.
            seconds: Timeout of one request, from its start to the end of its answer.
            until: Deadline of all requests, as a value of `time.monotonic()`.
        """
        self._addresses = None
        self._drop_ended()
        exchange = _Exchange(self, count, write, seconds, until)
        try:
            exchange.run(self._selector, min(count, self._most, _connections_for(count)))
        finally:
            exchange.abandon()
        return exchange.answers

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._idle):
            self.drop(connection)
        self._selector.close()

    def _drop_ended(self) -> None:
        """Close connections that the server closed, or may have closed, while they were idle.

        A request on one would fail, or worse: be read, while its answer can't come back.
        """
        for key, _ in self._selector.select(0):
            self.drop(key.data)
        oldest = time.time() - KEEP_SECONDS
        for connection in [one for one, since in self._idle.items() if since < oldest]:
            self.drop(connection)

    # --- for the exchange under way ---

    def take(self) -> "_Connection | None":
        """Return an idle connection, the one used last, or None."""
        return self._idle.popitem()[0] if self._idle else None

    def keep(self, connection: "_Connection") -> None:
        """Store a connection as idle."""
        self._idle[connection] = time.time()

    def open(self) -> "_Connection":
        """Return a new connection that begins to connect to the server's next address.

        Raises:
            OSError: The name has no address, or none has a route.
        """
        if self._addresses is None:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = collections.deque((entry[0], entry[4]) for entry in found)
        wrap = None
        if self._tls is not None:
            wrap = functools.partial(
                self._tls.wrap_socket, server_hostname=self._host, do_handshake_on_connect=False
            )
        connection = self._connect(self._addresses, wrap)
        self._selector.register(connection.descriptor, connection.awaits, connection)
        return connection

    def _connect(
        self, addresses: "collections.deque[_Address]", wrap: "_Wrap | None"
    ) -> "_Connection":
        """Connect to the next address; skip those without a route (often IPv6)."""
        for left in reversed(range(len(addresses))):
            addresses.rotate(-1)
            try:
                return _Connection(addresses[-1], wrap)
            except OSError:
                if not left:
                    raise
        raise OSError(errno.EADDRNOTAVAIL, "that name has no address")

    def watch(self, connection: "_Connection") -> None:
        """Register with the selector what a connection waits for now."""
        self._selector.modify(connection.descriptor, connection.awaits, connection)

    def drop(self, connection: "_Connection") -> None:
        """Close a connection."""
        self._idle.pop(connection, None)
        self._selector.unregister(connection.descriptor)
        connection.socket.close()


class _Exchange:
    """Requests that share connections: each connection has one request at a time."""

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
        self._busy: dict[_Connection, float] = {}
        """Deadlines of the current requests, earliest first, as all have the same timeout."""

    def run(self, selector: selectors.BaseSelector, connections: int) -> None:
        """Do all requests, over up to `connections` connections."""
        for _ in range(connections):
            self._start_next(self._pool.take())
        while self._busy:
            earliest, now = next(iter(self._busy.values())), time.monotonic()
            for key, _ in selector.select(max(0.0, earliest - now)):
                connection: _Connection = key.data
                if connection in self._busy:
                    self._continue(connection)
                else:
                    self._pool.drop(connection)  # readable while idle: the server closed it
            self._expire(now)

    def abandon(self) -> None:
        """Close connections with a request; there are some only after an exception."""
        for connection in self._busy:
            self._pool.drop(connection)

    def _start_next(self, connection: "_Connection | None") -> None:
        """Start the next request on a connection, or on a new one if that is None."""
        while time.monotonic() < self._until and (index := next(self._left, None)) is not None:
            if self._start(index, connection, repeated=False):
                return
            connection = None
        if connection is not None:
            self._pool.keep(connection)

    def _start(self, index: int, connection: "_Connection | None", *, repeated: bool) -> bool:
        """Start a request on a connection; return False if a new one can't be opened."""
        try:
            connection = connection or self._pool.open()
        except OSError:
            return False
        self._busy[connection] = min(time.monotonic() + self._seconds, self._until)
        connection.begin(index, self._write, repeated=repeated)
        if connection.is_open:
            self._continue(connection)
        return True

    def _continue(self, connection: "_Connection") -> None:
        """Continue a request, and start the next one when it has its answer."""
        awaited = connection.awaits
        try:
            answer = connection.advance()
        except (OSError, EOFError, ValueError):
            self._fail(connection)
            return
        if connection.awaits != awaited:
            self._pool.watch(connection)
        if answer is not None:
            del self._busy[connection]
            self.answers[connection.index] = answer
            if not connection.is_reusable:
                self._pool.drop(connection)
            self._start_next(connection if connection.is_reusable else None)

    def _fail(self, connection: "_Connection") -> None:
        """Close a connection; repeat its request once if the server can't have read it."""
        del self._busy[connection]
        self._pool.drop(connection)
        if not (connection.may_repeat and self._start(connection.index, None, repeated=True)):
            self._start_next(None)

    def _expire(self, now: float) -> None:
        """Close connections whose request was past its deadline before the last look at them.

        So an answer that was there in time counts, also if this process was stopped meanwhile.
        """
        while self._busy:
            connection, deadline = next(iter(self._busy.items()))
            if deadline > now:
                return
            del self._busy[connection]
            self._pool.drop(connection)
            self._start_next(None)


_Address = tuple[int, Any]
_Wrap = Callable[[socket.socket], ssl.SSLSocket]


class _Connection:
    """One connection and its current request."""

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
        """Return whether the server can't have read the request.

        That is so if the connection never opened, or if a kept one was reset: then the server had
        closed it before. A server that reads a request and then stops closes the connection with
        an end instead of a reset.
        """
        is_forgotten = self._is_used and not self._received and not self._has_ended
        return (not self.is_open or is_forgotten) and not self._repeated

    def begin(self, index: int, write: Callable[[int], bytes], *, repeated: bool) -> None:
        """Set the current request; `advance` sends it."""
        self.index, self._write, self._repeated = index, write, repeated
        self._is_sent = False
        self._received.clear()

    def advance(self) -> Answer | None:
        """Do all that is possible without waiting; return the answer once it is complete.

        Raises:
            OSError: The connection failed.
            EOFError: The server closed it.
            ValueError: The data is not an HTTP answer.
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
            pass  # `awaits` is set already to what was tried
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
        """Write the request, if not done yet, and send its remaining bytes."""
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
    """Return False if an end was a reset, which TLS shows as an end in Python before 3.12.3."""
    try:
        ended.getpeername()
    except OSError:
        return False
    return True


def _connections_for(count: int) -> int:
    """Return the number of connections that is fastest for so many requests."""
    return math.ceil(_CONNECTIONS_PER_ROOT * math.sqrt(count))
