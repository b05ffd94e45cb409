"""Unit tests are alone: they start no process and open no socket, or they fail."""

import contextlib
import functools
import os
import socket
import subprocess
import threading

import pytest

NOT_ALONE = (
    (socket.socket, ("bind", "connect", "connect_ex")),
    (subprocess.Popen, ("__init__",)),
    (
        os,
        ("execv", "execve", "fork", "forkpty", "posix_spawn", "posix_spawnp", "system"),
    ),
)
"""What is taken away while a unit test runs. An event loop's own pair of sockets uses none of it.

An audit hook would see more, but it can't be removed, and with one in the process coverage can't
start to trace two threads at once in Python 3.11.
"""


class Watch:
    """Keeps what a test did that it may not do, in whatever thread."""

    def __init__(self):
        self.seen = []
        self._lock = threading.Lock()

    def refuse(self, name):
        with self._lock:
            self.seen.append(name)
        raise AssertionError(self.sentence())

    def sentence(self):
        return f"A unit test starts no process and opens no socket: {', '.join(self.seen)}"


def _refusing(watch, name, original):
    @functools.wraps(original)
    def refused(*_arguments, **_options):
        watch.refuse(name)

    return refused


@contextlib.contextmanager
def alone():
    """Raise when something starts a process or opens a socket, in whatever thread."""
    watch = Watch()
    with pytest.MonkeyPatch.context() as patch:
        for owner, names in NOT_ALONE:
            for name in names:
                full = f"{owner.__name__}.{name}"
                patch.setattr(owner, name, _refusing(watch, full, getattr(owner, name)))
        yield
    assert watch.seen == [], watch.sentence()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    with alone():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    with alone():
        return (yield)
