"""How long a message takes at 100 messages a second: to the ack, and to another's screen.

Then to 1,000 receivers, where each message leaves alone and costs the server a thousand writes;
beside Node's `ws` in the same run, which keeps nothing.
"""

import asyncio
import os
import time

from load import (
    LOAD_CORE,
    connect,
    connect_many,
    cpu_seconds,
    fireside_server,
    heading,
    median,
    node_server,
    pin,
    send_text,
    table,
)
from receivers import Receivers

RATE, SECONDS, RECEIVERS = 100, 10, 20
MANY, ROUNDS = 1_000, 3
PATIENCE_SECONDS = 30


async def measure(port: int) -> tuple[list[float], list[float]]:
    receivers = await connect_many(port, RECEIVERS)
    sender = await connect(port, "speaker")
    await asyncio.sleep(0.5)
    sent: list[float] = []
    acked: list[float] = []
    seen: list[float] = []

    def on_ack(_client, acks: int, _messages: int) -> None:
        for _ in range(acks):
            acked.append(time.perf_counter() - sent[len(acked)])

    def on_message(_client, _acks: int, messages: int) -> None:
        for _ in range(messages):
            seen.append(time.perf_counter() - sent[len(seen)])

    sender.on_data = on_ack
    receivers[-1].on_data = on_message
    start = time.perf_counter()
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        sent.append(time.perf_counter())
        sender.send(send_text(number))
    await asyncio.sleep(0.5)
    assert len(acked) == len(seen) == len(sent), (len(acked), len(seen), len(sent))
    return acked, seen


def deliver(process_id: int, port: int, path: str) -> list[float]:
    """Return p50, p99, CPU of a delivery and share of a core, at `RATE` to `MANY` receivers."""
    with Receivers(port, MANY, path) as receivers:
        cpu, start = cpu_seconds(process_id), time.perf_counter()
        for number in range(RATE * SECONDS):
            receivers.read_for(start + number / RATE - time.perf_counter())
            receivers.send(send_text(number))
        receivers.read_all(PATIENCE_SECONDS)
        cpu = cpu_seconds(process_id) - cpu
        took = sorted(receivers.seconds)
    p50, p99 = (1_000 * took[int(len(took) * q)] for q in (0.5, 0.99))
    return [p50, p99, 1e6 * cpu / len(took), 100 * cpu / SECONDS]


def lone() -> None:
    """Print what a message to many receivers costs that coalesces with none."""
    heading(f"{RATE} messages a second to {MANY:,} receivers (`python bench/bench_latency.py`)")
    servers = {"fireside": (fireside_server, "/ws"), "node ws": (node_server, "/")}
    seen = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (server, path) in servers.items():
            with server() as (process, port):
                seen[name].append(deliver(process.pid, port, path))
    table(
        ["median of rounds", "p50 ms", "p99 ms", "µs CPU a delivery", "% of a core"],
        [[name, *map(median, zip(*rounds, strict=True))] for name, rounds in seen.items()],
    )


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    load = f"{RATE} messages a second, {RECEIVERS} receivers"
    heading(f"Latency at {load} (`python bench/bench_latency.py`)")
    with fireside_server() as (_, port):
        acked, seen = asyncio.run(measure(port))
    rows = []
    for name, values in (("send to ack", acked), ("send to seen", seen)):
        ordered = sorted(1_000 * value for value in values)
        rows.append([name, len(ordered), *(ordered[int(len(ordered) * q)] for q in (0.5, 0.99))])
    table(["ms", "count", "p50", "p99"], rows)
    lone()


if __name__ == "__main__":
    main()
