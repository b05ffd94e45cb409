"""A real server in a process of its own, to be used from outside and killed at will."""

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import pytest

from fireside.cloud.rehearse import dynamodb_local
from tests.e2e.support.fork_server import ForkedProcess, fork_server

Mode = tuple[str, ...]
"""What is said to `fireside` so that its handlers run where they do."""

EMBEDDED: Mode = ()
"""Handlers in the server's own process."""

ISOLATED: Mode = ("--isolated",)
"""Handlers in a process of their own."""

REHEARSED: Mode = ("rehearse",)
"""The zip for Lambda, in processes that find nothing else, over DynamoDB Local."""

MODES = {"in batches": EMBEDDED, "isolated": ISOLATED, "rehearsed": REHEARSED}
"""Where handlers may run, by name: people must not see which."""

in_both_modes = pytest.mark.parametrize(
    "mode", [EMBEDDED, ISOLATED], ids=["in batches", "isolated"]
)
"""In those that start at once."""

ROOT = Path(__file__).parents[3]
START_SECONDS = 120
"""For a server to say its address, and for it to end: a machine may be a busy one."""


class Running:
    """A running `fireside serve` or `fireside rehearse`."""

    def __init__(self, process: ForkedProcess, address: str) -> None:
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
        self.process.wait(START_SECONDS)

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_SECONDS)


@contextlib.contextmanager
def serving(
    data: Path,
    *arguments: str,
    program: tuple[str, ...] = ("fireside",),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Start a server on a free port over `data`; end it when the block ends.

    Args:
        data: Where it keeps what is said.
        arguments: What its command line says besides; `rehearse` as the first makes it that.
        program: The file that is run in place of `fireside`, with its own first arguments.
        variables: What its environment has besides.
    """
    command = ["serve", "--data", str(data), "--port", "0", *arguments]
    if arguments[:1] == REHEARSED:
        skip_without_dynamodb_local()
        command = ["rehearse", "--keep", str(data), "--port", "0", *arguments[1:]]
    process = fork_server().start([*program, *command], os.environ | (variables or {}))
    output = Output(process.stdout)
    try:
        address = output.address()
        if address is None:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not start:\n{output.text()}")
        yield Running(process, address)
    finally:
        _end(process)
        output.close()


def _end(process: ForkedProcess) -> None:
    process.terminate()
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Output:
    """What a process says, read all the time, so that its pipe never fills."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._address: str | None = None
        self._is_said = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def address(self) -> str | None:
        """Wait for the line that names the address; return None if there is none."""
        self._is_said.wait(START_SECONDS)
        return self._address

    def text(self) -> str:
        return "".join(self._lines)

    def close(self) -> None:
        """Read to the end, which comes with that of the process, and of those it has started."""
        self._reader.join()
        self._stream.close()

    def _read(self) -> None:
        """Find the address in what is printed; the log, one JSON object a line, may come before."""
        for line in self._stream:
            self._lines.append(line)
            found = None if line.startswith("{") else re.search(r"https?://\S+", line)
            if self._address is None and found is not None:
                self._address = found[0]
                self._is_said.set()
        self._is_said.set()


def skip_without_dynamodb_local() -> None:
    try:
        dynamodb_local.require()
    except dynamodb_local.Missing as missing:
        pytest.skip(str(missing))
