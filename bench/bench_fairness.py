"""What an innocent's send costs while one invited person does its worst, in five ways.

The innocent sends ten messages a second and measures each to its ack; the flooder is a process of
its own, on all its connections under one name, and comes back whenever it is closed.

python bench/bench_fairness.py                      the whole table, about six minutes
python bench/bench_fairness.py --sends 20           a small form
python bench/bench_fairness.py --limits off         what holds without the setting
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time

from load import LOAD_CORE, connect, fireside_server, frame, heading, pin, send_text, table

RATE = 10
"""Sends a second of the innocent: half of what one person may."""
CONNECTIONS = (1, 20, 200)
SENDS = 60
MOST_HELD = 3_000
CHUNK_BYTES = 64 * 1024
INNOCENT = "127.0.0.2"
"""Another address than the flooder's: connections are counted by address too. (Linux only.)"""
LONGEST_SECONDS = 10
"""Time after which a send counts as never answered."""

BAR_MS, BAR_TIMES = 250, 20
"""The most that the innocent's p95 may be, and how many times its calm p95."""


def many(one: bytes) -> bytes:
    """Repeat a frame to one chunk."""
    return one * (CHUNK_BYTES // len(one))


PART = b"\x00\x80\0\0\0\0"
PING = b"\x89\x80\0\0\0\0"
FLOODS = {
    "history": lambda: many(frame(b'{"action":"getHistory","limit":100}')),
    "empty frames": lambda: many(PART),
    "pings": lambda: many(PING),
    "connections": None,
    "writing": lambda: b"".join(frame(send_text(n, "x" * 1_000)) for n in range(50)),
}
START = {"empty frames": b"\x01\x80\0\0\0\0"}
"""What a flood begins with on each connection: a text that continues for ever."""


# --- the flooder ------------------------------------------------------------------------------


class Flooder:
    """One person with so many connections, and what it heard."""

    def __init__(self, port: int, attack: str) -> None:
        self._port = port
        self._attack = attack
        self._held: list[asyncio.StreamWriter] = []
        self.heard = {"rate_limited": 0, "1008": 0, "429": 0, "bytes": 0}

    async def flood(self) -> None:
        """Do the worst on one connection, and again on the next one when it was closed."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._once()
            await asyncio.sleep(0.01)

    async def _once(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(
                f"GET /ws?username=flooder HTTP/1.1\r\nHost: localhost:{self._port}\r\n"
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            self.heard["429"] += b" 429 " in head
            if b" 101 " not in head:
                return
            if self._attack == "connections":
                self._hold(writer)
                return
            listening = asyncio.create_task(self._listen(reader))
            writer.write(START.get(self._attack, b""))
            while not listening.done():
                chunk = FLOODS[self._attack]()
                writer.write(chunk)
                self.heard["bytes"] += len(chunk)
                await asyncio.wait(
                    {listening, asyncio.ensure_future(writer.drain())},
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            if writer not in self._held:
                writer.close()

    def _hold(self, writer: asyncio.StreamWriter) -> None:
        if len(self._held) < MOST_HELD:
            self._held.append(writer)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                self.heard["rate_limited"] += data.count(b'"rate_limited"')
                self.heard["1008"] += data.count(b"\x03\xf0")


async def flood(port: int, attack: str, connections: int) -> None:
    """Flood until the standard input ends, then print what was heard."""
    flooder = Flooder(port, attack)
    tasks = [asyncio.create_task(flooder.flood()) for _ in range(connections)]
    await asyncio.sleep(0.5)
    print("flooding", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    print(json.dumps(flooder.heard), flush=True)
    os._exit(0)  # nothing of it need be closed well


@contextlib.contextmanager
def flooding(port: int, attack: str, connections: int, heard: dict):
    """Run a flooder beside; fill in what it heard."""
    command = [sys.executable, __file__, "--flood", attack, str(connections), str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        pin(process.pid, LOAD_CORE)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # the innocent's clock comes first
        try:
            process.stdout.readline()
            yield
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                heard |= json.loads(process.communicate(timeout=30)[0] or "{}")
            process.kill()


# --- the innocent -----------------------------------------------------------------------------


async def innocent(port: int, sends: int) -> tuple[list[float], bool]:
    """Return how long each send took, in milliseconds, and whether the innocent was closed."""
    client = await connect(port, "innocent", source=INNOCENT)
    took = []
    for number in range(sends):
        acked = asyncio.Event()
        client.on_data = lambda _client, acks, _messages, acked=acked: acks and acked.set()
        start = time.perf_counter()
        client.send(send_text(number))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(acked.wait(), LONGEST_SECONDS)
        seconds = time.perf_counter() - start
        took.append(seconds * 1_000)
        if client.lost:
            break
        await asyncio.sleep(max(0.0, 1 / RATE - seconds))
    lost = client.lost
    client.transport.close()
    return took, lost


def part(values: list[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def measure(attack: str, connections: int, sends: int, limits: str) -> list[object]:
    """Return a row: the innocent calm, then under attack, on a server of its own."""
    heard: dict[str, int] = {}
    with fireside_server("--limits", limits) as (_, port):
        calm, _ = asyncio.run(innocent(port, sends))
        with flooding(port, attack, connections, heard):
            took, lost = asyncio.run(innocent(port, sends))
    calm_p95, p95 = part(calm, 0.95), part(took, 0.95)
    kept = p95 < BAR_MS and p95 <= BAR_TIMES * calm_p95 and not lost
    told = ", ".join(f"{n:,} x {what}" for what, n in heard.items() if n and what != "bytes")
    times = [part(calm, 0.5), calm_p95, part(took, 0.5), p95]
    return [attack, connections, *times, told or "nothing", "yes" if kept else "NO"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sends", type=int, default=SENDS, help="sends of the innocent")
    parser.add_argument("--limits", choices=("on", "off"), default="on")
    parser.add_argument("--flood", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.flood:
        attack, connections, port = given.flood
        asyncio.run(flood(int(port), attack, int(connections)))
        return
    pin(os.getpid(), LOAD_CORE)
    heading(f"One flooder, one innocent, limits {given.limits} (`python bench/bench_fairness.py`)")
    rows = []
    for attack, connections in itertools.product(FLOODS, CONNECTIONS):
        rows.append(measure(attack, connections, given.sends, given.limits))
        print(*rows[-1], file=sys.stderr, flush=True)  # the whole takes minutes
    calm = ["calm p50 ms", "calm p95", "flooded p50", "flooded p95"]
    table(["attack", "connections", *calm, "the flooder heard", "bar"], rows)


if __name__ == "__main__":
    main()
