"""Servers in processes that start at once: they are forked from one that has imported it all.

Most of what a server costs at its start is its imports. A test process has one `ForkServer`, which
pays for them once; each server after that is a process of its own all the same, with its own
variables, and can be killed. Where this file runs as a program, it is that one process:

python -P fork_server.py FD

FD is the number of a socket, over which it is told what to run.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

IMPORTED = ("fireside.cli.main", "fireside.server.run", "fireside.console.logs")
"""What `fireside serve` imports, or the most of it."""

_SIZE, _ANSWER = 4, 8  # bytes of a request's length, and of an answer


class ForkServer:
    """Starts processes, and says how they ended."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._control, theirs = socket.socketpair()
        command = [sys.executable, "-P", __file__, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )

    def start(self, command: Sequence[str], environ: Mapping[str, str]) -> "ForkedProcess":
        """Start a module or a file of Python in the present folder, with these variables.

        Args:
            command: `fireside` or the path of a program, and its arguments.
            environ: All variables.
        """
        stdout, said = os.pipe()
        alive, is_alive = os.pipe()
        request = {"command": command, "environ": dict(environ), "folder": str(Path.cwd())}
        try:
            pid = self._ask(request, said, is_alive)
        finally:
            os.close(said)
            os.close(is_alive)
        return ForkedProcess(self, pid, alive, os.fdopen(stdout, "r", encoding="utf-8"))

    def exit_code_of(self, pid: int) -> int:
        """Return how a process has ended, which it must have."""
        return self._ask({"ended": pid})

    def close(self) -> None:
        """End it, and what it has started and is not asked about."""
        self._control.close()
        self._process.wait()

    def _ask(self, request: Mapping[str, object], *descriptors: int) -> int:
        text = json.dumps(request).encode()
        with self._asking:
            socket.send_fds(self._control, [len(text).to_bytes(_SIZE, "big")], descriptors)
            self._control.sendall(text)
            answer = self._control.recv(_ANSWER, socket.MSG_WAITALL)
        assert len(answer) == _ANSWER, "the fork server has ended"
        return int.from_bytes(answer, "big", signed=True)


class ForkedProcess:
    """One process, with what tests use of `subprocess.Popen`."""

    def __init__(self, server: ForkServer, pid: int, alive: int, stdout: TextIO) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._server = server
        self._alive = alive
        self._waiting = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        with self._waiting:
            if self.returncode is None and select.select([self._alive], [], [], 0)[0]:
                self._note_the_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the process to end; return its exit code."""
        with self._waiting:
            if self.returncode is None:
                if not select.select([self._alive], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
                self._note_the_end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _note_the_end(self) -> None:
        """Take the exit code: the other end of the pipe was closed, which only the end does."""
        self.returncode = self._server.exit_code_of(self.pid)
        os.close(self._alive)


@functools.cache
def fork_server() -> ForkServer:
    """Return the one of this process; it is started when first asked for."""
    server = ForkServer()
    atexit.register(server.close)
    return server


# --- The program ------------------------------------------------------------------------------


def main(control: socket.socket) -> None:
    """Fork as asked, until the other side is gone; in a forked process, run what is asked for."""
    running: set[int] = set()
    while received := _next_request(control):
        request, descriptors = received
        if "ended" in request:
            running.discard(request["ended"])
            status = os.waitpid(request["ended"], 0)[1]
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                control.close()
                _become(request, *descriptors)
                return
            running.add(answer)
            for descriptor in descriptors:
                os.close(descriptor)
        control.sendall(answer.to_bytes(_ANSWER, "big", signed=True))
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _next_request(control: socket.socket) -> tuple[dict, list[int]] | None:
    size, descriptors, _flags, _address = socket.recv_fds(control, _SIZE, 2)
    if not size:
        return None
    text = control.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    return json.loads(text), descriptors


def _become(request: dict, said: int, is_alive: int) -> None:
    """Run a program, as `python FILE` or `python -m MODULE` does."""
    os.set_inheritable(is_alive, False)  # noqa: FBT003 - as os has it
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["folder"])
    sys.argv = request["command"]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # what is shared by all stays shared
    main(socket.socket(fileno=int(sys.argv[1])))
