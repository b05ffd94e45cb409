"""What a client sent and was not handled yet: parsed in pieces, so that no client keeps the loop.

The socket reads up to 256 KiB at once, which is 43,000 empty frames: to parse them all takes half
a second, in which all others wait. So one turn of the loop parses pieces, until it has had enough
frames; the rest waits for the next turn, after everybody else.
"""

from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

from localgateway.machine.limits import Limits

PIECE_BYTES = 1024
"""What the WebSocket library gets at once: at most 170 whole frames."""

FRAMES_A_TURN = 32
"""Frames after which a turn takes no further piece."""

_DATA_OPCODES = frozenset({Opcode.CONT, Opcode.TEXT, Opcode.BINARY})


class Incoming:
    """The bytes that arrived on one connection, and how many of its frames said nothing."""

    __slots__ = ("_empty_frames", "_fragments", "_is_over", "_protocol", "_unread")

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._unread: bytearray | None = None
        self._empty_frames = self._fragments = 0
        self._is_over = False

    def __bool__(self) -> bool:
        """Return whether something waits to be parsed."""
        return self._unread is not None

    def __len__(self) -> int:
        """Return how many bytes wait to be parsed."""
        return len(self._unread or b"")

    def add(self, data: bytes) -> None:
        """Keep what arrived."""
        if self._is_over:
            return
        if self._unread is None:
            self._unread = bytearray(data)
        else:
            self._unread += data

    def parse(self) -> list[Frame]:
        """Return the frames that end in the next piece."""
        unread = self._unread
        if unread is None:
            return []
        piece = bytes(unread[:PIECE_BYTES])
        del unread[:PIECE_BYTES]
        if not unread:
            self._unread = None
        self._protocol.receive_data(piece)
        return [event for event in self._protocol.events_received() if isinstance(event, Frame)]

    def end(self) -> None:
        """Drop what arrived, and what still arrives: a flood goes on after its close frame."""
        self._is_over = True
        self._unread = None

    def count(self, frame: Frame, limits: Limits) -> bool:
        """Count a frame that says nothing, or is a part; return whether it is within the limits."""
        if frame.opcode in _DATA_OPCODES and frame.data:
            self._empty_frames = 0
        else:
            self._empty_frames += 1
        if frame.opcode in _DATA_OPCODES:
            self._fragments = 0 if frame.fin else self._fragments + 1
        return self._empty_frames <= limits.empty_frames and self._fragments <= limits.fragments

    def start_count(self) -> None:
        """Count frames that say nothing from zero; pings over many minutes are no flood."""
        self._empty_frames = 0
