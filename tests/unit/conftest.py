"""Unit tests are alone: they start no process and open no socket, or they fail."""

import contextlib
import sys

import pytest

NOT_ALONE = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "socket.bind",
    "socket.connect",
    "subprocess.Popen",
}
"""What Python's audit hooks are told of. An event loop's own pair of sockets is none of these."""


class Watch:
    """Hears every audit event from the first test on: a hook can't be removed."""

    def __init__(self):
        self.is_on = False
        self.seen = []

    def __call__(self, event, arguments):
        if self.is_on and event in NOT_ALONE:
            self.seen.append(f"{event}{arguments[:2]}")
            raise AssertionError(self.sentence())

    def sentence(self):
        return f"A unit test starts no process and opens no socket: {', '.join(self.seen)}"


WATCH = Watch()
sys.addaudithook(WATCH)


@contextlib.contextmanager
def alone():
    """Raise when something starts a process or opens a socket, in whatever thread."""
    WATCH.is_on, WATCH.seen = True, []
    try:
        yield
    finally:
        WATCH.is_on = False
    assert WATCH.seen == [], WATCH.sentence()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    with alone():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    with alone():
        return (yield)
