"""What every benchmark needs: a server of its own on one core, and clients that cost little.

The clients speak WebSocket by hand: frames are masked with zeros and answers are counted in the
raw bytes, so that the load generator, on the other core, is not what is measured.
"""

import asyncio
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVER_CORE, LOAD_CORE = 0, 1
_ACK = b'"type":"ack"'
_MESSAGE = b'"type":"message"'
_LONGEST = max(len(_ACK), len(_MESSAGE)) - 1


class Client(asyncio.Protocol):
    """One WebSocket client that counts what it gets."""

    def __init__(self) -> None:
        self.acks = self.messages = 0
        self.opened = asyncio.get_running_loop().create_future()
        self.lost = False
        self.on_data = None
        self.on_bytes = None
        self._tail = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def connection_lost(self, exc) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(str(exc)))

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            head, _, data = data.partition(b"\r\n\r\n")
            if b" 101 " not in head:
                self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
                return
            self.opened.set_result(None)
        if self.on_bytes is not None:
            self.on_bytes(data)
        acks, messages = self._count(_ACK, data), self._count(_MESSAGE, data)
        self._tail = (self._tail + data)[-_LONGEST:]
        self.acks += acks
        self.messages += messages
        if self.on_data is not None and (acks or messages):
            self.on_data(self, acks, messages)

    def _count(self, marker: bytes, data: bytes) -> int:
        """Count a marker also where the network cut it in two, but none twice."""
        return (self._tail[1 - len(marker) :] + data).count(marker)

    def send(self, *texts: bytes) -> None:
        self.transport.write(b"".join(map(frame, texts)))


def frame(payload: bytes) -> bytes:
    """Mask with zeros: the payload travels as it is, and masking costs nothing here."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + payload


async def connect(  # noqa: PLR0913 - a client may differ in each of them
    port: int,
    name: str,
    path: str = "/ws",
    *,
    hello: bool = True,
    source: str | None = None,
    device: str | None = None,
) -> Client:
    """Open a connection, and say hello unless it plays the plainest client."""
    loop = asyncio.get_running_loop()
    local = None if source is None else (source, 0)
    transport, client = await loop.create_connection(Client, "127.0.0.1", port, local_addr=local)
    offered = "" if device is None else f"Sec-WebSocket-Protocol: fireside.v1, device.{device}\r\n"
    transport.write(
        f"GET {path}?username={name} HTTP/1.1\r\nHost: localhost:{port}\r\n{offered}"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    await asyncio.wait_for(client.opened, 30)
    if hello:
        client.send(b'{"action":"hello","v":1}')
    return client


async def connect_many(port: int, count: int, path: str = "/ws", *, hello: bool = True) -> list:
    """Open many connections, fifty at a time."""
    clients = []
    for start in range(0, count, 50):
        names = [f"guest-{n}" for n in range(start, min(start + 50, count))]
        clients += await asyncio.gather(*(connect(port, name, path, hello=hello) for name in names))
    return clients


def send_text(number: int, message: str = "Shall we light the fire at seven?") -> bytes:
    nonce = f"{os.getpid()}-{number}-{time.monotonic_ns()}"
    return json.dumps({"action": "sendMessage", "message": message, "nonce": nonce}).encode()


@contextlib.contextmanager
def fireside_server(
    *options: str, data: str | None = None
) -> Iterator[tuple[subprocess.Popen, int]]:
    """Run `fireside serve` on a folder, or with a new database, pinned to one core."""
    with tempfile.TemporaryDirectory() as new:
        command = [sys.executable, "-m", "fireside", "serve", "--port", "0", "--data", data or new]
        command += options
        with _process(command) as server:
            for line in server.stdout:
                if "http://" in line:
                    address = line.split("http://")[1].split()[0]
                    break
            else:
                message = "the server did not start"
                raise RuntimeError(message)
            yield server, int(address.rsplit(":", 1)[1].strip("/"))


@contextlib.contextmanager
def node_server() -> Iterator[tuple[subprocess.Popen, int]]:
    """Run the same broadcast on Node's `ws`, pinned to the same core."""
    with _process(["node", str(ROOT / "bench" / "ws_server.mjs")]) as server:
        yield server, int(server.stdout.readline())


CERTIFICATE = str(ROOT / "tests" / "integration" / "localhost.pem")


@contextlib.contextmanager
def aws_endpoint(post_ms: int, invoke_ms: int = 40) -> Iterator[int]:
    """Run a stand-in for @connections and Lambda, pinned to the same core; yield its port."""
    script = str(ROOT / "bench" / "node" / "endpoint.mjs")
    with _process(["node", script, CERTIFICATE, str(post_ms), str(invoke_ms)]) as server:
        yield int(server.stdout.readline())


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as process:
        pin(process.pid, SERVER_CORE)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def pin(process_id: int, core: int) -> None:
    """Keep server and load apart, where the system can and there are two cores."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(process_id, {core})


def rss_kib(process_id: int) -> int:
    """Read the resident memory of a process."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def cpu_seconds(process_id: int) -> float:
    """Read the CPU time of a process, its own and the system's on its behalf."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def heading(title: str) -> None:
    """Print where and when: a number without them means nothing."""
    cores = f"server on core {SERVER_CORE}, load on core {LOAD_CORE}"
    print(f"\n{title}\n{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {cores}")


def table(header: list[str], rows: list[list[object]]) -> None:
    """Print a Markdown table."""
    cells = [header, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 1) + ":" for w in widths) + "|")
    print("\n".join(lines), flush=True)


def _cell(value: object) -> str:
    return (
        f"{value:,.0f}"
        if isinstance(value, float) and value >= 100
        else (f"{value:,.2f}" if isinstance(value, float) else str(value))
    )


def median(values: list[float]) -> float:
    return statistics.median(values)


async def settled(read, pause: float = 0.2) -> int:
    """Wait until a count stops growing; return it."""
    last = -1
    while (now := read()) != last:
        last = now
        await asyncio.sleep(pause)
    return now
