"""Ports for programs that must be told theirs before they listen."""

import contextlib
import itertools
import os
import socket

FIRST, FOR_EACH = 20_000, 400
"""Below those that systems give to whoever asks for any: nothing else gets one meanwhile."""

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_numbers = itertools.count(os.getpid())  # two test runs at a time begin at different ones


def free_port():
    """Give a port on which nothing listens, each worker its own and none twice in a row."""
    for number in itertools.islice(_numbers, FOR_EACH):
        port = FIRST + _WORKER % 32 * FOR_EACH + number % FOR_EACH
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
