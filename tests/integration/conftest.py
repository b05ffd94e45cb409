"""What integration tests share."""

import functools
import socket
import time

import pytest
from botocore.loaders import JSONFileLoader


class Clock:
    """Stands still until a test puts it forward: so no stall of the machine counts."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.fixture(autouse=True, scope="session")
def _models_are_read_once():
    """Let AWS's SDK read each of its files once: it has megabytes for each session of a test."""
    read = JSONFileLoader.load_file

    @functools.cache
    def once(path):
        return read(JSONFileLoader(), path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _self, path: once(path))
        yield


@pytest.fixture
def clock(monkeypatch):
    """Put a clock that stands still in the place of `time.monotonic()`."""
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def ipv6():
    """Skip where there is no IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        pytest.skip("Optional: this machine has no IPv6")
