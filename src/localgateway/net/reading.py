"""The half of a WebSocket that reads: when what arrived is parsed, handled, or has to wait.

A client waits when its invocations under way are too many, or when it was told to; then its frames
are held, and in the end nothing is read from it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque

from websockets.frames import Frame
from websockets.protocol import Protocol

from localgateway.machine.limits import Limits
from localgateway.net.incoming import FRAMES_A_TURN, Incoming

_WAITING_BYTES = 4 * 1024
"""Bytes that are read of a client that has to wait."""


class ReadingSocket(asyncio.Protocol, ABC):
    """Hands one frame after another to the half that answers, which says when it is closing."""

    __slots__ = (
        "_close",
        "_held",
        "_in_flight",
        "_in_flight_characters",
        "_incoming",
        "_is_due",
        "_is_waiting",
        "_last_heard",
        "_limits",
        "_paused",
        "_protocol",
        "_transport",
    )

    def __init__(self, transport: asyncio.Transport, protocol: Protocol, limits: Limits) -> None:
        self._transport, self._protocol, self._limits = transport, protocol, limits
        self._in_flight = self._in_flight_characters = 0
        self._incoming = Incoming(protocol)
        self._held: deque[Frame] | None = None
        self._is_due = self._is_waiting = self._paused = False
        self._close: tuple[int, str] | None = None
        self._last_heard = asyncio.get_running_loop().time()

    @abstractmethod
    def _handle_frame(self, frame: Frame) -> None:
        """Handle a frame whose turn it is."""

    @abstractmethod
    def _send_protocol_data(self) -> None:
        """Send what the library answers to the frames that were handled."""

    def pause(self) -> None:
        """Stop reading from this client for now."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def invoked(self, characters: int) -> None:
        """Count an invocation in flight, and the length of its text."""
        self._in_flight += 1
        self._in_flight_characters += characters

    def answered(self, characters: int) -> None:
        """Count an invocation that ended, and handle frames that waited for it."""
        self._in_flight -= 1
        self._in_flight_characters -= characters
        self._handle_more()

    def wait(self, seconds: float) -> None:
        """Handle no further frame for a while."""
        self._is_waiting = True
        asyncio.get_running_loop().call_later(seconds, self._waited)

    def _arrived(self, data: bytes) -> None:
        """Handle frames now, or when their turn comes."""
        self._last_heard = asyncio.get_running_loop().time()
        self._incoming.add(data)
        if self._held is not None:
            self._hold()
        elif not self._is_due:
            self._read()

    def _read(self) -> None:
        """Parse and handle a turn's share of what arrived."""
        self._is_due = False
        frames_left = FRAMES_A_TURN
        while self._incoming and self._held is None and frames_left > 0:
            self._held = deque(self._incoming.parse())
            frames_left -= len(self._held)
            self._handle_held()
        self._go_on()

    def _waited(self) -> None:
        self._is_waiting = False
        self._handle_more()

    def _handle_more(self) -> None:
        """Handle frames that were held, and read on once all were."""
        if self._held is not None:
            self._handle_held()
            self._go_on()

    def _handle_held(self) -> None:
        """Handle frames in order while few enough are in flight; the rest is held."""
        held = self._held
        while held and self._close is None and not self._is_busy():
            self._handle_frame(held.popleft())
        if not held or self._close is not None:
            self._held = None

    def _go_on(self) -> None:
        """Read on: once what is held was handled, in the next turn, or as soon as data arrives.

        A close frame may follow what is held: so it is answered when that was handled.
        """
        if self._held is not None:
            self._hold()
            return
        self._send_protocol_data()
        if self._incoming:
            self.pause()
            if not self._is_due:
                self._is_due = True
                asyncio.get_running_loop().call_soon(self._read)
        else:
            self._resume()

    def _hold(self) -> None:
        """Read no more for now; of a client that has to wait only when much has come already.

        So its end is seen, and that it answers pings.
        """
        if not self._is_waiting or len(self._incoming) > _WAITING_BYTES:
            self.pause()

    def _drop_unread(self) -> None:
        self._incoming.end()
        self._held = None

    def _is_busy(self) -> bool:
        limits = self._limits
        return (
            self._is_waiting
            or self._in_flight >= limits.pending_invocations
            or self._in_flight_characters >= limits.pending_characters
        )

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._last_heard = asyncio.get_running_loop().time()
            self._transport.resume_reading()
