"""One connection with plain HTTP, from its first whole head until it ends or is upgraded."""

import asyncio
from typing import cast

from localgateway.net.lingering import AnsweringTransport
from localgateway.net.plain_http import HttpProtocol
from localgateway.net.sockets import Hub
from localgateway.platform.closing import close_when_sent


class CountedHttp(asyncio.Protocol):
    """Passes events on to aiohttp, on a connection that the server counts."""

    _seen: AnsweringTransport

    def __init__(self, hub: Hub, http: HttpProtocol) -> None:
        self._hub = hub
        self._http = http
        self._transport: asyncio.Transport
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass it on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen = AnsweringTransport(self._hub, transport)
        self._http.connection_made(cast("asyncio.Transport", self._seen))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection, and pass it on."""
        self._stop_timer()
        self._hub.transports.discard(self._transport)
        self._hub.http_connections.leave(self._transport)
        self._http.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._hub.http_connections.asked(self._transport, self._http)
        self._http.data_received(data)

    def eof_received(self) -> bool:
        """Return whether the connection stays open: until what was asked is answered."""
        if self._http.is_idle():
            close_when_sent(self._transport, self._hub.limits.linger_seconds)
            return False
        self._seen.has_client_ended = True
        self._http.end_after_answers()
        return True

    def pause_writing(self) -> None:
        """Pass it on, and start a timeout for a client that does not read."""
        loop = asyncio.get_running_loop()
        self._stuck = loop.call_later(self._hub.limits.ping_timeout_seconds, self._transport.abort)
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on, and stop the timeout: the client reads."""
        self._stop_timer()
        self._http.resume_writing()

    def _stop_timer(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
