"""One WebSocket, from its upgrade request to its end.

Handshake, framing and size limits are the `websockets` library's sans-I/O protocol. Added here
are the order (nothing is read before the 101), the check of UTF-8, the limits for a client that
reads too slowly, and pings; when frames are read and handled is in `reading.py`.
"""

import asyncio
import logging
import os
from typing import Protocol

from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Protocol as Frames
from websockets.protocol import Side, State

from localgateway.machine.connection import Connection
from localgateway.machine.events import Handshake
from localgateway.machine.limits import (
    ABNORMAL,
    CLOSE_BAD_TEXT,
    CLOSE_POLICY,
    CLOSE_TOO_SLOW,
    Limits,
)
from localgateway.net.hosts import AllowedHosts
from localgateway.net.http_connections import HttpConnections
from localgateway.net.lingering import refuse
from localgateway.net.plain_http import HttpProtocol
from localgateway.net.reading import ReadingSocket
from localgateway.net.refusals import RefusalLog

_EARLY_BYTES = 64 * 1024
_HAS_DESCRIPTORS = os.name == "posix"
"""Whether `os.write` takes sockets."""

# The library logs every invalid frame; those are clients' faults, not the server's.
silent_log = logging.getLogger(f"{__name__}.frames")
silent_log.setLevel(logging.CRITICAL)


class Hub(Protocol):
    """The part of the server that a connection needs."""

    limits: Limits
    stage: str
    transports: set[asyncio.BaseTransport]
    lingering: set[asyncio.BaseTransport]
    loses_upgrades: bool
    hosts: AllowedHosts | None
    proxy_refusal: str | None
    http_connections: HttpConnections
    refusals: RefusalLog

    def server_for(self, stage: str) -> "Hub | None": ...
    def is_full(self) -> bool: ...
    def http_protocol(self) -> HttpProtocol: ...
    def handshake_received(self, socket: "Socket", handshake: Handshake) -> None: ...
    def text_received(self, socket: "Socket", text: str) -> None: ...
    def binary_received(self, socket: "Socket") -> None: ...
    def socket_closed(self, socket: "Socket", code: int, reason: str) -> None: ...
    def flush(self) -> None: ...


class Socket(ReadingSocket):
    """One WebSocket, from its upgrade request on."""

    __slots__ = (
        "_active_at",
        "_answer",
        "_behind_since",
        "_direct",
        "_early_data",
        "_fragments",
        "_hub",
        "_last_ping",
        "_previous",
        "address",
        "connection",
        "connection_id",
    )
    connection: Connection
    """The machine's record; set from the 101 on."""
    _active_at: float
    """When something was last sent. The machine hears of it once a tick, not with each frame."""
    _direct: int | None
    """The descriptor to write to, as long as nothing waits in the transport and none is closing."""

    def __init__(
        self,
        hub: Hub,
        transport: asyncio.Transport,
        answer: Response,
        previous: asyncio.Protocol | None,
    ) -> None:
        # Not the handshake's: that one holds the request with all its headers for good. The library
        # closes the connection with 1009 when a frame or a message is longer.
        limits = hub.limits
        frames = Frames(
            Side.SERVER, max_size=(limits.message_bytes, limits.frame_bytes), logger=silent_log
        )
        super().__init__(transport, frames, limits)
        self._hub = hub
        self._answer: Response | None = answer
        self._previous = previous
        self._early_data = b""
        self._fragments: bytearray | None = None
        self._behind_since: float | None = None
        self._last_ping = 0.0
        self._direct = None
        self.address = self.connection_id = ""

    def accept(self, connection: Connection, subprotocol: str | None) -> None:
        """Send the 101, then handle what the client sent before it."""
        answer, self._answer = self._answer, None
        assert answer is not None
        if subprotocol is not None:
            answer.headers["Sec-WebSocket-Protocol"] = subprotocol
        self.connection = connection
        self._active_at = connection.last_active
        self._transport.write(answer.serialize())
        self._transport.set_write_buffer_limits(high=0)
        if self._transport.get_write_buffer_size() == 0:
            self.resume_writing()
        early_data, self._early_data = self._early_data, b""
        self._resume()
        if early_data:
            self.data_received(early_data)

    def refuse(self, status: int, message: str, why: str = "") -> None:
        """Answer the upgrade with an HTTP status, log why, and close."""
        self._hub.refusals.note(why or message, self.address, status, self.connection_id)
        refuse(self._hub, self._transport, status, message)

    def close(self, code: int, reason: str) -> None:
        """Send what waits and a close frame; abort the socket if no close frame comes back."""
        self._hub.flush()
        if self._close is not None or self._protocol.state is not State.OPEN:
            return
        self._close, self._direct = (code, reason), None
        self._protocol.send_close(code, reason)
        self._send_protocol_data()
        self._held = None
        self._go_on()
        loop = asyncio.get_running_loop()
        loop.call_later(self._limits.closing_seconds, self._transport.abort)

    def send(self, data: bytes, now: float) -> None:
        """Write encoded frames: at once while nothing waits, else behind what does.

        The transport does the same with twice the work, and each of a thousand receivers counts.
        """
        self._active_at = now
        if self._direct is not None:
            try:
                sent = os.write(self._direct, data)
            except OSError:  # the transport waits, or finds that the connection broke
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        self.write(data)

    def write(self, data: bytes) -> None:
        """Write encoded frames through the transport, and close a client that stays behind."""
        if self._close is not None or self._transport.is_closing():
            return
        self._transport.write(data)
        self._check_reader()

    def abort(self) -> None:
        """Cut the connection without a close frame."""
        self._transport.abort()

    def is_open(self) -> bool:
        """Return whether a frame could still reach the client."""
        return self._close is None and self._protocol.state is State.OPEN

    def has_room(self, size: int) -> bool:
        """Return whether that many more bytes may wait for the client."""
        return self._transport.get_write_buffer_size() + size <= self._limits.queue_bytes

    def note_activity(self) -> None:
        """Tell the machine when something was last sent."""
        self.connection.last_active = max(self.connection.last_active, self._active_at)

    def check_liveness(self, now: float) -> None:
        """Close a client that stays behind, ping a silent one, abort one that stays silent."""
        self._incoming.start_count()
        if self._close is None:
            self._check_reader()
        limits = self._limits
        if (
            self._paused
            and self._is_waiting
            and now - self._last_heard >= limits.ping_timeout_seconds
        ):
            self.close(CLOSE_POLICY, "Too many requests: wait when you are told to")
        if self._paused or self._close is not None:
            return
        if now - self._last_heard >= limits.ping_timeout_seconds:
            self._transport.abort()
        elif (
            self._protocol.state is State.OPEN  # else its close frame waits for what came before
            and now - max(self._last_heard, self._last_ping) >= limits.ping_seconds
        ):
            self._last_ping = now
            self._protocol.send_ping(b"")
            self._send_protocol_data()

    def data_received(self, data: bytes) -> None:
        """Handle frames, once the 101 was sent."""
        if self._answer is not None:
            self._early_data += data
            if len(self._early_data) >= _EARLY_BYTES:
                self.pause()
            return
        self._arrived(data)

    def eof_received(self) -> bool:
        """Return False, so that the transport closes: a half-open WebSocket has no use."""
        return False

    def pause_writing(self) -> None:
        """Write behind what waits: the system took no more."""
        self._direct = None

    def resume_writing(self) -> None:
        """Write directly from now on: nothing waits any more."""
        self._behind_since = None
        if _HAS_DESCRIPTORS and self._close is None and not self._transport.is_closing():
            self._direct = self._transport.get_extra_info("socket").fileno()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end to the server, and to aiohttp if it had the connection before."""
        self._direct = None  # the system gives the number to another connection
        self._hub.transports.discard(self._transport)
        self._drop_unread()
        if self._previous is not None:
            self._previous.connection_lost(exc)
        code, reason = self._how_it_ended()
        self._hub.socket_closed(self, code, reason)

    def _check_reader(self) -> None:
        """Close a client that has been behind too long, or is too far behind."""
        limits, waiting = self._limits, self._transport.get_write_buffer_size()
        if waiting <= limits.queue_bytes:
            self._behind_since = None
            return
        now = asyncio.get_running_loop().time()
        self._behind_since = self._behind_since or now
        if waiting > limits.max_queued_bytes or now - self._behind_since >= limits.behind_seconds:
            self.close(CLOSE_TOO_SLOW, "Too slow: read what was sent, then come back")

    def _handle_frame(self, frame: Frame) -> None:
        if not self._incoming.count(frame, self._limits):
            self._fail(CLOSE_POLICY, "Too many frames for what they say")
            return
        match frame.opcode:
            case Opcode.TEXT if frame.fin:
                self._handle_text(bytes(frame.data))
            case Opcode.TEXT:
                self._fragments = bytearray(frame.data)
            case Opcode.BINARY:
                self._hub.binary_received(self)
            case Opcode.CONT if self._fragments is not None:
                self._fragments += frame.data
                if frame.fin:
                    whole, self._fragments = bytes(self._fragments), None
                    self._handle_text(whole)

    def _handle_text(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(CLOSE_BAD_TEXT, "The text is not UTF-8")
            return
        self._hub.text_received(self, text)

    def _fail(self, code: int, reason: str) -> None:
        """End the connection for what the client sent; what it sends from now on is dropped."""
        self._hub.flush()
        self._close, self._direct = (code, reason), None
        self._protocol.fail(code, reason)

    def _send_protocol_data(self) -> None:
        """Send the library's own frames; an empty piece is its sign to end the connection."""
        pieces = self._protocol.data_to_send()
        if not pieces or self._transport.is_closing():
            return
        if self._protocol.state is not State.OPEN and self._close is None:
            self._hub.flush()
        data = b"".join(pieces)
        if self._close is None:
            self.write(data)
        else:
            self._transport.write(data)
        if pieces[-1] == b"":
            self._end()

    def _end(self) -> None:
        """End the connection; what the client sends until it has the close frame is dropped.

        Closing over unread bytes resets the connection, and the close frame would be lost.
        """
        self._direct = None
        if self._protocol.close_rcvd is not None:
            self._transport.close()
            return
        self._close = self._how_it_ended()
        self._drop_unread()
        self._transport.write_eof()
        self._resume()
        loop = asyncio.get_running_loop()
        loop.call_later(self._limits.closing_seconds, self._transport.abort)

    def _how_it_ended(self) -> tuple[int, str]:
        """Return code and reason of the end: our close, the client's, the library's, or none."""
        if self._close is not None:
            return self._close
        close = self._protocol.close_rcvd or self._protocol.close_sent
        return (ABNORMAL, "") if close is None else (close.code, close.reason)
