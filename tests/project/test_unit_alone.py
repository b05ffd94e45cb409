"""What starts processes or opens sockets is no unit test: it belongs in tests/integration."""

import asyncio
import os
import socket
import subprocess
import sys
import threading

import pytest

from tests.unit.conftest import alone


def connect():
    with socket.socket() as one:
        one.connect(("127.0.0.1", 1))


def listen():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))


def start():
    subprocess.Popen([sys.executable, "-c", "pass"])


def fork():
    if os.fork() == 0:
        os._exit(0)


def spawn():
    os.posix_spawn(sys.executable, [sys.executable, "-c", "pass"], {})


@pytest.mark.parametrize("act", [connect, listen, start, fork, spawn])
def test_a_unit_test_that_is_not_alone_fails(act):
    with pytest.raises(AssertionError, match="A unit test starts no process"), alone():
        act()


def test_what_happens_in_a_thread_fails_the_test_too():
    def quietly():
        with pytest.raises(AssertionError):
            start()

    def act():
        thread = threading.Thread(target=quietly)
        thread.start()
        thread.join()

    with pytest.raises(AssertionError, match="Popen"), alone():
        act()


def test_an_event_loop_is_fine():
    with alone():
        asyncio.run(asyncio.sleep(0))


def test_outside_of_unit_tests_all_is_allowed():
    with socket.create_server(("127.0.0.1", 0)):
        pass
