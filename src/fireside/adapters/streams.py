"""Many posts at once over one connection that speaks HTTP/2.

One TLS handshake serves all, headers that come again are sent as a byte, and what is to be sent
at a time goes in one piece: a post costs about half of what it does over HTTP/1.1. Each has its own
deadline all the same; one that hangs is cancelled, and holds nobody.
"""

import contextlib
import errno
import itertools
import logging
import math
import os
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from fireside.adapters.hpack import Field
from fireside.adapters.http2 import PROTOCOL, Ended, ProtocolError, Session
from fireside.adapters.pool import KEEP_SECONDS
from fireside.adapters.posting import UNSENT, Status

log = logging.getLogger(__name__)

MOST_AT_ONCE = 100
"""Posts under way: as many as the connections of a pool, so that a server is not crowded more."""

_TRIES = 3
"""Connections, and exchanges, in a row that bring no answer. Servers end one now and then."""

_TRUSTED_SECONDS = 1
"""A connection that was used so lately is still there. Any other is asked, which takes a round
trip: what was posted on one that is gone may have been read, and can't be posted again."""

ANSWER_SECONDS = 0.25
"""For the other side to say that it is there, which takes it a millisecond."""

_PIECE = 64 * 1024


class NotSpoken(Exception):  # noqa: N818 - it says what is so
    """The server does not speak HTTP/2; the text says how one knows."""


_Where = Any
"""Where a socket connects to: of a form that depends on its family."""


Post = tuple[bytes, Iterable[Field], bytes]
"""Path, fields and authorization, as `Session.post` takes them."""


class Streams:
    """A connection to one server. It outlives an exchange; use it from one thread at a time."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext) -> None:
        """Name the server; nothing is opened yet.

        Args:
            host: Name or address.
            port: TCP port.
            tls: How to verify the server. It must offer HTTP/2.
        """
        self._host, self._port, self._tls = host, port, tls
        self._line: _Line | None = None
        self._idle_since = 0.0  # by the wall's clock: the other one may stand still when frozen
        self._is_spoken = True
        self._fruitless = 0  # exchanges on end without a single status

    def exchange(
        self,
        count: int,
        write: Callable[[int], Post],
        body: bytes,
        *,
        seconds: float,
        until: float = math.inf,
    ) -> list[Status]:
        """Post the same body many times and return what was answered.

        Args:
            count: How many posts.
            write: Gives one, right before it is sent.
            body: What is posted.
            seconds: For each post, from its turn to the end of its answer.
            until: Of `time.monotonic()`: then all of it ends.

        Raises:
            NotSpoken: The server does not speak HTTP/2, or not in a way that leads to answers;
                nothing was sent.
        """
        if not self._is_spoken:
            raise NotSpoken("HTTP/2 brought no answer")
        exchange, in_vain = _Exchange(count, write, body, seconds, until), 0
        while exchange.is_due() and in_vain < _TRIES:
            before = exchange.answered
            try:
                self._carry(exchange, min(until, time.monotonic() + seconds))
            except socket.gaierror:
                break
            except NotSpoken:
                self._is_spoken = False
                if exchange.has_begun:
                    break
                raise
            except (OSError, EOFError) as cause:
                log.info("a connection over HTTP/2 ended: %s", str(cause) or type(cause).__name__)
            in_vain = 0 if exchange.answered > before else in_vain + 1
        if exchange.answered:
            self._fruitless = 0
        elif in_vain:
            self._fruitless += 1
        self._is_spoken = self._is_spoken and self._fruitless < _TRIES
        return exchange.statuses

    def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _carry(self, exchange: "_Exchange", until: float) -> None:
        """Post what is left over the connection that is open, or one that is by then."""
        line = self._take(until)
        try:
            exchange.run(line)
            if not line.session.is_closing:
                self._line, self._idle_since = line, time.time()
        except ProtocolError as cause:
            self._is_spoken = False
            raise OSError(errno.EPROTO, str(cause)) from cause
        finally:
            if line is not self._line:
                line.close()
                exchange.lose()

    def _take(self, until: float) -> "_Line":
        """Take the connection that is open, if it is still there, or open one."""
        line, self._line = self._line, None
        if line is None:
            return self._open(until)
        idle = time.time() - self._idle_since
        if idle <= KEEP_SECONDS and line.is_alive(until, ask=idle >= _TRUSTED_SECONDS):
            return line
        line.close()
        return self._open(until)

    def _open(self, until: float) -> "_Line":
        """Open a connection, to the first of the server's addresses that answers.

        Raises:
            NotSpoken: The server does not speak HTTP/2.
            EOFError: It hung up.
            OSError: There is no way to it in time.
        """
        addresses = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        problem: Exception = OSError(errno.EADDRNOTAVAIL, "that name has no address")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            now = time.monotonic()
            try:
                return self._open_to(address[0], address[4], now + (until - now) / left)
            except (OSError, EOFError) as cause:
                problem = cause
            except ProtocolError as cause:
                raise NotSpoken(f"what came was no HTTP/2: {cause}") from cause
        raise problem

    def _open_to(self, family: int, where: "_Where", until: float) -> "_Line":
        line = _Line(family)
        try:
            line.open(where, self._tls, self._host, until)
        except BaseException:
            line.close()
            raise
        return line


class _Line:
    """One connection, and the session on it."""

    def __init__(self, family: int) -> None:
        """Take a socket; `open` leads it somewhere."""
        self.session = Session()
        self.has_heard = False
        """Something came since this was last set."""

        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._unsent = b""
        self._awaits = selectors.EVENT_READ
        self._selector = selectors.DefaultSelector()
        self._descriptor = self._socket.fileno()  # stays the same when TLS takes it over
        self._selector.register(self._descriptor, self._awaits)

    def open(self, where: _Where, tls: ssl.SSLContext, host: str, until: float) -> None:
        """Connect, up to where posts may begin.

        Raises:
            NotSpoken: The server does not speak HTTP/2.
            OSError: There is no way to it in time.
        """
        self._connect(where, until)
        secured = tls.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket = secured
        self._shake_hands(secured, until)
        if secured.selected_alpn_protocol() != PROTOCOL:
            raise NotSpoken("the handshake did not choose HTTP/2")
        self.flush()
        while not self.session.is_ready:
            self._wait(selectors.EVENT_READ, until)
            self.receive([])

    def close(self) -> None:
        """Close it."""
        self._selector.close()
        self._socket.close()

    def is_alive(self, until: float, *, ask: bool) -> bool:
        """Take what came while nobody looked, and ask; tell whether posts may begin."""
        until = min(until, time.monotonic() + ANSWER_SECONDS)
        try:
            self.receive([])
            if ask:
                self.session.ask()
            self.flush()
            while self.session.is_asked:
                self._wait(selectors.EVENT_READ, until)
                self.receive([])
        except (OSError, EOFError, ProtocolError):
            return False
        return not self.session.is_closing

    def receive(self, ended: list[Ended]) -> None:
        """Take what has come, without waiting, and add to `ended` what has ended with it.

        Raises:
            OSError: The connection broke.
            EOFError: The other side ended it.
            ProtocolError: The other side does not keep to the protocol.
        """
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while True:
                piece = self._socket.recv(_PIECE)
                if not piece:
                    raise EOFError
                self.has_heard = True
                self.session.receive(piece, ended)

    def flush(self) -> None:
        """Send what there is to send, as far as that goes without waiting."""
        session = self.session
        if session.out:
            self._unsent += b"".join(session.out)
            session.out.clear()
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]

    def wait(self, until: float) -> None:
        """Wait until something came, or there is room for what is still to be sent."""
        self._watch(selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0))
        self._selector.select(max(0.0, until - time.monotonic()))

    def _connect(self, where: _Where, until: float) -> None:
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BlockingIOError):
            self._socket.connect(where)
        self._wait(selectors.EVENT_WRITE, until)
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def _shake_hands(self, secured: ssl.SSLSocket, until: float) -> None:
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                self._wait(selectors.EVENT_READ, until)
            except ssl.SSLWantWriteError:
                self._wait(selectors.EVENT_WRITE, until)
            else:
                return

    def _wait(self, awaits: int, until: float) -> None:
        """Wait for the socket.

        Raises:
            TimeoutError: The time is up.
        """
        self._watch(awaits)
        if not self._selector.select(max(0.0, until - time.monotonic())):
            raise TimeoutError

    def _watch(self, awaits: int) -> None:
        if awaits != self._awaits:
            self._selector.modify(self._descriptor, awaits)
            self._awaits = awaits


class _Exchange:
    """Posts, and what has become of them."""

    def __init__(
        self,
        count: int,
        write: Callable[[int], Post],
        body: bytes,
        seconds: float,
        until: float,
    ) -> None:
        self.statuses: list[Status] = [UNSENT] * count
        self.answered = 0
        self.has_begun = False
        self._left = deque(range(count))
        self._write, self._body, self._seconds, self._until = write, body, seconds, until
        self._under_way: dict[int, tuple[int, float]] = {}
        """By stream: which post, and its deadline. The earliest first: all have the same time."""

        self._repeated: set[int] = set()

    def is_due(self) -> bool:
        """Tell whether there is something to post, and time for it."""
        return bool(self._left) and time.monotonic() < self._until

    def run(self, line: _Line) -> None:
        """Post all that is left, or as much as this connection takes.

        When a post has had its time, the other side is asked whether it is there at all: else
        all that follows would wait in vain for a connection that died without a word.

        Raises:
            OSError: The connection broke, or is dead.
            EOFError: The other side ended it.
            ProtocolError: The other side does not keep to the protocol.
        """
        session, asked_until = line.session, math.inf
        while True:
            self._feed(session)
            line.flush()
            if not self._under_way and not (session.is_asked and self.is_due()):
                return
            line.wait(min(self._earliest(), asked_until, self._until))
            ended: list[Ended] = []
            try:
                line.receive(ended)
            finally:  # an answer counts, whatever came after it
                self._note(ended, session)
            if line.has_heard:  # whatever it is: the other side is there
                session.is_asked, asked_until = False, math.inf
            if time.monotonic() >= asked_until:
                raise TimeoutError("it says nothing any more")
            if self._expire(session) and not session.is_asked:
                session.ask()
                line.has_heard, asked_until = False, time.monotonic() + ANSWER_SECONDS

    def lose(self) -> None:
        """Give up what is under way, as its connection is no more: it may have been delivered."""
        self._under_way.clear()

    def _feed(self, session: Session) -> None:
        """Begin posts as long as there is room for them."""
        under_way = self._under_way
        while self._left and session.has_room and len(under_way) < MOST_AT_ONCE:
            now = time.monotonic()
            if now >= self._until:
                return
            index = self._left.popleft()
            path, fields, authorization = self._write(index)
            stream = session.post(path, fields, authorization, self._body)
            under_way[stream] = (index, min(now + self._seconds, self._until))
            self.statuses[index] = None
            self.has_begun = True

    def _note(self, ended: list[Ended], session: Session) -> None:
        """Keep what was answered, and put back what was not read."""
        for stream, status, is_unread in ended:
            index, _ = self._under_way.pop(stream)
            self.statuses[index] = status
            self.answered += status is not None
            if not is_unread:
                continue
            if session.is_closing:
                self._put_back(index)
            else:
                self._again(index)

    def _again(self, index: int) -> None:
        """Post what nobody read once more, and not a third time."""
        if index in self._repeated:
            self.statuses[index] = UNSENT
        else:
            self._repeated.add(index)
            self._put_back(index)

    def _put_back(self, index: int) -> None:
        self.statuses[index] = UNSENT
        self._left.append(index)

    def _earliest(self) -> float:
        """Tell when the next post will have had its time."""
        return next((deadline for _, deadline in self._under_way.values()), math.inf)

    def _expire(self, session: Session) -> bool:
        """Cancel what has had its time; tell whether anything had."""
        now = time.monotonic()
        entries = self._under_way.items()
        late = list(itertools.takewhile(lambda entry: entry[1][1] <= now, entries))
        for stream, (index, _) in late:
            del self._under_way[stream]
            self.statuses[index] = session.cancel(stream)
        return bool(late)
