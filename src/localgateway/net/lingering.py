"""Answers that end a connection, and that reach a client which is still sending.

To close over bytes that nothing has read resets a connection, and the reset can overtake the
answer. So what the client still sends is read and dropped, within limits, until it closes too.
"""

import asyncio
import contextlib
import json
import logging
from http import HTTPStatus
from typing import Any, Protocol

from localgateway.machine.limits import Limits
from localgateway.net.http_connections import HttpConnections
from localgateway.platform.closing import close_at_once, close_when_sent

log = logging.getLogger(__name__)

MOST_LINGERING = 64
"""Connections that wait for their clients to read an answer; further ones are closed at once."""


class Hub(Protocol):
    """The part of the server that is needed."""

    limits: Limits
    transports: set[asyncio.BaseTransport]
    lingering: set[asyncio.BaseTransport]
    http_connections: HttpConnections


def http_answer(status: int, message: str) -> bytes:
    """Return a whole HTTP response that ends the connection, with AWS's JSON body."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Refused"
    body = json.dumps({"message": message}).encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def refuse(hub: Hub, transport: asyncio.Transport, status: int, message: str) -> None:
    """Answer with an HTTP error, and close when the client could read it."""
    transport.write(http_answer(status, message))
    close_when_read(hub, transport)


def close_when_read(hub: Hub, transport: asyncio.Transport) -> None:
    """Close a connection to which its last answer was written."""
    if transport.is_closing() or transport in hub.lingering:
        return
    hub.transports.discard(transport)
    hub.http_connections.leave(transport)
    if len(hub.lingering) >= MOST_LINGERING:
        close_at_once(transport)
        return
    hub.lingering.add(transport)
    transport.set_protocol(_Lingering(hub, transport))
    with contextlib.suppress(OSError):  # the client has reset the connection
        transport.write_eof()
    transport.resume_reading()


class AnsweringTransport:
    """The transport as aiohttp sees it: the client can read an answer after which it closes."""

    has_client_ended = False
    """Whether the client closes first, so that nothing is left to read."""

    def __init__(self, hub: Hub, transport: asyncio.Transport) -> None:
        self.wrapped = transport
        self._hub = hub

    def close(self) -> None:
        if self.has_client_ended:
            close_when_sent(self.wrapped, self._hub.limits.linger_seconds)
        else:
            close_when_read(self._hub, self.wrapped)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        return getattr(self.wrapped, name)


class _Lingering(asyncio.Protocol):
    """Drops what arrives, until the client closes, sends too much, or takes too long."""

    def __init__(self, hub: Hub, transport: asyncio.Transport) -> None:
        self._hub = hub
        self._transport = transport
        previous = transport.get_protocol()
        assert isinstance(previous, asyncio.Protocol)
        self._previous = previous
        self._bytes_left = hub.limits.linger_bytes
        self._unsent = 0
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._previous.pause_writing()

    def resume_writing(self) -> None:
        self._previous.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, also where it was before."""
        self._timer.cancel()
        self._hub.lingering.discard(self._transport)
        self._previous.connection_lost(exc)

    def _wait(self) -> None:
        self._unsent = self._transport.get_write_buffer_size()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._hub.limits.linger_seconds, self._timed_out)

    def _timed_out(self) -> None:
        """Cut the connection, unless the answer itself is still on its way."""
        if self._transport.get_write_buffer_size() < self._unsent:
            self._wait()
        else:
            self._transport.abort()
