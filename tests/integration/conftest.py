"""What integration tests share."""

import time

import pytest


class Clock:
    """Stands still until a test puts it forward: so no stall of the machine counts."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """Put a clock that stands still in the place of `time.monotonic()`."""
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock
