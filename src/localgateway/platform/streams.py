"""Standard output and standard error that never wait for their readers.

A pipe that is not read, and a terminal that is paused, block the thread that writes to them. So a
thread of its own writes, and a server's event loop and handlers go on. What it can't write soon
enough is dropped and counted, and the count is logged as soon as the stream takes text again.
"""

import contextlib
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
"""Output that may wait to be written; more is dropped."""

LAST_SECONDS = 1.0
"""Time for the output that waits at the end of a program; then it is dropped."""

_RETRY_SECONDS = 0.02
_DESCRIPTORS = {"stdout": 1, "stderr": 2}


@contextlib.contextmanager
def background_output() -> Iterator[None]:
    """Let a thread write what is printed and logged within; at its end, write what still waits.

    A stream that takes nothing even then stays in the background: the program's end must not
    wait for it either.
    """
    _open_missing()
    originals = {name: getattr(sys, name) for name in _DESCRIPTORS}
    writers = {name: _writer(stream, name) for name, stream in originals.items()}
    for name, writer in writers.items():
        if writer is not None:
            encoding = originals[name].encoding
            stream = io.TextIOWrapper(writer, encoding, "backslashreplace", write_through=True)
            setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, writer in writers.items():
            if writer is not None and writer.end(LAST_SECONDS):
                setattr(sys, name, originals[name])


class Unbuffered(Protocol):
    """The part of an unbuffered stream that is needed."""

    def fileno(self) -> int: ...
    def isatty(self) -> bool: ...
    def write(self, data: memoryview, /) -> int | None: ...


class BackgroundWriter(io.BufferedIOBase):
    """Takes bytes at once; a thread writes them to another stream, as that accepts them."""

    def __init__(self, stream: Unbuffered, name: str, most_bytes: int = MOST_BYTES) -> None:
        self.name = name
        self._stream = stream
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._dropped_lines = 0
        self._is_dropping = self._is_writing = self._is_ending = False
        threading.Thread(target=self._work, name=f"writes {name}", daemon=True).start()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Queue bytes; drop them if too many wait, and all that follow until those are written."""
        taken = bytes(data)
        with self._changed:
            is_full = len(self._waiting) + len(taken) > self._most_bytes
            self._is_dropping = self._is_dropping or (is_full and bool(self._waiting))
            if self._is_dropping:
                self._dropped_lines += taken.count(b"\n")
            else:
                self._waiting += taken
                self._changed.notify_all()
        return len(taken)

    def end(self, timeout_seconds: float) -> bool:
        """Wait for what is queued to be written, then end the thread; return whether it was."""
        with self._changed:
            is_written = self._changed.wait_for(
                lambda: not (self._waiting or self._is_writing), timeout_seconds
            )
            self._is_ending = is_written
            self._changed.notify_all()
        return is_written

    def _work(self) -> None:
        lost_lines = 0
        while (taken := self._take()) is not None:
            data, dropped_lines = taken
            lost_lines += dropped_lines
            if not self._write_all(data):
                lost_lines += data.count(b"\n")
            elif lost_lines:
                log.warning("%d lines of %s were dropped: nothing read it", lost_lines, self.name)
                lost_lines = 0

    def _take(self) -> tuple[bytes, int] | None:
        """Wait for bytes; return them, and how many lines after them were dropped."""
        with self._changed:
            self._is_writing = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            if not self._waiting:
                return None
            taken = bytes(self._waiting), self._dropped_lines
            self._waiting.clear()
            self._dropped_lines = 0
            self._is_dropping, self._is_writing = False, True
        return taken

    def _write_all(self, data: bytes) -> bool:
        """Write all bytes, however long it takes; return False if their reader is gone."""
        left = memoryview(data)
        try:
            while left:
                written = self._stream.write(left)
                if written is None:  # it is in non-blocking mode, and full
                    time.sleep(_RETRY_SECONDS)
                else:
                    left = left[written:]
        except (OSError, ValueError):  # its reader is gone, its disk is full, or it was closed
            return False
        return True


def _writer(original: TextIO, name: str) -> BackgroundWriter | None:
    """Return what writes to a stream in the background; None if it has no descriptor."""
    try:
        original.fileno()
    except io.UnsupportedOperation:
        return None
    original.flush()
    # Python's own buffer has a lock, for which the program's end would wait.
    return BackgroundWriter(getattr(original.buffer, "raw", original.buffer), name)


def _open_missing() -> None:
    """Open what is closed of stdin, stdout and stderr, or the next file would be taken for it."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= max(_DESCRIPTORS.values()):
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    for name, number in _DESCRIPTORS.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
