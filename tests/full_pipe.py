"""A pipe that is full: whoever writes to it waits."""

import contextlib
import os
import re


@contextlib.contextmanager
def full_pipe():
    """Give both ends of a pipe that takes not one byte more, and how many are in it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    size = 0
    for piece in (b"." * 4096, b"."):
        with contextlib.suppress(BlockingIOError):
            while True:
                size += os.write(writing, piece)
    os.set_blocking(writing, True)
    try:
        yield reading, writing, size
    finally:
        os.close(reading)
        os.close(writing)


def read_until(pattern, descriptor):
    """Read until a pattern is there; give all that was read."""
    seen = b""
    while not re.search(pattern, seen):
        piece = os.read(descriptor, 65_536)
        assert piece, seen
        seen += piece
    return seen
