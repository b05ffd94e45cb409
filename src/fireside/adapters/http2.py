"""One HTTP/2 connection (RFC 9113) from the client's side, for many small posts: no I/O, no clock.

What is to be sent collects in `out`; what came is given to `receive`, which tells what has ended.
"""

import struct
from collections.abc import Iterable

from fireside.adapters import hpack
from fireside.adapters.hpack import Field

PROTOCOL = "h2"
"""Its name in the TLS handshake (RFC 9113, 3.2)."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PUSH_PROMISE, _PING, _GOAWAY = 0, 1, 3, 4, 5, 6, 7
_WINDOW_UPDATE, _CONTINUATION = 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _MOST_STREAMS, _INITIAL_WINDOW = 1, 2, 3, 4
_REFUSED, _CANCEL, _HTTP_1_1_REQUIRED = 7, 8, 13  # errors, by their meaning

_HEAD = struct.Struct(">HBBBI")  # of a frame: 16 and 8 bits of its length, kind, flags, stream
_SETTING = struct.Struct(">HI")
_NUMBER = struct.Struct(">I")
_NUMBERS = struct.Struct(">II")
_HEAD_SIZE = 9
_LARGEST_FRAME = 16_384
_LARGEST_BLOCK = 64 * 1024
_LARGEST_WINDOW = 2**31 - 1
_DEFAULT_WINDOW = 65_535
_OUR_WINDOW = 1 << 24
"""Bytes of answers that may be on their way. They are short, and we drop them at once."""

_LAST_STREAM = 2**31 - 1
_STREAMS_UNTIL_TOLD = 100
"""At the same time, where the server names no limit (RFC 9113 wants at least that many)."""


class ProtocolError(ValueError):
    """The other side does not keep to HTTP/2, or to what we ask of it."""


Ended = tuple[int, int | None, bool]
"""What became of a post: its stream; the status, None where there was no answer; and whether
nobody read it, so that to post it again shows nothing twice. (A named tuple takes thrice the time
to make.)"""


class Session:
    """A connection's state."""

    def __init__(self) -> None:
        """Begin; `out` has what to say first."""
        wishes = ((_HEADER_TABLE_SIZE, 0), (_ENABLE_PUSH, 0))
        first = b"".join(_SETTING.pack(*wish) for wish in wishes)
        more = _NUMBER.pack(_OUR_WINDOW - _DEFAULT_WINDOW)
        self.out = [_PREFACE, _frame(_SETTINGS, 0, 0, first), _frame(_WINDOW_UPDATE, 0, 0, more)]
        self.is_ready = False
        """The server's settings are known: posts may begin."""

        self.is_closing = False
        """No further post may begin here."""

        self.is_asked = False
        """The other side was asked whether it is there, and has not answered."""

        self._buffer = bytearray()
        self._block: tuple[int, int, bytearray] | None = None  # stream, flags, what of it has come
        self._next_stream = 1
        self._most_streams = _STREAMS_UNTIL_TOLD
        self._statuses: dict[int, int | None] = {}
        """Of the posts under way, as far as they are known."""

        self._window, self._initial_window = _DEFAULT_WINDOW, _DEFAULT_WINDOW
        self._waiting: dict[int, _Body] = {}
        """Bodies, or rests of them, that the other side has no room for now."""

        self._taken = 0  # bytes of answers since we last gave leave for more
        self._encoder = hpack.Encoder()
        self._fields: Iterable[Field] = ()
        self._fixed: bytes | None = None

    # --- what we say ---

    @property
    def has_room(self) -> bool:
        """Tell whether another post may begin now."""
        return (
            len(self._statuses) < self._most_streams
            and self._window > 0
            and not self.is_closing
            and not self.is_asked
            and self.is_ready
        )

    def post(self, path: bytes, fields: Iterable[Field], authorization: bytes, body: bytes) -> int:
        """Begin a post while there is room; return its stream.

        Args:
            path: The address, percent-encoded.
            fields: The same object as long as they are the same: `:authority` first.
            authorization: That header's value, which differs from post to post.
            body: What is posted.
        """
        stream = self._next_stream
        self._next_stream += 2
        self.is_closing = self.is_closing or self._next_stream > _LAST_STREAM
        updates = self._encoder.updates()
        block = b"".join(
            (updates, _POST_HTTPS_PATH, hpack.string(path), self._same(fields), _AUTHORIZATION)
        )
        block += hpack.string(authorization)
        self._statuses[stream] = None
        self._send_block(stream, block)
        size = len(body)
        if size <= self._window and size <= self._initial_window and size <= _LARGEST_FRAME:
            self._window -= size
            self.out.append(_HEAD.pack(size >> 8, size & 0xFF, _DATA, _END_STREAM, stream) + body)
        else:
            self._waiting[stream] = _Body(memoryview(body), self._initial_window)
            self._go_on()
        return stream

    def cancel(self, stream: int) -> int | None:
        """Want no answer any more; return the status, if it has come without its end."""
        self.out.append(_frame(_RST_STREAM, 0, stream, _NUMBER.pack(_CANCEL)))
        self._waiting.pop(stream, None)
        return self._statuses.pop(stream)

    def ask(self) -> None:
        """Ask the other side whether it is there."""
        if not self.is_asked:
            self.is_asked = True
            self.out.append(_frame(_PING, 0, 0, bytes(8)))

    def _same(self, fields: Iterable[Field]) -> bytes:
        """Write what is the same in all posts, shortly once the other side knows it."""
        if self._fixed is not None and fields is self._fields:
            return self._fixed
        written, is_settled = b"", True
        for field in fields:
            if field[0] in _PASSING:
                written += hpack.literal(field)
            else:
                text, is_known = self._encoder.field(field)
                written, is_settled = written + text, is_settled and is_known
        self._fields, self._fixed = fields, written if is_settled else None
        return written

    def _send_block(self, stream: int, block: bytes) -> None:
        first, rest = block[:_LARGEST_FRAME], block[_LARGEST_FRAME:]
        self.out.append(_frame(_HEADERS, 0 if rest else _END_HEADERS, stream, first))
        while rest:
            first, rest = rest[:_LARGEST_FRAME], rest[_LARGEST_FRAME:]
            self.out.append(_frame(_CONTINUATION, 0 if rest else _END_HEADERS, stream, first))

    def _go_on(self) -> None:
        """Send what there is room for of the bodies that wait, in the order of their posts."""
        for stream, body in list(self._waiting.items()):
            while True:
                size = max(0, min(len(body.rest), self._window, body.window, _LARGEST_FRAME))
                is_last = size == len(body.rest)
                if size == 0:  # a body that waits is not empty
                    break
                piece, body.rest = bytes(body.rest[:size]), body.rest[size:]
                self._window -= size
                body.window -= size
                self.out.append(_frame(_DATA, _END_STREAM if is_last else 0, stream, piece))
                if is_last:
                    del self._waiting[stream]
                    break

    # --- what we hear ---

    def receive(self, data: bytes, ended: list[Ended] | None = None) -> list[Ended]:
        """Take what came; return the posts that have ended with it.

        Args:
            data: Bytes, cut anywhere.
            ended: The list to add them to. It has those before an error, too.

        Raises:
            ProtocolError: It is not HTTP/2, or not as we asked for; the connection is of no use.
        """
        buffer = self._buffer
        buffer += data
        at, size = 0, len(buffer)
        ended = [] if ended is None else ended
        while (start := at + _HEAD_SIZE) <= size:
            high, low, kind, flags, stream = _HEAD.unpack_from(buffer, at)
            end = start + (high << 8 | low)
            if end - start > _LARGEST_FRAME:
                raise ProtocolError("a frame is larger than allowed")
            if end > size:
                break
            at = end
            ended += self._frame(kind, flags, stream & _LAST_STREAM, bytes(buffer[start:end]))
        del buffer[:at]
        return ended

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> Iterable[Ended]:
        """Take one frame."""
        if not self.is_ready and (kind != _SETTINGS or flags & _ACK):
            raise ProtocolError("it does not begin with settings")
        if self._block is not None and kind != _CONTINUATION:
            raise ProtocolError("a header block is interrupted")
        if kind == _HEADERS:
            return self._headers(stream, flags, _unpadded(flags, payload))
        if kind == _DATA:
            self._taken += len(payload)
            if self._taken > _OUR_WINDOW // 2:
                self.out.append(_frame(_WINDOW_UPDATE, 0, 0, _NUMBER.pack(self._taken)))
                self._taken = 0
            return self._end(stream) if flags & _END_STREAM else ()
        return self._control(kind, flags, stream, payload)

    def _headers(self, stream: int, flags: int, block: bytes) -> Iterable[Ended]:
        if not flags & _END_HEADERS:
            self._block = (stream, flags, bytearray(block))
            return ()
        if stream in self._statuses and self._statuses[stream] is None:
            try:
                status = hpack.status(block)
            except ValueError as cause:
                raise ProtocolError(str(cause)) from cause
            if status >= 200:  # noqa: PLR2004 - below it stand those that another follows
                self._statuses[stream] = status
        return self._end(stream) if flags & _END_STREAM else ()

    def _end(self, stream: int) -> Iterable[Ended]:
        """Take the end of an answer; one to what was cancelled is nothing to us."""
        if stream not in self._statuses:
            return ()
        if stream in self._waiting:  # it knows enough: the rest of the body is not sent
            return ((stream, self.cancel(stream), False),)
        return ((stream, self._statuses.pop(stream), False),)

    def _control(self, kind: int, flags: int, stream: int, payload: bytes) -> Iterable[Ended]:
        try:
            if kind == _CONTINUATION:
                return self._continue(flags, stream, payload)
            if kind == _RST_STREAM:
                return self._reset(stream, _NUMBER.unpack(payload)[0])
            if kind == _GOAWAY:
                return self._go_away(_NUMBERS.unpack_from(payload)[0] & _LAST_STREAM)
            if kind == _SETTINGS and not flags & _ACK:
                self._settle(payload)
            elif kind == _PING and flags & _ACK:
                self.is_asked = False
            elif kind == _PING:
                self.out.append(_frame(_PING, _ACK, 0, _NUMBERS.pack(*_NUMBERS.unpack(payload))))
            elif kind == _WINDOW_UPDATE:
                self._widen(stream, _NUMBER.unpack(payload)[0] & _LARGEST_WINDOW)
        except struct.error:
            raise ProtocolError("a frame has the wrong length") from None
        if kind == _PUSH_PROMISE:
            raise ProtocolError("it pushes what nobody asked for")
        return ()

    def _continue(self, flags: int, stream: int, payload: bytes) -> Iterable[Ended]:
        if self._block is None or self._block[0] != stream:
            raise ProtocolError("nothing is to be continued")
        _, first_flags, block = self._block
        block += payload
        if len(block) > _LARGEST_BLOCK:
            raise ProtocolError("the head does not end")
        if not flags & _END_HEADERS:
            return ()
        self._block = None
        return self._headers(stream, first_flags | _END_HEADERS, bytes(block))

    def _reset(self, stream: int, error: int) -> Iterable[Ended]:
        """Take the early end of an answer. What was said before it holds."""
        if error == _HTTP_1_1_REQUIRED:
            raise ProtocolError("it wants HTTP/1.1")
        if stream not in self._statuses:
            return ()
        self._waiting.pop(stream, None)
        status = self._statuses.pop(stream)
        return ((stream, status, error == _REFUSED and status is None),)

    def _go_away(self, last: int) -> Iterable[Ended]:
        """Begin nothing more here. What came after `last` was not read; the rest has its answer."""
        self.is_closing = True
        unread = [stream for stream in self._statuses if stream > last]
        for stream in unread:
            del self._statuses[stream]
            self._waiting.pop(stream, None)
        return [(stream, None, True) for stream in unread]

    def _settle(self, payload: bytes) -> None:
        """Heed the server's settings."""
        for name, value in _SETTING.iter_unpack(payload):
            if name == _HEADER_TABLE_SIZE:
                self._encoder.resize(value)
                self._fixed = None
            elif name == _MOST_STREAMS:
                self._most_streams = value
            elif name == _INITIAL_WINDOW:
                if value > _LARGEST_WINDOW:
                    raise ProtocolError("a window is too large")
                for body in self._waiting.values():
                    body.window += value - self._initial_window
                self._initial_window = value
        self.out.append(_frame(_SETTINGS, _ACK, 0, b""))
        self.is_ready = True
        self._go_on()

    def _widen(self, stream: int, more: int) -> None:
        if stream == 0:
            self._window += more
        elif stream in self._waiting:
            self._waiting[stream].window += more
        self._go_on()


class _Body:
    """What is left to send of a body, and how much of it its stream has room for."""

    __slots__ = ("rest", "window")

    def __init__(self, rest: memoryview, window: int) -> None:
        self.rest, self.window = rest, window


_POST_HTTPS_PATH = b"\x83\x87" + hpack.literal((b":path", b""))[:-1]
_AUTHORIZATION = hpack.secret_name(b"authorization")
_PASSING = frozenset({b"x-amz-date", b"content-length"})
"""Fields that will be others soon: they are not to fill the table that the other side keeps."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def _unpadded(flags: int, payload: bytes) -> bytes:
    """Take off a frame of headers what is not of the block."""
    if not flags & (_PADDED | _PRIORITY):
        return payload
    start, end = 0, len(payload)
    if flags & _PADDED:
        if not payload or payload[0] >= end:
            raise ProtocolError("a frame is all padding")
        start, end = 1, end - payload[0]
    if flags & _PRIORITY:
        start += 5
    return payload[start:end]
