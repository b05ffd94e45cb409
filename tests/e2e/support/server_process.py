"""A real server in a process of its own, to be used from outside and killed at will."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fireside.entrypoints import dynamodb_local

Mode = tuple[str, ...]
"""What is said to `fireside` so that its handlers run where they do."""

EMBEDDED: Mode = ()
"""Handlers in the server's own process."""

FAITHFUL: Mode = ("--faithful",)
"""Handlers in a process of their own."""

REHEARSED: Mode = ("rehearse",)
"""The zip for Lambda, in processes that find nothing else, over DynamoDB Local."""

MODES = {"in batches": EMBEDDED, "faithful": FAITHFUL, "rehearsed": REHEARSED}
"""Where handlers may run, by name: people must not see which."""

in_both_modes = pytest.mark.parametrize(
    "mode", [EMBEDDED, FAITHFUL], ids=["in batches", "faithful"]
)
"""In those that start at once."""

START_SECONDS = 60
ROOT = Path(__file__).parents[3]


class Running:
    """A running `fireside serve` or `fireside rehearse`."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def kill(self) -> None:
        """End it as a power cut would: no handler runs, nothing is flushed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@contextlib.contextmanager
def serving(
    data: Path,
    *arguments: str,
    program: tuple[str, ...] = ("-m", "fireside"),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Start a server on a free port over `data`; end it when the block ends."""
    if arguments[:1] == REHEARSED:
        skip_without_dynamodb_local()
    kept, command = ["serve", "--data", str(data)], [sys.executable, *program]
    if arguments[:1] == REHEARSED:
        kept, arguments = ["rehearse", "--keep", str(data)], arguments[1:]
    command += [*kept, "--port", "0", *arguments]
    environ = os.environ | (variables or {})
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
    ) as process:
        try:
            yield Running(process, _wait_for_address(process))
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def skip_without_dynamodb_local() -> None:
    try:
        dynamodb_local.require()
    except dynamodb_local.Missing as missing:
        pytest.skip(str(missing))


def _wait_for_address(process: subprocess.Popen[str]) -> str:
    """Read the output up to the line that names the address, then keep the pipe from filling."""
    assert process.stdout is not None
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "http://" in line:
                address = "http://" + line.split("http://")[1].split()[0]
                break
        else:
            raise AssertionError(f"the server did not start:\n{''.join(said)}")
    finally:
        watchdog.cancel()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return address
