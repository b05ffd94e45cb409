"""What the server sends: the frames of one turn of the loop leave in one write per connection."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from localgateway.dev.faults import Faults, FaultyDelivery
from localgateway.machine.metering import Meter
from localgateway.net.sockets import Socket, encode_frame

log = logging.getLogger(__name__)


class Outgoing:
    """Text frames on their way to connections."""

    _loop: asyncio.AbstractEventLoop

    def __init__(
        self, sockets: Mapping[str, Socket], meter: Meter | None, faults: Faults | None
    ) -> None:
        self._sockets = sockets
        self._meter = meter
        self._faults = faults
        self._delivery: FaultyDelivery | None = None
        self._unflushed: list[Socket] = []
        self._flushing = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send on this loop."""
        self._loop = loop
        if self._faults is not None:
            self._delivery = FaultyDelivery(self._faults, loop, self._queue_one)

    def broadcast(self, connection_ids: Iterable[str], data: bytes) -> None:
        """Send the same text frame to several connections."""
        frame = encode_frame(data)
        if self._meter is not None:
            connection_ids = list(connection_ids)
            for _ in connection_ids:
                self._meter.count_sent(len(data))
        if self._delivery is None:
            self._queue(connection_ids, frame)
            return
        for connection_id in connection_ids:
            self._delivery.send(connection_id, frame)

    def reply(self, connection_id: str, data: bytes) -> None:
        """Send a text frame to one connection, whatever the faults are."""
        if self._meter is not None:
            self._meter.count_sent(len(data))
        self._queue((connection_id,), encode_frame(data))

    def flush(self) -> None:
        """Write what was queued, one write per connection."""
        self._flushing = False
        unflushed, self._unflushed = self._unflushed, []
        now = self._loop.time()
        for socket in unflushed:
            try:
                socket.flush(now)
            except Exception:  # one broken connection must not delay the others
                log.exception("a connection broke", extra={"connection": socket.connection_id})
                socket.abort()

    def _queue_one(self, connection_id: str, frame: bytes) -> None:
        self._queue((connection_id,), frame)

    def _queue(self, connection_ids: Iterable[str], frame: bytes) -> None:
        """Queue a frame for each connection; all of one turn of the loop leave in one write."""
        unflushed = self._unflushed
        for socket in map(self._sockets.get, connection_ids):
            if socket is None:
                continue
            pending = socket.pending
            if not pending:
                unflushed.append(socket)
            pending.append(frame)
        if unflushed and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)
