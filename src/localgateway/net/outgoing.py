"""What the server sends: queued for a turn of the loop, then written once per connection."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import repeat

from localgateway.dev.faults import Faults, FaultyDelivery
from localgateway.machine.metering import Meter
from localgateway.net.sockets import Socket

log = logging.getLogger(__name__)

_SHORT, _MEDIUM = 125, 65_535
"""The longest payloads whose length fits the frame's first and second form."""

_FEW = 2
"""Items that are not worth joining: a lone message is a broadcast and an acknowledgement."""


def encode_frame(data: bytes) -> bytes:
    """Return `data` as one unmasked text frame (RFC 6455, section 5.2)."""
    size = len(data)
    if size <= _SHORT:
        return b"\x81%c%b" % (size, data)
    if size <= _MEDIUM:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), data)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), data)


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
        self._queued: list[tuple[Collection[str], bytes]] = []
        self._flushing = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send on this loop."""
        self._loop = loop
        if self._faults is not None:
            self._delivery = FaultyDelivery(self._faults, loop, self._queue_one)

    def broadcast(self, connection_ids: Collection[str], data: bytes) -> None:
        """Send the same text frame to several connections."""
        frame = encode_frame(data)
        if self._meter is not None:
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
        self._queue_one(connection_id, encode_frame(data))

    def flush(self) -> None:
        """Write what was queued; several frames for one connection leave in one write."""
        self._flushing = False
        queued, self._queued = self._queued, []
        if len(queued) <= _FEW:
            for connection_ids, frame in queued:
                self._write(connection_ids, repeat(frame))
            return
        frames: defaultdict[str, list[bytes]] = defaultdict(list)
        for connection_ids, frame in queued:
            for connection_id in connection_ids:
                frames[connection_id].append(frame)
        self._write(frames, map(b"".join, frames.values()))

    def _queue_one(self, connection_id: str, frame: bytes) -> None:
        self._queue((connection_id,), frame)

    def _queue(self, connection_ids: Collection[str], frame: bytes) -> None:
        self._queued.append((connection_ids, frame))
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def _write(self, connection_ids: Iterable[str], frames: Iterable[bytes]) -> None:
        """Write a frame to each connection that is still there."""
        now = self._loop.time()
        sockets = map(self._sockets.get, connection_ids)
        for socket, frame in zip(sockets, frames, strict=False):  # the frames may go on for ever
            if socket is None:
                continue
            try:
                socket.send(frame, now)
            except Exception:  # one broken connection must not delay the others
                log.exception("a connection broke", extra={"connection": socket.connection_id})
                socket.abort()
