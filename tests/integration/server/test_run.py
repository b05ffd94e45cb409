"""`fireside serve` as a process: its output, its signals, its end."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.free_ports import free_port
from tests.full_pipe import full_pipe, read_until

SECONDS = 60
"""For what takes a moment: a machine may be a busy one."""


@contextlib.contextmanager
def serving(data, *arguments, stderr=subprocess.DEVNULL, **options):
    """Start a server; give its process and the port that it names."""
    command = [sys.executable, "-m", "fireside", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True, **options
    )
    killer = threading.Timer(SECONDS, process.kill)
    killer.start()
    try:
        port = re.search(r"http://\S+:(\d+)", process.stdout.readline())
        yield process, int(port[1])
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def ended(process, number=signal.SIGTERM):
    """Ask a server to end; give its exit code."""
    process.send_signal(number)
    return process.wait(SECONDS)


def until_well(port):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            return is_well(port)
        time.sleep(0.05)
    raise AssertionError(port)


def is_well(port):
    with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS) as answer:
        return answer.status == 200


def visit(port, name):
    """Come in, say something, and go."""
    with connect(f"ws://127.0.0.1:{port}/ws?username={name}") as socket:
        socket.send('{"action":"sendMessage","message":"hi"}')
        assert json.loads(socket.recv(SECONDS))["message"] == "hi"


@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_a_log_that_nothing_reads_stops_nothing(tmp_path, mode):
    with (
        full_pipe() as (reading, writing, size),
        serving(tmp_path, *mode, stderr=writing) as (process, port),
    ):
        for name in ("Ann", "Bob"):
            visit(port, name)
        assert is_well(port)

        os.read(reading, size)
        read_until(b"disconnected", reading)

        assert ended(process) == 0


def test_the_end_does_not_wait_for_a_reader_of_the_log(tmp_path):
    with (
        full_pipe() as (_, writing, _size),
        serving(tmp_path, stderr=writing) as (process, port),
    ):
        visit(port, "Ann")

        assert ended(process) == 0


def test_what_waits_for_the_log_is_written_before_the_end(tmp_path):
    with (
        full_pipe() as (reading, writing, size),
        serving(tmp_path, stderr=writing) as (process, port),
    ):
        visit(port, "Ann")
        process.send_signal(signal.SIGTERM)
        os.read(reading, size)

        read_until(b'"stopping"', reading)
        assert process.wait(SECONDS) == 0


def test_readers_that_have_gone_stop_nothing(tmp_path):
    with serving(tmp_path, stderr=subprocess.PIPE) as (process, port):
        process.stdout.close()
        process.stderr.close()

        visit(port, "Ann")
        assert ended(process) == 0


@pytest.mark.variations
@pytest.mark.parametrize("closed", ["<&- 2>&-", "<&- 1>&2 2>&-"])
def test_closed_streams_are_no_files_of_its_own(tmp_path, closed):
    """The next file that a program opens takes the place of a stream that is closed."""
    port = free_port()
    command = [sys.executable, "-m", "fireside", "serve", "--port", str(port)]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command, "--data", str(tmp_path)]
    with subprocess.Popen(shell) as process:
        try:
            until_well(port)
            visit(port, "Ann")
            links = [str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) for number in (0, 2)]
            assert links == ["/dev/null"] * 2
            assert ended(process) == 0
        finally:
            process.kill()


@pytest.mark.variations
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_its_clients_are_told(tmp_path, number):
    with (
        serving(tmp_path) as (process, port),
        connect(f"ws://127.0.0.1:{port}/ws?username=Ann") as socket,
    ):
        assert ended(process, number) == 0

        assert json.loads(socket.recv(SECONDS))["type"] == "closing"
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(SECONDS)
        assert closed.value.rcvd.code == 1012


@pytest.mark.usefixtures("ipv6")
@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_all_addresses_are_those_of_both_families(tmp_path, mode):
    arguments = ("--host", "::", "--invites", "off", *mode)
    with serving(tmp_path, *arguments) as (process, port):
        for host in ("127.0.0.1", "[::1]"):
            with connect(f"ws://{host}:{port}/ws?username=Ann") as socket:
                socket.send('{"action":"ping","id":"1"}')
                assert json.loads(socket.recv(SECONDS))["type"] == "pong"
        assert ended(process) == 0


@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_below_the_space_that_must_stay_free_nothing_is_stored_and_that_is_told(tmp_path, mode):
    log = tmp_path / "log"
    arguments = ("--keep-free", "999999 GiB", *mode)
    with (
        log.open("w") as stderr,
        serving(tmp_path / "data", *arguments, stderr=stderr) as (_, port),
    ):
        with connect(f"ws://127.0.0.1:{port}/ws?username=Ann") as socket:
            socket.send('{"action":"sendMessage","message":"hi"}')
            refusal = json.loads(socket.recv(SECONDS))
        with pytest.raises(HTTPError) as unready:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=SECONDS)

    assert (refusal["code"], refusal["retryable"]) == ("storage", True)
    assert "nearly full" in refusal["message"]
    assert unready.value.code == 503
    unready.value.close()
    assert "no message is stored" in log.read_text()
